// The mount of shm-close-bug on the emulated machine, alone: what memory is before the call and after it.
// Knows nothing of what the call should do.
import { PAGE_SIZE, pageStart } from '../../src/base/address.js';
import { FastReplay, type Verdict } from '../../src/run/fast-replay.js';
import type { Memory } from '../../src/kernel/memory.js';
import { formatText } from '../../src/scenario/parameters.js';
import { REGISTER_INDEX } from '../../src/x86/registers.js';
import type { OperationSpec, ScenarioSpec } from '../../src/scenario/form.js';
import type { Scenario } from '../../src/scenario/scenario.js';
import { SMB_SHARE_IS_IN_DFS } from '../../src/kernel/structs/cifs.js';
import { type Mount, kmallocSize, pathLength } from './overrun-model.js';

/** Parameters besides those of the mount itself. */
export type Settings = Readonly<Record<string, string>>;

/** Parameters as `--set` takes them. */
export const settingsOf = (mount: Mount, more: Settings = {}): ReadonlyMap<string, string> =>
  new Map(
    Object.entries({
      tree: formatText(mount.treeName),
      prepath: formatText(mount.prepath),
      delimiter: mount.posixPaths ? '/' : '\\',
      ...more,
    }),
  );

/** The scenario, or the same with a share that is not in DFS: then no tree name is part of the path. */
export const withDfs = (scenario: Scenario, inDfs: boolean): Scenario => {
  if (inDfs) return scenario;
  const mount = scenario.spec.steps['mount']!;
  const operations = mount.do!.map((operation): OperationSpec =>
    operation.stale === undefined ? operation : { stale: { ...operation.stale, texts: ['$prepath'] } },
  );
  return scenario.with({
    steps: {
      ...scenario.spec.steps,
      mount: { ...mount, do: [{ set: { 'tcon.Flags': 0 } }, ...operations] },
    },
  });
};

/**
 * The mount in a separate world, for paths that take an object of `size` bytes: in a fresh slab the path gets the
 * object right below `first`, which lies right below `second`. Parameters `stale`, `first` and `second` say what is in
 * the three objects before the call, `dfs` whether the share is in DFS.
 */
export const amongNeighbours = (scenario: Scenario, size: number): Scenario => {
  const { world, parameters, steps } = scenario.spec;
  const contents = { type: 'contents', default: 'as it is' } as const;
  const fill = (name: string): OperationSpec => ({ stale: { texts: ['$room'], with: `$${name}` } });
  const place = (name: string): OperationSpec[] => [fill(name), { kmalloc: { as: name, size } }];
  const needed = ['other_task', 'other_pid', 'other_thread_info', 'vol', 'cifs_sb', 'tcon'];
  return scenario.with({
    parameters: {
      ...parameters,
      tree: { ...parameters!['tree']!, max: 100 }, // a name that fills its field has no NUL
      dfs: { type: 'choice', default: 'yes', choices: { yes: SMB_SHARE_IS_IN_DFS, no: 0 } },
      room: { type: 'text', default: 'x'.repeat(size - 1) }, // with its NUL as long as an object
      stale: contents,
      first: contents,
      second: contents,
    },
    world: {
      ...world,
      current: '&other_task',
      objects: Object.fromEntries(needed.map((name) => [name, world.objects![name]!])),
      history: [],
      words: [],
    },
    steps: {
      mount: {
        do: [
          {
            set: {
              'tcon.treeName': '$tree',
              'tcon.Flags': '$dfs',
              'cifs_sb.mnt_cifs_flags': '$delimiter',
            },
          },
          { kmalloc: { as: 'prefix', text: '$prepath' } },
          { set: { 'vol.prepath': '&prefix' } },
          ...place('second'),
          ...place('first'),
          fill('stale'),
        ],
        call: steps['mount']!.call!,
      },
    },
  });
};

/** What one call did to memory, from the object below the slot up to where mapped memory ends. */
export interface Seen {
  readonly verdict: Verdict;
  /** Bytes of the object that the path should get. */
  readonly size: number;
  /** The cache that the slot came from; undefined when the call did not return. */
  readonly cache: string | null | undefined;
  readonly slot: bigint;
  /** Index of the slot in `before` and `after`. */
  readonly at: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  /** All memory after the call; valid until the next one. */
  readonly memory: Memory;
  /** Address of an object that the steps before the call allocated. */
  readonly address: (name: string) => bigint;
}

const endOfMapping = (memory: Memory, address: bigint): bigint => {
  let end = pageStart(address);
  while (memory.isMapped(end, 1)) end += BigInt(PAGE_SIZE);
  return end;
};

/** A scenario up to its mount, replayed twice: without the call, for the memory that it will meet, and with it. */
export class MountRuns {
  readonly #before: FastReplay;
  readonly #after: FastReplay;

  constructor(scenario: Scenario) {
    const all = Object.entries(scenario.spec.steps);
    const steps = all.slice(0, all.findIndex(([name]) => name === 'mount') + 1);
    const open = (cut: ScenarioSpec['steps']): FastReplay =>
      new FastReplay(scenario.with({ steps: { ...Object.fromEntries(steps), ...cut } }), {
        from: 'mount',
      });
    this.#before = open({ mount: { do: scenario.spec.steps['mount']!.do! } });
    this.#after = open({});
  }

  /** @param requested bytes that the path should be given */
  run(mount: Mount, settings: Settings, requested = pathLength(mount) + 1): Seen {
    const parameters = this.#after.parameters(settingsOf(mount, settings));
    this.#before.run(parameters);
    const verdict = this.#after.run(parameters);
    const returned = verdict.result?.kind === 'returned';
    // While convert_delimiter() runs, RBX holds its caller's full_path.
    const slot = returned ? verdict.result.value : verdict.registers[REGISTER_INDEX.rbx]!;
    const size = kmallocSize(requested);
    const page = pageStart(slot);
    const start = slot - page < BigInt(size) ? page : slot - BigInt(size);
    const bytes = Number(endOfMapping(this.#after.memory, slot) - start);
    const { objects } = this.#before;
    return {
      verdict,
      size,
      cache: returned ? this.#after.objects.get('path')!.cache : undefined,
      slot,
      at: Number(slot - start),
      before: this.#before.memory.read(start, bytes),
      after: this.#after.memory.read(start, bytes),
      memory: this.#after.memory,
      address: (name) => objects.get(name)!.address,
    };
  }

  close(): void {
    this.#before.close();
    this.#after.close();
  }
}
