// Which parameters of a counterexample did not matter, in sentences that claim no more than was tried.

import { byteText, listOf, plural } from '../../base/words.js';
import type { Mattering, ParameterFinding } from '../find/mattering-document.js';

const place = (from: number, to: number): string => (from === to ? `byte ${from}` : `bytes ${from} to ${to}`);

const sentence = (finding: ParameterFinding): string | undefined => {
  const { parameter, tested } = finding;
  const tried = `(${plural(tested, 'world')} tried)`;
  switch (finding.kind) {
    case 'any':
      return finding.together
        ? undefined
        : `${parameter}: any value reproduces it, with the other parameters as they stand ${tried}.`;
    case 'not-empty':
      return `${parameter}: any text except the empty one reproduces it ${tried}.`;
    case 'choice':
      return `${parameter}: ${listOf(finding.does)} ${finding.does.length === 1 ? 'reproduces' : 'reproduce'} it; ${listOf(finding.doesNot)} ${finding.doesNot.length === 1 ? 'does' : 'do'} not ${tried}.`;
    case 'no-nul': {
      const { from, to } = finding;
      return from === to
        ? `${parameter}: any bytes reproduce it, except a 00 at byte ${from} ${tried}.`
        : `${parameter}: any bytes except 00 at ${place(from, to)} reproduce it; the bytes as they stand, with one 00 there, do not ${tried}.`;
    }
    case 'takes-byte':
      return `${parameter}: it needs a ${byteText(finding.byte)} at ${place(finding.from, finding.to)}${finding.stop === null ? '' : `, before the first 00 at or after byte ${finding.stop}`}; the other bytes do not matter ${tried}.`;
    case 'matters':
      return undefined;
  }
};

/** The sentences, a line each. */
export const matteringText = ({ parameters }: Mattering): string[] => {
  const free = parameters.filter((finding) => finding.kind === 'any' && finding.together);
  const [first] = free;
  const matters = parameters.filter(({ kind }) => kind === 'matters').map(({ parameter }) => parameter);
  return [
    ...(first === undefined
      ? []
      : [
          `${listOf(free.map(({ parameter }) => parameter))} ${free.length === 1 ? 'does' : 'do'} not matter${free.length === 1 ? '' : ', in any combination'} (${plural(first.tested, 'world')} tried).`,
        ]),
    ...parameters.flatMap((finding) => sentence(finding) ?? []),
    ...(matters.length === 0 ? [] : [`Not every other value of ${listOf(matters, 'or')} reproduces it.`]),
  ];
};
