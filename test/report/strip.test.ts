// The bytes of the first screen and of the story: whose they are at their moment, and values of the right owner.
import { describe, expect, it } from 'vitest';
import { Scene } from '../../src/reading/scene.js';
import type { PageStrip } from '../../src/report/page-data.js';
import { marksOf } from '../../src/report/marks.js';
import { pagePoint } from '../../src/report/point.js';
import { pageScenes } from '../../src/report/scenes.js';
import { subjectOf, whyCaseOf, whyOf } from '../../src/report/subject.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { lifetimeRun } from '../helpers/lifetime-runs.js';

const told = (run: Scene) => {
  const why = whyOf(run, whyCaseOf(run, undefined));
  const subject = subjectOf(run, why);
  return { point: pagePoint(run, subject, why), scenes: pageScenes(run, subject, why) };
};

// `old freed: id 7 -> 92`
const owners = (strip: PageStrip | null): string[] =>
  (strip?.parts ?? [])
    .flatMap((part) => part.owners)
    .map(({ name, life, fields }) => {
      const [id] = fields.filter((field) => field.name === 'id');
      return `${name} ${life}${id === undefined ? '' : `: ${id.before || '-'} -> ${id.after || '-'}`}`;
    });

const old = 'kzalloc: { as: old, struct: shm_file_data, set: { id: 7 } }';
const young = 'kzalloc: { as: young, struct: shm_file_data, set: { id: 9 } }';
const WRITE = [[0xc6, 0x07, 0x5c], [0xc3]]; // movb $0x5c,(%rdi); ret
const write = (steps: readonly string[]): Scene => new Scene(lifetimeRun({ code: WRITE, steps }));
const step = (name: string, ...lines: string[]): string =>
  [`  ${name}:`, '    do:', ...lines.map((line) => `      - ${line}`)].join('\n');
const call = (name: string): string =>
  `  ${name}: { call: { function: guest, arguments: ['&old'], rsp: 0xffff880211337f00, returnTo: 0xffffffff81e00000 } }`;

describe('a write through a stale pointer', () => {
  it('changed a field of the object that has the memory; the one that is gone keeps what it had', () => {
    const run = write([step('make', old), call('own'), step('again', 'free: old'), call('late')]);
    // Freed, and nobody's: what lies there is still read as its fields.
    expect(owners(told(run).point.strip)).toEqual(['old freed: 92 -> 92']);
    const reused = write([step('make', old), call('own'), step('again', 'free: old', young), call('late')]);
    expect(owners(told(reused).point.strip)).toEqual(['old freed: - -> -', 'young allocated: 9 -> 92']);
  });

  it('into free memory changed what is left of it', () => {
    const run = new Scene(lifetimeRun({ code: WRITE, before: [old, 'free: old'], arguments: "'&old'" }));
    expect(owners(told(run).point.strip)).toEqual(['old freed: 7 -> 92']);
  });
});

it('an object that was freed between the damage and the trap is shown as freed then', () => {
  const run = new Scene(replay(loadScenario('shm-close-bug')));
  const { point, scenes } = told(run);
  const id = 'sfd allocated: 13008943 -> 13008988';
  expect(owners(point.strip)).toEqual(['path allocated', id]);
  const read = scenes.find(({ kind }) => kind === 'read')!;
  const freed = run.recording.header.events.find(
    (event) => event.kind === 'free' && run.objects.nameOf(BigInt(event.address), event.at - 1) === 'path',
  )!;
  expect(read.at).toBeGreaterThan(freed.at);
  expect(owners(read.strip)).toEqual(['path freed', id]);
});

it('a mark names the object of its event, though several lie there one after another in one state', () => {
  const run = new Scene(
    lifetimeRun({ code: [[0xc3]], before: [old, 'free: old', young, 'free: young'], arguments: '' }),
  );
  const heap = marksOf(run).filter(({ kind }) => ['allocate', 'free', 'reuse'].includes(kind));
  expect(heap.map(({ label }) => label).sort()).toEqual([
    'allocate old',
    'allocate young, where old lay',
    'free old',
    'free young',
  ]);
});
