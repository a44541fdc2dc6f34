// Reads the text of a Linux 3.0 x86-64 oops back into its fields: the exact inverse of format.ts.
// No memory and no symbols here. Oopses of other kernels, or with their blanks lost, are refused with a line number.

import { u64 } from '../../src/base/address.js';
import { FormatError } from '../../src/base/errors.js';
import {
  type CodePoint,
  OOPS_REGISTERS,
  type OopsCode,
  type OopsFields,
  type OopsHead,
  type OopsRegister,
} from '../../src/oops/fields.js';
import { formatParsed } from '../../src/oops/format.js';

const H16 = '([0-9a-f]{16})';
const POINTER = '([0-9a-f]{16}| {10}\\(null\\))';
const SYMBOL =
  '(?:([^\\s+]+)\\+0x([0-9a-f]{1,12})/0x([0-9a-f]{1,12})(?: \\[([^\\s\\]]+)\\])?|0x[0-9a-f]+| {10}\\(null\\))';
const CODE_POINT = ` \\[<${POINTER}>\\] ${SYMBOL}`;

const number16 = (digits: string | undefined): bigint => BigInt(`0x${digits ?? 0}`);
const small16 = (digits: string | undefined): number => Number.parseInt(digits ?? '0', 16);
const pointer = (text: string | undefined): bigint => (text?.endsWith(')') === true ? 0n : number16(text));

const codePoint = (groups: readonly (string | undefined)[]): CodePoint => {
  const [address, name, offset, size, module] = groups;
  return {
    address: pointer(address),
    symbol:
      name === undefined
        ? null
        : { name, offset: small16(offset), size: small16(size), module: module ?? null },
  };
};

/** Steps through the lines of a text. */
class Lines {
  readonly #lines: readonly string[];
  readonly #file: string | undefined;
  #next = 0;

  constructor(text: string, file: string | undefined) {
    this.#file = file;
    this.#lines = text.split('\n');
    if (this.#lines.at(-1) !== '') {
      this.fail('a newline at the end of the last line', this.#lines.length);
    }
  }

  fail(expected: string, line = this.#next + 1): never {
    const found = this.#lines[line - 1];
    const where = { line, ...(this.#file === undefined ? {} : { file: this.#file }) };
    throw new FormatError(
      `line ${line}: expected ${expected}, found ${JSON.stringify(found ?? 'the end')}`,
      where,
    );
  }

  /** Number of the next line, from 1. */
  get next(): number {
    return this.#next + 1;
  }

  get done(): boolean {
    return this.#next >= this.#lines.length - 1;
  }

  /** The groups of the next line if it matches, and step over it. */
  accept(pattern: string): (string | undefined)[] | undefined {
    if (this.done) return undefined;
    const match = new RegExp(`^${pattern}$`, 'u').exec(this.#lines[this.#next]!);
    if (match === null) return undefined;
    this.#next += 1;
    return match.slice(1);
  }

  /** The groups of the next line. @throws {FormatError} when it is not `expected` */
  expect(pattern: string, expected: string): (string | undefined)[] {
    return this.accept(pattern) ?? this.fail(expected);
  }
}

const parseHead = (lines: Lines): OopsHead => {
  const bug = lines.accept('kernel BUG at (.*):(\\d+)!');
  if (bug !== undefined) return { kind: 'bug', file: bug[0]!, line: Number(bug[1]) };
  const unknown = lines.accept(`Kernel BUG at ${POINTER} \\[verbose debug info unavailable\\]`);
  if (unknown !== undefined) return { kind: 'unknown bug', address: pointer(unknown[0]) };
  const fault = lines.accept(
    `BUG: unable to handle kernel (?:NULL pointer dereference|paging request) at ${POINTER}`,
  );
  if (fault === undefined) return { kind: 'none' };
  lines.expect(`IP:${CODE_POINT}`, '"IP: [<address>] symbol+0x…/0x…"');
  const [pageTable] = lines.expect('(PGD .*|BAD)', '"PGD …" or "BAD"');
  return { kind: 'page fault', address: pointer(fault[0]), pageTable: pageTable! };
};

const REGISTER_LABELS = OOPS_REGISTERS.map((name) => name.toUpperCase().replace(/^R(\d)$/u, 'R0$1'));

const parseRegisters = (lines: Lines): Record<OopsRegister, bigint> => {
  const values = [0, 3, 6, 9, 12].flatMap((first) => {
    const labels = REGISTER_LABELS.slice(first, first + 3);
    return lines.expect(
      labels.map((label) => `${label}: ${H16}`).join(' '),
      `registers ${labels.join(', ')}`,
    );
  });
  return Object.fromEntries(OOPS_REGISTERS.map((name, index) => [name, number16(values[index])])) as Record<
    OopsRegister,
    bigint
  >;
};

const parseState = (
  lines: Lines,
): Pick<
  OopsFields,
  'fs' | 'fsIndex' | 'gs' | 'gsIndex' | 'knlGs' | 'cs' | 'ds' | 'es' | 'control' | 'debug'
> => {
  const H4 = '([0-9a-f]{4})';
  const bases = lines.expect(`FS:  ${H16}\\(${H4}\\) GS:${H16}\\(${H4}\\) knlGS:${H16}`, 'FS, GS, knlGS');
  const segments = lines.expect(`CS:  ${H4} DS: ${H4} ES: ${H4} CR0: ${H16}`, 'CS, DS, ES, CR0');
  const control = lines.expect(`CR2: ${H16} CR3: ${H16} CR4: ${H16}`, 'CR2, CR3, CR4').map(number16);
  const low = lines.expect(`DR0: ${H16} DR1: ${H16} DR2: ${H16}`, 'DR0, DR1, DR2').map(number16);
  const high = lines.expect(`DR3: ${H16} DR6: ${H16} DR7: ${H16}`, 'DR3, DR6, DR7').map(number16);
  return {
    fs: number16(bases[0]),
    fsIndex: small16(bases[1]),
    gs: number16(bases[2]),
    gsIndex: small16(bases[3]),
    knlGs: number16(bases[4]),
    cs: small16(segments[0]),
    ds: small16(segments[1]),
    es: small16(segments[2]),
    control: { cr0: number16(segments[3]), cr2: control[0]!, cr3: control[1]!, cr4: control[2]! },
    debug: { dr0: low[0]!, dr1: low[1]!, dr2: low[2]!, dr3: high[0]!, dr6: high[1]!, dr7: high[2]! },
  };
};

const parseStack = (lines: Lines): bigint[] => {
  lines.expect('Stack:', '"Stack:"');
  const words: bigint[] = [];
  if (lines.accept('') !== undefined) return words;
  for (;;) {
    const found = lines.accept(`((?: [0-9a-f]{16}){1,4})`);
    if (found === undefined) break;
    words.push(...found[0]!.trim().split(' ').map(number16));
  }
  return words.length === 0 ? lines.fail('words of the stack') : words;
};

const parseTrace = (lines: Lines): CodePoint[] => {
  lines.expect('Call Trace:', '"Call Trace:"');
  const entries: CodePoint[] = [];
  for (;;) {
    const found = lines.accept(CODE_POINT);
    if (found === undefined) return entries;
    entries.push(codePoint(found));
  }
};

const parseCode = (lines: Lines): OopsCode => {
  const [shown, bad] = lines.expect(
    'Code: ((?:(?:[0-9a-f]{2}|<[0-9a-f]{2}>) )*)( Bad RIP value\\.)?',
    '"Code: ", bytes in hexadecimal, each followed by a blank',
  );
  const words = shown!.split(' ').slice(0, -1);
  const trap = words.findIndex((word) => word.startsWith('<'));
  if (trap < 0 && bad === undefined) lines.fail('the byte at RIP in angle brackets', lines.next - 1);
  return {
    bytes: words.map((word) => small16(word.replace(/[<>]/gu, ''))),
    trap: trap < 0 ? null : trap,
    bad: bad !== undefined,
  };
};

/** An oops read from its text: the same fields that a report has. */
export type ParsedOops = OopsFields;

/**
 * Read one oops, first line to last, as the kernel printed it.
 *
 * `formatParsed(parseOops(text))` is `text`: what the fields would not give back is an error.
 *
 * @param file name for error messages
 * @throws {FormatError} with the line, and what was expected there
 */
export const parseOops = (text: string, file?: string): ParsedOops => {
  const lines = new Lines(text, file);
  const cutHere = lines.accept('------------\\[ cut here \\]------------') !== undefined;
  const head = parseHead(lines);
  const die = lines.expect(
    '(\\S.*): ([0-9a-f]{4}) \\[#(\\d+)\\] (PREEMPT )?(SMP )?',
    '"invalid opcode: 0000 [#1] SMP " or another trap, with the blank at its end',
  );
  const [cpu] = lines.expect('CPU (\\d+) ', '"CPU n ", with the blank at its end');
  const modules = lines.expect(
    'Modules linked in:((?: (?!\\[last unloaded: )\\S+)*)(?: \\[last unloaded: (\\S+)\\])?',
    '"Modules linked in:"',
  );
  const supported = lines.accept('Supported: (.*)');
  lines.expect('', 'an empty line');
  const taskLine = lines.next;
  const [pid, task] = lines.expect('Pid: (-?\\d+), comm: (.*)', '"Pid: …, comm: … Tainted: …"');
  const rip = lines.expect(
    `RIP: ([0-9a-f]{4}):\\[<${H16}>\\] ${CODE_POINT}`,
    '"RIP: 0010:[<address>]  [<address>] …"',
  );
  const rsp = lines.expect(
    `RSP: ([0-9a-f]{4,16}):${H16}  EFLAGS: ([0-9a-f]{8,16})`,
    '"RSP: 0018:…  EFLAGS: …"',
  );
  const registers = parseRegisters(lines);
  const state = parseState(lines);
  const process = lines.expect(
    `Process (.*) \\(pid: -?\\d+, threadinfo ${POINTER}, task ${POINTER}\\)`,
    '"Process … (pid: …, threadinfo …, task …)"',
  );
  const comm = process[0]!;
  const rest = task!.startsWith(`${comm} `)
    ? /^(Not tainted|Tainted: [A-Z ]+) (\S*) (\S*) (.*)$/u.exec(task!.slice(comm.length + 1))
    : null;
  if (rest === null) {
    return lines.fail(`"Pid: …, comm: ${comm} Tainted: … release #version hardware"`, taskLine);
  }
  const stack = parseStack(lines);
  const trace = parseTrace(lines);
  const code = parseCode(lines);
  lines.expect(`RIP ${CODE_POINT}`, '"RIP  [<address>] …" or another line of the call trace');
  lines.expect(` RSP <${H16}>`, '" RSP <address>"');
  if (head.kind === 'page fault') lines.expect(`CR2: ${H16}`, '"CR2: …"');
  const end = lines.accept(`---\\[ end trace ${H16} \\]---`);
  if (!lines.done) lines.fail('the end of the oops');

  const fields: OopsFields = {
    cutHere,
    head,
    trap: die[0]!,
    errorCode: small16(die[1]),
    dieCounter: Number(die[2]),
    preempt: die[3] !== undefined,
    smp: die[4] !== undefined,
    cpu: Number(cpu),
    modules: modules[0]!.split(' ').slice(1),
    lastUnloaded: modules[1] ?? null,
    supported: supported?.[0] ?? null,
    pid: Number(pid),
    comm,
    taint: rest[1]!,
    release: rest[2]!,
    version: rest[3]!,
    hardware: rest[4]!,
    rip: codePoint(rip.slice(2)),
    rsp: number16(rsp[1]),
    eflags: u64(number16(rsp[2])),
    frameCs: small16(rip[0]),
    frameSs: number16(rsp[0]),
    registers,
    ...state,
    threadinfo: pointer(process[1]),
    task: pointer(process[2]),
    stack,
    trace,
    code,
    endTrace: end === undefined ? null : number16(end[0]),
  };
  refuseDifferences(lines, text, formatParsed(fields));
  return fields;
};

// What an oops says twice (RIP, RSP, pid, comm, CR2) and how it pads numbers is checked by printing it again.
const refuseDifferences = (lines: Lines, text: string, again: string): void => {
  if (again === text) return;
  const found = text.split('\n');
  const expected = again.split('\n');
  const index = expected.findIndex((line, at) => line !== found[at]);
  lines.fail(JSON.stringify(expected[index] ?? ''), index + 1);
};
