// Scenarios that wish the process ill, or go wrong half way: refused with their place, or the same as ever afterwards.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { FastReplay } from '../../src/run/fast-replay.js';
import { RecordedState } from '../../src/recording/state.js';
import { replay } from '../../src/run/replay.js';
import { type Scenario, loadScenario } from '../../src/scenario/scenario.js';
import { inTemporaryFolder, writeGuest } from '../helpers/guest-library.js';

const TEXT = 0xffffffff81249000n; // a page with strlen and more
const STACK = '0xffff880211337f00';

interface Parts {
  readonly top?: string;
  readonly world?: string;
  readonly steps?: string;
}

const scenarioText = ({
  top = '',
  world = '',
  steps = '  none: {}',
}: Parts): string => `format: oopslab scenario 1
name: guest
title: a test
release: 3.0.101-84-default
${top}
world:
  caches: { size-32: { frames: [0x20000] }, size-64: { frames: [0x20001] }, size-128: { frames: [0x20002] } }
  memory: [{ name: stack, at: 0xffff880211336000, size: 8192, source: test }]
${world}
steps:
${steps}
expect: {}
`;

const call = (name: string, args: string, rsp = STACK, returnTo = '0xffffffff81e00000'): string =>
  `  ${name}: { call: { function: strlen, arguments: [${args}], rsp: ${rsp}, returnTo: ${returnTo} } }`;

const load = (folder: string, parts: Parts): Scenario => {
  const file = join(folder, 'guest.yaml');
  writeFileSync(file, scenarioText(parts));
  return loadScenario(file);
};

const complaint = (parts: Parts): string =>
  inTemporaryFolder((folder) => {
    try {
      replay(load(folder, parts));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const { line = 0, field = '' } = error.where;
      return `${line > 0 ? 'line' : ''} ${field}: ${error.message}`;
    }
    return 'no complaint';
  });

describe('a scenario that puts bytes into code', () => {
  const fatal = '0x909090909090dbff';
  const inner = `0x${(TEXT + 0xff8n).toString(16)}`;

  it.each<[string, Parts, RegExp]>([
    ['a word', { world: `  words: [{ at: strlen, value: ${fatal}, source: test }]` }, /^line world\.words\[0\]\.at: this word overlaps the page with the code of /u],
    ['a word between functions', { world: `  words: [{ at: ${inner}, value: ${fatal}, source: test }]` }, /^line world\.words\[0\]\.at: .* code of /u],
    ['a word over the edge of its page', { world: '  words: [{ at: 0xffffffff81248ffc, value: 1, source: test }]' }, /^line world\.words\[0\]\.at: /u],
    ['an object between functions', { world: `  objects: { o: { size: 8, at: ${inner}, source: test } }` }, /^line world\.objects\.o\.at: o overlaps the page with the code of /u],
    ['the per-CPU area', { world: `  gs: 0x${(TEXT + 0x800n - 0xa700n).toString(16)}` }, /world\.gs: .* code of /u],
    ['a stack', { steps: call('one', '0', `0x${(TEXT + 0x108n).toString(16)}`, '0x90909090dbff') }, /^line steps\.one\.call\.rsp: the 8 bytes at 0xffffffff81249100 are not memory that the guest can write/u],
  ])('by %s is refused', (_, parts, expected) => {
    expect(complaint(parts)).toMatch(expected);
  }); // prettier-ignore
});

describe('a negative parameter', () => {
  it('is passed to a call as the 64 bits that the register holds', () => {
    const top = 'parameters: { n: { type: int32, default: -1 } }';
    const steps = call('one', "'$n'").replace('strlen', 'pid_vnr');
    const { events } = inTemporaryFolder((folder) => replay(load(folder, { top, steps }))).header;
    expect(events.find(({ kind }) => kind === 'call')).toMatchObject({ arguments: ['0xffffffffffffffff'] });
  });
});

describe('`with` of `stale`', () => {
  it('is a parameter as everywhere else, with a $', () => {
    const top = 'parameters: { t: { type: text, default: aaaa }, c: { type: contents, default: zero } }';
    const steps = "  one: { do: [{ stale: { texts: ['$t'], with: c } }] }";
    expect(complaint({ top, steps })).toBe(
      'line steps.one.do[0].stale.with: should name a contents parameter as $name, found "c"',
    );
  });
});

describe('a fast replay', () => {
  const memoryIsSame = (fast: FastReplay, set: ReadonlyMap<string, string>): void => {
    const recording = replay(fast.scenario, { set });
    const verdict = fast.run(fast.parameters(set));
    expect(verdict.outcome).toEqual(recording.header.outcome);
    const state = new RecordedState(recording).end();
    for (const { start, size } of recording.header.regions) {
      expect(Buffer.compare(fast.memory.read(BigInt(start), size), state.read(BigInt(start), size))).toBe(0);
    }
  };

  // `n` makes another world, `t` decides whether the first step can be done.
  it('whose first steps could not be done is the same as replay() afterwards', () => {
    const parts = {
      top: 'parameters: { t: { type: text, default: aaaa }, n: { type: int32, default: 5 } }',
      world:
        "  objects: { o: { struct: shm_file_data, at: 0xffff880300000000, source: test, set: { id: '$n' } } }",
      steps: `  one: { do: [{ kmalloc: { as: x, text: '$t' } }] }\n${call('two', "'&x'")}`,
    };
    inTemporaryFolder((folder) => {
      using fast = new FastReplay(load(folder, parts), { from: 'two' });
      const bad = { t: 'b'.repeat(300) }; // there is no such cache
      for (const set of [{}, { n: '6', ...bad }, {}, { n: '6' }, bad, {}, { t: 'cc' }, { n: '6', ...bad }, { n: '6' }]) {
        const map = new Map(Object.entries<string>(set));
        if ('t' in set && set.t === bad.t) {
          expect(() => fast.run(fast.parameters(map))).toThrow(InputError);
        } else {
          memoryIsSame(fast, map);
        }
      }
    }); // prettier-ignore
  });

  // The byte before RIP is that of hlt: only an observer knows that it was not executed.
  it.each([
    ['mov $0xf4,%al; jmp .-2', [0xb0, 0xf4, 0xeb, 0xfc], 101, 'budget'],
    ['jmp over hlt; jmp .', [0xeb, 0x01, 0xf4, 0xeb, 0xfe], 50, 'budget'],
    ['hlt', [0x90, 0xf4], 50, 'fault'],
  ])('reports %s as replay() does', (_, code, budget, kind) => {
    inTemporaryFolder((library) => {
      const steps = call('one', '0').replace('strlen', 'guest');
      writeGuest(library, code, scenarioText({ top: `budget: ${budget}`, steps }));
      const libraries = [library];
      const scenario = loadScenario('guest', libraries);
      const { outcome } = replay(scenario, { libraries }).header;
      expect(outcome).toMatchObject({ kind });
      using fast = new FastReplay(scenario, { libraries });
      const verdict = fast.run();
      expect(verdict.outcome).toEqual(outcome);
      expect(verdict.result).toMatchObject({ kind: kind === 'budget' ? 'budget' : 'exception' });
    });
  });
});
