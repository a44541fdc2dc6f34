// Queries on the lineage: where a value is, what ended it there, where it came from.

import { InputError } from '../base/errors.js';
import type { Place, Value } from '../lineage/value.js';
import { endText } from '../lineage/text.js';
import type { Answer } from './answers.js';
import { instructionsAt, readAnswer } from './answers.js';
import type { LessonCase } from './case.js';
import type { Key, QueryForm } from './query.js';
import { isPlace, placeName, whyNotKiller, whyNotThere } from './reasons.js';
import { widthsFrom } from './register-names.js';
import { isRegisterName } from '../x86/registers.js';

// The values of that name in the call that a state belongs to.
const valuesOf = (which: LessonCase, name: string, state: number): Value[] => {
  const { lineage } = which;
  const from = which.callOf(state)?.from ?? 0;
  const all = lineage.valuesBetween(from, state, true);
  const found = all.filter(
    (value) => value.name === name || value.also.some((other) => other.split(' ')[0] === name),
  );
  if (found.length > 0) return found;
  const names = [...new Set(lineage.valuesBetween(from, state).map((value) => value.name))];
  throw new InputError(
    `there is no value ${name} before ${which.whereIs(state)}; there are ${names.join(', ')}`,
  );
};

// A value of 4 bytes is in esi and in rsi; of one of 8, esi has half.
const answerOf = ({ register, address, size }: Place): Answer =>
  address === undefined && register !== undefined && isRegisterName(register)
    ? { kind: 'register', register, widths: widthsFrom(size) }
    : { kind: 'memory', address: address! };

const isWhole = (value: Value, { size, first }: Place): boolean => size >= value.size && first === 0;

/** The place that a query names. */
const placeOf = (which: LessonCase, text: string, state: number): Answer => {
  const place = readAnswer(text, 'place', which, state);
  if (place === undefined)
    throw new InputError(`"${text}" is not a place: a register, [rsp+8], or an address`);
  return place;
};

interface InPlace {
  readonly values: readonly Value[];
  readonly name: string;
  readonly where: Answer;
  readonly places: readonly Place[];
  readonly state: number;
}

const inPlace = (which: LessonCase, name: string, text: string): InPlace => {
  const state = which.last;
  const values = valuesOf(which, name, state);
  const where = placeOf(which, text, state);
  const places = values.flatMap((value) =>
    value.places.filter(
      (place) => isPlace(place, where) && isWhole(value, place) && place.from.step <= state,
    ),
  );
  if (places.length === 0) throw new InputError(`${text} never holds ${name} in this call`);
  return { values, name, where, places, state };
};

const unique = (answers: readonly Answer[]): Answer[] => {
  const seen = new Map(
    answers.map((answer) => [
      JSON.stringify(answer, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
      answer,
    ]),
  );
  return [...seen.values()];
};

// A key of the instructions at some locations, which did something to the places.
const byInstructions = (
  which: LessonCase,
  { name, places, where, state }: InPlace,
  at: readonly string[],
  why: readonly string[],
): Key => ({
  answers: unique(instructionsAt(which, at)),
  why,
  state,
  reason: (given) =>
    given.kind === 'instruction' ? whyNotKiller(which, name, places, where, given.address) : [],
});

const VALUE = '(?<value>\\S+)';
const IN = 'in (?<place>\\S+)';
const AT = '(?: at (?<at>\\S+))?';

export const LINEAGE_QUERIES: readonly QueryForm[] = [
  {
    form: 'place of VALUE [at LOCATION]',
    meaning: 'every place that has all of a value in a state: registers, stack, fields',
    pattern: new RegExp(`^place of ${VALUE}${AT}$`, 'u'),
    kinds: ['place', 'register'],
    run: ({ value, at }, { which }) => {
      const state = which.at(at);
      const values = valuesOf(which, value!, state);
      const places = values.flatMap((one) =>
        which.lineage.whereIs(one.id, state).filter((place) => isWhole(one, place)),
      );
      return {
        answers: unique(places.map(answerOf)),
        why: places.map((place) => {
          const made = place.made === null ? 'there before' : `since ${place.made.at} (${place.made.by})`;
          return `${placeName(which, state, answerOf(place))}: ${place.place}, ${made}`;
        }),
        state,
        reason: (given) => whyNotThere(which, values, state, given),
      };
    },
  },
  {
    form: 'killer of VALUE in PLACE',
    meaning: 'the instruction that ended a value in a place, or may have',
    pattern: new RegExp(`^killer of ${VALUE} ${IN}$`, 'u'),
    kinds: ['instruction'],
    run: ({ value, place }, { which }) => {
      const found = inPlace(which, value!, place!);
      const ended = found.places.filter(({ until }) => until !== null && until.step <= found.state);
      return byInstructions(
        which,
        found,
        ended.map(({ until }) => until!.at),
        ended.map((one) => `${value!} in ${one.place}: ${endText(one)}`),
      );
    },
  },
  {
    form: 'certain killer of VALUE in PLACE',
    meaning: 'the instruction that overwrote it for certain, whatever code without bytes did before',
    pattern: new RegExp(`^certain killer of ${VALUE} ${IN}$`, 'u'),
    kinds: ['instruction'],
    run: ({ value, place }, { which }) => {
      const found = inPlace(which, value!, place!);
      const ended = found.places.flatMap((one) => {
        const end = one.certain ?? (one.until?.how === 'may be lost' ? null : one.until);
        return end === null || end === undefined || end.step > found.state ? [] : [{ one, end }];
      });
      return byInstructions(
        which,
        found,
        ended.map(({ end }) => end.at),
        ended.map(({ one }) => `${value!} in ${one.place}: ${endText(one)}`),
      );
    },
  },
  {
    form: 'maker of VALUE in PLACE',
    meaning: 'the instruction that put a value into a place',
    pattern: new RegExp(`^maker of ${VALUE} ${IN}$`, 'u'),
    kinds: ['instruction'],
    run: ({ value, place }, { which }) => {
      const found = inPlace(which, value!, place!);
      const made = found.places.filter((one) => one.made !== null);
      return byInstructions(
        which,
        found,
        made.map((one) => one.made!.at),
        made.map((one) => `${one.place}: ${one.made!.at} (${one.made!.by})`),
      );
    },
  },
  {
    form: 'source of VALUE in PLACE',
    meaning: 'the place that a value was copied from into a place',
    pattern: new RegExp(`^source of ${VALUE} ${IN}$`, 'u'),
    kinds: ['place', 'register'],
    run: ({ value, place }, { which }) => {
      const found = inPlace(which, value!, place!);
      const copied = found.places.filter((one) => one.source !== 0);
      const sources = copied.map((one) => which.lineage.place(one.source));
      const state = copied[0]?.made?.step ?? found.state;
      return {
        answers: unique(sources.map(answerOf)),
        why: copied.map(
          (one, index) => `${sources[index]!.place}, copied by ${one.made!.at} (${one.made!.by})`,
        ),
        state,
        reason: (given) => {
          const also = found.values.some((one) =>
            which.lineage.whereIs(one.id, state).some((p) => isPlace(p, given)),
          );
          return also
            ? [
                `${placeName(which, state, given)} holds ${value!} too, but the instruction that made the copy does not read it`,
              ]
            : whyNotThere(which, found.values, state, given);
        },
      };
    },
  },
  {
    form: 'fate of VALUE in PLACE',
    meaning: 'alive, destroyed, may be lost, restored or freed: how a value ended in a place',
    pattern: new RegExp(`^fate of ${VALUE} ${IN}$`, 'u'),
    kinds: ['choice'],
    run: ({ value, place }, { which }) => {
      const found = inPlace(which, value!, place!);
      const last = found.places.at(-1)!;
      const ended = last.until !== null && last.until.step <= found.state;
      const text = ended ? endText(last) : `alive at ${which.whereIs(found.state)}`;
      return {
        answers: [{ kind: 'word', word: ended ? last.until.how : 'alive' }],
        why: [`${value!} in ${last.place}: ${text}`],
        state: found.state,
        reason: (given) => {
          if (!ended) return [`nothing before ${which.whereIs(found.state)} writes ${place!}`];
          const { at, by, how } = last.until;
          const says = given.kind === 'word' ? given.word : '';
          if (how === 'may be lost') {
            const call = `${at} (${by}) calls code that we have no bytes of`;
            return says === 'destroyed'
              ? [`${call}: nothing says that it writes ${place!}`]
              : [`${call}, and the calling convention lets it change ${place!}`];
          }
          return [[`look at ${at} (${by})`, `look at ${at}`]];
        },
      };
    },
  },
];
