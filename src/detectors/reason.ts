// Why a detector missed what went wrong. Everything said here is counted in the run: which bytes the guilty code read and
// wrote, what it changed them from and to, which checks were made afterwards.

import { plural } from '../base/words.js';
import type { Case } from '../reading/case.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import type { Finding } from '../reading/findings.js';
import type { Touched } from './touched.js';

const byte = (value: number): string => value.toString(16).padStart(2, '0');

const listOf = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(', ');

const totalOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** What the instruction at some place made of bytes, in the whole run. */
interface Habit {
  readonly writes: number;
  readonly from: ReadonlySet<number>;
  readonly to: ReadonlySet<number>;
}

// Of the instruction that first wrote outside of an allocation.
const habitOf = (run: Case, at: string): Habit => {
  const { recording } = run;
  const { accesses } = recording;
  const address = run.symbols.addressOf(at);
  const from = new Set<number>();
  const to = new Set<number>();
  let writes = 0;
  let row = 0;
  let index = 0;
  for (const registers of recording.registerRows()) {
    const isIt = registers[REGISTER_INDEX.rip] === address;
    for (; index < accesses.count && accesses.instruction(index) <= row; index += 1) {
      if (!isIt || accesses.isHost(index) || !accesses.isDone(index) || accesses.instruction(index) !== row)
        continue;
      writes += 1;
      for (let one = 0; one < accesses.size(index); one += 1) {
        from.add(accesses.oldByte(index, one));
        to.add(accesses.newByte(index, one));
      }
    }
    row += 1;
  }
  return { writes, from, to };
};

// "it only ever turns 2f into 5c, and none of the bytes that it passed is 2f"
const habitText = (run: Case, touched: Touched): string | undefined => {
  const write = run.outOfBounds.find(({ access }) => access === 'write');
  if (write === undefined) return undefined;
  const { writes, from, to } = habitOf(run, write.by);
  if (from.size !== 1 || to.size !== 1) return undefined;
  const [old] = from;
  const [made] = to;
  const before = run.stateAt(run.outOfBounds[0]!.instruction);
  const values = touched.readAt.flatMap((at) => (before.isMapped(at, 1) ? [before.readU8(at)] : []));
  const same = values.filter((value) => value === old).length;
  return (
    `${write.by} changes only bytes that are ${byte(old!)}, to ${byte(made!)} (${plural(writes, 'write')} in this run), ` +
    `and ${same === 0 ? 'none' : `${same}`} of those ${values.length} bytes is ${byte(old!)}`
  );
};

// What was changed instead, and whose it is.
const damageText = (run: Case): string => {
  const writes = run.outOfBounds.filter(({ access, old, new: made }) => access === 'write' && old !== made);
  const [first] = writes;
  if (first === undefined) return 'no access outside of an allocation changed a byte';
  const name = run.objects.nameOf(BigInt(first.address), first.instruction, true);
  const owner = first.now === undefined ? 'nobody has it' : 'an object that is in use';
  return `${plural(writes.length, 'write')} outside of an allocation changed something, the first at ${name ?? first.address}: ${owner}`;
};

// Where the fault was instead.
const elsewhere = (run: Case, { kind, now }: Finding): string => {
  if (kind === 'out-of-bounds' || now === null) return damageText(run);
  const owner = now.name ?? `an object of ${now.cache}`;
  return `the freed memory had a new owner by then, ${owner}, and what lies there is that object's`;
};

// What the findings of a run say by being none.
const withoutFault = ({ recording }: Case): string => {
  const { outcome } = recording.header;
  const heap =
    'no access to an object lies outside of it or comes after its free, and each free is of an object in use';
  return outcome.kind === 'fault'
    ? `${heap}; the access that ends the run, to ${outcome.address}, is to none`
    : heap;
};

/**
 * The reason, in a sentence.
 *
 * @param checksAfter checks that the detector made after the cause
 */
export const reasonOf = (
  run: Case,
  {
    cause,
    touched,
    checksAfter,
  }: { readonly cause: Finding | undefined; readonly touched: Touched; readonly checksAfter: number },
): string => {
  if (cause === undefined) return withoutFault(run);
  const read = totalOf(touched.read);
  const written = totalOf(touched.written);
  if (cause.kind === 'uninitialised')
    return 'what was used without having been written lies in memory that is in use, and it does not keep which bytes were written';
  if (touched.changed > 0)
    return `${plural(touched.changed, 'byte')} that it looks at changed, and it looks at an object when that is freed or handed out again: ${plural(checksAfter, 'check')} afterwards found nothing`;
  if (written > 0)
    return `guest code wrote ${plural(written, 'byte')} that it looks at (${listOf(touched.written)}), each with the value that was there`;
  if (read === 0) return `guest code touched none of the bytes that it looks at; ${elsewhere(run, cause)}`;
  return [
    `guest code read ${plural(read, 'byte')} that it looks at (${listOf(touched.read)}) and wrote none of them`,
    habitText(run, touched),
    damageText(run),
    `it looks for changes alone: ${plural(checksAfter, 'check')} afterwards`,
  ]
    .filter((text) => text !== undefined)
    .join('; ');
};
