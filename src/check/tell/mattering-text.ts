// What did not matter in a counterexample, in sentences: no more than what was tried. Values in, words out.

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
        : `${parameter}: any value does, with the others as they stand ${tried}.`;
    case 'not-empty':
      return `${parameter}: any text does but the empty one ${tried}.`;
    case 'choice':
      return `${parameter}: ${listOf(finding.does)} ${finding.does.length === 1 ? 'does' : 'do'}; ${listOf(finding.doesNot)} ${finding.doesNot.length === 1 ? 'does' : 'do'} not ${tried}.`;
    case 'no-nul': {
      const { from, to } = finding;
      return from === to
        ? `${parameter}: anything does whose byte ${from} is not 00 ${tried}.`
        : `${parameter}: anything does without a 00 at ${place(from, to)}; with one 00 there, and else as it stands, it does not ${tried}.`;
    }
    case 'takes-byte':
      return `${parameter}: it takes a ${byteText(finding.byte)} at ${place(finding.from, finding.to)}${finding.stop === null ? '' : `, before the first 00 from byte ${finding.stop} on`}; the rest does not matter ${tried}.`;
    case 'matters':
      return undefined;
  }
};

/** The sentences, a line each; none when nothing was found that does not matter. */
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
    ...(matters.length === 0 ? [] : [`Other values need not do for ${listOf(matters)}.`]),
  ];
};
