// What is said of a changed run: nothing that went wrong is called safe, and nothing is called corrupt that stayed as it was.
import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../src/laboratory/verdict.js';
import { Case } from '../../src/reading/case.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { type LifetimeRun, lifetimeRun } from '../helpers/lifetime-runs.js';

const RET = [0xc3];
const HIGH = 'kzalloc: { as: high, struct: shm_file_data, set: { id: 7 } }'; // low is its neighbour below
const LOW = 'kzalloc: { as: low, size: 20 }';

const verdict = (code: LifetimeRun['code'], before = [HIGH, LOW], list = "'&low'") =>
  verdictOf(new Case(lifetimeRun({ code: [...code, RET], before, arguments: list })));

describe('a run that returned', () => {
  it('is safe where it did nothing wrong', () => {
    expect(verdict([[0xc6, 0x47, 0x13, 0x5c]])).toMatchObject({
      isCorrupt: false,
      sentence: 'safe: no byte outside an allocation is changed',
    });
  });

  it.each([
    [
      'wrote into the rest of its slot',
      [[0xc6, 0x47, 0x1e, 0x5c]],
      /guest\+0x0 writes 1 byte out of bounds.*slack/u,
    ],
    ['wrote what was there', [[0xc6, 0x47, 0x20, 0x07]], /guest\+0x0 writes 1 byte out of bounds.* in high/u],
    ['read its neighbour', [[0x8a, 0x47, 0x20]], /guest\+0x0 reads 1 byte out of bounds.* in high/u],
  ])('did no harm where it %s, and is not called safe', (_name, code, says) => {
    const { isCorrupt, sentence } = verdict(code);
    expect(isCorrupt).toBe(false);
    expect(sentence).toMatch(/^no harm: no byte of another owner is changed, but /u);
    expect(sentence).toMatch(says);
  });

  it('did no harm where it went by what nobody wrote', () => {
    const code = [
      [0x80, 0x3f, 0x00],
      [0x74, 0x00],
    ]; // cmpb $0,(%rdi); je
    const { sentence } = verdict(code, ['kmalloc: { as: raw, size: 32 }'], "'&raw'");
    expect(sentence).toMatch(/^no harm: .*guest\+0x3 branches on what nobody wrote/u);
    const zeroed = replay(loadScenario('shm-close-bug'), { set: new Map([['previous', 'zero']]) });
    expect(verdictOf(new Case(zeroed)).sentence).toMatch(/^no harm: .* branches on what nobody wrote/u);
  });
});

describe('one write that lies in two slots', () => {
  // movq $imm32,28(%rdi): bytes 28 to 31 are the rest of the slot, the others the neighbour's.
  const write = (value: number): number[] => [0x48, 0xc7, 0x47, 0x1c, 0, 0, 0, value];

  it('is corrupt where it changed the neighbour, though it began in the rest of its own slot', () => {
    expect(verdict([write(1)])).toMatchObject({
      isCorrupt: true,
      sentence: expect.stringMatching(/^corrupt: high\.id at /u),
    });
  });

  it('is not where the neighbour has what it had', () => {
    const zero = 'kzalloc: { as: high, struct: shm_file_data, set: { id: 0 } }';
    expect(verdict([write(1)], [zero, LOW])).toMatchObject({ isCorrupt: false });
    const whole = 'kzalloc: { as: low, size: 32 }';
    expect(verdict([write(1)], [zero, whole])).toMatchObject({ isCorrupt: false });
  });
});
