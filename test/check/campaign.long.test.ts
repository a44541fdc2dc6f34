// Checking candidates: the shadow, generated worlds, properties, campaigns, and what they say of the shipped candidates.
// OOPSLAB_FULL=1 tries 100,000 worlds of each candidate that holds, and as many access sequences.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { loadCandidates } from '../../src/check/run/shipped.js';
import { Arena, scenarioWith } from '../../src/check/watch/arena.js';
import { replayPath, runBlock } from '../../src/check/find/campaign.js';
import { blockSeed } from '../../src/check/find/dice-of.js';
import { checkCandidate } from '../../src/check/run/check-candidate.js';
import { READ, Shadow, WRITE } from '../../src/shadow/rights.js';
import { worldArbitrary } from '../../src/check/world/worlds.js';
import { locateOutOfBounds } from '../../src/reading/out-of-bounds.js';
import { formatParameters, type Parameters, readParameters } from '../../src/scenario/parameters.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { cases } from '../helpers/effort.js';
import { ALLOCATE, hexCandidate } from '../helpers/hex-candidate.js';

const scenario = loadScenario('mount-arena');
const candidates = loadCandidates();
const BUG = { name: 'bug', variants: {} };

const settings = (world: Parameters): Map<string, string> =>
  new Map(Object.entries(formatParameters(world)).map(([name, value]) => [name, String(value)]));

describe('the shadow', () => {
  // Three ranges with gaps, as guest memory has them.
  const RANGES = [
    { start: 0xffff880000001000n, size: 96 },
    { start: 0xffff880000001080n, size: 32 },
    { start: 0xffffffff81a00000n, size: 64 },
  ];
  const address = fc.oneof(
    fc.bigInt({ min: 0xffff880000000fe0n, max: 0xffff8800000010c0n }),
    fc.bigInt({ min: 0xffffffff819fffe0n, max: 0xffffffff81a00060n }),
  );
  const act = fc.record({
    kind: fc.constantFrom('grant read', 'grant write', 'revoke', 'clear', 'access', 'access', 'access'),
    address,
    size: fc.integer({ min: 0, max: 40 }),
    wanted: fc.constantFrom<typeof READ | typeof WRITE>(READ, WRITE),
  });

  it('agrees with a plain model, access by access', () => {
    const property = fc.property(fc.array(act, { maxLength: 24 }), (acts) => {
      const shadow = new Shadow(RANGES);
      const model = new Map<bigint, number>(); // rights of each byte
      const known = (at: bigint): boolean =>
        RANGES.some(({ start, size }) => at >= start && at < start + BigInt(size));
      for (const { kind, address: at, size, wanted } of acts) {
        const bytes = Array.from({ length: size }, (_, index) => at + BigInt(index));
        if (kind === 'clear') {
          shadow.clear();
          model.clear();
        } else if (kind === 'access') {
          const access = Math.max(1, Math.min(size, 8));
          const bad = bytes
            .slice(0, access)
            .findIndex((byte) => known(byte) && ((model.get(byte) ?? 0) & wanted) !== wanted);
          const accessed = size === 0 && known(at) && ((model.get(at) ?? 0) & wanted) !== wanted ? 0 : bad;
          const expected = accessed < 0 ? access : accessed;
          const [low, high] = [at & 0xffffffffn, at >> 32n].map(Number) as [number, number];
          expect(shadow.allowed(low, high, access, wanted)).toBe(expected);
        } else {
          const rights = kind === 'revoke' ? 0 : kind === 'grant read' ? READ : WRITE;
          if (rights === 0) shadow.revoke(at, size);
          else shadow.grant(at, size, rights);
          for (const byte of bytes) if (known(byte)) model.set(byte, rights);
        }
      }
      for (const { start, size } of RANGES) {
        for (let at = start; at < start + BigInt(size); at += 1n)
          expect(shadow.rightsOf(at)).toBe(model.get(at) ?? 0);
      }
      expect(shadow.rightsOf(RANGES[0]!.start - 1n)).toBeUndefined();
    });
    fc.assert(property, { numRuns: cases(2000, 100_000), seed: 5 });
  }, 600_000);
});

describe('generated worlds', () => {
  const worlds = fc.sample(worldArbitrary(scenario), { numRuns: 6000, seed: 3 });

  it('are all allowed, and say what they are: their text form reads back as the same', () => {
    for (const world of worlds) expect(readParameters(scenario, settings(world))).toEqual(world);
  });

  it('have every kind of path, slot and neighbour', () => {
    const lengths = worlds.map((world) => (world.get('prepath') as { bytes: Uint8Array }).bytes.length);
    expect(lengths).toContain(0);
    for (const size of [32, 64, 128, 256, 512])
      expect(lengths.some((length) => Math.abs(length - size) < 3)).toBe(true);
    const seen = (name: string): Set<string> =>
      new Set(worlds.map((world) => String(formatParameters(world)[name])));
    expect(seen('position')).toEqual(new Set(['first', 'middle', 'last', 'alone', 'management']));
    expect(seen('behind')).toEqual(new Set(['allocated', 'free']));
    expect([...seen('previous')]).toEqual(expect.arrayContaining(['zero', 'shm_file_data']));
    expect([...seen('fail')]).toEqual(expect.arrayContaining(['0', '1', '2']));
  });

  it('are the same for the same seed', () => {
    const again = fc.sample(worldArbitrary(scenario), { numRuns: 6000, seed: 3 });
    expect(again).toEqual(worlds);
  });

  it('give blocks seeds of their own', () => {
    const seeds = new Set(Array.from({ length: 4000 }, (_, block) => blockSeed(1, block)));
    expect(seeds.size).toBe(4000);
  });
});

describe('the shipped candidates', () => {
  it.each(candidates.filter(({ expected }) => expected === 'breaks').map((one) => [one.name, one] as const))(
    '%s is caught, by the property that should',
    (_name, candidate) => {
      for (let seed = 1; seed <= cases(5); seed += 1) {
        const result = checkCandidate(scenario, candidate, { seed, runs: 5000 });
        expect(result.verdict).toBe('breaks');
        expect(result.property).toBe(candidate.caughtBy[0]);
        expect(
          replay(scenarioWith(scenario, candidate), { set: settings(result.counterexample!.world) }),
        ).toBeDefined();
      }
    },
  );

  it.each(candidates.filter(({ expected }) => expected === 'holds').map((one) => [one.name, one] as const))(
    '%s survives',
    (_name, candidate) => {
      const result = checkCandidate(scenario, candidate, { seed: 77, runs: cases(3000, 100_000) });
      expect(result).toMatchObject({ verdict: 'holds', runs: cases(3000, 100_000), property: null });
    },
    600_000,
  );

  it.each(candidates.filter(({ expected }) => expected === 'breaks').map((one) => [one.name, one] as const))(
    '%s breaks something within a few worlds, whatever the seed',
    (_name, candidate) => {
      using arena = new Arena(scenario, candidate);
      for (let seed = 1; seed <= cases(20); seed += 1)
        expect(runBlock(arena, seed, 0, 20), `seed ${seed}`).toMatchObject({ broke: true });
    },
  );

  it('the bug is caught within 200 worlds, whatever the seed', () => {
    using arena = new Arena(scenario, BUG);
    for (let seed = 1; seed <= 50; seed += 1) {
      const result = runBlock(arena, seed, 0, 200);
      expect(result.broke).toBe(true);
      expect(result.runs).toBeLessThanOrEqual(200);
    }
  });

  it('a counterexample is small, and its path leads back to it', () => {
    using arena = new Arena(scenario, BUG);
    const { counterexample } = checkCandidate(scenario, BUG, { seed: 9 });
    expect(formatParameters(counterexample!.world)).toMatchObject({
      dfs: 'no', prepath: '/', position: 'first', behind: 'allocated', fail: 0,
    }); // prettier-ignore
    const again = replayPath(arena, 9, counterexample!.path);
    expect(again?.world).toEqual(counterexample!.world);
    expect(again?.violations).toEqual(counterexample!.violations);
  });

  it('kept worlds are tried first', () => {
    const { counterexample } = checkCandidate(scenario, BUG, { seed: 9 });
    const result = checkCandidate(scenario, BUG, { kept: [counterexample!.world], runs: 10 });
    expect(result).toMatchObject({ verdict: 'breaks', runs: 0, property: counterexample!.property });
    expect(result.counterexample!.path).toBe('kept:0');
  });
});

describe('what an inspector sees', () => {
  // The recording is the second source: it sees every access with its own hook, and knows live allocations.
  it('is what a recording of the same world shows', () => {
    using arena = new Arena(scenario, BUG);
    fc.assert(
      fc.property(worldArbitrary(scenario), (world) => {
        const violations = arena.run(world, { whole: false, compare: false });
        const recording = replay(scenario, { set: settings(world) });
        const { steps } = recording.header;
        const mount = steps.find(({ step }) => step === 'mount')!;
        const seen = locateOutOfBounds(recording).filter(
          ({ instruction, access, old, new: now }) =>
            instruction >= mount.from && instruction < mount.to && (access === 'read' || old !== now),
        );
        const of = (property: string): string | undefined => {
          const violation = violations.find((one) => one.property === property);
          return violation !== undefined && 'bad' in violation
            ? `0x${violation.bad.address.toString(16)}`
            : undefined;
        };
        // The first outside the call's own object, otherwise the first in its slack.
        const first = (kind: string): string | undefined => {
          const of = seen.filter(({ access }) => access === kind);
          return (of.find(({ victim }) => victim.kind !== 'slack') ?? of[0])?.address;
        };
        expect(of('writes-inside')).toBe(first('write'));
        expect(of('reads-inside')).toBe(first('read'));
      }),
      { numRuns: cases(150), seed: 2 },
    );
  });

  const folder = mkdtempSync(join(tmpdir(), 'oopslab-check-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const candidateOf = (name: string, code: readonly number[]) => hexCandidate(folder, name, code);

  it.each([
    ['loops', [0xeb, 0xfe], 'ends'],
    ['traps', [0x0f, 0x0b], 'ends'],
    ['jumps wild', [0xb8, 0x78, 0x56, 0x34, 0x12, 0xff, 0xe0], 'ends'], // mov $0x12345678,%eax; jmp *%rax
    ['reads the neighbour of an input', [0x8a, 0x87, 0xf0, 0x01, 0, 0, 0xc3], 'reads-inside'], // mov 0x1f0(%rdi),%al; ret
    ['changes an input', [0xc6, 0x07, 0x01, 0xc3], 'inputs-unchanged'], // movb $1,(%rdi); ret
    ['writes past an input', [0xc6, 0x87, 0xf0, 0x01, 0, 0, 0x01, 0xc3], 'writes-inside'],
    ['writes an unaligned word across the end of its input', [0x48, 0x89, 0x87, 0xec, 0x01, 0, 0, 0xc3], 'writes-inside'],
    ['smashes the stack of its caller', [0xc6, 0x44, 0x24, 0x10, 0x41, 0xc3], 'writes-inside'], // movb $0x41,16(%rsp); ret
    ['leaks', [...ALLOCATE, 0x31, 0xc0, 0xc3], 'no-leak'], // xor %eax,%eax; ret
    ['returns an address that it did not allocate', [0x48, 0x89, 0xf8, 0xc3], 'result'], // mov %rdi,%rax; ret
    ['returns a text without a NUL', [...ALLOCATE, 0x48, 0xb9, 0x41, 0x41, 0x41, 0x41, 0x41, 0x41, 0x41, 0x41,
      0x48, 0x89, 0x08, 0x48, 0x89, 0x48, 0x08, 0x48, 0x89, 0x48, 0x10, 0x48, 0x89, 0x48, 0x18, 0xc3], 'result'],
  ] as const)('a candidate that %s is caught', (what, code, property) => {
    const candidate = candidateOf(what.replaceAll(' ', '-').toLowerCase(), code);
    using arena = new Arena(scenario, candidate, { libraries: [folder] });
    const world = readParameters(scenario);
    expect(arena.run(world).map((violation) => violation.property)).toContain(property);
  }); // prettier-ignore

  it('a candidate that follows NULL when there is no memory is caught', () => {
    const candidate = candidateOf('trusting', [...ALLOCATE, 0xc6, 0x00, 0x00, 0xc3]); // movb $0,(%rax); ret
    using arena = new Arena(scenario, candidate, { libraries: [folder] });
    const world = readParameters(scenario, new Map([['fail', '1']]));
    expect(arena.run(world).map((violation) => violation.property)).toEqual(['allocation-failure']);
  });
});
