// What of a counterexample must be so and what does not matter, in sentences that claim no more than was tried.

import { byteText, listOf, plural } from '../../base/words.js';
import type { Mattering, ParameterFinding } from '../find/mattering-document.js';

/** The sentences, a line each. */
interface MatteringText {
  readonly mustBeSo: readonly string[];
  readonly doesNotMatter: readonly string[];
}

const place = (from: number, to: number): string => (from === to ? `byte ${from}` : `bytes ${from} to ${to}`);

const mustBe = (finding: ParameterFinding): string | undefined => {
  const { parameter, tested } = finding;
  const tried = `(${plural(tested, 'world')} tried)`;
  switch (finding.kind) {
    case 'any':
      return undefined;
    case 'not-empty':
      return `${parameter}: any text except the empty one ${tried}`;
    case 'choice': {
      const { does, doesNot } = finding;
      return `${parameter}: ${listOf(does, 'or')}; not ${listOf(doesNot, 'or')} ${tried}`;
    }
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
