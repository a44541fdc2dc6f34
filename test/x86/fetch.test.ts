import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PAGE_SIZE } from '../../src/base/address.js';
import { PagedMemory } from '../../src/kernel/memory.js';
import { MAX_INSTRUCTION, fetchCode } from '../../src/x86/fetch.js';

const START = 0xffffffff81000000n;
const SIZE = 2 * PAGE_SIZE;

it('as many bytes are fetched as an instruction can have and memory has', () => {
  const memory = new PagedMemory([{ start: START, size: SIZE, protection: 'read-execute', name: 'text' }]);
  memory.bytes.forEach((_, at) => (memory.bytes[at] = at % 251));
  const near = fc
    .constantFrom(0, PAGE_SIZE, SIZE)
    .chain((edge) => fc.integer({ min: edge - 20, max: edge + 20 }));
  fc.assert(
    fc.property(fc.oneof(fc.nat(SIZE), near), (offset) => {
      const bytes = fetchCode(memory, START + BigInt(offset));
      const room = offset < 0 ? 0 : Math.max(0, Math.min(MAX_INSTRUCTION, SIZE - offset));
      expect([...bytes]).toEqual(Array.from({ length: room }, (_, index) => (offset + index) % 251));
    }),
  );
});
