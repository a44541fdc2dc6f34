// The picture of a slab page of a run that uses a stale pointer: free, reuse, the use, and never "nothing is written".
import { expect, it } from 'vitest';
import { slabPicture } from '../../src/chart/slab-picture.js';
import { slabScene } from '../../src/chart/slab-scene.js';
import { Case } from '../../src/reading/case.js';
import { verdictOf } from '../../src/laboratory/verdict.js';
import { type Code, lifetimeRun } from '../helpers/lifetime-runs.js';

const RET = [0xc3];
const BEFORE = [
  'kzalloc: { as: old, size: 32 }',
  'free: old',
  'kzalloc: { as: young, struct: shm_file_data }',
];
const run = (code: Code, before = BEFORE): Case =>
  new Case(lifetimeRun({ code: [...code, RET], before, arguments: "'&old'" }));
const WRITE: Code = [[0xc6, 0x07, 0x07]]; // movb $7,(%rdi)
const READ: Code = [[0x8b, 0x07]];

it.each([
  ['write', WRITE, 'guest+0x0 writes old through a stale pointer'],
  ['read', READ, 'guest+0x0 reads old through a stale pointer'],
  ['free', [{ call: 'kfree' }] as Code, 'guest+0x0 frees old through a stale pointer'],
])('of a %s says so, with the free and the new owner', (_name, code, title) => {
  const scene = slabScene(run(code));
  expect(scene.use).toMatchObject({
    title,
    before: 'Before its free: old is in use',
    after: 'The stale pointer is used: its slot belongs to young',
  });
  expect(scene.use!.sentences.slice(0, 2)).toEqual([
    'old is freed by the sandbox in step "prepare".',
    'young gets its slot by the sandbox in step "prepare".',
  ]);
  const svg = JSON.stringify(slabPicture(scene));
  expect(svg).not.toContain('Nothing is written');
  expect(svg).toContain('through a stale pointer');
});

it('of a slot that is still free says that', () => {
  const scene = slabScene(run(READ, BEFORE.slice(0, 2)));
  expect(scene.use?.after).toBe('The stale pointer is used: its slot is free');
});

it('of a run without a mistake may say that nothing is written outside', () => {
  const scene = slabScene(
    new Case(lifetimeRun({ code: [RET], before: BEFORE.slice(2), arguments: "'&young'" })),
  );
  expect(scene.use).toBeUndefined();
  expect(JSON.stringify(slabPicture(scene))).toContain('Nothing is written outside it.');
});

it('the live page calls none of these runs safe', () => {
  for (const code of [WRITE, READ, [{ call: 'kfree' }] as Code])
    expect(verdictOf(run(code)).sentence).not.toMatch(/^safe/u);
});
