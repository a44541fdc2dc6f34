// How far cifs_build_path_to_root() writes: its machine code, emulated and on this machine's own CPU, against a plain
// model of the C source. The talk's case is slide 36 to slide 49: a 2f after the path becomes 5c.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FastReplay } from '../../src/run/fast-replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { QUICK, cases } from '../helpers/effort.js';
import { native } from '../helpers/native-cpu.js';
import {
  MountRuns,
  type Seen,
  type Settings,
  amongNeighbours,
  settingsOf,
  withDfs,
} from '../helpers/overrun-emulated.js';
import {
  BACKSLASH,
  type Mount,
  SLASH,
  buildPathToRoot,
  kmallocSize,
  pathLength,
  pathOf,
} from '../helpers/overrun-model.js';
import { NativeMount } from '../helpers/overrun-native.js';

const shipped = loadScenario('shm-close-bug');
const BUILDS: readonly (readonly [string, typeof shipped, string | undefined])[] = [
  ['cifs_build_path_to_root() of 3.0.101', shipped, undefined],
  ['the control, which terminates first', loadScenario('shm-close-control'), 'terminate-first'],
];

/** A byte that is not what it was; `at` counts from the slot. */
interface Change {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

const changes = (before: Uint8Array, after: Uint8Array, slot: number): Change[] => {
  const found: Change[] = [];
  for (let index = 0; index < before.length; index += 1) {
    const [from, to] = [before[index]!, after[index]!];
    if (from !== to) found.push({ at: index - slot, from, to });
  }
  return found;
};

/** Changes outside the slot. */
const damage = ({ before, after, at, size }: Seen): Change[] =>
  changes(before, after, at).filter((change) => change.at < 0 || change.at >= size);

const hex = (value: bigint): string => `0x${value.toString(16)}`;

const expectAsModelled = (mount: Mount, seen: Seen, build: string | undefined): void => {
  const { verdict, slot, before, after, at } = seen;
  const model = buildPathToRoot(mount, before, at, build !== undefined);
  expect(changes(model.memory, after, at)).toEqual([]);
  expect(verdict.findings).toEqual([]);
  if (model.ranOut) {
    const end = slot - BigInt(at) + BigInt(before.length);
    const where = { at: 'convert_delimiter+0x23', access: 'read', address: hex(end), size: 1 };
    expect(verdict.outcome).toEqual({ kind: 'fault', ...where });
  } else {
    expect(verdict.outcome).toEqual({ kind: 'returned', value: hex(slot) });
    expect(seen.cache).toBe(`size-${kmallocSize(model.requested)}`);
    expect([...after.subarray(at, at + pathLength(mount) + 1)]).toEqual([...pathOf(mount), 0]);
  }
};

// No NUL; half of them delimiters.
const byte = fc.oneof(fc.constantFrom(SLASH, BACKSLASH), fc.integer({ min: 1, max: 0xff }));
const text = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.array(byte, { minLength, maxLength, size: 'max' }).map((bytes) => Uint8Array.from(bytes));
/** Starts with `/`, as v3.0's option parser leaves it; of that many bytes more. */
const prefix = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> =>
  text(minLength, maxLength).map((bytes) => Uint8Array.of(SLASH, ...bytes));
const empty = fc.constant(new Uint8Array());

const mounts = (treeName: fc.Arbitrary<Uint8Array>, prepath: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Mount> =>
  fc.record({ inDfs: fc.boolean(), treeName, prepath, posixPaths: fc.boolean() });

// 32 bytes, every other time without a NUL: else no conversion gets far.
const contents = fc
  .tuple(
    text(32, 32),
    fc.oneof(fc.constant<number[]>([]), fc.array(fc.nat(31), { minLength: 1, maxLength: 3 })),
  )
  .map(([bytes, nuls]) => bytes.map((value, index) => (nuls.includes(index) ? 0 : value)))
  .map((bytes) => Buffer.from(bytes).toString('hex'));

/** Every path that fits an object of size-32: its length L, and how many of its bytes are the tree name's. */
const splits = Array.from({ length: 31 }, (_, index) => index + 1).flatMap((length) =>
  Array.from({ length }, (_, dfs) => ({ length, dfs })),
);
type Split = (typeof splits)[number];

const mountOf = (
  { length, dfs }: Split,
  tree: Uint8Array,
  prepath: Uint8Array,
  posixPaths: boolean,
): Mount => ({
  inDfs: dfs > 0,
  treeName: tree.slice(0, Math.max(dfs, 1)), // the scenario wants one even where it is not used
  prepath: Uint8Array.of(SLASH, ...prepath.slice(0, length - dfs - 1)),
  posixPaths,
});
const plain = new TextEncoder().encode(String.raw`\\fs01\data/team\crashes/of/3.0.`);
const plainMount = (split: Split, posixPaths: boolean): Mount =>
  mountOf(split, plain, plain.subarray(1), posixPaths);

describe.each(BUILDS)('the mount of the crash with %s', (_, scenario, build) => {
  const inDfs = new MountRuns(withDfs(scenario, true));
  const outside = new MountRuns(withDfs(scenario, false));
  const run = (mount: Mount, settings: Settings): Seen =>
    (mount.inDfs ? inDfs : outside).run(mount, settings);
  afterAll(() => {
    inDfs.close();
    outside.close();
  });

  // Short paths, which share a cache with the neighbour of the crash, oftener than long ones.
  const shortOrLong = mounts(
    fc.oneof(text(1, 20), text(1, 99)),
    fc.oneof(
      { weight: 1, arbitrary: empty },
      { weight: 6, arbitrary: prefix(0, 12) },
      { weight: 2, arbitrary: prefix(0, 1022) },
    ),
  );
  const settings = fc.record({
    previous: fc.oneof(fc.constantFrom('shm_file_data', 'zero'), contents),
    // The id is the neighbour's first four bytes. Each new one costs the runs of all steps before the mount.
    id: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom('13008943', '13008988', '0x2f2f5c2f', '-1', '0') },
      { weight: 1, arbitrary: fc.integer().map(String) },
    ),
  });

  it('does to the slot and to all that follows it what the C source says', () => {
    let damaged = 0;
    fc.assert(
      fc.property(shortOrLong, settings, (mount, set) => {
        const seen = run(mount, set);
        expectAsModelled(mount, seen, build);
        if (damage(seen).length > 0) damaged += 1;
      }),
      { numRuns: cases(1500) },
    );
    // About one run in six; a property that no run damages anything in would say little.
    if (build === undefined) expect(damaged).toBeGreaterThan(QUICK ? 0 : 50);
    else expect(damaged).toBe(0);
  });

  // 1024 bytes of path take the last object of the only page of size-2048.
  it('reads on to the end of mapped memory if there is no NUL', () => {
    const outcomes = new Set<string>();
    const long = mounts(text(90, 99), prefix(1022, 1022)).map((mount) => ({ ...mount, inDfs: true }));
    fc.assert(
      fc.property(long, contents, (mount, previous) => {
        const seen = run(mount, { previous });
        expectAsModelled(mount, seen, build);
        outcomes.add(seen.verdict.outcome.kind);
      }),
      { numRuns: cases(100) },
    );
    expect([...outcomes].toSorted()).toEqual(build === undefined ? ['fault', 'returned'] : ['returned']);
  });

  it('changes no byte outside a zeroed slot', () => {
    for (const split of splits) {
      for (const posixPaths of [false, true]) {
        expect(damage(run(plainMount(split, posixPaths), { previous: 'zero' }))).toEqual([]);
      }
    }
    fc.assert(
      fc.property(shortOrLong, settings, (mount, set) => {
        expect(damage(run(mount, { ...set, previous: 'zero' }))).toEqual([]);
      }),
      { numRuns: cases(300) },
    );
  });

  it('with an empty prefix path changes the first byte of its slot to NUL, and no other byte', () => {
    fc.assert(
      fc.property(mounts(text(1, 99), empty), settings, (mount, set) => {
        const { before, after, at } = run(mount, set);
        expect(after[at]).toBe(0);
        expect(changes(before, after, at).filter((change) => change.at !== 0)).toEqual([]);
      }),
      { numRuns: cases(300) },
    );
  });

  // The neighbour's id, and what becomes of its first byte. Slide 36: 13008943, which is 2f 80 c6 00, becomes
  // 13008988, 5c 80 c6 00. The stale bytes are those of B's shm_file_data: the last NUL of its head is byte 7.
  const overruns = build === undefined;
  it.each([
    [
      overruns ? '8 to 31 bytes turn one 2f to 5c' : 'no length does',
      '\\',
      13008943,
      { from: 0x2f, to: 0x5c },
    ],
    [
      overruns ? '8 to 31 bytes turn one 5c to 2f' : 'no length does',
      '/',
      13008988,
      { from: 0x5c, to: 0x2f },
    ],
    ['no length does: there is no / in it', '\\', 13008988, undefined],
    ['no length does: there is no \\ in it', '/', 13008943, undefined],
  ])(
    'below a shm_file_data changes none of it with 1 to 7 bytes; %s (delimiter %s, id %i)',
    (_, delimiter, id, change) => {
      const posixPaths = delimiter === '/';
      const expectDamage = (mount: Mount): void => {
        const seen = run(mount, { id: String(id), previous: 'shm_file_data' });
        expect(seen.slot).toBe(0xffff8803f382cc40n); // the object below that of slide 36
        expect(seen.address('sfd')).toBe(seen.slot + 32n);
        const hit = overruns && change !== undefined && pathLength(mount) >= 8;
        expect(damage(seen)).toEqual(hit ? [{ at: 32, ...change }] : []);
      };
      for (const split of splits) expectDamage(plainMount(split, posixPaths));
      fc.assert(
        fc.property(fc.constantFrom(...splits), text(31, 31), text(31, 31), (split, tree, prepath) => {
          expectDamage(mountOf(split, tree, prepath, posixPaths));
        }),
        { numRuns: cases(200) },
      );
    },
  );
});

describe.each(BUILDS)('the crash with %s', (_, scenario, build) => {
  const inDfs = new FastReplay(withDfs(scenario, true), { from: 'mount' });
  const outside = new FastReplay(withDfs(scenario, false), { from: 'mount' });
  afterAll(() => {
    inDfs.close();
    outside.close();
  });

  const ENDS = {
    returned: { kind: 'returned', value: '0xffff880158fea140' }, // slide 34: the next vma
    bug: { kind: 'bug', at: 'shm_close+0x3e', line: 205 }, // slide 4
  };

  // How it ends for paths of 1 to 7 and of 8 to 31 bytes. An id that names no segment, 13008988, stays one unless the
  // conversion makes it 13008943 again.
  const rows = [
    ['\\', 13008943, 'shm_file_data', 'returned', 'bug'],
    ['\\', 13008943, 'zero', 'returned', 'returned'],
    ['/', 13008943, 'shm_file_data', 'returned', 'returned'],
    ['/', 13008988, 'shm_file_data', 'bug', 'returned'],
    ['/', 13008988, 'zero', 'bug', 'bug'],
  ] as const;
  it.each(
    rows.map(
      ([delimiter, id, previous, short, long]) =>
        [delimiter, id, previous, short, build === undefined ? long : short] as const,
    ),
  )(
    'with delimiter %s, id %i, previous %s ends in "%s" for 1 to 7 bytes, in "%s" for 8 to 31',
    (delimiter, id, previous, short, long) => {
      for (const split of splits) {
        const mount = plainMount(split, delimiter === '/');
        const fast = mount.inDfs ? inDfs : outside;
        const set = settingsOf(mount, { id: String(id), previous });
        const { outcome, step } = fast.run(fast.parameters(set));
        expect(step).toBe('exit');
        expect(outcome).toMatchObject(ENDS[split.length < 8 ? short : long]);
      }
    },
  );
});

describe.each(BUILDS)('among neighbours of any bytes, %s', (_, scenario, build) => {
  // A name of 100 bytes fills its field and has no NUL.
  const anyMount = mounts(
    fc.oneof(text(1, 20), text(1, 100), text(100, 100)),
    fc.oneof(
      { weight: 1, arbitrary: empty },
      { weight: 8, arbitrary: prefix(0, 20) },
      { weight: 4, arbitrary: prefix(0, 200) },
      { weight: 1, arbitrary: prefix(0, 900) },
    ),
  );
  const neighbours = fc.record({ stale: contents, first: contents, second: contents });

  const opened = new Map<number, MountRuns>(); // by size of the path's object
  const emulate = (mount: Mount, set: Settings): Seen => {
    const size = kmallocSize(pathLength(mount) + 1);
    const runs = opened.get(size) ?? new MountRuns(amongNeighbours(scenario, size));
    opened.set(size, runs);
    const seen = runs.run(mount, { ...set, dfs: mount.inDfs ? 'yes' : 'no' });
    expect(seen.address('first')).toBe(seen.slot + BigInt(size));
    expect(seen.address('second')).toBe(seen.slot + BigInt(2 * size));
    return seen;
  };
  afterAll(() => {
    for (const runs of opened.values()) runs.close();
  });

  it('does to all of them what the C source says', () => {
    const reached = { first: 0, second: 0 };
    fc.assert(
      fc.property(anyMount, neighbours, (mount, set) => {
        const seen = emulate(mount, set);
        expectAsModelled(mount, seen, build);
        const far = damage(seen).at(-1)?.at ?? 0;
        if (far >= seen.size) reached.first += 1;
        if (far >= 2 * seen.size) reached.second += 1;
      }),
      { numRuns: cases(1500) },
    );
    if (build === undefined) expect(Math.min(reached.first, reached.second)).toBeGreaterThan(QUICK ? 0 : 50);
    else expect(reached).toEqual({ first: 0, second: 0 });
  });

  describe.skipIf(!native)('on the CPU of this machine (needs Linux on x86-64)', () => {
    let cpu: NativeMount;
    beforeAll(async () => {
      cpu = await NativeMount.start(build);
    });
    afterAll(() => {
      cpu.close();
    });

    it('leaves the same bytes as emulated and as the C source says', async () => {
      let damaged = 0;
      await fc.assert(
        fc.asyncProperty(anyMount, neighbours, async (mount, set) => {
          const { before, after, at, size } = emulate(mount, set);
          const found = await cpu.run(mount, before, at);
          expect(changes(after, found.area, at)).toEqual([]);
          const { memory, requested } = buildPathToRoot(mount, before, at, build !== undefined);
          expect(changes(memory, found.area, at)).toEqual([]);
          expect(found).toMatchObject({ returned: at, requested, readOnly: true });
          if (changes(before, found.area, at).some((change) => change.at >= size)) damaged += 1;
        }),
        { numRuns: cases(600) },
      );
      if (build === undefined) expect(damaged).toBeGreaterThan(QUICK ? 0 : 50);
      else expect(damaged).toBe(0);
    });

    it('returns NULL without memory, and writes nothing', async () => {
      await fc.assert(
        fc.asyncProperty(anyMount, async (mount) => {
          const area = new Uint8Array(64).fill(SLASH);
          const found = await cpu.run(mount, area, undefined);
          expect(found).toEqual({
            returned: undefined,
            requested: pathLength(mount) + 1,
            area,
            readOnly: true,
          });
        }),
        { numRuns: cases(50) },
      );
    });
  });
});
