// Queries that run the scenario again, or others beside it, and on how runs end.

import { InputError } from '../base/errors.js';
import { listOf } from '../base/words.js';
import { formatOutcome } from '../recording/outcome.js';
import { numberText } from './answers.js';
import { readRegister } from './register-names.js';
import type { LessonCase } from './case.js';
import { boundsText } from './damage-queries.js';
import type { Key, QueryForm, Setting } from './query.js';
import { registerAt } from './reasons.js';

const WHAT: Readonly<Record<string, (which: LessonCase) => boolean>> = {
  overwrites: ({ outOfBounds }) => outOfBounds.some(({ access }) => access === 'write'),
  overreads: ({ outOfBounds }) => outOfBounds.some(({ access }) => access === 'read'),
  bug: ({ recording }) => recording.header.outcome.kind === 'bug',
  fault: ({ recording }) => recording.header.outcome.kind === 'fault',
  returned: ({ recording }) => recording.header.outcome.kind === 'returned',
};

// Without the file of a BUG, which is long.
const endText = ({ recording: { header } }: LessonCase): string => {
  const { outcome } = header;
  return outcome.kind === 'bug'
    ? `the run ends in a BUG at ${outcome.at}`
    : `the run ends: ${formatOutcome(outcome)}`;
};

const runText = (which: LessonCase): string => `${boundsText(which)}; ${endText(which)}`;

interface Run {
  readonly value: bigint;
  readonly set: Readonly<Record<string, string>>;
  readonly label: string;
}

export const MAX_RUNS = 256;
export const MAX_LENGTH = 4096; // bytes

// Parameters but the last get one byte, the last the rest: what counts is their sum.
const lengthRuns = (names: readonly string[], from: number, to: number): Run[] => {
  if (to < from || to - from >= MAX_RUNS) throw new InputError(`a sweep has 1 to ${MAX_RUNS} runs`);
  if (to > MAX_LENGTH) throw new InputError(`a sweep's lengths are up to ${MAX_LENGTH} bytes, found ${to}`);
  return Array.from({ length: to - from + 1 }, (_, index) => {
    const total = from + index;
    const rest = total - (names.length - 1);
    if (rest < 1) throw new InputError(`${total} bytes are too few for ${names.length} parameters`);
    const set = Object.fromEntries(
      names.map((name, place) => [name, place < names.length - 1 ? 'x' : `/${'a'.repeat(rest - 1)}`]),
    );
    return { value: BigInt(total), set, label: `with ${names.join(' and ')} of ${total} bytes together` };
  });
};

const valueRuns = (name: string, list: string): Run[] =>
  list.split(/,\s*/u).map((text) => {
    if (!/^-?\d+$/u.test(text)) throw new InputError(`"${text}" is not a decimal number`);
    return { value: BigInt(text), set: { [name]: text }, label: `with ${name} = ${text}` };
  });

const sweep = (setting: Setting, runs: readonly Run[], what: string): Key => {
  const { book, scenario, set, which } = setting;
  const test = WHAT[what]!;
  const open = (more: Readonly<Record<string, string>>): LessonCase =>
    book.open({ scenario, set: { ...set, ...more }, view: which.view });
  const right = runs.filter((run) => test(open(run.set)));
  const first = right[0];
  const last = right.at(-1);
  return {
    answers: right.map(({ value }) => ({ kind: 'number', value, size: 4 })),
    why: [first, last].flatMap((run) =>
      run === undefined ? [] : [`${run.label}: ${runText(open(run.set))}`],
    ),
    state: which.last,
    reason: (given) => {
      if (given.kind !== 'number') return [];
      const run = runs.find(({ value }) => value === given.value);
      if (run !== undefined) {
        const also = right.includes(run) ? ['that is so, but it does not answer the question'] : [];
        const { label } = run;
        return [[`${label}: ${runText(open(run.set))}`, `${label}: ${endText(open(run.set))}`], ...also];
      }
      const near = runs.at(given.value < runs[0]!.value ? 0 : -1)!;
      return [`${given.value} was not tried`, `for comparison, ${near.label}: ${runText(open(near.set))}`];
    },
  };
};

const WHATS = Object.keys(WHAT).join('|');

export const RUN_QUERIES: readonly QueryForm[] = [
  {
    form: 'sweep PARAMETER[+PARAMETER] length A to B where overwrites|overreads|bug|fault|returned',
    meaning: 'the lengths in bytes, of texts together, for which a run does that; each is run',
    pattern: new RegExp(
      `^sweep (?<names>\\w+(?:\\+\\w+)*) length (?<from>\\d+) to (?<to>\\d+) where (?<what>${WHATS})$`,
      'u',
    ),
    kinds: ['value'],
    run: ({ names, from, to, what }, setting) =>
      sweep(setting, lengthRuns(names!.split('+'), Number(from), Number(to)), what!),
  },
  {
    form: 'sweep PARAMETER over N, N... where overwrites|overreads|bug|fault|returned',
    meaning: 'the numbers for which a run does that; each is run',
    pattern: new RegExp(`^sweep (?<name>\\w+) over (?<list>.+) where (?<what>${WHATS})$`, 'u'),
    kinds: ['value'],
    run: ({ name, list, what }, setting) => sweep(setting, valueRuns(name!, list!), what!),
  },
  {
    form: 'outcome',
    meaning: 'returned, bug, fault or budget: how the run ended',
    pattern: /^outcome$/u,
    kinds: ['choice'],
    run: (_parts, { which }) => {
      const { outcome } = which.recording.header;
      return {
        answers: [{ kind: 'word', word: outcome.kind }],
        why: [runText(which)],
        state: which.last,
        // Not the outcome itself, nor the last instruction: that would be the answer.
        reason: (given) => [
          `in this run ${boundsText(which)}`,
          ...(given.kind === 'word' ? [`it does not end with ${given.word}`] : []),
        ],
      };
    },
  },
  {
    form: 'same REGISTER, REGISTER... as SCENARIO among WORD=SCENARIO, WORD=SCENARIO...',
    meaning: 'the choices whose scenarios leave the same registers at the trap',
    pattern: /^same (?<registers>[\w, ]+) as (?<scenario>\S+) among (?<list>.+)$/u,
    kinds: ['choice'],
    run: ({ registers, scenario, list }, { book, which }) => {
      const names = registers!.split(/,\s*/u).map((text) => {
        const name = readRegister(text);
        if (name === undefined) throw new InputError(`"${text}" is not a register`);
        return name;
      });
      const open = (name: string): LessonCase => book.open({ scenario: name, set: {}, view: which.view });
      const scenarios = new Map(
        list!.split(/,\s*/u).map((pair) => {
          const [word, name] = pair.split('=');
          if (name === undefined) throw new InputError(`"${pair}" is not WORD=SCENARIO`);
          return [word!.trim(), name.trim()] as const;
        }),
      );
      const published = open(scenario!);
      const differences = (word: string): string[] => {
        const other = open(scenarios.get(word) ?? scenario!);
        const [here, there] = [published, other].map(
          (one) => (name: (typeof names)[number]) => registerAt(one, one.last, name),
        ) as [(name: (typeof names)[number]) => bigint, (name: (typeof names)[number]) => bigint];
        return names
          .filter((name) => here(name) !== there(name))
          .map(
            (name) => `${name} would be ${numberText(there(name), 8)}, and is ${numberText(here(name), 8)}`,
          );
      };
      const words = [...scenarios.keys()];
      return {
        answers: words
          .filter((word) => differences(word).length === 0)
          .map((word) => ({ kind: 'word', word })),
        why: words.map((word) => `${word}: ${listOf(differences(word)) || 'all of them are the same'}`),
        state: which.last,
        reason: (given) =>
          given.kind === 'word'
            ? [`then other registers would be left: ${listOf(differences(given.word))}`]
            : [],
      };
    },
  },
];
