// Recordings that somebody has changed and sealed again: refused when they are read, or every view shows something.
// OOPSLAB_FULL=1 tries 100,000; OOPSLAB_TRIES and OOPSLAB_SEED choose others.
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/base/errors.js';
import { loadLesson } from '../../src/lesson/lesson.js';
import { findLesson, listLessons } from '../../src/lesson/shelf.js';
import { decodeRecording, encodeRecording } from '../../src/recording/file.js';
import type { Recording } from '../../src/recording/recording.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { FULL, cases } from '../helpers/effort.js';
import { everyView } from '../helpers/every-view.js';
import { scenarioWith } from '../helpers/small-world.js';
import { anyMutant, drawing, placesOf } from '../helpers/recording-mutants.js';
import { putTogether, takeApart } from '../helpers/recording-parts.js';

const TRIES = Number(process.env['OOPSLAB_TRIES'] ?? cases(200, 100_000));
const SEED = Number(process.env['OOPSLAB_SEED'] ?? 1);
const SLOW = 2000; // ms of CPU time: not those of a busy machine

const cpuTime = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const lessons = listLessons().map(({ name }) => loadLesson(findLesson(name)));
const views = everyView(lessons);
// Runs of some dozen instructions, so that there is time for many; every tenth is one of the shipped ones.
const small = (name: string, id: string): Recording => {
  const scenario = loadScenario(name);
  const steps = Object.fromEntries(
    Object.entries(scenario.spec.steps).filter(([step]) => /^(?:attach|exit)/u.test(step)),
  );
  return replay(scenario.with({ steps }), { set: new Map([['id', id]]) });
};
// A few pages, a buffer, and a call that returns or faults at once.
const tiny = (argument: string): Recording =>
  replay(
    scenarioWith({
      steps: {
        fill: {
          do: [
            { kzalloc: { as: 'buffer', size: 32 } },
            { kmalloc: { as: 'other', size: 24 } },
            { free: 'other' },
          ],
        },
        call: {
          call: {
            function: 'strlen',
            arguments: [argument],
            rsp: '0xffff880211337f00',
            returnTo: '0xffffffff81e00000',
          },
        },
      },
    }),
  );
const wholes = [
  tiny('0'),
  tiny('&buffer'),
  small('shm-close-bug', '13008988'),
  small('shm-close-bug', '13008943'),
  ...['shm-close-bug', 'shm-close-control', 'slabinfo-bug', 'mount-arena'].map((name) =>
    replay(loadScenario(name)),
  ),
].map((whole) => {
  const parts = takeApart(encodeRecording(whole), whole.data);
  return { whole, parts, places: placesOf(parts.header) };
});
// Of twenty, one is of a shipped scenario and two are of its last call.
const wholeOf = (turn: number) => {
  if (turn % 20 === 19) return wholes[4 + (Math.floor(turn / 20) % 4)]!;
  return wholes[turn % 10 === 9 ? 2 + (Math.floor(turn / 10) % 2) : turn % 2]!;
};

describe('a changed recording', () => {
  it(
    'is refused when it is read, or every view shows something in time',
    { timeout: FULL ? 36_000_000 : 120_000 },
    () => {
      const draw = drawing(SEED);
      const findings = new Map<string, string>();
      const spent = new Map<string, number>();
      let [refused, shown] = [0, 0];
      for (let turn = 0; turn < TRIES; turn += 1) {
        const { whole, parts, places } = wholeOf(turn);
        const mutant = anyMutant(parts, places, draw);
        const found = (view: string, what: string): void => {
          const key = `${view}: ${what}`;
          if (findings.has(key)) return;
          findings.set(key, `${turn} ${whole.header.scenario} ${mutant.name}`);
          if (FULL) console.log(`${key}  <-  ${findings.get(key)}`);
        };
        let read;
        const start = cpuTime();
        try {
          read = decodeRecording(putTogether(mutant.parts), 'x.rec');
        } catch (error) {
          if (!(error instanceof FormatError))
            found(
              'reading',
              String((error as Error).stack)
                .split('\n')
                .slice(0, 3)
                .join(' '),
            );
          refused += 1;
          if (cpuTime() - start > SLOW) found('reading', 'slow');
          continue;
        }
        shown += 1;
        if (FULL && shown % 1000 === 0)
          console.log(`${turn + 1} tries, ${refused} refused, ${shown} shown, ${findings.size} findings`);
        // All views would take ten hours: one in turn, and all of every sixteenth.
        const looks = turn % 16 === 0 ? views : [views[shown % views.length]!];
        for (const { name, look } of looks) {
          const begin = cpuTime();
          try {
            look(read, whole);
          } catch (error) {
            found(
              name,
              String((error as Error).stack)
                .split('\n')
                .slice(0, 4)
                .join(' '),
            );
          }
          const took = cpuTime() - begin;
          spent.set(name, (spent.get(name) ?? 0) + took);
          if (took > SLOW) found(name, `${Math.round(took / 1000)} s`);
        }
      }
      if (FULL)
        console.log(
          `${TRIES} tries, seed ${SEED}: ${refused} refused, ${shown} shown, ${findings.size} findings`,
          spent,
        );
      expect([...findings].map(([key, value]) => `${key} <- ${value}`)).toEqual([]);
    },
  );
});
