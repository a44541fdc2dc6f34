// Fast replay: the same result as replay(), whatever ran before.
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { FastReplay } from '../../src/run/fast-replay.js';
import { formatText } from '../../src/scenario/parameters.js';
import { RecordedState } from '../../src/recording/state.js';
import type { Recording } from '../../src/recording/recording.js';
import { replay } from '../../src/run/replay.js';
import type { ScenarioSpec } from '../../src/scenario/form.js';
import { Scenario, loadScenario } from '../../src/scenario/scenario.js';
import { cases } from '../helpers/effort.js';

const scenario = loadScenario('shm-close-bug');

/** All memory at the end, in the order of the regions. */
const memoryOf = (fast: FastReplay, recording: Recording): Uint8Array[] =>
  recording.header.regions.map(({ start, size }) => fast.memory.read(BigInt(start), size));

const recordedMemory = (recording: Recording): Uint8Array[] => {
  const state = new RecordedState(recording);
  state.seek(recording.instructions);
  return recording.header.regions.map(({ start, size }) => state.read(BigInt(start), size));
};

const findingsOf = ({ header }: Recording): string[] =>
  header.events.flatMap((event) => (event.kind === 'finding' ? [event.message] : []));

const expectSame = (
  fast: FastReplay,
  set: ReadonlyMap<string, string>,
  recording = replay(fast.scenario, { set }),
): void => {
  const verdict = fast.run(fast.parameters(set));
  expect(verdict.outcome).toEqual(recording.header.outcome);
  expect(verdict.step).toBe(recording.header.steps.at(-1)!.step);
  expect(verdict.registers).toEqual(recording.registersAt(recording.instructions));
  expect(verdict.findings).toEqual(findingsOf(recording));
  const found = memoryOf(fast, recording);
  recordedMemory(recording).forEach((bytes, index) => {
    const same = Buffer.compare(bytes, found[index]!) === 0;
    expect(same, `region ${recording.header.regions[index]!.name}`).toBe(true);
  });
};

describe('the second victim', () => {
  it.each(['slabinfo-bug', 'slabinfo-control'])('%s is the same as replay(), run after run', (name) => {
    using fast = new FastReplay(loadScenario(name));
    for (const set of [{}, { previous: 'zero' }, { prepath: '/a' }, { delimiter: '/' }, {}]) {
      expectSame(fast, new Map(Object.entries(set)));
    }
  });
});

const bytes = (maxLength: number, minLength = 0) =>
  fc.uint8Array({ min: 1, minLength, maxLength }).map((array) => formatText(array));

// Short paths, where slots are reused, as often as long ones.
const settings = fc
  .record(
    {
      tree: fc.oneof(bytes(20, 1), bytes(99, 1)),
      prepath: fc.oneof(bytes(12), bytes(1022)),
      delimiter: fc.constantFrom('\\', '/'),
      previous: fc.oneof(
        fc.constantFrom('shm_file_data', 'zero'),
        fc.uint8Array({ minLength: 32, maxLength: 32 }).map((array) => Buffer.from(array).toString('hex')),
      ),
      id: fc.oneof(fc.constantFrom('13008943', '12976174', '-1', '0'), fc.integer().map(String)),
    },
    { requiredKeys: [] },
  )
  .map((record) => new Map(Object.entries(record)));

const HUGE = new Map([['tree', 'x'.repeat(99)], ['prepath', `/${'y/'.repeat(400)}`]]); // prettier-ignore

describe('a fast replay from the mount on', () => {
  const opened = new FastReplay(scenario, { from: 'mount' });
  afterAll(() => opened.close());

  it('ends as the published crash does', () => {
    expect(opened.run().outcome).toMatchObject({ kind: 'bug', at: 'shm_close+0x3e', line: 205 });
    expect(opened.memory.readU8(opened.objects.get('sfd')!.address)).toBe(0x5c);
  });

  it('has the outcome, registers, memory and findings of replay(), in any order of parameters', () => {
    fc.assert(
      fc.property(settings, (set) => {
        expectSame(opened, set);
      }),
      { seed: 1, numRuns: cases(120) },
    );
  });

  it('gives the same for the same parameters again, whatever came between', () => {
    const first = new Map([['previous', 'ff'.repeat(32)]]);
    const sets = [new Map<string, string>(), first, HUGE, new Map([['id', '7']]), new Map([['prepath', '']])];
    const recordings = sets.map((set) => replay(scenario, { set }));
    fc.assert(
      fc.property(fc.array(fc.nat({ max: sets.length - 1 }), { maxLength: 8 }), (order) => {
        for (const index of order) expectSame(opened, sets[index]!, recordings[index]);
      }),
      { seed: 1, numRuns: cases(25) },
    );
  });

  it('starts the engine three times per run', () => {
    opened.run();
    const before = opened.engineStarts;
    for (let run = 0; run < 10; run += 1) opened.run();
    expect(opened.engineStarts - before).toBe(30);
  });

  it('refuses a parameter as replay() does, and goes on', () => {
    expect(() => opened.parameters(new Map([['tree', '']]))).toThrow('at least 1 are needed');
    expectSame(opened, new Map());
  });
});

describe('a fast replay from the first step, and from each other one', () => {
  it.each([undefined, ...Object.keys(scenario.spec.steps)])('is the same: %s', (from) => {
    using fast = new FastReplay(scenario, from === undefined ? {} : { from });
    for (const set of [new Map([['id', '5']]), new Map<string, string>(), HUGE, new Map([['id', '5']])]) {
      expectSame(fast, set);
    }
  });

  it('needs a step that exists', () => {
    expect(() => new FastReplay(scenario, { from: 'unmount' })).toThrow('there is no step "unmount"');
  });
});

/** The shipped scenario with some of it replaced. */
const variant = (change: Partial<ScenarioSpec>): Scenario => {
  const changed = Object.create(scenario) as { spec: ScenarioSpec } & Scenario;
  Object.defineProperty(changed, 'spec', { value: { ...scenario.spec, ...change } });
  return changed;
};

const withStep = (name: string, step: ScenarioSpec['steps'][string]): ScenarioSpec['steps'] => ({
  ...scenario.spec.steps,
  [name]: { ...scenario.spec.steps[name], ...step },
});

describe('a run that goes wild', () => {
  // RSP into slab management: every push destroys what the heap reads.
  const mount = scenario.spec.steps['mount']!;
  const wild = (rsp: string): Scenario =>
    variant({ steps: withStep('mount', { call: { ...mount.call!, rsp } }) });

  it.each(['0xffff8803f382c100', '0xffff880001000800', '0xffff88043fd0a700', '0xffff880211338000'])(
    'with its stack at %s leaves nothing to the next',
    (rsp) => {
      using fast = new FastReplay(wild(rsp), { from: 'mount' });
      for (const set of [new Map<string, string>(), HUGE, new Map<string, string>()]) expectSame(fast, set);
    },
  );

  // Every byte of the world's memory up to the end of the mapping is a delimiter: the conversion goes on to a fault.
  it('through all of a slab page and beyond ends alike, and the run after it too', () => {
    const wild = new Map([['previous', '2f'.repeat(32)], ['prepath', `/${'z'.repeat(1022)}`]]); // prettier-ignore
    using fast = new FastReplay(scenario, { from: 'mount' });
    for (const set of [wild, new Map<string, string>(), wild]) expectSame(fast, set);
  });
});

describe('a budget', () => {
  it.each([1, 100, 170, 600])('of %i instructions ends with the count of replay()', (budget) => {
    using fast = new FastReplay(variant({ budget }), { from: 'mount' });
    expectSame(fast, new Map());
    expectSame(fast, HUGE);
  });
});

describe('a parameter that the world is built from', () => {
  const changed = variant({
    world: {
      ...scenario.spec.world,
      words: [...scenario.spec.world.words!, { at: 'shm_vm_ops+0x10', value: '$id', source: 'invented' }],
    },
  });

  it('makes another world', () => {
    using fast = new FastReplay(changed, { from: 'mount' });
    for (const id of ['1', '2', '1']) {
      expectSame(fast, new Map([['id', id]]));
    }
  });
});

describe('a closed fast replay', () => {
  it('says so', () => {
    const fast = new FastReplay(scenario);
    fast.close();
    expect(() => fast.run()).toThrow('closed');
  });
});
