// What the laboratory tells of places, held against the recording: a place that is said to hold a value holds its bytes,
// at every step that is looked at; and what the page knows by itself is the same.
import { beforeAll, describe, expect, it } from 'vitest';
import { knownOf } from '../../page/model/knows.js';
import { memoryAsked, readAsked, registerAsked } from '../../page/model/places.js';
import { Run, numberOf } from '../../page/model/run.js';
import { Bench } from '../../src/laboratory/bench.js';
import { answerLives } from '../../src/laboratory/lives.js';
import { answerWhy } from '../../src/laboratory/why.js';
import type { PagePlace, PageValue } from '../../src/report/page-data.js';
import { pageRun } from '../../src/report/collect.js';
import { Case } from '../../src/reading/case.js';
import { WhyCase } from '../../src/why/why.js';
import { whyDocument } from '../../src/why/document.js';
import { readRegister } from '../../src/x86/register-parts.js';
import { GENERAL_REGISTERS, REGISTER_INDEX } from '../../src/x86/registers.js';
import { type Recording, recordingOf } from '../helpers/step-recordings.js';

const STRIDE = 23; // states from one that is looked at to the next
const STACK_WORDS = 8;

const isAlive = ({ from, until }: PagePlace, state: number): boolean =>
  from <= state && (until === null || until >= state);

const bytesOf = (value: bigint, size: number): string =>
  Array.from({ length: size }, (_, index) =>
    Number((value >> BigInt(index * 8)) & 0xffn)
      .toString(16)
      .padStart(2, '0'),
  ).join(' ');

// The bytes of a place in the recording; undefined for the rest of a register, which has no name.
const heldBy = (run: Case, { row, place, size }: PagePlace, state: number): string | undefined => {
  if (row.startsWith('0x')) {
    const bytes = run.stateAt(state).read(BigInt(row), size);
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  }
  const part = readRegister(place);
  if (part === undefined) return undefined;
  const whole = run.recording.registersAt(state)[REGISTER_INDEX[row as 'rax']]!;
  return bytesOf(whole >> BigInt(part.first * 8), part.size);
};

// Places that are said to have a value in a state and do not have bytes of it.
const untrue = (run: Case, value: PageValue, state: number): string[] =>
  value.places.flatMap((place) => {
    if (!isAlive(place, state)) return [];
    const held = heldBy(run, place, state);
    const whole = bytesOf(BigInt(value.value), 8);
    return held === undefined || whole.includes(held)
      ? []
      : [`${value.name} in ${place.place}@${state}: ${held}, not ${whole}`];
  });

const placesAt = (recording: Recording, state: number): string[] => {
  const rsp = recording.registersAt(state)[REGISTER_INDEX.rsp]!;
  return [
    ...GENERAL_REGISTERS.filter((name) => name !== 'rsp').map((name) => registerAsked(name, state)),
    ...Array.from({ length: STACK_WORDS }, (_, index) => memoryAsked(rsp + BigInt(index * 8), 8, state)),
  ];
};

describe.each(['shm-close-bug', 'shm-close-control', 'slabinfo-bug'])(
  'what is told of places of %s',
  (name) => {
    const recording = recordingOf(name);
    const bench = new Bench([recording]);
    const run = new Case(recording);
    let page: Run;
    const places = Array.from({ length: Math.floor(recording.instructions / STRIDE) }, (_, index) =>
      placesAt(recording, index * STRIDE),
    ).flat();

    beforeAll(() => {
      page = new Run(pageRun(recording));
    });

    it('is what the recording holds, in every other place that is said to have it, too', () => {
      const wrong: string[] = [];
      let told = 0;
      for (const place of places) {
        const { values, state } = answerLives(bench, { run: 'A', place });
        for (const value of values) {
          wrong.push(...untrue(run, value, state));
          told += value.places.filter((one) => isAlive(one, state)).length;
        }
      }
      expect(wrong).toEqual([]);
      expect(told).toBeGreaterThan(places.length);
    });

    it('has the place itself among the places of each of its values', () => {
      const missing: string[] = [];
      for (const place of places) {
        const { values, state } = answerLives(bench, { run: 'A', place });
        const row = readAsked(page, place);
        for (const value of values) {
          const isIn = value.places.some((one) => {
            if (!isAlive(one, state)) return false;
            if (row.kind === 'register') return one.row === row.name;
            if (row.kind !== 'memory' || !one.row.startsWith('0x')) return false;
            const start = BigInt(one.row);
            return start < row.address + BigInt(row.size) && row.address < start + BigInt(one.size);
          });
          if (!isIn && value.places.length < 200) missing.push(`${place}: ${value.name}`);
        }
      }
      expect(missing).toEqual([]);
    });

    it('agrees with what the page knows by itself', () => {
      const different: string[] = [];
      for (const place of places) {
        const told = answerLives(bench, { run: 'A', place });
        const known = knownOf(page, readAsked(page, place));
        if (known?.bits !== undefined && known.bits !== told.bits)
          different.push(`${place}: ${known.bits}, ${told.bits}`);
        const first = told.values.find((value) =>
          page.data.values.some((one) => one.name === value.name && one.value === value.value),
        );
        if (
          first !== undefined &&
          known !== undefined &&
          !known.values.some((value) => value.name === first.name)
        )
          different.push(`${place}: no ${first.name}`);
      }
      expect(different).toEqual([]);
    });

    it('has the reason that oopslab why gives', () => {
      const why = new WhyCase(new Case(recording));
      for (const place of places.filter((_, index) => index % 41 === 0)) {
        const document = whyDocument(name, why.explain(why.place(place)));
        expect(answerWhy(bench, { run: 'A', place }), place).toEqual(document);
      }
    });
  },
);

describe('a place in memory', () => {
  it('has the name and the type of its field', () => {
    const bench = new Bench([recordingOf('shm-close-bug')]);
    const told = answerLives(bench, { run: 'A', place: 'sfd.id@804' });
    expect(told).toMatchObject({ what: 'sfd.id', type: 'int', bits: '0xc6805c', state: 804 });
    expect(numberOf(Uint8Array.of(0x5c, 0x80, 0xc6, 0))).toBe(BigInt(told.bits!));
  });

  it.each([
    ['nonsense@3', /is not a place here/u],
    ['rax@99999', /the run has 839 steps/u],
    ['[0x10:8]@3', /nothing is mapped/u],
  ])('that is wrong is refused: %s', (place, message) => {
    const bench = new Bench([recordingOf('shm-close-bug')]);
    expect(() => answerLives(bench, { run: 'A', place })).toThrow(message);
  });
});
