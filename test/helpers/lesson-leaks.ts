// Whether a message of a lesson gives its question's key away: by the key's raw values, without the code that grades.
import type { Answer } from '../../src/lesson/answers.js';
import type { CaseBook } from '../../src/lesson/case-book.js';
import type { LessonCase } from '../../src/lesson/case.js';
import type { Graded } from '../../src/lesson/grade.js';
import { computeKey } from '../../src/lesson/query.js';
import { ERRNO_NAMES } from '../../src/forensics/patterns.js';
import { REGISTER_INDEX, type RegisterName } from '../../src/x86/registers.js';

const MASK = (1n << 64n) - 1n;

// The parts of the registers, written down: eax, ax, al and ah are parts of rax.
const FULL = new Map<string, string>(
  ['ax', 'bx', 'cx', 'dx'].flatMap((x): [string, string][] =>
    [`r${x}`, `e${x}`, x, `${x[0]!}l`, `${x[0]!}h`].map((name) => [name, `r${x}`]),
  ),
);
for (const x of ['si', 'di', 'bp', 'sp'])
  for (const name of [`r${x}`, `e${x}`, x, `${x}l`]) FULL.set(name, `r${x}`);
for (let n = 8; n < 16; n += 1) for (const end of ['', 'd', 'w', 'b']) FULL.set(`r${n}${end}`, `r${n}`);

/** All names that mean a register or a part of one. */
export const REGISTER_WORDS: readonly string[] = [...FULL.keys()];

// Every number that a reader could take out of a text, in each base that it could be meant in.
const numbersIn = (text: string): bigint[] => {
  const words = text.match(/-?(?<![\w.])(?:0x[0-9a-f]+|[0-9a-f]+)(?![\w])/giu) ?? [];
  const values = words.flatMap((word) => {
    const negative = word.startsWith('-');
    const digits = word.replace(/^-/u, '').toLowerCase();
    const read = [
      ...(/^\d+$/u.test(digits) ? [BigInt(digits)] : []),
      BigInt(digits.startsWith('0x') ? digits : `0x${digits}`),
    ];
    return negative ? read.map((value) => -value) : read;
  });
  const errors = [...ERRNO_NAMES].filter(([, name]) => new RegExp(`\\b${name}\\b`, 'u').test(text));
  const characters = [...text.matchAll(/[('`"](\S)[)'`"]/gu)].map(([, one]) => BigInt(one!.codePointAt(0)!));
  return [...values, ...errors.map(([number]) => BigInt(-number)), ...characters];
};

// Every address that it names: numbers, symbol+offset, [rsp+8], 8(%rsp), objects and fields.
const addressesIn = (text: string, which: LessonCase, state: number): bigint[] => {
  const registers = which.recording.registersAt(state);
  const held = (name: string): bigint | undefined => {
    const index = REGISTER_INDEX[name.toLowerCase() as RegisterName];
    return index === undefined ? undefined : registers[index]!;
  };
  const amount = (word: string | undefined): bigint =>
    word === undefined || word === '' ? 0n : BigInt(word);
  const found: bigint[] = numbersIn(text);
  for (const [, name, , offset] of text.matchAll(/([A-Za-z_.]\w*)(\+(0x[0-9a-f]+|\d+))?/gu)) {
    const symbol = which.recording.header.symbols.find((one) => one.name === name);
    if (symbol !== undefined) found.push(BigInt(symbol.address) + amount(offset));
    const object = which.namedObjects.find((one) => one.name === name);
    if (object !== undefined && offset === undefined) found.push(BigInt(object.address));
  }
  for (const [, name, sign, offset] of text.matchAll(/\[%?(r\w+)(?:([-+])(0x[0-9a-f]+|\d+))?\]/giu)) {
    const base = held(name!);
    if (base !== undefined) found.push((base + (sign === '-' ? -amount(offset) : amount(offset))) & MASK);
  }
  for (const [, offset, name] of text.matchAll(/(0x[0-9a-f]+|\d+)?\(%(r\w+)\)/giu)) {
    const base = held(name!);
    if (base !== undefined) found.push((base + amount(offset)) & MASK);
  }
  return found;
};

const registersIn = (text: string): string[] =>
  (text.toLowerCase().match(/(?<!\w)[a-z0-9]+(?!\w)/gu) ?? []).filter((word) => FULL.has(word));

const isNumber = (value: bigint, { value: key, size }: Answer & { kind: 'number' }): boolean =>
  value === key || BigInt.asUintN(size * 8, value) === BigInt.asUintN(size * 8, key);

// How a message names one answer of the key; undefined where it does not. `own` is what was typed.
const named = (
  key: Answer,
  text: string,
  own: string,
  which: LessonCase,
  state: number,
): string | undefined => {
  switch (key.kind) {
    case 'word':
      return wholly(key.word.toLowerCase()).test(text.toLowerCase()) ? key.word : undefined;
    case 'register': {
      const typed = new Set(registersIn(own));
      return registersIn(text).find((word) => FULL.get(word) === key.register && !typed.has(word));
    }
    case 'memory':
    case 'instruction': {
      const typed = new Set(addressesIn(own, which, state));
      return addressesIn(text, which, state).includes(key.address) && !typed.has(key.address)
        ? `0x${key.address.toString(16)}`
        : undefined;
    }
    case 'number': {
      const typed = new Set(numbersIn(own));
      const found = [...numbersIn(text), ...(key.value > 0xffffn ? addressesIn(text, which, state) : [])];
      return found.some((value) => isNumber(value, key) && !typed.has(value)) ? String(key.value) : undefined;
    }
  }
};

const wholly = (words: string): RegExp =>
  new RegExp(`(?<![\\w.])${words.replaceAll(/[.*+?^${}()|[\]\\/]/gu, '\\$&')}(?![\\w.])`, 'u');

// What a query asks about, spelled as in the key: naming it answers the question.
const SUBJECTS = ['value', 'register', 'field', 'address', 'object', 'place', 'at', 'pairs'];

/** The first thing in a message that gives the key away; undefined for a discreet one. */
export const leakIn = (
  { question, key, texts }: Graded,
  message: string,
  own: string,
  book: CaseBook,
): string | undefined => {
  const which = book.open(question);
  // What was typed may be repeated. A list of all choices says nothing.
  const text = message
    .replaceAll(`"${own.trim()}"`, '')
    .replace(/choose one of the words, or its number: .*$/su, '');
  for (const answer of key.answers) {
    const found = named(answer, text, own, which, key.state);
    if (found !== undefined) return found;
  }
  const whole = texts.find((one) => one.length > 3 && wholly(one).test(text));
  if (whole !== undefined) return whole;
  const direction = /\btoo (?:large|small|high|low|early|late|far)\b|\bone (?:more|less)\b/u.exec(text)?.[0];
  if (direction !== undefined) return direction;
  for (const query of question.queries) {
    if (text.includes(query.text) && query.text.length > 6) return query.text;
    if (/^(?:place|killer|certain|maker|source|fate|same|outcome)/u.test(query.text)) continue; // asked in words
    // The value of the subject itself, typed by the reader, may be told what it is.
    const whole64 = computeKey([{ ...query, steps: [] }], {
      which, book, scenario: question.scenario, set: question.set, words: Object.keys(question.choices),
    }); // prettier-ignore
    const typed = numbersIn(own);
    if (whole64.answers.some((one) => one.kind === 'number' && typed.some((value) => isNumber(value, one))))
      continue;
    for (const name of SUBJECTS) {
      const subject = query.parts[name];
      if (subject === undefined || /^(?:shm_close\+0x3e|\d+)$/u.test(subject)) continue;
      // What the typed number itself is may be told by its name.
      const others = text.replaceAll(/is what [^;]*? holds?\b|is the address of \w+/gu, '');
      if (wholly(subject).test(others) && !own.includes(subject)) return `its subject, ${subject}`;
    }
  }
  return undefined;
};
