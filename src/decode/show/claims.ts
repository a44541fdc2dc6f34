// Statements in words: each kind of claim is a row of a table.

import { hex } from '../../base/address.js';
import { listOf, plural } from '../../base/words.js';
import {
  type Assertion,
  type Claim,
  type CodePlace,
  type Origin,
  type WrittenPart,
  type Statement,
  type Subject,
  isKnown,
} from '../code/statement.js';
import type { RegisterRole } from '../read/report.js';
import { originText, placeText } from './origin-text.js';

/** `RAX`, `Stack[3]`. */
const subjectText = (subject: Subject): string => {
  switch (subject.kind) {
    case 'register':
      return subject.name.toUpperCase().replace(/^R(\d)$/u, 'R0$1');
    case 'stack':
      return `Stack[${subject.index}]`;
    case 'trap':
      return 'The trap';
    case 'code':
      return 'Code';
  }
};

/** `, in its low byte alone,` between the verb and the writer. */
export const partText = (part: WrittenPart | undefined): string =>
  part === undefined ? '' : part === 'some' ? ', in whole or in part,' : `, in its ${part} alone,`;

const written = ({ by, orBefore, part, calls }: Claim & { kind: 'written' }): string => {
  const places = by.map(placeText);
  const call = listOf(calls.map(placeText), 'or');
  const word = calls.length === 1 ? 'the call' : 'one of the calls';
  if (by.length === 0)
    return `may have been changed by ${word} ${call}; no other visible instruction writes it`;
  const unless = calls.length === 0 ? '' : `, unless ${word} ${call} changed it after that`;
  if (orBefore)
    return `was last written${partText(part)} by ${listOf(places, 'or')}, or before the visible code${unless}`;
  return by.length === 1
    ? `was last written${partText(part)} by ${places[0]}${unless}`
    : `was last written${partText(part)} by one of ${listOf(places)}${unless}`;
};

const ACCESS = {
  read: 'reads',
  write: 'writes',
  'read and write': 'reads and writes',
  call: 'calls',
  jump: 'jumped to',
  push: 'writes',
} as const;

const VERDICT = {
  faulting: ': the address that faulted',
  'not canonical': ': non-canonical, which is a general protection fault',
  'near NULL': ': near NULL',
  other: '',
} as const;

const ASSERTION: Readonly<Record<Assertion, string>> = {
  BUG: 'stands for a BUG() or BUG_ON()',
  WARN: 'stands for a WARN(): the kernel continues after it',
  refcount: 'stands for a check of a reference counter',
  list: 'stands for a check of a linked list',
  KCFI: 'stands for a check of the type of a called function (KCFI)',
  UBSAN: 'stands for a check of undefined behaviour (UBSAN)',
  usercopy: 'stands for a check of a copy from or to user space',
  unreachable: 'marks a place that the compiler took for unreachable',
};

const after = (compare: CodePlace | null): string => (compare === null ? '' : ` after ${placeText(compare)}`);

const colon = (origin: Origin): string => (isKnown(origin) ? `: ${originText(origin)}` : '');

// What the instruction at RIP is, by the role of the registers.
const HERE: Readonly<Record<RegisterRole, string>> = {
  trap: 'the trap',
  interrupted: 'the interrupted instruction',
  user: 'the instruction of user mode',
};

/** The words of one kind of claim. */
interface Words<C extends Claim> {
  /**
   * A sentence without full stop. `subject` is the register or stack word that the claim is about; `here` the instruction
   * at RIP.
   */
  say(claim: C, subject: string, here: string): string;
  /** Equal claims about several subjects become one sentence: `RAX, RBX: each …`. */
  readonly together?: true;
}

const CLAIMS: { readonly [K in Claim['kind']]: Words<Extract<Claim, { readonly kind: K }>> } = {
  written: { say: (claim, subject) => `${subject} ${written(claim)}`, together: true },
  unwritten: {
    say: ({ since }, subject, here) =>
      since === null
        ? `${subject} is not written by the visible code`
        : `${subject} is as it was at ${since}: nothing writes it from there to ${here}`,
    together: true,
  },
  holds: { say: ({ origin }, subject) => `${subject} is ${originText(origin)}` },
  // Source: System V ABI, AMD64 supplement, 3.2.1 "Registers": rbx, rbp and r12 to r15 belong to the caller
  kept: {
    say: ({ calls }, subject) =>
      `${subject} came through the ${calls.length === 1 ? 'call' : 'calls'} ${listOf(calls.map(placeText))}: a called function must preserve it`,
  },
  'looks-like': { say: ({ detail }, subject) => `${subject} reads as ${detail}`, together: true },
  'same-as': {
    say: ({ others }, subject) => `${subject} has the same value as ${listOf(others.map(subjectText))}`,
  },
  pushed: {
    say: ({ by, register, written: writer, origin }, subject) => {
      const what = register === null ? 'the value that' : `the ${register} that`;
      const before = writer === null ? '' : `, which ${placeText(writer)} had written`;
      return `${subject} is ${what} ${placeText(by)} pushed${before}${colon(origin)}`;
    },
  },
  stored: {
    say: ({ by, origin }, subject) => `${subject} is the value that ${placeText(by)} stored${colon(origin)}`,
  },
  'return-address': {
    say: ({ to, after: by }, subject) =>
      `${subject} is a return address, ${to}${by === null ? '' : `, pushed by ${placeText(by)}`}`,
  },
  accesses: {
    say: ({ access, operand, address, size, verdict }) => {
      const bytes = size === 0 ? '' : ` ${plural(size, 'byte')} at`;
      const through = operand === '' ? '' : ` through ${operand}`;
      return `The instruction ${ACCESS[access]}${bytes} ${hex(address)}${through}${VERDICT[verdict]}`;
    },
  },
  'rip-from': {
    say: ({ rip, from, by, of, start }) => {
      const why =
        from === 'operand'
          ? `the RIP-relative operand of ${placeText(by)} is the address that faulted`
          : `${from} holds an address relative to the code, by ${placeText(by)}`;
      return `RIP was ${hex(rip)}, so that ${of} begins at ${hex(start)}: ${why}`;
    },
  },
  'bad-operand': {
    say: ({ register, detail }) => `The bad operand is ${register.toUpperCase()}: ${detail}`,
  },
  guarded: {
    say: ({ by, taken, compare }) =>
      `It was reached because ${placeText(by)} was ${taken ? '' : 'not '}taken${after(compare)}`,
  },
  went: {
    say: ({ by, taken, compare }, _, here) =>
      `On the way to ${here} ${placeText(by)} was ${taken ? '' : 'not '}taken${after(compare)}`,
  },
  interrupted: { say: () => 'The instruction is where the CPU was found, not a cause: it did not trap' },
  asserts: {
    say: ({ what, detail }) => `The instruction ${ASSERTION[what]}${detail === '' ? '' : `: ${detail}`}`,
  },
  'trap-means': { say: ({ says }) => says },
  contradiction: {
    say: ({ says, reasons }) => `${says}${reasons.length === 0 ? '' : `: ${listOf(reasons, 'or')}`}`,
  },
  'starts-inside': {
    say: ({ by, shown }) => `The bytes begin inside ${placeText(by)}: decodecode shows its rest as ${shown}`,
  },
  // Source: Intel SDM vol. 1, 3.4.1.1: a result of 32 bits is zero-extended
  'cut-prefix': {
    say: ({ register, shown }) =>
      `The first instruction is cut at its beginning: ${shown} would have cleared the upper half of ${register.toUpperCase()}, which is not clear`,
  },
  boundaries: {
    say: ({ certainFrom, chosenFrom, readings, entry }, _, here) => {
      if (entry === true)
        return `The function begins at byte ${hex(certainFrom)}: from there on, the instructions are certain`;
      if (readings === 1) return `Only one reading arrives at ${here}; it begins at byte ${hex(chosenFrom)}`;
      const upTo = `; from ${hex(chosenFrom)} to there it is the reading that is most like code of a compiler`;
      return `From byte ${hex(certainFrom)} on, all ${readings} readings that arrive at ${here} agree on the instructions${chosenFrom < certainFrom ? upTo : ''}`;
    },
  },
  'lost-mark': {
    say: ({ at, eaten, instructions }) => {
      const lost = eaten
        ? `The marked byte is missing before byte ${hex(at)} of the line, as where <48> is taken for a tag`
        : `Byte ${hex(at)} of the line is the marked one, which lost its brackets`;
      const fits = instructions.map(({ byte, text }) => `<${byte}> ${text}`);
      return `${lost}: ${instructions.length === 1 ? fits[0]! : `it may have been ${listOf(fits, 'or')}`}`;
    },
  },
  'no-way': {
    say: (_claim, _subject, here) =>
      `No way through the visible code leads to these registers: ${here} was reached from other code, or these are not the registers of this code`,
  },
  'code-agrees': {
    say: ({ same, compared, file }) =>
      `${same} of ${compared} bytes of the Code: line are the same as in ${file}`,
  },
};

/** Whether equal claims of this kind about several subjects become one sentence. */
export const isShared = ({ kind }: Claim): boolean => CLAIMS[kind].together === true;

/**
 * What a claim says of one subject or of several, as a sentence without full stop.
 *
 * @param role of the registers that it is about
 */
export const sayClaim = (claim: Claim, subjects: readonly Subject[], role: RegisterRole = 'trap'): string => {
  const words: Words<Claim> = CLAIMS[claim.kind];
  const names = subjects.map(subjectText).join(', ');
  return words.say(claim, subjects.length === 1 ? names : `${names}: each`, HERE[role]);
};

/** A statement as a sentence without full stop: `RAX was last written by shm_close+0x30 (cltq)`. */
export const statementText = ({ claim, about }: Statement, role?: RegisterRole): string =>
  sayClaim(claim, [about], role);
