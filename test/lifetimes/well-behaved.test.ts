// Random sequences of allocations, copies and frees without a mistake have no finding; with one mistake they have that one.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FULL, cases } from '../helpers/effort.js';
import { type Call, lifetimeRun, shortFindings } from '../helpers/lifetime-runs.js';

type Part = readonly number[] | Call;

const TABLE = 0xffff880211340000n; // %r12 points there: a word for each object, 0 for none
const SIZES = [8, 20, 32, 33, 48, 64];
const SLOTS = 6;

const imm32 = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >> shift) & 0xff);

interface Model {
  readonly sizes: (number | undefined)[]; // of the object in each slot
  /** Bytes at the start of each object that were written. */
  readonly written: number[];
}

// mov slot(%r12),%rax
const load = (slot: number): Part => [0x49, 0x8b, 0x44, 0x24, slot * 8];
const store = (slot: number): Part => [0x49, 0x89, 0x44, 0x24, slot * 8]; // mov %rax,slot(%r12)
const clear = (slot: number): Part => [0x49, 0xc7, 0x44, 0x24, slot * 8, 0, 0, 0, 0];

const allocate = (slot: number, size: number, zero: boolean): Part[] => [
  [0xbf, ...imm32(size)],
  [0xbe, ...imm32(zero ? 0x80d0 : 0xd0)],
  { call: '__kmalloc' },
  store(slot),
];

const BRANCH = [0x74, 0x00];

// What can be done with an object: each leaves no register with a pointer that is used later.
const USES: readonly ((model: Model, slot: number, other: number, at: number) => Part[])[] = [
  // write one byte after what is written
  (model, slot) => {
    const offset = model.written[slot]!;
    if (offset >= model.sizes[slot]!) return [];
    model.written[slot] = offset + 1;
    return [load(slot), [0xc6, 0x40, offset, 0x2f]];
  },
  // write all of it with rep stosb
  (model, slot) => {
    model.written[slot] = model.sizes[slot]!;
    return [load(slot), [0x48, 0x89, 0xc7], [0x31, 0xc0], [0xb9, ...imm32(model.sizes[slot]!)], [0xf3, 0xaa]];
  },
  // branch on a byte that is written
  (model, slot, _other, at) =>
    model.written[slot] === 0 ? [] : [load(slot), [0x80, 0x78, at % model.written[slot]!, 0x2f], BRANCH],
  // copy a byte that may not be written, within the object
  (model, slot, _other, at) => [load(slot), [0x8a, 0x48, at % model.sizes[slot]!], [0x88, 0x48, model.sizes[slot]! - 1]].slice(
    0, model.written[slot] === model.sizes[slot]! ? 3 : 2),
  // through a pointer one past the end, and back: lea size(%rax),%rcx; movzbl -1(%rcx),%edx
  (model, slot) => [load(slot), [0x48, 0x8d, 0x48, model.sizes[slot]!], [0x0f, 0xb6, 0x51, 0xff]],
  // container_of: a pointer into it is kept on the stack and subtracted from
  (model, slot) =>
    model.sizes[slot]! < 16 || model.written[slot]! < 1
      ? []
      : [load(slot), [0x48, 0x83, 0xc0, 0x08], [0x50], [0x59], [0x48, 0x83, 0xe9, 0x08], [0x80, 0x39, 0x00], BRANCH],
  // copy bytes to another object
  (model, slot, other) => {
    const size = Math.min(model.written[slot]!, model.sizes[other]!);
    model.written[other] = Math.max(model.written[other]!, size);
    return [load(other), [0x48, 0x89, 0xc7], load(slot), [0x48, 0x89, 0xc6], [0xb9, ...imm32(size)], [0xf3, 0xa4]];
  },
  // reach the other object by the distance: rax = other; rcx = slot; rax -= rcx; rcx += rax; movzbl (%rcx),%edx
  (_model, slot, other) => [load(slot), [0x48, 0x89, 0xc1], load(other), [0x48, 0x29, 0xc8], [0x48, 0x01, 0xc1], [0x0f, 0xb6, 0x11]],
  // compare the pointers of two
  (_model, slot, other) => [load(slot), [0x49, 0x3b, 0x44, 0x24, other * 8], BRANCH],
  // low bits as a mark: or $1; and $-2
  (_model, slot) => [load(slot), [0x48, 0x83, 0xc8, 0x01], [0x48, 0x83, 0xe0, 0xfe], [0x0f, 0xb6, 0x10]],
]; // prettier-ignore

const action = fc.record({
  slot: fc.nat(SLOTS - 1),
  other: fc.nat(SLOTS - 1),
  what: fc.nat(USES.length + 3),
  size: fc.constantFrom(...SIZES),
  at: fc.nat(63),
});
const actions = fc.array(action, { minLength: 4, maxLength: 40 });

// The code of a sequence, and whether something was freed of which slot SLOTS keeps a stale pointer.
const codeOf = (list: readonly (typeof action extends fc.Arbitrary<infer Action> ? Action : never)[], keep: boolean) => {
  const model: Model = { sizes: Array(SLOTS), written: Array<number>(SLOTS).fill(0) };
  const parts: Part[] = [[0x41, 0x54], [0x49, 0xbc, ...Array.from({ length: 8 }, (_, index) => Number((TABLE >> BigInt(index * 8)) & 0xffn))]]; // push %r12; mov $TABLE,%r12
  let kept: number | undefined;
  const free = (slot: number): void => {
    parts.push(load(slot));
    if (keep && kept === undefined) {
      kept = model.sizes[slot]!;
      parts.push(store(SLOTS));
    }
    parts.push([0x48, 0x89, 0xc7], { call: 'kfree' }, clear(slot));
    model.sizes[slot] = undefined;
  };
  for (const { slot, other, what, size, at } of list) {
    if (model.sizes[slot] === undefined) {
      const zero = at % 2 === 0;
      parts.push(...allocate(slot, size, zero));
      model.sizes[slot] = size;
      model.written[slot] = zero ? size : 0;
    } else if (what >= USES.length) free(slot);
    else if (model.sizes[other] !== undefined) parts.push(...USES[what]!(model, slot, other, at));
  }
  // The last use of the stale pointer comes when others may have its slot.
  const isUsed = kept !== undefined;
  if (isUsed) parts.push(load(SLOTS), [0x0f, 0xb6, 0x10]);
  model.sizes.forEach((size, slot) => {
    if (size !== undefined) free(slot);
  });
  parts.push([0x31, 0xc0, 0x41, 0x5c], [0xc3]); // xor %eax,%eax; pop %r12; ret
  return { parts, isUsed };
}; // prettier-ignore

/** Sequences that run one after another in one call. */
const TOGETHER = 10;
const LONG = 3_600_000; // ms

it(
  'without a mistake there is no finding',
  () => {
    fc.assert(
      fc.property(fc.array(actions, { minLength: TOGETHER, maxLength: TOGETHER }), (lists) => {
        const parts = lists.flatMap((list) => codeOf(list, false).parts.slice(0, -1));
        const recording = lifetimeRun({ code: [...parts, [0xc3]] });
        expect(recording.header.outcome.kind).toBe('returned');
        expect(shortFindings(recording)).toEqual([]);
      }),
      { numRuns: cases(15, 10_000 / TOGETHER), seed: 16 },
    );
  },
  FULL ? LONG : undefined,
);

it(
  'one use of a stale pointer is one finding, whoever has the slot',
  () => {
    fc.assert(
      fc.property(actions, (list) => {
        const { parts, isUsed } = codeOf(list, true);
        const found = shortFindings(lifetimeRun({ code: parts }));
        expect(found.map((one) => one.split(' ')[0])).toEqual(isUsed ? ['use-after-free'] : []);
      }),
      { numRuns: cases(60, 2_000), seed: 17 },
    );
  },
  FULL ? LONG : undefined,
);
