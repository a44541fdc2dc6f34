// The words of a report's lines that decode knows something of, and what each is about.

import type { Instruction, Report } from './decoded.js';

/** What a word is about. */
export type About =
  | { readonly kind: 'register'; readonly name: string; readonly set: number }
  | { readonly kind: 'stack'; readonly index: number }
  | { readonly kind: 'byte'; readonly index: number }
  | { readonly kind: 'entry'; readonly trace: number; readonly entry: number }
  | { readonly kind: 'rip'; readonly set: number }
  | { readonly kind: 'said' }
  | { readonly kind: 'fault' }
  | { readonly kind: 'taint'; readonly letter: string }
  | { readonly kind: 'task' };

/** A part of a line. */
export interface Piece {
  readonly text: string;
  readonly about?: About;
}

interface Mark {
  readonly from: number;
  readonly to: number;
  readonly about: About;
}

const REGISTER =
  /\b(R(?:[A-D]X|[SD]I|[BS]P|[89]|0[89]|1[0-5])|EFLAGS|CR[0234]|DR[0-7]|PKRU|(?:knl)?GS|[CDEFS]S):[ \t]{0,3}(?:[0-9a-f]{4}:)?([0-9a-f]{4,16})\b/gu;
const WORD = /\b[0-9a-f]{16}\b/gu;
const PLACE = /[\w.]+\+0x[0-9a-f]+(?:\/0x[0-9a-f]+)?/gu;
const TASK = /\b(?:Pid: \d+, comm: \S+|PID: \d+ Comm: \S+)/gu;
const FAULT = /(?:#PF: \S.*|\bPGD [0-9a-f].*)$/u;
const TAINTED = /\bTainted: ((?:[A-Z-] ?| ){1,60})/u;

const nameOf = (printed: string): string =>
  printed
    .toLowerCase()
    .replace(/^r0/u, 'r')
    .replace(/^eflags$/u, 'rflags');

// The set that a line of registers belongs to: the last one that begins before it.
const setAt = (report: Report, line: number): number =>
  report.registers.findLastIndex((set) => set.line <= line);

const registerMarks = (report: Report, line: number, text: string): Mark[] => {
  const set = setAt(report, line);
  const known = report.registers[set];
  if (known === undefined) return [];
  return [...text.matchAll(REGISTER)].flatMap((match): Mark[] => {
    const name = nameOf(match[1]!);
    const value = BigInt(`0x${match[2]}`);
    // FS and GS have a base and a selector.
    const holds = [known.values, known.control, known.selectors].some(
      ({ [name]: one }) => one !== undefined && BigInt(one) === value,
    );
    if (!holds) return [];
    return [{ from: match.index, to: match.index + match[0].length, about: { kind: 'register', name, set } }];
  });
};

const stackMarks = (report: Report, line: number, text: string): Mark[] => {
  const words = report.stack.flatMap((word, index) => (word.line === line ? [{ ...word, index }] : []));
  return [...text.matchAll(WORD)].flatMap((match): Mark[] => {
    const at = words.findIndex(({ value }) => BigInt(value) === BigInt(`0x${match[0]}`));
    const [found] = at < 0 ? [] : words.splice(0, at + 1).slice(-1);
    if (found === undefined) return [];
    return [{ from: match.index, to: match.index + 16, about: { kind: 'stack', index: found.index } }];
  });
};

const codeMarks = (report: Report, line: number, text: string): Mark[] => {
  if (report.code?.line !== line) return [];
  const from = text.lastIndexOf('Code:') + 'Code:'.length;
  const bytes = [...text.slice(from).matchAll(/[<(]?\b[0-9a-f]{2}\b[>)]?/gu)];
  if (2 * bytes.length !== report.code.bytes.length) return [];
  return bytes.map((match, index) => ({
    from: from + match.index,
    to: from + match.index + match[0].length,
    about: { kind: 'byte', index },
  }));
};

const placeMarks = (report: Report, line: number, text: string): Mark[] => {
  const entries = report.traces.flatMap(({ entries: all }, trace) =>
    all.flatMap((one, entry) =>
      one.line === line ? [{ one, about: { kind: 'entry', trace, entry } as const }] : [],
    ),
  );
  return [...text.matchAll(PLACE)].flatMap((match): Mark[] => {
    const symbol = match[0].replace(/\+0x.*$/u, '');
    const entry = entries.find(({ one }) => one.symbol === symbol);
    const set = report.registers.findIndex(({ rip }) => rip?.symbol === symbol);
    const about: About | undefined =
      entry?.about ?? (set >= 0 && /\bR?IP\b/u.test(text) ? { kind: 'rip', set } : undefined);
    return about === undefined ? [] : [{ from: match.index, to: match.index + match[0].length, about }];
  });
};

const saidMarks = (report: Report, line: number, text: string): Mark[] => {
  const said = report.said.find((one) => one.line === line)?.text;
  const from = said === undefined ? -1 : text.indexOf(said);
  return from < 0 ? [] : [{ from, to: from + said!.length, about: { kind: 'said' } }];
};

// What a page fault says of itself besides the headline.
const faultMarks = (report: Report, text: string): Mark[] => {
  if (report.pageFault === null) return [];
  const match = FAULT.exec(text);
  return match === null
    ? []
    : [{ from: match.index, to: match.index + match[0].length, about: { kind: 'fault' } }];
};

const taintMarks = (report: Report, text: string): Mark[] => {
  const match = TAINTED.exec(text);
  if (match === null || report.taint === null) return [];
  const from = match.index + 'Tainted: '.length;
  return report.taint.meanings.flatMap(({ letter }): Mark[] => {
    const at = text.indexOf(letter, from);
    return at < 0 || at >= from + match[1]!.length
      ? []
      : [{ from: at, to: at + letter.length, about: { kind: 'taint', letter } }];
  });
};

const taskMarks = (report: Report, text: string): Mark[] =>
  report.pid === null
    ? []
    : [...text.matchAll(TASK)].map(({ index, 0: found }) => ({
        from: index,
        to: index + found.length,
        about: { kind: 'task' },
      }));

/** A line in pieces: those with `about` are words that decode knows. */
export const piecesOf = (report: Report, line: number, text: string): Piece[] => {
  const marks = [
    ...registerMarks(report, line, text),
    ...stackMarks(report, line, text),
    ...codeMarks(report, line, text),
    ...placeMarks(report, line, text),
    ...taintMarks(report, text),
    ...taskMarks(report, text),
    ...saidMarks(report, line, text),
    ...faultMarks(report, text),
  ].toSorted((one, other) => one.from - other.from);
  const pieces: Piece[] = [];
  let at = 0;
  for (const { from, to, about } of marks) {
    if (from < at) continue; // what begins inside of another is part of it
    if (from > at) pieces.push({ text: text.slice(at, from) });
    pieces.push({ text: text.slice(from, to), about });
    at = to;
  }
  if (at < text.length || pieces.length === 0) pieces.push({ text: text.slice(at) });
  return pieces;
};

/** The instruction that a byte of the `Code:` line is part of; undefined before the first whole one. */
export const instructionAt = ({ code, explanation }: Report, byte: number): Instruction | undefined => {
  if (code === null || code.marked === null || explanation === undefined) return undefined;
  const { instructions, after } = explanation;
  const marked = instructions.findIndex(({ current }) => current);
  if (marked < 0) return undefined;
  const sizeOf = ({ bytes }: Instruction): number => bytes.length / 2;
  let from = code.marked;
  for (const one of instructions.slice(0, marked).toReversed()) {
    from -= sizeOf(one);
    if (byte >= from && byte < from + sizeOf(one)) return one;
  }
  from = code.marked;
  for (const one of [...instructions.slice(marked), ...after]) {
    if (byte >= from && byte < from + sizeOf(one)) return one;
    from += sizeOf(one);
  }
  return undefined;
};
