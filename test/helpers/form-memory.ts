// The memory of one instruction that is tried: two pages that can be written to between pages that cannot, so that an operand can
// lie over every kind of edge. The same on each engine and on this machine's CPU.
import { PagedMemory } from '../../src/kernel/memory.js';
import type { Protection, Region } from '../../src/kernel/memory.js';
import { numbers } from './any-code.js';

export const CODE = 0x61000000n;
export const DATA = 0x62000000n;
export const PAGE = 4096n;

const NAMED: readonly (Protection | undefined)[] = [undefined, 'read-write', 'read-write', undefined, 'read', 'read-write', 'read', undefined]; // prettier-ignore

/** Where page `index` begins. */
export const page = (index: number): bigint => DATA + BigInt(index) * PAGE;

/** Every place where memory changes its kind, and the middle of each kind. */
export const EDGES = [page(1), page(2), page(3), page(4), page(5), page(6), page(7)] as const;
export const MIDDLES = [page(1) + 0x800n, page(2) + 0x100n, page(5) + 0x3f8n, page(4) + 0x200n, page(3) + 0x10n, page(7) + 0x88n] as const; // prettier-ignore

/** A page of data, and what it holds before each run. */
export interface DataPage {
  readonly at: bigint;
  readonly isWritable: boolean;
  readonly fill: Uint8Array;
}

const below = numbers(77);

/** The pages that are there. */
export const PAGES: readonly DataPage[] = NAMED.flatMap((protection, index) =>
  protection === undefined
    ? []
    : [
        {
          at: page(index),
          isWritable: protection === 'read-write',
          fill: Uint8Array.from({ length: 4096 }, () => [0, 0xff, 1, 0x80, 0x7f, below(256)][below(6)]!),
        },
      ],
);

/** Guest memory with that and code. */
export const formMemory = (code: Uint8Array): PagedMemory => {
  const size = Math.ceil(code.length / 4096) * 4096;
  const text: Region = { start: CODE, size, protection: 'read-execute', name: 'text' };
  const memory = new PagedMemory([
    text,
    ...PAGES.map(({ at, isWritable }): Region => ({ start: at, size: 4096, protection: isWritable ? 'read-write' : 'read', name: `page ${at}` })),
  ]); // prettier-ignore
  memory.write(CODE, code);
  for (const { at, fill } of PAGES) memory.write(at, fill);
  return memory;
};
