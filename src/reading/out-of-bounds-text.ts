// A step's out-of-bounds accesses in words: which instruction, how far, what it hit and what became of it.

import { hex } from '../base/address.js';
import { bytesWithText, plural } from '../base/words.js';
import { type LocatedOutOfBounds, isUseAfterFree } from './out-of-bounds.js';
import type { RecordedStep } from '../recording/recording.js';
import type { Case } from './case.js';
import { fieldValue, freedName } from './victim.js';

const SHOWN = 16; // bytes of a long write
const MOST_VICTIMS = 8; // of one paragraph
const MOST_PARAGRAPHS = 20; // of one step

const describeVictim = (run: Case, found: LocatedOutOfBounds): string => {
  const { kind, object, field, cache } = found.victim;
  const of = cache === null ? '' : ` of ${cache}`;
  switch (kind) {
    case 'object':
      return `${object ?? 'an object without a name'}, a live object${of}`;
    case 'slack':
      return `slack: the unrequested rest of the same slab object${of}`;
    case 'free': {
      const name = freedName(run, found);
      return name === null ? `a free object${of}` : `the freed victim ${name}, an object${of}`;
    }
    case 'management':
      return field === null
        ? `the slab's own management data${of}`
        : `${object === null ? '' : `${object}, `}the management of another slab (struct slab), in a live object${of}`;
    case 'unmapped':
      return 'unmapped memory';
  }
};

const describeDistance = ({ beyond, requested, allocation }: LocatedOutOfBounds): string => {
  if (allocation === null || beyond === null || requested === null) return 'outside every live allocation';
  const asked = `the ${plural(requested, 'byte')} requested at ${allocation}`;
  if (beyond < 0) return `${plural(-beyond, 'byte')} before ${asked}`;
  return beyond === 0 ? `right after ${asked}` : `${plural(beyond, 'byte')} past the end of ${asked}`;
};

// The bytes of an access in memory order; `undefined` where nothing is mapped.
const bytesOf = (value: string | null, size: number): number[] | undefined =>
  value === null
    ? undefined
    : Array.from({ length: size }, (_, index) => Number((BigInt(value) >> BigInt(8 * index)) & 0xffn));

// `2f (/)`; `2f 80 c6 00`
const showBytes = (parts: readonly (number[] | undefined)[]): string => {
  if (parts.includes(undefined)) return 'nothing';
  const bytes = parts.flatMap((part) => part ?? []);
  return bytesWithText(bytes, SHOWN);
};

// Whether `next` continues where the writes of the same instruction end.
const continues = (writes: readonly LocatedOutOfBounds[], next: LocatedOutOfBounds): boolean => {
  const last = writes.at(-1)!;
  const adjacent = BigInt(last.address) + BigInt(last.size) === BigInt(next.address);
  return adjacent && last.by === next.by && last.allocation === next.allocation;
};

// One paragraph for writes by one instruction to bytes that follow each other, and one for each victim.
const tellWrites = (run: Case, writes: readonly LocatedOutOfBounds[]): string[] => {
  const first = writes[0]!;
  const size = writes.reduce((sum, write) => sum + write.size, 0);
  const end = hex(BigInt(first.address) + BigInt(size) - 1n);
  const where = writes.length === 1 ? `at ${first.address}` : `from ${first.address} to ${end}`;
  const before = showBytes(writes.map((write) => bytesOf(write.old, write.size)));
  const after = showBytes(writes.map((write) => bytesOf(write.new, write.size)));
  const bytes =
    before === 'nothing'
      ? 'nothing is written'
      : writes.every((write) => write.old === write.new)
        ? `${before} is written over itself`
        : `${before} becomes ${after}`;
  const victims = new Map<string, LocatedOutOfBounds>();
  for (const write of writes) {
    const key = `${describeVictim(run, write)}\n${write.victim.field ?? ''}`;
    if (!victims.has(key)) victims.set(key, write);
  }
  const last = writes.at(-1)!.instruction + 1;
  return [
    `${first.by} writes ${plural(size, 'byte')} out of bounds ${where}, ${describeDistance(first)}: ${bytes}.`,
    ...[...victims.values()].slice(0, MOST_VICTIMS).map((write) => {
      const old = fieldValue(run, write, first.instruction);
      const now = fieldValue(run, write, last);
      const change =
        old === undefined || now === undefined
          ? ''
          : `: its ${write.victim.field} goes from ${old.text} to ${now.text}`;
      return `It hits ${describeVictim(run, write)}${change}.`;
    }),
    ...(victims.size > MOST_VICTIMS ? [`… and ${victims.size - MOST_VICTIMS} more victims.`] : []),
  ];
};

// Reads by one instruction, one line.
const tellReads = (run: Case, reads: readonly LocatedOutOfBounds[]): string => {
  const first = reads[0]!;
  const all = [...new Set(reads.map((read) => describeVictim(run, read)))];
  const more = all.length > MOST_VICTIMS ? `; and ${all.length - MOST_VICTIMS} more victims` : '';
  const victims = `${all.slice(0, MOST_VICTIMS).join('; then ')}${more}`;
  const total = reads.reduce((sum, { size }) => sum + size, 0);
  return `${first.by} reads ${plural(total, 'byte')} out of bounds, starting at ${first.address}, ${describeDistance(first)}: ${victims}.`;
};

/**
 * Each of the instructions that read outside in a step once, each run of writes, in the order of their first access;
 * after many paragraphs the other accesses are counted.
 */
export const tellOutOfBounds = (run: Case, step: RecordedStep): string[] => {
  const groups: LocatedOutOfBounds[][] = [];
  const reads = new Map<string, LocatedOutOfBounds[]>(); // by instruction
  let writes: LocatedOutOfBounds[] | undefined; // the last ones that follow each other
  for (const found of run.outOfBoundsIn(step.from, step.to)) {
    if (isUseAfterFree(found)) continue; // a finding tells of it
    const group =
      found.access === 'write'
        ? writes !== undefined && continues(writes, found)
          ? writes
          : undefined
        : reads.get(found.by);
    if (group !== undefined) {
      group.push(found);
      continue;
    }
    const started = [found];
    groups.push(started);
    if (found.access === 'write') writes = started;
    else reads.set(found.by, started);
  }
  const told = groups
    .slice(0, MOST_PARAGRAPHS)
    .flatMap((group) => (group[0]!.access === 'read' ? [tellReads(run, group)] : tellWrites(run, group)));
  const more = groups.slice(MOST_PARAGRAPHS).reduce((sum, { length }) => sum + length, 0);
  return more === 0
    ? told
    : [...told, `… and ${more} more accesses out of bounds; replay --json lists each.`];
};
