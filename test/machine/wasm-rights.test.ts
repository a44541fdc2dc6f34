// Rights that the engine in WebAssembly looks up by itself: it tells of an access that lacks one, and of no other.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PagedMemory } from '../../src/kernel/memory.js';
import { engineNamed } from '../../src/machine/engines.js';
import { READ, Shadow, WRITE } from '../../src/shadow/rights.js';
import { REGISTER_INDEX } from '../../src/x86/registers.js';

const CODE = 0xffffffff81000000n;
const DATA = 0xffff880000001000n;
const SIZE = 8192;

// mov between (%rdi) and %al, %ax, %eax, %rax.
const READS = new Map([
  [1, [0x8a, 0x07]],
  [2, [0x66, 0x8b, 0x07]],
  [4, [0x8b, 0x07]],
  [8, [0x48, 0x8b, 0x07]],
]);
const WRITES = new Map([
  [1, [0x88, 0x07]],
  [2, [0x66, 0x89, 0x07]],
  [4, [0x89, 0x07]],
  [8, [0x48, 0x89, 0x07]],
]);

interface Told {
  readonly size: number;
  readonly offset: number;
}

// One machine; `access` runs one instruction and gives what was told.
const watched = () => {
  const memory = new PagedMemory([
    { start: DATA, size: SIZE, protection: 'read-write', name: 'data' },
    { start: CODE, size: 4096, protection: 'read-execute', name: 'code' },
  ]);
  const shadow = new Shadow([{ start: DATA, size: SIZE, at: memory.locate(DATA) }], memory.bytes.length);
  let told: Told[] = [];
  const tell = (low: number, _high: number, size: number): void => {
    told.push({ size, offset: low - Number(DATA & 0xffff_ffffn) });
  };
  const state = { watching: true };
  const engine = engineNamed('wasm').open(memory, undefined, {
    accesses: {
      ranges: [{ start: DATA, size: SIZE }],
      rights: shadow,
      get watching() {
        return state.watching;
      },
      read: tell,
      write: tell,
    },
  });
  const access = (code: readonly number[], offset: number): readonly Told[] => {
    told = [];
    memory.bytes.set(code, memory.locate(CODE));
    engine.flushTranslations();
    engine.registers[REGISTER_INDEX.rdi] = DATA + BigInt(offset);
    engine.run(CODE, CODE + BigInt(code.length), 2);
    return told;
  };
  return { shadow, state, engine, access };
};

describe('rights', () => {
  it('that are missing are told of, and no others, byte by byte', () => {
    const { shadow, access, engine } = watched();
    const offset = fc.oneof(fc.nat(60), fc.integer({ min: 4060, max: 4120 }));
    const grant = fc.record({ offset, size: fc.nat(24), right: fc.constantFrom(READ, WRITE, 0 as const) });
    const tried = fc.record({ offset, size: fc.constantFrom(1, 2, 4, 8), isWrite: fc.boolean() });
    fc.assert(
      fc.property(fc.array(grant, { maxLength: 12 }), fc.array(tried, { maxLength: 12 }), (grants, all) => {
        shadow.clear();
        for (const one of grants) {
          const at = DATA + BigInt(one.offset);
          if (one.right === 0) shadow.revoke(at, one.size);
          else shadow.grant(at, one.size, one.right);
        }
        for (const { offset: at, size, isWrite } of all) {
          const wanted = isWrite ? WRITE : READ;
          const isAllowed = Array.from({ length: size }, (_, index) => DATA + BigInt(at + index)).every(
            (address) => ((shadow.rightsOf(address) ?? WRITE) & wanted) === wanted,
          );
          const crosses = (at & 0xfff) + size > 4096; // told of in any case
          const told = access((isWrite ? WRITES : READS).get(size)!, at);
          expect(told).toEqual(isAllowed && !crosses ? [] : [{ size, offset: at }]);
        }
      }),
      { numRuns: 300 },
    );
    engine.close();
  });

  it('do not matter while nobody watches', () => {
    const { access, state, engine } = watched();
    expect(access(READS.get(4)!, 16)).toHaveLength(1);
    state.watching = false;
    expect(access(READS.get(4)!, 16)).toEqual([]);
    state.watching = true;
    expect(access(WRITES.get(4)!, 16)).toHaveLength(1);
    engine.close();
  });
});
