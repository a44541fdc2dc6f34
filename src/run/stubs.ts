// Functions that the sandbox does instead of running bytes. Each says what it models and what it leaves out.
// They work on guest memory and the heap; what the guest passes is never trusted.

import type { Addr } from '../base/address.js';
import type { Stub, StubCall } from '../machine/machine.js';
import type { WritableMemory } from '../kernel/memory.js';
import { findField, type Struct } from '../kernel/layout.js';
import type { RuledAllocations } from './ruled-allocations.js';
import type { Allocator } from './allocator.js';
import { file } from '../kernel/structs/fs.js';
import { pid } from '../kernel/structs/task.js';

/** Seconds since 1970 that get_seconds() returns, always: 2017-09-15 00:00:00 UTC. Invented; the talk says September 2017. */
export const FIXED_SECONDS = 1_505_433_600n;

/** Something wrong that a stub met; a sentence. */
export type StubFinding = (message: string) => void;

const offsetOf = (type: Struct, path: string): bigint => BigInt(findField(type, path)!.offset);

const FILE = {
  count: offsetOf(file, 'f_count'),
  op: offsetOf(file, 'f_op'),
  security: offsetOf(file, 'f_security'),
  privateData: offsetOf(file, 'private_data'),
};
/** gfp flag: clear the memory. Source: __GFP_ZERO, include/linux/gfp.h, v3.0.101 */
const GFP_ZERO = 0x8000n;

const PID_NR = offsetOf(pid, 'nr');

/** What the stubs need of the world. */
export interface StubWorld {
  readonly heap: Allocator;
  /** What decides about allocations besides the heap. */
  readonly allocations?: RuledAllocations;
  /** Address of shm_file_operations: files with it are attaches of shared memory. */
  readonly shmFileOperations: Addr;
  readonly onFinding?: StubFinding | undefined;
}

const kmalloc = ({ heap, allocations }: StubWorld): Stub => ({
  symbol: '__kmalloc',
  models:
    'takes an object of the smallest general cache that fits from the SLAB heap, zeroed to its end with __GFP_ZERO; NULL when no page frame is left',
  leavesOut: 'other gfp flags, reclaim, sizes over one page',
  run: (call) => {
    const size = call.argument(0);
    if (size > 0x40_0000n || allocations?.prepare(Number(size)) === false) return 0n;
    return (call.argument(1) & GFP_ZERO) === 0n ? heap.kmalloc(Number(size)) : heap.kzalloc(Number(size));
  },
});

const kfree = ({ heap }: StubWorld): Stub => ({
  symbol: 'kfree',
  models: 'gives an object back to its cache, and leaves its bytes; NULL is ignored',
  leavesOut: 'debugging, tracing',
  run: (call) => {
    heap.kfree(call.argument(0));
    return undefined;
  },
});

const ksize = ({ heap }: StubWorld): Stub => ({
  symbol: 'ksize',
  models: 'bytes from the start of an object to the next one of its cache; 0 where no object begins',
  leavesOut: 'the BUG() for NULL',
  run: (call) => BigInt(heap.ksize(call.argument(0))),
});

const printk: Stub = {
  symbol: 'printk',
  models: 'returns 0',
  leavesOut: 'the text: nothing is formatted or printed',
  run: () => 0n,
};

const kmemCacheFree = ({ heap, onFinding }: StubWorld): Stub => ({
  symbol: 'kmem_cache_free',
  models: 'gives an object back to its cache',
  leavesOut: 'debugging, tracing',
  run: (call) => {
    const cache = heap.cacheName(call.argument(0));
    if (cache === undefined) onFinding?.('kmem_cache_free: the first argument is no kmem_cache');
    else heap.kmem_cache_free(cache, call.argument(1));
    return undefined;
  },
});

// __fput() of an attached segment: shm_release() frees the shm_file_data, then security_file_free() the context.
const release = (world: StubWorld, memory: WritableMemory, at: Addr): void => {
  if (memory.readU64(at + FILE.op) === world.shmFileOperations) {
    const data = memory.readU64(at + FILE.privateData);
    memory.writeU64(at + FILE.privateData, 0n);
    world.heap.kfree(data);
  }
  const context = memory.readU64(at + FILE.security);
  if (context !== 0n) {
    memory.writeU64(at + FILE.security, 0n);
    world.heap.kzfree(context);
  }
  world.heap.kmem_cache_free('filp', at);
};

const fput = (world: StubWorld): Stub => ({
  symbol: 'fput',
  models:
    'drops a reference; the last one of an attached segment frees its shm_file_data (kfree), its AppArmor context (kzfree) and the file, in this order',
  leavesOut:
    'dentry and mount, locks and leases, the RCU delay before the file is freed, the reference on the namespace',
  run: (call) => {
    const at = call.argument(0);
    const { memory } = call;
    if (!memory.isMapped(at, file.size)) {
      world.onFinding?.('fput: the file is not mapped');
      return undefined;
    }
    const count = BigInt.asIntN(64, memory.readU64(at + FILE.count)) - 1n;
    memory.writeU64(at + FILE.count, BigInt.asUintN(64, count));
    if (count === 0n) release(world, memory, at);
    return undefined;
  },
});

const pidVnr: Stub = {
  symbol: 'pid_vnr',
  models: 'the number of a struct pid in the initial namespace; 0 for NULL',
  leavesOut: 'other pid namespaces',
  run: ({ memory, argument }: StubCall) => {
    const at = argument(0);
    return memory.isMapped(at + PID_NR, 4) ? BigInt(memory.readU32(at + PID_NR)) : 0n;
  },
};

const getSeconds: Stub = {
  symbol: 'get_seconds',
  models: `the time: always ${FIXED_SECONDS}, so that runs are equal`,
  leavesOut: 'a clock',
  run: () => FIXED_SECONDS,
};

const nothing = (symbol: string, leavesOut: string): Stub => ({
  symbol,
  models: 'returns',
  leavesOut,
  run: () => undefined,
});

/** The stubs of release 3.0.101. */
export const createStubs = (world: StubWorld): Stub[] => [
  kmalloc(world),
  kfree(world),
  ksize(world),
  kmemCacheFree(world),
  fput(world),
  pidVnr,
  getSeconds,
  printk,
  nothing('removed_exe_file_vma', 'the count of executable mappings of a file'),
  nothing('__mpol_put', 'memory policies: no world has one'),
  nothing('seq_printf', 'the text: nothing is formatted, and the buffer of the seq_file stays as it is'),
  nothing('seq_putc', 'the character, as seq_printf'),
  nothing('shm_destroy', 'removal of the segment from the registry, its file and its memory'),
];

/** What each stub models and leaves out; for listings. */
export const describeStubs = (): { symbol: string; models: string; leavesOut: string }[] =>
  createStubs({ heap: undefined as unknown as Allocator, shmFileOperations: 0n }).map(
    ({ symbol, models, leavesOut }) => ({ symbol, models, leavesOut }),
  );
