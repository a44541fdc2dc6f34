// Runs that never end, told from runs that are slow: a state comes back, or none does.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { RecurrenceSearch } from '../../src/run/recurrence.js';
import { readParameters } from '../../src/scenario/parameters.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { callTo, hexCandidate } from '../helpers/hex-candidate.js';
import { hasUnicorn, withUnicorn } from '../helpers/unicorn.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-recurrence-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const START = 0xffffffffa0421030n;
const KFREE = 0xffffffff81157670n;
const KMALLOC = 0xffffffff81157310n;
const arena = loadScenario('mount-arena');

let count = 0;
const search = (code: readonly number[], set: Record<string, string> = {}, budget?: number) => {
  const { name, variants } = hexCandidate(folder, `code${(count += 1)}`, code);
  expect(name).toBeDefined();
  const scenario = arena.with({ variants });
  const parameters = readParameters(scenario, new Map(Object.entries(set)));
  using found = new RecurrenceSearch(scenario, 'mount', [folder]);
  return found.find(parameters, budget);
};

// kmalloc(32, GFP_KERNEL), `at` bytes after the start.
const kmalloc = (at: number): number[] => [
  0xbf,
  0x20,
  0,
  0,
  0,
  0xbe,
  0xd0,
  0,
  0,
  0,
  ...callTo(KMALLOC, at + 10),
];
const ROUND_KMALLOC = [...kmalloc(0), 0xeb, 0xef];
const ROUND_KMALLOC_KFREE = [...kmalloc(0), 0x48, 0x89, 0xc7, ...callTo(KFREE, 18), 0xeb, 0xe7];

const ENDLESS: readonly (readonly [string, readonly number[], number])[] = [
  ['a jump to itself', [0xeb, 0xfe], 1],
  ['a loop that repeats an instruction', [0xf3, 0x90, 0xeb, 0xfc], 2], // pause; jmp
  ['a loop with a counter of 8 bits', [0xfe, 0xc0, 0xeb, 0xfc], 512], // inc %al; jmp
  ['a loop with a counter of 8 bits on the stack', [0xfe, 0x44, 0x24, 0xf8, 0xeb, 0xfa], 512], // incb -8(%rsp); jmp
  ['a loop that writes what is there', [0xc6, 0x44, 0x24, 0xf8, 0x41, 0xeb, 0xf9], 2], // movb $0x41,-8(%rsp); jmp
  ['a loop over a stub', [0x31, 0xff, ...callTo(KFREE, 2), 0xeb, 0xf7], 3], // xor %edi,%edi; call kfree; jmp
  ['a loop that asks for memory until there is none, and on', ROUND_KMALLOC, 4],
  ['a loop that takes memory and gives it back', ROUND_KMALLOC_KFREE, 6],
  ['a loop that calls', [0xe8, 0x02, 0, 0, 0, 0xeb, 0xf9, 0xc3], 3], // call 1f; jmp; 1: ret
]; // prettier-ignore

const ENDING: readonly (readonly [string, readonly number[]])[] = [
  ['a call that returns', [0x31, 0xc0, 0xc3]],
  ['a counter of 64 bits', [0x48, 0xff, 0xc0, 0xeb, 0xfb]], // inc %rax; jmp
  ['a counter of 64 bits on the stack', [0x48, 0xff, 0x44, 0x24, 0xf8, 0xeb, 0xf9]], // incq -8(%rsp); jmp
  ['a call of itself', callTo(START, 0)],
  ['a fault', [0x0f, 0x0b]],
];

describe('RecurrenceSearch', { timeout: 60_000 }, () => {
  it.each(ENDLESS)('finds the round of %s', (_what, code, period) => {
    expect(search(code)).toMatchObject({ step: 'mount', period });
  });

  it.each(ENDING)('finds none in %s', (_what, code) => {
    expect(search(code)).toBeUndefined();
  });

  it.runIf(hasUnicorn)('finds none in a counter in a vector register, under Unicorn', () => {
    const code = [0x66, 0x0f, 0xfe, 0xc1, 0xeb, 0xfa]; // paddd %xmm1,%xmm0; jmp
    expect(withUnicorn(() => search(code))).toBeUndefined();
  });

  it('counts allocations that a rule decides about: the slots that it hands out run out first', () => {
    const found = search(ROUND_KMALLOC_KFREE);
    expect(found!.from).toBeGreaterThan(6 * 16);
  });

  it('says where, and finds nothing in a budget that is too small', () => {
    expect(search([0x90, 0xeb, 0xfe])).toEqual({ step: 'mount', at: START + 1n, from: 1, period: 1 });
    expect(search([0x66, 0xff, 0xc0, 0xeb, 0xfb], {}, 100_000)).toBeUndefined(); // inc %ax; jmp
    expect(search([0x66, 0xff, 0xc0, 0xeb, 0xfb])).toMatchObject({ period: 131_072 });
  });

  it('finds the same again, in world after world', () => {
    const { variants } = hexCandidate(folder, 'asks', ROUND_KMALLOC_KFREE);
    using found = new RecurrenceSearch(arena.with({ variants }), 'mount', [folder]);
    const worlds = ['first', 'last', 'alone'].map((position) =>
      readParameters(arena, new Map([['position', position], ['prepath', '/']])),
    ); // prettier-ignore
    const each = worlds.map((world) => found.find(world));
    expect(each.map((one) => one?.period)).toEqual([6, 6, 6]);
    expect(worlds.map((world) => found.find(world))).toEqual(each);
  });

  it('finds the period that arithmetic gives', () => {
    const step = fc.integer({ min: 1, max: 255 });
    fc.assert(
      fc.property(step, fc.boolean(), (by, onStack) => {
        const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
        const code = onStack
          ? [0x80, 0x44, 0x24, 0xf0, by, 0xeb, 0xf9] // addb $by,-16(%rsp); jmp
          : [0x04, by, 0xeb, 0xfc]; // add $by,%al; jmp
        expect(search(code)!.period).toBe((2 * 256) / gcd(256, by));
      }),
      { numRuns: 12 },
    );
  });
});
