// Memory that the access observer need not see: what leaves it is reported all the same.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PagedMemory } from '../../src/kernel/memory.js';
import { DEFAULT_ENGINE } from '../../src/machine/engines.js';
import { withoutSkipped } from '../../src/machine/hook-bounds.js';
import { REGISTER_INDEX } from '../../src/x86/registers.js';

describe('what is left without ranges that are skipped', () => {
  const range = fc.record({
    start: fc.integer({ min: 0, max: 400 }),
    size: fc.integer({ min: 1, max: 120 }),
  });

  it('reports every access of up to 16 bytes that is not wholly in one of them', () => {
    fc.assert(
      fc.property(
        fc.array(range, { maxLength: 4 }),
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 1, max: 16 }),
        (ranges, at, size) => {
          const skipped = ranges.map(({ start, size: length }) => ({ start: BigInt(start), size: length }));
          const left = withoutSkipped([{ begin: 0n, end: 600n }], skipped);
          const isReported = left.some(({ begin, end }) => BigInt(at) >= begin && BigInt(at) <= end);
          const isInside = ranges.some(
            ({ start, size: length }) => at >= start && at + size <= start + length,
          );
          if (!isInside) expect(isReported).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('an engine', () => {
  const CODE = 0xffffffff81000000n;
  const DATA = 0xffff880000001000n;
  // mov (%rdi),%rax; hlt
  const READ = Uint8Array.of(0x48, 0x8b, 0x07, 0xf4);

  const run = (at: bigint, skipped: { start: bigint; size: number }[]): boolean => {
    const memory = new PagedMemory([
      { start: DATA, size: 4096, protection: 'read-write', name: 'data' },
      { start: CODE, size: 4096, protection: 'read-execute', name: 'code' },
    ]);
    memory.bytes.set(READ, memory.locate(CODE));
    let seen = false;
    const engine = DEFAULT_ENGINE.open(memory, undefined, {
      accesses: {
        ranges: [{ start: DATA, size: 4096 }],
        read: () => (seen = true),
        write: () => undefined,
      },
    });
    try {
      engine.skip('read', [{ start: DATA, size: 4096 }]);
      engine.skip('read', skipped);
      engine.registers[REGISTER_INDEX.rdi] = at;
      engine.registers[REGISTER_INDEX.rflags] = 0x202n;
      engine.writeRegisters();
      engine.run(CODE, CODE + 3n, 10);
      return seen;
    } finally {
      engine.close();
    }
  };

  it('reports what is not skipped, and what leaves it', () => {
    const range = { start: DATA + 0x100n, size: 0x80 };
    expect(run(DATA + 0x200n, [range])).toBe(true);
    expect(run(DATA + 0xffn, [range])).toBe(true);
    expect(run(DATA + 0x179n, [range])).toBe(true);
    expect(run(DATA + 0x110n, [])).toBe(true);
  });

  it('spares the rest', () => {
    expect(run(DATA + 0x110n, [{ start: DATA + 0x100n, size: 0x80 }])).toBe(false);
  });

  it('reports more where there are too many to tell apart', () => {
    const many = Array.from({ length: 40 }, (_, index) => ({ start: DATA + BigInt(index * 96), size: 64 }));
    expect(run(DATA + 64n, many)).toBe(true);
    expect(run(DATA + 39n * 96n + 70n, many)).toBe(true);
  });
});
