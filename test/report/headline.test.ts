// The headline of a run: one sentence, and every part of it is true of the recording, for everything that is shipped and
// for small runs that do one thing wrong each.
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Case } from '../../src/reading/case.js';
import type { Recording } from '../../src/recording/recording.js';
import { replay } from '../../src/run/replay.js';
import { pagePoint } from '../../src/report/point.js';
import { pageScenes } from '../../src/report/scenes.js';
import { subjectOf, whyCaseOf, whyOf } from '../../src/report/subject.js';
import { loadControl, loadScenario } from '../../src/scenario/scenario.js';
import { runGuest } from '../helpers/guest-library.js';
import { HeadlineOracle } from '../helpers/headline-oracle.js';
import { type Code, lifetimeRun } from '../helpers/lifetime-runs.js';

const tellOf = (recording: Recording, control?: Recording) => {
  const run = new Case(recording);
  const why = whyOf(run, whyCaseOf(run, control && new Case(control)));
  const subject = subjectOf(run, why);
  const point = pagePoint(run, subject, why);
  return {
    point,
    scenes: pageScenes(run, subject, why),
    text: point.headline.map(({ text }) => text).join(''),
  };
};

const BYTE = '[0-9a-f]{2}';

// Each form of a headline, and what makes it true.
const FORMS: readonly (readonly [
  form: RegExp,
  isTrue: (oracle: HeadlineOracle, at: number, parts: readonly string[]) => boolean,
])[] = [
  [
    new RegExp(`^(\\S+) wrote (${BYTE}) over (${BYTE}) in (\\S+), out of bounds of (\\S+)$`, 'u'),
    (oracle, at, [by, made, old, field, owner]) =>
      oracle.at(at) === by && oracle.wroteOver(at, made!, old!, field!, owner!),
  ],
  [
    /^(\S+) read (\d+) bytes? of (\S+) after (\S+) had freed it(?:, where (\S+) lies now)?$/u,
    (oracle, at, [by, size, object, freedBy, now]) =>
      oracle.at(at) === by &&
      oracle.touchedFreed(at, Number(size), object!) &&
      oracle.freedBy(object!, freedBy!) &&
      (now === undefined || oracle.liesNow(at, object!, now)),
  ],
  [
    /^(\S+) freed (\S+) a second time(?:, and with it (\S+))?$/u,
    (oracle, at, [by, object, now]) =>
      oracle.at(at) === by &&
      oracle.freesOf(object!, at) >= 2 &&
      (now === undefined || oracle.freedBy(now, by!)),
  ],
  [
    /^(\S+) went by ([^.\s]+)(?:\.(\S+))?, which nobody had written$/u,
    (oracle, at, [by, object, path]) => oracle.at(at) === by && oracle.neverWritten(at, object!, path ?? ''),
  ],
];

// The causes that lie outside of what the run did wrong; `why` tells them, and its own tests hold them.
const CAUSE =
  /^\S+ (?:had not written \S+, as it had in the control|was 0x[0-9a-f]+(?: from the start|, as step ".+" left it| at \S+))$/u;

const check = (recording: Recording, { text, point }: ReturnType<typeof tellOf>): void => {
  const oracle = new HeadlineOracle(recording);
  const { outcome } = recording.header;
  if (!point.isWrong) {
    const ran = `${recording.instructions} instruction${recording.instructions === 1 ? '' : 's'}`;
    expect(outcome.kind).toBe('returned');
    expect(text).toBe(
      `Nothing went wrong: ${ran} ran, and the run returned ${outcome.kind === 'returned' ? outcome.value : ''}.`,
    );
    return;
  }
  const [, deed, end = ''] = /^(?:(.+), and )?(.+?)\.$/u.exec(text) ?? [];
  expect(oracle.ended(end), `what came of it: ${end}`).toBe(true);
  if (deed === undefined) return;
  const form = FORMS.find(([one]) => one.test(deed));
  if (form === undefined) expect(deed).toMatch(CAUSE);
  else expect(form[1](oracle, point.at!, form[0].exec(deed)!.slice(1)), deed).toBe(true);
};

const SHIPPED = [
  ...readdirSync(new URL('../../scenarios/', import.meta.url)).map((file) => file.replace(/\.yaml$/u, '')),
  ...readdirSync(new URL('../../cases/', import.meta.url)),
];

describe('of what is shipped', () => {
  it.each(SHIPPED)('%s is true, alone and beside its control', (name) => {
    const scenario = loadScenario(name);
    const recording = replay(scenario);
    const spec = loadControl(scenario);
    const alone = tellOf(recording);
    check(recording, alone);
    if (spec === undefined) return;
    const control = replay(spec);
    const beside = tellOf(recording, control);
    check(recording, beside);
    check(control, tellOf(control));
    expect(beside.point.why?.control).toBe(control.header.scenario);
  });

  it('names the byte, the field, the owner and the line of the published crash', () => {
    const { text, point } = tellOf(replay(loadScenario('shm-close-bug')));
    expect(text).toBe(
      'convert_delimiter+0x1c wrote 5c over 2f in shm_file_data.id, out of bounds of path, and shm_close ended in BUG at ipc/shm.c:205.',
    );
    const [part] = point.strip!.parts;
    const damaged = part!.damaged[0]!;
    const byte = (hex: string): string => hex.slice(damaged * 2, damaged * 2 + 2);
    expect([byte(part!.before!), byte(part!.after)]).toEqual(['2f', '5c']);
    const fields = part!.owners.flatMap((owner) => owner.fields);
    expect(fields.find(({ name }) => name === 'id')).toMatchObject({ before: '13008943', after: '13008988' });
  });
});

describe('of a small run', () => {
  const NEW: Code = [[0xbf, 32, 0, 0, 0], [0xbe, 0xd0, 0, 0, 0], { call: '__kmalloc' }, [0x48, 0x89, 0xc3]];
  const FREE: Code = [[0x48, 0x89, 0xdf], { call: 'kfree' }];
  const CLEAR: Code = [
    [0x31, 0xc0],
    [0x31, 0xdb],
  ]; // xor %eax,%eax; xor %ebx,%ebx

  it.each<[string, () => Recording, RegExp]>([
    [
      'that writes over an object and returns',
      () => runGuest([0xc6, 0x47, 0x20, 0xff, 0xc3]),
      /^guest\+0x0 wrote ff over [0-9a-f]{2} in \S+, out of bounds of low, and nothing stopped the run: it returned 0x[0-9a-f]+\.$/u,
    ],
    [
      'that does not end',
      () => runGuest([0xeb, 0xfe], undefined, 'budget: 7\n'),
      /^guest was still running after 7 instructions\.$/u,
    ],
    [
      'that jumps to nowhere',
      () => runGuest([0x31, 0xc0, 0xff, 0xe0]),
      /guest went to 0x0, where no code is\.$/u,
    ],
    ['that stops at once', () => runGuest([0x0f, 0x0b]), /guest ended in .+ at guest\+0x0\.$/u],
    [
      'that uses what it freed',
      () => lifetimeRun({ code: [...NEW, ...FREE, [0x8b, 0x03, 0xc3]] }),
      /^guest\+0x\w+ read 4 bytes of an object of 32 bytes \(size-32\) after guest\+0x\w+ had freed it, and nothing stopped/u,
    ],
    [
      'that frees twice',
      () => lifetimeRun({ code: [...NEW, ...FREE, ...FREE, [0xc3]] }),
      /^guest\+0x\w+ freed an object of 32 bytes \(size-32\) a second time, and /u,
    ],
    [
      'that forgets what it allocated',
      () => lifetimeRun({ code: [...NEW, ...CLEAR, [0xc3]] }),
      /^guest\+0x\w+ allocated an object of 32 bytes \(size-32\), which nobody freed and nothing points to, and nothing stopped/u,
    ],
  ])('%s', (_, run, expected) => {
    const { text, point } = tellOf(run());
    expect(text).toMatch(expected);
    expect(point.isWrong).toBe(true);
  });
});

describe('the scenes of what is shipped', () => {
  it.each(SHIPPED)(
    '%s: every step, what is wrong, and the end, in order and each at its own state',
    (name) => {
      const recording = replay(loadScenario(name));
      const { scenes, point, text } = tellOf(recording);
      const { steps, outcome } = recording.header;
      expect(scenes.filter(({ kind }) => kind === 'step').map(({ title }) => title)).toEqual(
        steps.map(({ step }) => step),
      );
      expect(scenes.at(-1)!.kind).toBe(outcome.kind === 'returned' ? 'end' : 'trap');
      for (const { at, step, kind } of scenes) {
        const { from, to } = steps[step]!;
        expect(at, kind).toBeGreaterThanOrEqual(from);
        expect(at, kind).toBeLessThanOrEqual(to);
      }
      expect(scenes.map(({ at }) => at)).toEqual(scenes.map(({ at }) => at).toSorted((a, b) => a - b));
      if (point.strip !== null && !/ was 0x/u.test(text))
        expect(scenes.some(({ at, kind }) => kind !== 'step' && at === point.at)).toBe(true);
    },
  );

  it('draw the slots as the events leave them: the slot of sfd_b is free, and becomes that of path', () => {
    const { scenes } = tellOf(replay(loadScenario('shm-close-bug')));
    const slotOf = (title: string) => scenes.find((scene) => scene.title === title)!.slots;
    const slot = (title: string) => slotOf(title).find(({ address }) => address === '0xffff8803f382cc40')!;
    expect(slot('attach B')).toMatchObject({ name: 'sfd_b', life: 'allocated', change: 'allocated' });
    expect(slot('detach B')).toMatchObject({ name: 'sfd_b', life: 'freed', change: 'freed' });
    expect(slot('mount')).toMatchObject({ name: 'path', was: 'sfd_b', change: 'reused' });
    const branch = scenes.find(({ kind, where }) => kind === 'branch' && where === 'idr_find')!.branch!;
    expect(branch).toEqual({
      because: 'esi = 0x5c (92) >= eax = 0x40 (64)',
      went: 'idr_find+0x75',
      other: 'idr_find+0x28',
    });
  });
});
