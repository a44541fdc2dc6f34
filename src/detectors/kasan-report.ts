// What KASAN prints about an access that its shadow forbids.
// Source: print_error_description() and describe_object_addr(), mm/kasan/report.c, v5.4

import { type Addr, hex16 } from '../base/address.js';
import { findField } from '../kernel/layout.js';
import { CURRENT_TASK_OFFSET, task_struct } from '../kernel/structs/task.js';
import type { Case } from '../reading/case.js';
import type { PoolObject } from '../run/pool-heap.js';
import type { Forbidden } from './forbidden.js';
import { instructionOf } from './guest-accesses.js';
import { printedSymbol } from './sight.js';

// `comm/pid` of the task that runs.
const taskAt = (run: Case, instruction: number): string => {
  const { recording } = run;
  const state = run.stateAt(instruction);
  const current = BigInt(recording.header.gsBase) + CURRENT_TASK_OFFSET;
  const task = state.isMapped(current, 8) ? state.readU64(current) : 0n;
  const fieldAt = (name: string): Addr => task + BigInt(findField(task_struct, name)!.offset);
  if (!state.isMapped(task, task_struct.size)) return '?/?';
  const comm = state.read(fieldAt('comm'), 16);
  const end = comm.indexOf(0);
  const name = Buffer.from(comm.subarray(0, end < 0 ? comm.length : end)).toString('latin1');
  const pid = state.readU32(fieldAt('pid'));
  // A world may leave the name to what the scenario states.
  const { given } = recording.header;
  const stated = given['pid'] === pid ? String(given['comm'] ?? '?') : '?';
  return `${/^[\x20-\x7e]+$/u.test(name) ? name : stated}/${pid}`;
};

// The object that an address belongs to: the one that it lies in, otherwise the nearest before it.
const nearest = (address: Addr, objects: readonly PoolObject[]): PoolObject | undefined =>
  objects.reduce<PoolObject | undefined>(
    (best, object) =>
      object.address <= address && (best === undefined || object.address > best.address) ? object : best,
    undefined,
  ) ?? objects[0];

const region = ({ address, size }: PoolObject): string =>
  `${size}-byte region [${hex16(address)}, ${hex16(address + BigInt(size))})`;

/** Its lines, without the stack traces and the dump of the shadow. */
export const kasanReport = (
  run: Case,
  { index, address: bad, isWrite }: Forbidden,
  objects: readonly PoolObject[],
): string[] => {
  const { recording, symbols } = run;
  const { accesses } = recording;
  const address = accesses.address(index);
  const object = nearest(bad, objects);
  const isInside = object !== undefined && bad < object.address + BigInt(object.requested);
  const kind = isInside && bad >= object.address ? 'use-after-free' : 'slab-out-of-bounds';
  const where = printedSymbol(symbols, instructionOf(recording, index));
  const lines = [
    `BUG: KASAN: ${kind} in ${where}`,
    `${isWrite ? 'Write' : 'Read'} of size ${accesses.size(index)} at addr ${hex16(address)} by task ${taskAt(run, accesses.instruction(index))}`,
  ];
  if (object === undefined) return lines;
  const end = object.address + BigInt(object.size);
  const [distance, side] =
    address < object.address
      ? [object.address - address, 'to the left of']
      : address >= end
        ? [address - end, 'to the right of']
        : [address - object.address, 'inside of'];
  return [
    ...lines,
    '',
    `The buggy address belongs to the object at ${hex16(object.address)}`,
    ` which belongs to the cache ${object.cache} of size ${object.size}`,
    `The buggy address is located ${distance} bytes ${side}`,
    ` ${region(object)}`,
  ];
};
