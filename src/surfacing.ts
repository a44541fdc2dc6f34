// Tells how damage surfaced: who read what an out-of-bounds write had left, and what came of it. Reads a recording only.

import { type Addr, PAGE_SIZE, isCanonical } from './address.js';
import type { LocatedOutOfBounds } from './out-of-bounds.js';
import type { RecordedAccess, Recording } from './recording.js';
import { REGISTER_INDEX } from './registers.js';
import { type FieldValue, type Teller, count } from './teller.js';
import { finalRegisters } from './trap-report.js';
import { ERRNO_NAMES } from './value-patterns.js';

// The bytes of an access that lie in `size` bytes at `start`, as bits.
const bitsOf = (access: RecordedAccess, start: Addr, size: number): number => {
  let bits = 0;
  for (let index = 0; index < size; index += 1) {
    const at = start + BigInt(index);
    if (at >= access.address && at < access.address + BigInt(access.size)) bits |= 1 << index;
  }
  return bits;
};

// Index of the first access after an out-of-bounds write.
const after = (recording: Recording, { instruction, address }: LocatedOutOfBounds): number => {
  let index = recording.accessesBefore(instruction);
  for (; index < recording.accessCount; index += 1) {
    const access = recording.access(index);
    if (access.host || access.kind !== 'write' || access.instruction !== instruction) continue;
    if (access.address === BigInt(address)) return index + 1;
  }
  return index;
};

// The first read of what an out-of-bounds write left: not that of the overrun itself, and not of bytes that somebody
// has written again by then.
const firstReadOf = (
  { recording }: Teller,
  found: LocatedOutOfBounds,
  overrun: ReadonlySet<number>,
): RecordedAccess | undefined => {
  const address = BigInt(found.address);
  let left = 2 ** found.size - 1;
  for (let index = after(recording, found); index < recording.accessCount && left !== 0; index += 1) {
    const access = recording.access(index);
    if (access.faulted) continue;
    const touched = bitsOf(access, address, found.size) & left;
    if (access.kind === 'write') left &= ~touched;
    else if (touched !== 0 && !access.host && !overrun.has(access.instruction)) return access;
  }
  return undefined;
};

/** How far a fault may lie from the address in a pointer to be called a use of it: no struct here is larger. */
const NEAR = BigInt(PAGE_SIZE);

// Whether the run ended at an address that a damaged pointer led to.
const tellFault = ({ recording, state }: Teller, value: FieldValue): string[] => {
  const { outcome } = recording.header;
  if (outcome.kind !== 'fault' || outcome.access === 'execute' || value.size !== 8) return [];
  const address = BigInt(outcome.address);
  const distance = address - value.number;
  if (distance < 0n || distance >= NEAR) return [];
  const from = distance === 0n ? '' : `, ${count(Number(distance), 'byte')} behind that address`;
  const what = `a ${outcome.access} of ${count(outcome.size, 'byte')} at ${outcome.address}${from}`;
  if (!isCanonical(address)) return [`${outcome.at} follows it: ${what}, which is not canonical.`];
  const mapped = state.isMapped(address, outcome.size);
  return [
    `${outcome.at} follows it: ${what}, ${mapped ? 'which is not allowed there' : 'where nothing is mapped'}.`,
  ];
};

/** Errors in pointers and results are the last of all numbers. Source: MAX_ERRNO, include/linux/err.h, v3.0.101 */
const MAX_ERRNO = 4095n;

// A BUG() that found an error: which one.
const tellError = (recording: Recording): string[] => {
  const { outcome } = recording.header;
  if (outcome.kind !== 'bug') return [];
  const rax = BigInt.asIntN(64, finalRegisters(recording)[REGISTER_INDEX.rax]!);
  if (rax >= 0n || rax < -MAX_ERRNO) return [];
  const name = ERRNO_NAMES.get(Number(-rax));
  const error = name === undefined ? 'an error number without a name' : `-${name}`;
  return [`At the trap, ${outcome.at}, RAX is ${rax}: ${error}.`];
};

/** Where a corrupted field was read afterwards for the first time, what came of it, and the error that a BUG() met. */
export const tellSurfacing = (teller: Teller): string[] => {
  const { recording, symbols } = teller;
  const overrun = new Set(teller.found.map(({ instruction }) => instruction));
  const lines: string[] = [];
  const told = new Set<string>();
  for (const found of teller.found) {
    const { kind, object, field } = found.victim;
    if (found.access !== 'write' || (kind !== 'object' && field === null)) continue;
    const name = object === null && field === null ? found.address : `${object}: ${field}`;
    const access = told.has(name) ? undefined : firstReadOf(teller, found, overrun);
    if (access === undefined) continue;
    told.add(name);
    const by = symbols.formatLocation(recording.registersAt(access.instruction)[REGISTER_INDEX.rip]!);
    const step = recording.header.steps.find(({ to }) => access.instruction < to)?.step ?? '';
    const value = teller.field(found, access.instruction);
    const later = count(access.instruction - found.instruction, 'emulated instruction');
    lines.push(
      `${by} (step "${step}", ${later} after the write) reads ${name}${value === undefined ? '' : ` and finds ${value.text}`}.`,
      ...(value === undefined ? [] : tellFault(teller, value)),
    );
  }
  return [...lines, ...tellError(recording)];
};
