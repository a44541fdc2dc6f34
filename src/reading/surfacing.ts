// How damage surfaced: which code read the bytes that an out-of-bounds write had left, and what came of it.

import { type Addr, PAGE_SIZE, isCanonical } from '../base/address.js';
import { plural } from '../base/words.js';
import { append } from '../base/long-lists.js';
import type { LocatedOutOfBounds } from './out-of-bounds.js';
import type { RecordedAccess } from '../recording/accesses.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import type { Case } from './case.js';
import { MAX_ERRNO } from './objects.js';
import { type FieldValue, fieldValue } from './victim.js';
import { ERRNO_NAMES } from '../forensics/patterns.js';

// Whether a write hit something that a reader would know: a live object, or a field of one.
const isTold = ({ access, victim }: LocatedOutOfBounds): boolean =>
  access === 'write' && (victim.kind === 'object' || victim.field !== null);

/**
 * For each out-of-bounds write the first read of the bytes it left: not a read of the overrun itself, and not of bytes
 * that were written again by then. One pass: each byte is watched for the write that it was last written by.
 */
const firstReads = ({ recording, outOfBounds }: Case): ReadonlyMap<LocatedOutOfBounds, RecordedAccess> => {
  const reads = new Map<LocatedOutOfBounds, RecordedAccess>();
  const overrun = new Set(outOfBounds.map(({ instruction }) => instruction));
  const writes = outOfBounds.filter(isTold);
  const watched = new Map<Addr, LocatedOutOfBounds>(); // by byte
  let next = 0;
  const from =
    writes[0] === undefined ? recording.accessCount : recording.accessesBefore(writes[0].instruction);
  for (let index = from; index < recording.accessCount; index += 1) {
    if (next === writes.length && watched.size === 0) break;
    const access = recording.access(index);
    if (access.faulted) continue;
    const end = access.address + BigInt(access.size);
    if (access.kind === 'read') {
      if (access.host || watched.size === 0 || overrun.has(access.instruction)) continue;
      for (let at = access.address; at < end; at += 1n) {
        const by = watched.get(at);
        if (by === undefined) continue;
        if (!reads.has(by)) reads.set(by, access);
        watched.delete(at);
      }
      continue;
    }
    const write = writes[next];
    const own =
      !access.host && write?.instruction === access.instruction && BigInt(write.address) === access.address;
    if (own) next += 1;
    for (let at = access.address; at < end; at += 1n) {
      if (own) watched.set(at, write);
      else watched.delete(at);
    }
  }
  return reads;
};

/** How far a fault may lie from the address in a pointer to be called a use of it: no struct here is larger. */
const NEAR = BigInt(PAGE_SIZE);

// Whether the run ended at an address that a damaged pointer led to.
const tellFault = ({ recording, end }: Case, value: FieldValue): string[] => {
  const { outcome } = recording.header;
  if (outcome.kind !== 'fault' || outcome.access === 'execute' || value.size !== 8) return [];
  const address = BigInt(outcome.address);
  const distance = address - value.number;
  if (distance < 0n || distance >= NEAR) return [];
  const from = distance === 0n ? '' : `, ${plural(Number(distance), 'byte')} past that address`;
  const what = `a ${outcome.access} of ${plural(outcome.size, 'byte')} at ${outcome.address}${from}`;
  if (!isCanonical(address)) return [`${outcome.at} follows it: ${what}, which is not canonical.`];
  const mapped = end.isMapped(address, outcome.size);
  return [
    `${outcome.at} follows it: ${what}, ${mapped ? 'which is not allowed there' : 'where nothing is mapped'}.`,
  ];
};

// A BUG() that found an error: which one.
const tellError = ({ recording, finalRegisters }: Case): string[] => {
  const { outcome } = recording.header;
  if (outcome.kind !== 'bug') return [];
  const rax = BigInt.asIntN(64, finalRegisters[REGISTER_INDEX.rax]!);
  if (rax >= 0n || rax < -MAX_ERRNO) return [];
  const name = ERRNO_NAMES.get(Number(-rax));
  const error = name === undefined ? 'an error number without a name' : `-${name}`;
  return [`At the trap, ${outcome.at}, RAX is ${rax}: ${error}.`];
};

/** Most reads that a story tells; the others are counted. */
const MOST_READS = 20;

/** Where a corrupted field was read afterwards for the first time, what came of it, and the error that a BUG() met. */
export const tellSurfacing = (run: Case): string[] => {
  const { recording, symbols } = run;
  const reads = firstReads(run);
  const lines: string[] = [];
  const told = new Set<string>();
  for (const found of run.outOfBounds) {
    const access = reads.get(found);
    if (access === undefined) continue;
    const { object, field } = found.victim;
    const name = object === null && field === null ? found.address : `${object}: ${field}`;
    if (told.has(name)) continue;
    told.add(name);
    if (told.size > MOST_READS) continue;
    const by = symbols.formatLocation(recording.registersAt(access.instruction)[REGISTER_INDEX.rip]!);
    const step = recording.header.steps.find(({ to }) => access.instruction < to)?.step ?? '';
    const value = fieldValue(run, found, access.instruction);
    const later = plural(access.instruction - found.instruction, 'emulated instruction');
    lines.push(
      `${by} (step "${step}", ${later} after the write) reads ${name}${value === undefined ? '' : ` and finds ${value.text}`}.`,
    );
    if (value !== undefined) append(lines, tellFault(run, value));
  }
  if (told.size > MOST_READS) lines.push(`… and ${told.size - MOST_READS} more are read.`);
  return [...lines, ...tellError(run)];
};
