// Queries on damage: what was written out of bounds, and what two values differ by.

import { hex } from '../base/address.js';
import { InputError } from '../base/errors.js';
import { byteText } from '../base/words.js';
import { compareValues } from '../forensics/compare.js';
import { bytesOf } from '../forensics/pair.js';
import type { LocatedOutOfBounds } from '../reading/out-of-bounds.js';
import { type Answer, instructionsAt, numberText } from './answers.js';
import type { LessonCase } from './case.js';
import type { QueryForm } from './query.js';
import { instructionFact, whatItIs } from './reasons.js';
import { operand } from './state-queries.js';

const byteWords = (byte: number): string => {
  const character = byte > 0x20 && byte < 0x7f ? ` (${String.fromCharCode(byte)})` : '';
  return `${byteText(byte)}${character}`;
};

const writesOf = (which: LessonCase) => {
  const writes = which.outOfBounds.filter(({ access }) => access === 'write');
  if (writes.length === 0) throw new InputError('nothing was written out of bounds in this run');
  return writes;
};

const damageText = ({ by, address, old, new: now, victim }: LocatedOutOfBounds): string =>
  `${by} writes at ${address}${victim.object === null ? '' : ` (${victim.object}: ${victim.field ?? victim.kind})`}: ${old ?? '?'} becomes ${now ?? '?'}`;

const LIFETIME: readonly string[] = ['use-after-free', 'double-free', 'invalid-free'];

/** What a run did out of bounds, or to what was freed, in a clause. */
export const boundsText = (which: LessonCase): string => {
  const use = which.findings.find(({ kind }) => LIFETIME.includes(kind));
  if (use !== undefined) return use.says.replace(/\.$/u, '');
  const write = which.outOfBounds.find(({ access }) => access === 'write');
  const read = which.outOfBounds.find(({ access }) => access === 'read');
  if (write !== undefined) return damageText(write);
  return read === undefined
    ? 'no access is out of bounds'
    : `${read.by} reads up to ${hex(BigInt(read.address) + BigInt(read.size - 1))}, and writes nothing out of bounds`;
};

export const DAMAGE_QUERIES: readonly QueryForm[] = [
  {
    form: 'guilty write',
    meaning: 'each instruction that wrote outside of its allocation',
    pattern: /^guilty write$/u,
    kinds: ['instruction'],
    run: (_parts, { which }) => {
      const writes = writesOf(which);
      const at = [...new Set(writes.map(({ by }) => by))];
      return {
        answers: instructionsAt(which, at),
        why: writes.map(damageText),
        state: writes[0]!.instruction,
        reason: (given) => {
          if (given.kind !== 'instruction') return [];
          const by = which.symbols.formatLocation(given.address);
          const read = which.outOfBounds.find((one) => one.by === by);
          const fact = instructionFact(which, given.address);
          if (read !== undefined)
            return [fact, `it reads out of bounds, at ${read.address}, and changes nothing there`];
          return [fact, 'every access of it lies inside the allocation that its pointer came from'];
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
        reason: (given) => (given.kind === 'number' ? whatItIs(which, which.last, given.value) : []),
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
          given.kind === 'word' ? [`nothing was written into ${given.word} from outside`] : [],
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
          throw new InputError(`"${pair}" is not VALUE to VALUE`);
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
          if (answer.kind !== 'number') return [];
          const pairs = given.map(({ expected, found, size }) =>
            [bytesOf(expected, size), bytesOf(found, size)] as const); // prettier-ignore
          const value = Number(answer.value);
          if (what === 'position') {
            const inside = pairs.every(([before]) => value >= 0 && value < before.length);
            return [
              inside ? `byte ${value} is not the one that changed` : `there is no byte ${answer.value}`,
            ];
          }
          if (answer.value < 0n || answer.value > 255n)
            return [`${numberText(answer.value, 8)} is not a byte`];
          const has = (side: 0 | 1): boolean => pairs.some((pair) => pair[side].includes(value));
          const [expected, found] = [has(0), has(1)];
          const byte = byteWords(value);
          if (expected && found) return [`${byte} stands in expected and found values: it did not change`];
          if (!expected && !found) return [`${byte} stands in none of these values`];
          return [`${byte} stands only in what was ${expected ? 'expected' : 'found'}`];
        },
      };
    },
  },
];
