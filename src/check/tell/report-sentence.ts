// The one sentence of a report that says what broke, in kernel terms. Values in, words out.

import { plural } from '../../base/words.js';
import type {
  ReportedAccess,
  ReportedAllocation,
  ReportedComparison,
  ReportedInstruction,
  ReportedVictim,
} from './report-document.js';

/** What lies where an access was not allowed, as part of a sentence. */
export const victimWords = ({ kind, object, cache, field }: ReportedVictim): string => {
  const of = cache === null ? '' : ` of ${cache}`;
  switch (kind) {
    case 'input':
      return `${field ?? object ?? 'an input'}, an input of the call${field === null || object === null ? '' : ` (${object})`}`;
    case 'object':
      return object === null ? `a live object${of} without a name` : `${object}, a live object${of}`;
    case 'slack':
      return `the slack of its own object${of}, which nobody asked for`;
    case 'free':
      return object === null ? `a free object${of}` : `${object}, a freed object${of}`;
    case 'management':
      return `the slab's management data${of}${field === null ? '' : ` (${field})`}`;
    case 'stack':
      return "the caller's stack frame";
    case 'unmapped':
      return 'memory that is not mapped';
    case 'other':
      return object ?? 'memory that is none of its business';
  }
};

const whereWords = (distance: ReportedAccess['distance']): string => {
  if (distance === null) return 'outside of everything that the call owns';
  const { bytes, side } = distance;
  if (side === 'inside') return 'in memory that the call has freed';
  if (side === 'left') return `${plural(bytes, 'byte')} before the call's own allocation`;
  return bytes === 0
    ? "right behind the call's own allocation"
    : `${plural(bytes, 'byte')} behind the end of the call's own allocation`;
};

/** Of an access that was not allowed. */
export const damageWords = (
  kind: string,
  at: string | null,
  { access, size, distance }: ReportedAccess,
  victim: ReportedVictim,
  called: string,
): string => {
  const by = at ?? 'code that no symbol covers';
  const verb = access === 'read' ? 'reads' : 'writes';
  if (kind === 'write-to-input')
    return `${by} changes ${victimWords(victim)}: whoever else uses it finds it changed when ${called}() has returned.`;
  return `${by} ${verb} ${plural(size, 'byte')} ${whereWords(distance)}: there lies ${victimWords(victim)}.`;
};

/** Of a call that ended otherwise than it should. */
export const endWords = (
  property: 'ends' | 'allocation-failure' | 'readers',
  kind: string,
  instruction: ReportedInstruction | null,
  ended: string | null,
  called: string,
): string => {
  const at = instruction?.at ?? instruction?.address ?? 'an unknown place';
  if (property === 'allocation-failure' && instruction === null)
    return `An allocation got no memory, and ${called}() ${ended ?? 'went on'} instead of NULL: its caller takes that for a result.`;
  const before =
    property === 'allocation-failure' ? 'An allocation got no memory, and ' : `${called}() does not return: `;
  switch (kind) {
    case 'endless-run':
      return `${before}it still runs when its budget is used up, at ${at}: a CPU that is stuck there is a soft lockup.`;
    case 'wild-jump':
      return `${before}it jumps to ${at}, where there is no code.`;
    case 'kernel-bug':
      return `${before}it runs into a BUG() at ${at}.`;
    default:
      return `${before}the kernel traps at ${at}.`;
  }
};

/** Of a later step that met what the call had left. */
export const readerWords = (
  step: string,
  instruction: ReportedInstruction | null,
  finding: string | null,
): string =>
  instruction === null
    ? `In the later step "${step}" the heap finds what the call left: ${finding ?? 'damage'}.`
    : `The later step "${step}" does not survive what the call left: it ends at ${instruction.at ?? instruction.address}.`;

/** Of a result that is not the promised one. */
export const resultWords = (
  property: 'result' | 'same-twice',
  { why, firstDifference }: ReportedComparison,
  called: string,
): string => {
  const what =
    property === 'result' ? `${called}() returns` : `Called again with the same inputs, ${called}() returns`;
  switch (why) {
    case 'no address':
      return `${what} no address of a text.`;
    case 'not its own':
      return `${what} an address that is no allocation of its own: the caller cannot kfree() it.`;
    case 'not terminated':
      return `${what} a text without a NUL in its allocation: whoever reads it as a C string reads on behind it.`;
    default:
      return firstDifference === null
        ? `${what} something else than it ${property === 'result' ? 'promises' : 'did the first time'}.`
        : `${what} a text that differs from byte ${firstDifference} on from what it ${property === 'result' ? 'promises' : 'returned the first time'}.`;
  }
};

/** Of allocations that nobody has any more, or a free that was none. */
export const leakWords = (
  leaked: readonly ReportedAllocation[],
  finding: string | null,
  called: string,
): string =>
  leaked.length > 0
    ? `When ${called}() has returned, nobody has the address of ${plural(leaked.length, 'allocation')} that it made, so nobody can free ${leaked.length === 1 ? 'it' : 'them'}.`
    : `${called}() frees what it may not: ${finding ?? 'the heap complains'}.`;
