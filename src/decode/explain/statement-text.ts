// Statements in words: one sentence for each claim. What is claimed is decided elsewhere.

import { hex } from '../../base/address.js';
import { listOf, plural } from '../../base/words.js';
import { isTold, originText, placeText } from './origin-text.js';
import { type Claim, type Statement, type Subject, type Sure, subjectText } from '../code/statement.js';

const written = ({ by, orBefore, calls }: Claim & { kind: 'written' }): string => {
  const places = by.map(placeText);
  const call = listOf(calls.map(placeText), 'or');
  const word = calls.length === 1 ? 'the call' : 'one of the calls';
  if (by.length === 0)
    return `may have been changed by ${word} ${call}; ${calls.length === 1 ? 'nothing else' : 'no instruction'} that is seen writes it`;
  const unless = calls.length === 0 ? '' : `, unless ${word} ${call} changed it after that`;
  if (orBefore)
    return `was last written by ${listOf(places, 'or')}, or before all of the code that is seen${unless}`;
  return by.length === 1
    ? `was last written by ${places[0]}${unless}`
    : `was last written by one of ${listOf(places)}${unless}`;
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
  'not canonical': ': not canonical, which is a general protection fault',
  'near NULL': ': near NULL',
  other: '',
} as const;

const ASSERTION: Readonly<Record<string, string>> = {
  BUG: 'stands for a BUG() or BUG_ON()',
  WARN: 'stands for a WARN(): the kernel goes on behind it',
  refcount: 'stands for a check of a reference counter',
  list: 'stands for a check of a linked list',
  KCFI: 'stands for a check of the type of a called function (KCFI)',
  UBSAN: 'stands for a check of undefined behaviour (UBSAN)',
  usercopy: 'stands for a check of a copy from or to user space',
  unreachable: 'was put where the compiler thought that nothing comes',
};

/** The sentence of a claim; it begins with what it is about. */
export const sayClaim = (about: Subject, claim: Claim): string => {
  const subject = subjectText(about);
  switch (claim.kind) {
    case 'written':
      return `${subject} ${written(claim)}`;
    case 'unwritten':
      return claim.since === null
        ? `${subject} is not written by the code that is seen`
        : `${subject} is as it was at ${claim.since}: nothing writes it from there to the trap`;
    case 'holds':
      return `${subject} is ${originText(claim.origin)}`;
    case 'kept':
      return `${subject} came through the ${claim.calls.length === 1 ? 'call' : 'calls'} ${listOf(claim.calls.map(placeText))}: a called function must preserve it`;
    case 'looks-like':
      return `${subject} reads as ${claim.detail}`;
    case 'same-as':
      return `${subject} has the same value as ${listOf(claim.others.map(subjectText))}`;
    case 'pushed': {
      const what = claim.register === null ? 'what' : `the ${claim.register} that`;
      const origin = isTold(claim.origin) ? `: ${originText(claim.origin)}` : '';
      const before = claim.written === null ? '' : `, which ${placeText(claim.written)} had written`;
      return `${subject} is ${what} ${placeText(claim.by)} pushed${before}${origin}`;
    }
    case 'stored':
      return `${subject} is what ${placeText(claim.by)} stored${isTold(claim.origin) ? `: ${originText(claim.origin)}` : ''}`;
    case 'return-address':
      return `${subject} is a return address, ${claim.to}${claim.after === null ? '' : `, pushed by ${placeText(claim.after)}`}`;
    case 'data':
      return `${subject} is data`;
    case 'accesses': {
      const { access, operand, address, size, verdict } = claim;
      const bytes = size === 0 ? '' : ` ${plural(size, 'byte')} at`;
      const through = operand === '' ? '' : ` through ${operand}`;
      return `The instruction ${ACCESS[access]}${bytes} ${hex(address)}${through}${VERDICT[verdict]}`;
    }
    case 'bad-operand':
      return `The bad operand is ${claim.register.toUpperCase()}: ${claim.detail}`;
    case 'guarded': {
      const compare = claim.compare === null ? '' : ` after ${placeText(claim.compare)}`;
      return `It was reached because ${placeText(claim.by)} was ${claim.taken ? '' : 'not '}taken${compare}`;
    }
    case 'went': {
      const compare = claim.compare === null ? '' : ` after ${placeText(claim.compare)}`;
      return `On the way to the trap ${placeText(claim.by)} was ${claim.taken ? 'taken' : 'not taken'}${compare}`;
    }
    case 'interrupted':
      return 'The instruction is where the CPU was found, not a cause: it did not trap';
    case 'asserts':
      return `The instruction ${ASSERTION[claim.what]}${claim.detail === '' ? '' : `: ${claim.detail}`}`;
    case 'starts-inside':
      return `The bytes begin inside ${placeText(claim.by)}: decodecode shows its rest as ${claim.shown}`;
    case 'cut-prefix':
      return `The first instruction lacks its beginning: ${claim.shown} would have cleared the upper half of ${claim.register.toUpperCase()}, which is not clear`;
    case 'boundaries': {
      const { certainFrom, chosenFrom, readings } = claim;
      const upTo =
        chosenFrom < certainFrom
          ? `; from ${hex(chosenFrom)} to there it is the reading with the fewest unusual instructions`
          : '';
      if (readings === 1) return `Only one reading arrives at the trap; it begins at byte ${hex(chosenFrom)}`;
      return `From byte ${hex(certainFrom)} on, all ${readings} readings that arrive at the trap agree on the instructions${upTo}`;
    }
    case 'no-way':
      return 'No way through the code that is seen leads to these registers: the trap was reached from code that is not seen, or they are not the registers of this code';
    case 'code-agrees':
      return `${claim.same} of ${claim.compared} bytes of the Code: line are as in ${claim.file}`;
  }
};

/** A statement with its sentence. */
export const state = (
  about: Subject,
  sure: Sure,
  claim: Claim,
  because: readonly string[] = [],
): Statement => ({ about, sure, claim, says: sayClaim(about, claim), because });
