import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PagedMemory } from '../../src/kernel/memory.js';
import { ALIVE, HOW, Ledger, ORIGIN } from '../../src/lineage/ledger.js';
import { PLAIN, REGISTER_BYTES, TagMap } from '../../src/lineage/tags.js';

const MEMORY = 64; // bytes of memory that are used, after the registers

const makeMap = () => {
  const memory = new PagedMemory([
    { start: 0xffff880000000000n, size: 4096, protection: 'read-write', name: 'memory' },
  ]);
  memory.bytes.forEach((_, at) => (memory.bytes[at] = at + 1));
  const ledger = new Ledger();
  return { ledger, tags: new TagMap(ledger, memory) };
};

const newValue = (ledger: Ledger, size: number): number =>
  ledger.addValue(ORIGIN.computed, size, 0, 0, 0, -1);

// An operand: it lies in one register or in memory.
const operand = fc.integer({ min: 1, max: 8 }).chain((size) =>
  fc.oneof(
    fc.tuple(fc.nat(15), fc.nat(8 - size)).map(([register, at]) => ({ at: register * 8 + at, size })),
    fc.nat(MEMORY - size).map((at) => ({ at: REGISTER_BYTES + at, size })),
  ),
);
const action = fc.oneof(
  fc.record({ kind: fc.constant('fresh' as const), to: operand }),
  fc.record({ kind: fc.constant('copy' as const), from: operand, to: operand }),
);

describe('tags', () => {
  it('say of every byte which byte of which value it is, whatever is copied over what', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
        const { ledger, tags } = makeMap();
        const model = new Map<number, readonly [value: number, byte: number] | null>();
        const inLedger = (location: number) => {
          const place = tags.get(location);
          return place > 0
            ? ([ledger.value(place), ledger.first(place) + location - ledger.start(place)] as const)
            : null;
        };
        actions.forEach((one, step) => {
          const { at, size } = one.to;
          if (one.kind === 'fresh') {
            const value = newValue(ledger, size);
            tags.end(at, size, step, HOW.destroyed, 0);
            tags.begin(at, size, value, 0, step + 1, 0);
            for (let byte = 0; byte < size; byte += 1) model.set(at + byte, [value, byte]);
            return;
          }
          const length = Math.min(size, one.from.size);
          tags.take(one.from.at, length);
          // Reading memory for the first time makes a value of it.
          const bytes = Array.from({ length }, (_, byte) => {
            const from = one.from.at + byte;
            if (!model.has(from)) model.set(from, inLedger(from));
            return model.get(from)!;
          });
          tags.end(at, length, step, HOW.destroyed, 0);
          tags.put(at, length, step + 1);
          bytes.forEach((byte, index) => model.set(at + index, byte));
          expect(tags.isThere(at, length)).toBe(bytes.every((byte) => byte !== null));
        });
        for (const [location, owner] of model) expect(inLedger(location)).toEqual(owner);
        // A byte has one place at a time, which is alive.
        for (let location = 0; location < REGISTER_BYTES + MEMORY; location += 1) {
          const place = tags.get(location);
          if (place > 0) expect(ledger.until(place)).toBe(ALIVE);
        }
      }),
    );
  });

  it('a part that is overwritten leaves the rest as places of their own', () => {
    const { ledger, tags } = makeMap();
    const value = newValue(ledger, 8);
    const whole = tags.begin(0, 8, value, 0, 1, 0);
    tags.end(2, 3, 7, HOW.destroyed, 0);
    const rests = [tags.get(0), tags.get(5)];
    expect(ledger.until(whole)).toBe(7);
    expect(
      rests.map((id) => [ledger.start(id), ledger.size(id), ledger.first(id), ledger.parent(id)]),
    ).toEqual([
      [0, 2, 0, whole],
      [5, 3, 5, whole],
    ]);
  });

  it('memory that the host wrote is a new value when it is read, since that moment', () => {
    const { ledger, tags } = makeMap();
    tags.see(REGISTER_BYTES, 8);
    const first = ledger.value(tags.get(REGISTER_BYTES));
    expect(ledger.bitsOf(first)).toBe(0x0807060504030201n);
    tags.hostWrote(REGISTER_BYTES, 8, 9);
    tags.see(REGISTER_BYTES, 8);
    const second = ledger.value(tags.get(REGISTER_BYTES));
    expect([second === first, ledger.stepOf(first), ledger.stepOf(second)]).toEqual([false, 0, 9]);
  });

  it('a 32-bit value with zeroes above is that of the whole register; with other bytes above it is not', () => {
    const { ledger, tags } = makeMap();
    const place = tags.begin(8, 4, newValue(ledger, 4), 0, 1, 0);
    expect(tags.placeIn(1, 8)).toBe(0);
    for (let at = 12; at < 16; at += 1) tags.set(at, PLAIN);
    expect(tags.placeIn(1, 8)).toBe(place);
  });
});
