// Queries on whole runs: what was damaged, what damage looks like, and how runs with other parameters end.

import { hex } from '../address.js';
import { InputError } from '../errors.js';
import { formatOutcome } from '../story.js';
import { compareValues } from '../value-forensics.js';
import { bytesOf } from '../value-pair.js';
import { type Answer, numberText, readRegister } from './answers.js';
import { Case } from './case.js';
import type { Key, QueryForm, Setting } from './query.js';
import { instructionFact, listText, registerAt, whatItIs } from './reasons.js';
import { operand } from './state-queries.js';

const byteText = (byte: number): string => {
  const character = byte > 0x20 && byte < 0x7f ? ` (${String.fromCharCode(byte)})` : '';
  return `${byte.toString(16).padStart(2, '0')}${character}`;
};

const writesOf = (which: Case) => {
  const writes = which.damage.filter(({ access }) => access === 'write');
  if (writes.length === 0) throw new InputError('nothing was written out of bounds in this run');
  return writes;
};

const damageText = ({ by, address, old, new: now, victim }: Case['damage'][number]): string =>
  `${by} writes at ${address}${victim.object === null ? '' : ` (${victim.object}: ${victim.field ?? victim.kind})`}: ${old ?? '?'} becomes ${now ?? '?'}`;

// --- sweeps --------------------------------------------------------------------------------------------------------

const WHAT: Readonly<Record<string, (which: Case) => boolean>> = {
  overwrites: ({ damage }) => damage.some(({ access }) => access === 'write'),
  overreads: ({ damage }) => damage.some(({ access }) => access === 'read'),
  bug: ({ recording }) => recording.header.outcome.kind === 'bug',
  fault: ({ recording }) => recording.header.outcome.kind === 'fault',
  returned: ({ recording }) => recording.header.outcome.kind === 'returned',
};

// Without the file of a BUG, which is long.
const endText = ({ recording: { header } }: Case): string => {
  const { outcome } = header;
  return outcome.kind === 'bug'
    ? `the run ends in a BUG at ${outcome.at}`
    : `the run ends: ${formatOutcome(outcome)}`;
};

/** What a run did out of bounds, in a clause. */
const boundsText = (which: Case): string => {
  const write = which.damage.find(({ access }) => access === 'write');
  const read = which.damage.find(({ access }) => access === 'read');
  if (write !== undefined) return damageText(write);
  return read === undefined
    ? 'no access is out of bounds'
    : `${read.by} reads on to ${hex(BigInt(read.address) + BigInt(read.size - 1))}, and writes nothing out of bounds`;
};

const runText = (which: Case): string => `${boundsText(which)}; ${endText(which)}`;

interface Run {
  readonly value: bigint;
  readonly set: Readonly<Record<string, string>>;
  readonly label: string;
}

const MAX_RUNS = 256;

// Parameters but the last get one byte, the last the rest: what counts is their sum.
const lengthRuns = (names: readonly string[], from: number, to: number): Run[] => {
  if (to < from || to - from >= MAX_RUNS) throw new InputError(`a sweep has 1 to ${MAX_RUNS} runs`);
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
    if (!/^-?\d+$/u.test(text)) throw new InputError(`"${text}" is no decimal number`);
    return { value: BigInt(text), set: { [name]: text }, label: `with ${name} = ${text}` };
  });

const sweep = (setting: Setting, runs: readonly Run[], what: string): Key => {
  const { book, scenario, set, which } = setting;
  const test = WHAT[what]!;
  const open = (more: Readonly<Record<string, string>>): Case =>
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
      if (given.kind !== 'number') return '';
      const run = runs.find(({ value }) => value === given.value);
      if (run !== undefined) {
        const also = right.includes(run) ? ' That is so, but it is not what is asked for' : '';
        return `${run.label}: ${runText(open(run.set))}.${also}`.replace(/\.$/u, '');
      }
      const near = runs.at(given.value < runs[0]!.value ? 0 : -1)!;
      return `${given.value} was not tried. For comparison, ${near.label}: ${runText(open(near.set))}`;
    },
  };
};

// --- queries -------------------------------------------------------------------------------------------------------

const WHATS = Object.keys(WHAT).join('|');

/** Queries on whole runs. */
export const RUN_QUERIES: readonly QueryForm[] = [
  {
    form: 'guilty write',
    meaning: 'each instruction that wrote outside of its allocation',
    pattern: /^guilty write$/u,
    kinds: ['instruction'],
    run: (_parts, { which }) => {
      const writes = writesOf(which);
      const at = [...new Set(writes.map(({ by }) => by))];
      return {
        answers: at.map((by) => ({ kind: 'instruction', address: which.symbols.parseLocation(by)! })),
        why: writes.map(damageText),
        state: writes[0]!.instruction,
        reason: (given) => {
          if (given.kind !== 'instruction') return '';
          const by = which.symbols.formatLocation(given.address);
          const read = which.damage.find((one) => one.by === by);
          const fact = instructionFact(which, given.address);
          if (read !== undefined)
            return `${fact}; it reads out of bounds, at ${read.address}, and changes nothing there`;
          return `${fact}; every access of it lies inside the allocation that its pointer came from`;
        },
      };
    },
  },
  {
    form: 'damage address',
    meaning: 'the address of the first byte that was written out of bounds',
    pattern: /^damage address$/u,
    kinds: ['address', 'place'],
    run: (_parts, { which }) => {
      const writes = writesOf(which);
      return {
        answers: writes.flatMap(({ address }): Answer[] => [
          { kind: 'number', value: BigInt(address), size: 8 },
          { kind: 'memory', address: BigInt(address) },
        ]),
        why: writes.map(damageText),
        state: which.last,
        reason: (given) => (given.kind === 'number' ? whatItIs(which, which.last, given.value) : ''),
      };
    },
  },
  {
    form: 'damaged object',
    meaning: 'the object that was written into from outside',
    pattern: /^damaged object$/u,
    kinds: ['choice'],
    run: (_parts, { which }) => {
      const writes = writesOf(which);
      const victims = [
        ...new Set(writes.flatMap(({ victim }) => (victim.object === null ? [] : [victim.object]))),
      ];
      return {
        answers: victims.map((word) => ({ kind: 'word', word })),
        why: writes.map(damageText),
        state: which.last,
        reason: (given) =>
          given.kind === 'word'
            ? `nothing was written into ${given.word} from outside. ${writes.map(damageText).join('; ')}`
            : '',
      };
    },
  },
  {
    form: 'changed byte before|after|position of VALUE to VALUE[, VALUE to VALUE]...',
    meaning:
      'the one byte that one change explains for all pairs: what it was, what it became, or where in each',
    pattern: /^changed byte (?<what>before|after|position) of (?<pairs>.+)$/u,
    kinds: ['value'],
    run: ({ what, pairs }, { which }) => {
      const given = pairs!.split(/,\s*/u).map((pair) => {
        const [expected, found] = pair.split(' to ').map((text) => operand(which, text.trim()));
        if (expected === undefined || found === undefined)
          throw new InputError(`"${pair}" is no VALUE to VALUE`);
        const size = Math.max(expected.size, found.size) > 4 ? 8 : 4;
        const unsigned = (value: bigint): bigint => BigInt.asUintN(size * 8, value);
        return { expected: unsigned(expected.value), found: unsigned(found.value), size } as const;
      });
      const changes = given.map(({ expected, found, size }) => {
        const before = bytesOf(expected, size);
        const after = bytesOf(found, size);
        const positions = before.flatMap((byte, index) => (byte === after[index] ? [] : [index]));
        return { positions, before: before[positions[0]!]!, after: after[positions[0]!]! };
      });
      const [first] = changes;
      const one = changes.every(
        ({ positions, before, after }) =>
          positions.length === 1 && before === first!.before && after === first!.after,
      );
      if (!one) throw new InputError('no single byte changes in the same way in all of these pairs');
      const numbers =
        what === 'position'
          ? [...new Set(changes.map(({ positions }) => positions[0]!))]
          : [first![what as 'before' | 'after']];
      const forensics = compareValues(given);
      const finding = forensics.common?.explanation ?? forensics.pairs[0]!.findings[0];
      return {
        answers: numbers.map((value) => ({ kind: 'number', value: BigInt(value), size: 4 })),
        why: finding === undefined || finding === null ? [] : [finding.text],
        state: which.last,
        reason: (answer) => {
          if (answer.kind !== 'number') return '';
          const shown = given
            .map(({ expected, found, size }) =>
              [expected, found]
                .map((value) =>
                  bytesOf(value, size)
                    .map((byte) => byte.toString(16).padStart(2, '0'))
                    .join(' '),
                )
                .join(' against '),
            )
            .join('; ');
          const is =
            answer.value >= 0n && answer.value < 256n
              ? byteText(Number(answer.value))
              : numberText(answer.value, 8);
          return `${is} is not it; in memory order the bytes are ${shown}`;
        },
      };
    },
  },
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
        // Not the outcome itself: that would be the answer.
        reason: () => {
          const final = Math.max(0, which.recording.instructions - 1);
          const { at } = which.lineage.moment(final);
          return `in this run ${boundsText(which)}; the last instruction is ${at} (${which.lineage.textAt(final)})`;
        },
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
        if (name === undefined) throw new InputError(`"${text}" is no register`);
        return name;
      });
      const open = (name: string): Case => book.open({ scenario: name, set: {}, view: which.view });
      const scenarios = new Map(
        list!.split(/,\s*/u).map((pair) => {
          const [word, name] = pair.split('=');
          if (name === undefined) throw new InputError(`"${pair}" is no WORD=SCENARIO`);
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
        why: words.map((word) => `${word}: ${listText(differences(word)) || 'all of them are the same'}`),
        state: which.last,
        reason: (given) =>
          given.kind === 'word'
            ? `then other registers would be left: ${listText(differences(given.word))}`
            : '',
      };
    },
  },
];
