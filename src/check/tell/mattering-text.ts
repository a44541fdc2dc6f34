// What of a counterexample must be so and what does not matter, in sentences that claim no more than was tried.

import { byteText, listOf, plural } from '../../base/words.js';
import type { Mattering, ParameterFinding } from '../find/mattering-document.js';

/** The sentences, a line each. */
interface MatteringText {
  readonly mustBeSo: readonly string[];
  readonly doesNotMatter: readonly string[];
}

const place = (from: number, to: number): string => (from === to ? `byte ${from}` : `bytes ${from} to ${to}`);

const BESIDE = { any: '', needed: ', with a bit set besides', none: ', with no bit set besides' } as const;

// `1, 2 and 5 to 8`, of numbers in ascending order; other words as they are.
const ranges = (words: readonly string[]): string => {
  if (words.some((word) => !/^-?\d+$/u.test(word))) return listOf(words, 'or');
  const runs: { from: number; to: number }[] = [];
  for (const number of words.map(Number)) {
    const last = runs.at(-1);
    if (last?.to === number - 1) last.to = number;
    else runs.push({ from: number, to: number });
  }
  const texts = runs.flatMap(({ from, to }): readonly (string | number)[] =>
    to - from < 2 ? Array.from({ length: to - from + 1 }, (_, index) => from + index) : [`${from} to ${to}`],
  );
  return listOf(texts, 'or');
};

const mustBe = (finding: ParameterFinding): string | undefined => {
  const { parameter, tested } = finding;
  const tried = `(${plural(tested, 'world')} tried)`;
  switch (finding.kind) {
    case 'any':
      return undefined;
    case 'not-empty':
      return `${parameter}: any text except the empty one ${tried}`;
    case 'not-null':
      return `${parameter}: any text, the empty one too, but not NULL ${tried}`;
    case 'choice': {
      const { does, doesNot, beside } = finding;
      const not = doesNot.length === 0 ? '' : `; not ${ranges(doesNot)}`;
      return `${parameter}: ${ranges(does)}${BESIDE[beside ?? 'any']}${not} ${tried}`;
    }
    case 'only':
      return `${parameter}: as it stands; no other value breaks it ${tried}`;
    case 'no-nul': {
      const { from, to } = finding;
      return from === to
        ? `${parameter}: any bytes, except a 00 at byte ${from} ${tried}`
        : `${parameter}: any bytes except 00 at ${place(from, to)}; the bytes as they stand, with one 00 there, do not break it ${tried}`;
    }
    case 'takes-byte':
      return `${parameter}: a ${byteText(finding.byte)} at ${place(finding.from, finding.to)}${finding.stop === null ? '' : `, before the first 00 at or after byte ${finding.stop}`}; the other bytes do not matter ${tried}`;
    case 'matters':
      return `${parameter}: as it stands; some other values do not break it ${tried}`;
  }
};

/** The sentences about a counterexample's parameters. */
export const matteringText = ({ parameters }: Mattering): MatteringText => {
  const free = parameters.filter((finding) => finding.kind === 'any' && finding.together);
  const alone = parameters.filter((finding) => finding.kind === 'any' && !finding.together);
  const [first] = free;
  return {
    mustBeSo: parameters.flatMap((finding) => mustBe(finding) ?? []),
    doesNotMatter: [
      ...(first === undefined
        ? []
        : [
            `${listOf(free.map(({ parameter }) => parameter))}${free.length === 1 ? '' : ', in any combination'} (${plural(first.tested, 'world')} tried)`,
          ]),
      ...alone.map(
        ({ parameter, tested }) =>
          `${parameter}, with the other parameters as they stand (${plural(tested, 'world')} tried)`,
      ),
    ],
  };
};
