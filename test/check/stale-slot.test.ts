// A stale pointer into a slot that the call got again: rights by address allow the access, a recording tells.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkedScenario } from '../../src/check/world/stale-parameter.js';
import { Arena } from '../../src/check/watch/arena.js';
import { readParameters } from '../../src/scenario/parameters.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { writeGuest } from '../helpers/guest-library.js';
import { type Code, assemble } from '../helpers/lifetime-runs.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-stale-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SCENARIO = `format: oopslab scenario 1
name: guest
title: a test
release: 3.0.101-84-default
world:
  gs: 0xffff88043fd00000
  caches: { size-32: { frames: [0x20000] } }
  memory: [{ name: stack, at: 0xffff880211336000, size: 8192, source: test }]
steps:
  call: { call: { function: guest, arguments: [], rsp: 0xffff880211337f00, returnTo: 0xffffffff81e00000 } }
check: { function: guest, step: call }
expect: {}
`;

const NEW: Code = [[0xbf, 32, 0, 0, 0], [0xbe, 0xd0, 0x80, 0, 0], { call: '__kmalloc' }]; // zeroed
const BEGIN: Code = [[0x53, 0x55, 0x48, 0x83, 0xec, 0x08]]; // push %rbx; push %rbp; sub $8,%rsp
const END: Code = [
  [0x48, 0x89, 0xef],
  { call: 'kfree' },
  [0x31, 0xc0, 0x48, 0x83, 0xc4, 0x08, 0x5d, 0x5b, 0xc3],
];
const HALF: Code = [
  ...BEGIN, ...NEW, [0x48, 0x89, 0xc3], [0x48, 0x89, 0xc7], { call: 'kfree' }, // %rbx is stale
  ...NEW, [0x48, 0x89, 0xc5], // %rbp has its slot
]; // prettier-ignore

const run = (name: string, use: Code): string[] => {
  const library = join(folder, name);
  writeGuest(library, assemble([...HALF, ...use, ...END]), SCENARIO);
  const scenario = loadScenario('guest', [library]);
  using arena = new Arena(scenario, { name: 'guest', variants: {} }, { libraries: [library] });
  arena.begin();
  return arena.run(readParameters(checkedScenario(scenario))).map(({ property }) => property);
};

it('a write and a read through the stale pointer break what the same by the new one does not', () => {
  expect(run('write', [[0xc6, 0x03, 0x01]])).toEqual(['writes-inside']); // movb $1,(%rbx)
  expect(run('read', [[0x8a, 0x03]])).toEqual(['reads-inside']);
  expect(
    run('right', [
      [0xc6, 0x45, 0x00, 0x01],
      [0x8a, 0x45, 0x00],
    ]),
  ).toEqual([]);
  expect(run('compare', [[0x48, 0x39, 0xeb]])).toEqual([]);
});
