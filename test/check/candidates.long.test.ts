// The shipped candidates: each does what its name says, no more and no less, emulated and on this machine's own CPU.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROPERTIES } from '../../src/check/property/properties.js';
import { findCandidate, loadCandidates } from '../../src/check/run/shipped.js';
import { InputError } from '../../src/base/errors.js';
import { FastReplay } from '../../src/run/fast-replay.js';
import { findField } from '../../src/kernel/layout.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { loadRelease } from '../../src/release/snippet.js';
import { cifs_tcon } from '../../src/kernel/structs/cifs.js';
import { cases } from '../helpers/effort.js';
import { build, converted, requestOf } from '../helpers/candidate-models.js';
import { native } from '../helpers/native-cpu.js';
import { MountRuns, type Seen, type Settings, amongNeighbours } from '../helpers/overrun-emulated.js';
import {
  type Mount,
  BACKSLASH,
  SLASH,
  dfsLength,
  kmallocSize,
  pathLength,
  pathOf,
} from '../helpers/overrun-model.js';
import { NativeMount } from '../helpers/overrun-native.js';

const candidates = loadCandidates();
const shipped = loadScenario('shm-close-bug');
const FILE = fileURLToPath(new URL('../../candidates/cifs_build_path_to_root.yaml', import.meta.url));
const names = (expected: 'holds' | 'breaks'): string[] =>
  candidates.filter((candidate) => candidate.expected === expected).map(({ name }) => name);

/** Runs of a candidate, by the size of the path's object; opened when asked for. */
class CandidateRuns {
  readonly #opened = new Map<number, MountRuns>();

  constructor(readonly name: string) {}

  run(mount: Mount, contents: Settings): Seen {
    const requested = requestOf(this.name, mount);
    const size = kmallocSize(requested);
    const { variants } = findCandidate(this.name, candidates);
    const runs = this.#opened.get(size) ?? new MountRuns(amongNeighbours(shipped.with({ variants }), size));
    this.#opened.set(size, runs);
    const seen = runs.run(mount, { ...contents, dfs: mount.inDfs ? 'yes' : 'no' }, requested);
    expect(seen.address('first')).toBe(seen.slot + BigInt(size));
    return seen;
  }

  close(): void {
    for (const runs of this.#opened.values()) runs.close();
  }
}

const byte = fc.oneof(fc.constantFrom(SLASH, BACKSLASH), fc.integer({ min: 1, max: 0xff }));
const text = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.array(byte, { minLength, maxLength, size: 'max' }).map((bytes) => Uint8Array.from(bytes));
const prefix = fc.oneof(
  { weight: 1, arbitrary: fc.constant(new Uint8Array()) },
  { weight: 9, arbitrary: text(0, 34).map((bytes) => Uint8Array.of(SLASH, ...bytes)) },
);
const mounts = (prepath: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Mount> =>
  fc.record({
    inDfs: fc.boolean(),
    treeName: fc.oneof({ weight: 9, arbitrary: text(1, 30) }, { weight: 1, arbitrary: text(100, 100) }),
    prepath,
    posixPaths: fc.boolean(),
  });
// 32 bytes, every other time without a NUL.
const bytes = fc
  .tuple(
    text(32, 32),
    fc.oneof(fc.constant<number[]>([]), fc.array(fc.nat(31), { minLength: 1, maxLength: 3 })),
  )
  .map(([filled, nuls]) => filled.map((value, index) => (nuls.includes(index) ? 0 : value)));
const hexOf = (content: Uint8Array): string => Buffer.from(content).toString('hex');
const neighbours = fc.record({ stale: bytes, first: bytes, second: bytes });

const differences = (before: Uint8Array, after: Uint8Array, slot: number): [number, number, number][] =>
  [...before].flatMap((from, index): [number, number, number][] =>
    from === after[index] ? [] : [[index - slot, from, after[index]!]],
  );

/** A path of that many bytes, with both delimiters in it and one at its end. */
const pathOfLength = (length: number, posixPaths: boolean): Mount => {
  const dfs = length >> 1;
  const letters = String.raw`\\fs\data/team\of/`.repeat(4);
  const of = (count: number): Uint8Array => new TextEncoder().encode(letters.slice(0, count));
  const prepath = Uint8Array.of(SLASH, ...of(length - dfs - 1));
  prepath[prepath.length - 1] = SLASH;
  return { inDfs: dfs > 0, treeName: of(Math.max(dfs, 1)), prepath, posixPaths };
};
const ADVERSARIAL = ['2f', '5c', '2f5c', '41'].map((pattern) => pattern.repeat(64 / pattern.length));

describe('the list of candidates', () => {
  it('has the bug, and repairs that hold and that break', () => {
    expect(names('breaks')).toContain('bug');
    expect(findCandidate('bug').variants).toEqual({});
    expect(names('holds')).toHaveLength(4);
    expect(names('breaks')).toHaveLength(8);
    for (const { thought, why } of candidates)
      for (const sentence of [thought, why]) expect(sentence).toMatch(/\.$/u);
  });

  it('uses every variant of the function once', () => {
    const variants = loadRelease().snippets.flatMap(({ variant: one }) => one ?? []);
    expect(candidates.flatMap((one) => Object.values(one.variants)).toSorted()).toEqual(variants.toSorted());
  });

  it('knows the properties of its schema', () => {
    const schema = readFileSync(new URL('../../schema/candidates.schema.json', import.meta.url), 'utf8');
    const { properties } = JSON.parse(schema) as {
      properties: { candidates: { items: { properties: { caughtBy: { items: { enum: string[] } } } } } };
    };
    expect(properties.candidates.items.properties.caughtBy.items.enum.toSorted()).toEqual(
      PROPERTIES.toSorted(),
    );
  });

  it('finds one by name, or says which may be meant', () => {
    expect(findCandidate('copy-the-nul')).toMatchObject({
      function: 'cifs_build_path_to_root',
      expected: 'holds',
    });
    expect(() => findCandidate('copy-the-nil')).toThrow(
      /no candidate "copy-the-nil"; did you mean "copy-the-nul"\?/u,
    );
    expect(() => findCandidate('xyzzy')).toThrow(/no candidate "xyzzy"; there are bug, /u);
  });

  describe('refuses', () => {
    let folder = '';
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'oopslab-candidates-'));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it.each([
      ['format: oopslab candidates 1', 'format: oopslab candidates 2', 'format', /should be "oopslab candidates 1"/u],
      ['expected: breaks', 'expected: fails', 'candidates[0].expected', /should be one of "holds", "breaks"/u],
      ['caughtBy: [writes', 'caughtBy: [write', 'candidates[0].caughtBy[0]', /should be one of "writes-inside"/u],
      ['caughtBy: []', 'caughtBy: [result]', 'candidates[1].caughtBy', /must be empty/u],
      ['caughtBy: [writes-inside, reads-inside]', 'caughtBy: []', 'candidates[0].caughtBy', /should name/u],
      ['terminate-first }', 'terminate-fist }', /candidates\[1\]\.variants\.cifs_build_path_to_root/u, /has no variant terminate-fist/u],
      ['name: terminate-before-convert', 'name: bug', 'candidates[1].name', /another candidate "bug"/u],
      ['    thought:', '    thoughts:', 'candidates[0].thoughts', /unknown field "thoughts"/u],
      ['format:', '%YAML 1.2\n---\nformat:', undefined, /a list of candidates is plain YAML 1\.2, without directives/u],
    ])('%s as %s', (from, to, field, message) => {
      const file = join(folder, 'candidates.yaml');
      const before = readFileSync(FILE, 'utf8');
      expect(before).toContain(from);
      writeFileSync(file, before.replace(from, to));
      let caught: unknown;
      try {
        loadCandidates(file);
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(InputError);
      const { where, message: found } = caught as InputError;
      expect(found).toMatch(message);
      expect(where.file).toBe(file);
      expect(where.line).toBeGreaterThan(0);
      if (field instanceof RegExp) expect(where.field).toMatch(field);
      else expect(where.field).toBe(field);
    }); // prettier-ignore

    it('an empty file', () => {
      const file = join(folder, 'empty.yaml');
      writeFileSync(file, '');
      expect(() => loadCandidates(file)).toThrow(/is empty; a list of candidates starts with "format: oopslab candidates 1"/u);
    }); // prettier-ignore
  });
});

describe.each(candidates.map(({ name }) => name))('%s', (name) => {
  const runs = new CandidateRuns(name);
  afterAll(() => runs.close());

  it('does to all memory around what it says of itself', () => {
    fc.assert(
      fc.property(mounts(prefix), neighbours, (mount, around) => {
        const { stale, first, second } = around;
        const seen = runs.run(mount, { stale: hexOf(stale), first: hexOf(first), second: hexOf(second) });
        const { before, after, at, slot, verdict, memory } = seen;
        const model = build(name, mount, before, at);
        // The prefix path may lie in what is looked at.
        const inPlace = name === 'convert-inputs-in-place' && pathLength(mount) > 0;
        const prepath = inPlace ? converted(mount.prepath, mount) : mount.prepath;
        const inputs = Number(seen.address('prefix') - slot) + at;
        const looksAtIt = inputs >= 0 && inputs < before.length;
        if (inPlace && looksAtIt) model.memory.set(prepath, inputs);
        expect(differences(model.memory, after, at)).toEqual([]);
        expect(verdict.findings).toEqual([]);
        expect(verdict.outcome.kind).toBe(model.ranOut ? 'fault' : 'returned');

        if (!looksAtIt) expect(memory.read(seen.address('prefix'), prepath.length)).toEqual(prepath);
        const tree = mount.treeName.subarray(0, dfsLength(mount));
        const treeName = seen.address('tcon') + BigInt(findField(cifs_tcon, 'treeName')!.offset);
        expect(memory.read(treeName, tree.length)).toEqual(inPlace ? converted(tree, mount) : tree);
      }),
      { numRuns: cases(200) },
    );
  });

  describe.skipIf(!native)('on the CPU of this machine (needs Linux on x86-64)', () => {
    let cpu: NativeMount;
    beforeAll(async () => {
      cpu = await NativeMount.start(findCandidate(name, candidates).variants['cifs_build_path_to_root']);
    });
    afterAll(() => {
      cpu.close();
    });
    const hasOther = (mount: Mount): boolean =>
      [mount.treeName.subarray(0, dfsLength(mount)), mount.prepath].some(
        (input) => Buffer.compare(input, converted(input, mount)) !== 0,
      );
    // Prefix paths that no option parser leaves, too.
    const anyPrefix = fc.oneof(prefix, text(1, 34));
    const isReadOnly = (mount: Mount): boolean =>
      name !== 'convert-inputs-in-place' || pathLength(mount) === 0 || !hasOther(mount);

    it('does the same', async () => {
      await fc.assert(
        fc.asyncProperty(mounts(anyPrefix), neighbours, async (mount, { stale, first, second }) => {
          const requested = requestOf(name, mount);
          const size = kmallocSize(requested);
          const around = [second, stale, first, second].flatMap((one) =>
            Array.from({ length: size }, (_, index) => one[index % one.length]!),
          );
          const before = Uint8Array.from([...around, 0]);
          // The kmalloc() of this witness does not clear what it gives.
          if (name === 'zeroed-allocation' && pathLength(mount) > 0) before.fill(0, size, 2 * size);
          const { memory } = build(name, mount, before, size);
          const found = await cpu.run(mount, before, size, size);
          expect(differences(memory, found.area, size)).toEqual([]);
          expect(found).toMatchObject({ returned: size, requested, readOnly: isReadOnly(mount) });
        }),
        { numRuns: cases(200) },
      );
    });

    it('returns NULL without memory, and writes nothing that it was not to write', async () => {
      await fc.assert(
        fc.asyncProperty(mounts(anyPrefix), async (mount) => {
          const area = new Uint8Array(64).fill(SLASH);
          expect(await cpu.run(mount, area, undefined)).toEqual({
            returned: undefined,
            requested: requestOf(name, mount),
            area,
            readOnly: isReadOnly(mount),
          });
        }),
        { numRuns: cases(50) },
      );
    });
  });
});

describe.each(names('holds'))('%s is right', (name) => {
  const runs = new CandidateRuns(name);
  afterAll(() => runs.close());

  it.each(ADVERSARIAL)('for every path of 1 to 64 bytes among bytes %s', (around) => {
    for (let length = 1; length <= 64; length += 1) {
      for (const posixPaths of [false, true]) {
        const mount = pathOfLength(length, posixPaths);
        const seen = runs.run(mount, { stale: around, first: around, second: around });
        const { after, before, at, size } = seen;
        expect([...after.subarray(at, at + length + 1)]).toEqual([...pathOf(mount), 0]);
        const changed = differences(before, after, at).filter(([index]) => index < 0 || index > length);
        // With __GFP_ZERO the allocator clears the whole object before anybody has it.
        const cleared = name === 'zeroed-allocation' ? size : 0;
        expect(changed.filter(([index, , to]) => index >= cleared || to !== 0)).toEqual([]);
      }
    }
  });
});

describe.each(candidates)('the crash of the talk with $name', ({ variants, expected }) => {
  const scenario = shipped.with({ variants });

  it('ends recorded as it ends unrecorded, and well where the candidate is right', () => {
    const fast = new FastReplay(scenario);
    try {
      const { outcome } = fast.run(fast.parameters(new Map()));
      expect(replay(scenario).header.outcome).toEqual(outcome);
      if (expected === 'holds') expect(outcome.kind).toBe('returned');
    } finally {
      fast.close();
    }
  });
});

describe('what is wrong with', () => {
  const opened: CandidateRuns[] = [];
  afterAll(() => {
    for (const runs of opened) runs.close();
  });
  const filled = (pattern: string): string => pattern.repeat(Math.ceil(64 / pattern.length)).slice(0, 64);
  const see = (name: string, length: number, first = '41'.repeat(8) + '00'): Seen => {
    const runs = new CandidateRuns(name);
    opened.push(runs);
    return runs.run(pathOfLength(length, false), {
      stale: filled('2f'),
      first: filled(first),
      second: filled('00'),
    });
  };
  // The bytes that change after the requested ones.
  const beyond = ({ before, after, at }: Seen, requested: number): [number, number, number][] =>
    differences(before, after, at).filter(([index]) => index >= requested);
  const slack = (from: number): [number, number, number][] =>
    Array.from({ length: 32 - from }, (_, index) => [from + index, SLASH, BACKSLASH]);
  const stringOf = ({ after, at }: Seen): string =>
    Buffer.from(after.subarray(at, after.indexOf(0, at))).toString('latin1');
  const promise = (length: number): string =>
    Buffer.from(pathOf(pathOfLength(length, false))).toString('latin1');

  it.each(['bug', 'memset-misses-nul'])('%s: it converts up to the first NUL after the path', (name) => {
    const seen = see(name, 20, '412f2f0041');
    expect(beyond(seen, 21)).toEqual([...slack(21), [33, SLASH, BACKSLASH], [34, SLASH, BACKSLASH]]);
    expect(stringOf(seen)).toBe(promise(20));
    expect(beyond(see(name, 31, '2f00'), 32)).toEqual([[32, SLASH, BACKSLASH]]);
  });

  it('larger-allocation: it does the same one byte further on', () => {
    expect(beyond(see('larger-allocation', 20, '412f0041'), 22)).toEqual([
      ...slack(22),
      [33, SLASH, BACKSLASH],
    ]);
    // 32 bytes with one more are an object of size-64: what would have been the neighbour's is slack then.
    expect(see('larger-allocation', 31).size).toBe(64);
  });

  it('nul-one-too-far: a NUL goes past the allocation, into the neighbour where the object is full', () => {
    expect(beyond(see('nul-one-too-far', 20), 21)).toEqual([[21, SLASH, 0]]);
    expect(beyond(see('nul-one-too-far', 31, '2f2f00'), 32)).toEqual([[32, SLASH, 0]]);
  });

  it('nul-one-too-early: the last byte of the path is lost, and nothing else happens', () => {
    const seen = see('nul-one-too-early', 20);
    expect(stringOf(seen)).toBe(promise(20).slice(0, -1));
    expect(beyond(seen, 20)).toEqual([]);
  });

  it('bound-by-object-size: what was not asked for is converted, and the neighbour is spared', () => {
    const seen = see('bound-by-object-size', 20, '2f');
    expect(beyond(seen, 21)).toEqual(slack(21));
    expect(stringOf(seen)).toBe(promise(20));
    expect(beyond(see('bound-by-object-size', 31, '2f'), 32)).toEqual([]);
  });

  it('convert-inputs-in-place: the path is right, and the mount has another prefix path', () => {
    const seen = see('convert-inputs-in-place', 20);
    expect(stringOf(seen)).toBe(promise(20));
    const mount = pathOfLength(20, false);
    const found = seen.memory.read(seen.address('prefix'), mount.prepath.length);
    expect(found).not.toEqual(mount.prepath);
    expect(found).toEqual(converted(mount.prepath, mount));
  });

  it('doubled-separator: there are two separators between tree name and prefix path', () => {
    const { treeName } = pathOfLength(20, false);
    const path = promise(20);
    const twice = `${path.slice(0, treeName.length)}\\${path.slice(treeName.length)}`;
    expect(stringOf(see('doubled-separator', 20))).toBe(twice);
    expect(beyond(see('doubled-separator', 20), 22)).toEqual([]);
  });
});
