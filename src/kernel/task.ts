// Tasks: task_struct and what it leads to, from guest memory.

import { type Addr, hex } from '../base/address.js';
import type { Memory } from './memory.js';
import { offsetOf } from './slab-layout.js';
import { type HeapInMemory, objectsOf } from './slab.js';
import { THREAD_SIZE, task_struct, thread_info } from './structs/task.js';

/** What is known of a task. */
export interface Task {
  readonly address: Addr;
  readonly pid: number;
  readonly cpu: number | undefined;
  readonly stack: Addr;
  readonly mm: Addr;
  readonly state: bigint;
  readonly comm: string;
}

const offset = (path: string): bigint => offsetOf(task_struct, path);

/** The task at an address; `undefined` where its fields are not mapped. */
export const taskAt = (memory: Memory, address: Addr): Task | undefined => {
  if (!memory.isMapped(address, task_struct.size)) return undefined;
  const pid = memory.readU32(address + offset('pid')) | 0;
  const stack = memory.readU64(address + offset('stack'));
  const text = memory.read(address + offset('comm'), 16);
  const end = text.indexOf(0);
  const comm = Buffer.from(text.subarray(0, end < 0 ? 16 : end))
    .toString('latin1')
    .replaceAll(/[^\x20-\x7e]/gu, '?');
  return {
    address,
    pid,
    cpu: memory.isMapped(stack, thread_info.size)
      ? memory.readU32(stack + BigInt(thread_info.fields.cpu[0]))
      : undefined,
    stack,
    mm: memory.readU64(address + offset('mm')),
    state: memory.readU64(address + offset('state')),
    comm,
  };
};

/** Addresses of the live objects of the task_struct cache. */
export const tasksInHeap = ({ caches, free }: HeapInMemory): Addr[] =>
  caches
    .filter(({ name }) => name === 'task_struct')
    .flatMap((cache) => cache.slabs.flatMap((slab) => objectsOf(cache, slab)))
    .filter((object) => !free.has(object));

/**
 * States by value: as `ps` abbreviates them, and their names.
 * Source: include/linux/sched.h, v3.0.101; the two letters are those of crash's ps
 */
export const STATES: ReadonlyMap<bigint, readonly [short: string, name: string]> = new Map([
  [0n, ['RU', 'TASK_RUNNING']],
  [1n, ['IN', 'TASK_INTERRUPTIBLE']],
  [2n, ['UN', 'TASK_UNINTERRUPTIBLE']],
  [4n, ['ST', 'TASK_STOPPED']],
  [8n, ['TR', 'TASK_TRACED']],
  [16n, ['ZO', 'EXIT_ZOMBIE']],
  [32n, ['DE', 'EXIT_DEAD']],
  [64n, ['DE', 'TASK_DEAD']],
  [128n, ['WK', 'TASK_WAKEKILL']],
  [130n, ['UN', 'TASK_KILLABLE']],
  [256n, ['WA', 'TASK_WAKING']],
]);

/** What does not fit about a task: its stack, and the way back from there. A sentence each. */
export const taskFindings = (memory: Memory, { address, stack }: Task): string[] => {
  const at = address + offset('stack');
  if (stack % BigInt(THREAD_SIZE) !== 0n || !memory.isMapped(stack, thread_info.size)) {
    const what = memory.isMapped(stack, thread_info.size) ? 'misaligned' : 'not mapped';
    return [`at ${hex(at)} expected a kernel stack, found ${hex(stack)}, ${what}`];
  }
  const back = memory.readU64(stack + BigInt(thread_info.fields.task[0]));
  return back === address
    ? []
    : [
        `at ${hex(stack + BigInt(thread_info.fields.task[0]))} expected the task of this stack, ${hex(address)}, found ${hex(back)}`,
      ];
};
