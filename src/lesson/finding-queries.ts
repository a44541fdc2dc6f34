// Queries on findings: uses after free, wrong frees, uninitialised bytes, leaks, and who freed what was used.

import { InputError } from '../base/errors.js';
import { findingText } from '../reading/findings.js';
import type { Finding } from '../reading/findings.js';
import { type Answer, instructionsAt } from './answers.js';
import type { LessonCase } from './case.js';
import type { QueryForm } from './query.js';
import { instructionFact } from './reasons.js';

const KINDS = 'out-of-bounds|use-after-free|double-free|invalid-free|uninitialised|memory-leak';

const findingsOf = (which: LessonCase, kind: string): readonly Finding[] => {
  const found = which.findings.filter((one) => one.kind === kind);
  if (found.length === 0) throw new InputError(`this run has no finding of the kind ${kind}`);
  return found;
};

const placesOf = (
  which: LessonCase,
  places: readonly (string | null | undefined)[],
  what: string,
): Answer[] => {
  const at = [...new Set(places.flatMap((place) => place ?? []))];
  if (at.length === 0) throw new InputError(`${what} was done by the sandbox, not by an instruction`);
  return instructionsAt(which, at);
};

/** Queries on what a run did to memory that no correct code does. */
export const FINDING_QUERIES: readonly QueryForm[] = [
  {
    form: `finding ${KINDS}`,
    meaning: 'each instruction with a finding of that kind',
    pattern: new RegExp(`^finding (?<kind>${KINDS})$`, 'u'),
    kinds: ['instruction'],
    run: ({ kind }, { which }) => {
      const found = findingsOf(which, kind!);
      return {
        answers: placesOf(
          which,
          found.map(({ at }) => at),
          'this',
        ),
        why: found.map(findingText),
        state: found[0]!.instruction,
        reason: (given) =>
          given.kind === 'instruction'
            ? [instructionFact(which, given.address), `it has no finding of the kind ${kind}`]
            : [],
      };
    },
  },
  {
    form: 'free before use-after-free|double-free',
    meaning: 'each instruction that freed what was used, or freed again, afterwards',
    pattern: /^free before (?<kind>use-after-free|double-free)$/u,
    kinds: ['instruction'],
    run: ({ kind }, { which }) => {
      const found = findingsOf(which, kind!).filter(({ object }) => object?.freed != null);
      if (found.length === 0)
        throw new InputError(`of no ${kind} in this run it is known who freed the object`);
      return {
        answers: placesOf(
          which,
          found.map(({ object }) => object!.freed!.at),
          'the free',
        ),
        why: found.map(findingText),
        state: found[0]!.instruction,
        reason: (given) =>
          given.kind === 'instruction'
            ? [instructionFact(which, given.address), 'it does not free what was used afterwards']
            : [],
      };
    },
  },
  {
    form: 'findings',
    meaning: 'the kinds of findings that the run has',
    pattern: /^findings$/u,
    kinds: ['choice'],
    run: (_parts, { which }) => {
      const { findings } = which;
      if (findings.length === 0) throw new InputError('this run has no finding');
      const kinds = [...new Set(findings.map(({ kind }) => kind))];
      return {
        answers: kinds.map((word) => ({ kind: 'word', word })),
        why: findings.map(findingText),
        state: which.last,
        reason: (given) =>
          given.kind === 'word' ? [`no finding of this run is of the kind ${given.word}`] : [],
      };
    },
  },
];
