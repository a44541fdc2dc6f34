// The code of candidates with what ran of it: source lines where the source is at hand, otherwise instructions.

import { basename } from 'node:path';
import type { Addr } from '../../base/address.js';
import { escapeInvisible } from '../../base/visible-text.js';
import { plural } from '../../base/words.js';
import type { Snippet } from '../../release/snippet.js';
import { decodeOne } from '../../x86/disasm.js';
import { type Coverage, type FunctionCoverage, OUTCOME } from '../watch/coverage.js';
import { placeIn } from './coverage.js';
import type { ToldCoverage } from './form.js';

/** A candidate, ready to be listed. */
export interface ListedCandidate {
  readonly name: string;
  /** Worlds that were tried. */
  readonly worlds: number;
  /** What ran; null where it was not looked at, as in a candidate that breaks. */
  readonly coverage: { readonly code: Coverage; readonly told: ToldCoverage } | null;
  readonly snippets: readonly Snippet[];
  /** Its source. */
  readonly source: { readonly file: string; readonly text: string } | undefined;
}

const sideOf = (seen: number): string =>
  seen === OUTCOME.taken ? 'always taken' : seen === OUTCOME.not ? 'never taken' : '';

const listSource = (
  { file, text }: { readonly file: string; readonly text: string },
  { lines }: ToldCoverage,
): string[] => {
  const runs = new Map(
    lines.filter((one) => one.file === basename(file)).map(({ line, runs: did }) => [line, did]),
  );
  const all = text.replace(/\n$/u, '').split('\n');
  const width = String(all.length).length;
  return all.map((line, index) => {
    const did = runs.get(index + 1);
    const mark = did === undefined ? '     ' : did ? 'ran  ' : 'NEVER';
    return `${mark} ${String(index + 1).padStart(width)}  ${line.trimEnd()}`.trimEnd();
  });
};

const listInstructions = (
  { symbol, instructions, ran: offsets, outcomes }: FunctionCoverage,
  snippets: readonly Snippet[],
): string[] => {
  const snippet = snippets.find((one) => one.function === symbol);
  if (snippet === undefined) return [];
  const names = {
    crashName: (address: Addr) =>
      address >= snippet.start && address < snippet.end
        ? placeIn(snippet, symbol, Number(address - snippet.start))
        : undefined,
  };
  const ran = new Set(offsets);
  const seen = new Map(outcomes.map(({ offset, seen: one }) => [offset, sideOf(one)]));
  return instructions.map((offset) => {
    const { text } = decodeOne(snippet.bytes.subarray(offset), snippet.start + BigInt(offset), names, 'gnu');
    const side = seen.get(offset) ?? '';
    return `${ran.has(offset) ? 'ran  ' : 'NEVER'} ${placeIn(snippet, symbol, offset)}  ${text}${side === '' ? '' : `    (${side})`}`;
  });
};

const oneSided = ({ functions }: Coverage, snippets: readonly Snippet[]): string[] =>
  functions.flatMap(({ symbol, outcomes }) => {
    const snippet = snippets.find((one) => one.function === symbol);
    return outcomes
      .filter(({ seen }) => seen !== OUTCOME.both)
      .map(({ offset, seen }) => `  ${placeIn(snippet, symbol, offset)}: ${sideOf(seen)}`);
  });

const listOne = ({ name, worlds, coverage, snippets, source }: ListedCandidate): string[] => {
  if (coverage === null) return [`${name}: no coverage, since it does not hold`];
  const { code, told } = coverage;
  const { run, total } = told.instructions;
  const head = `${name}: ${run} of ${plural(total, 'instruction')} ran in ${plural(worlds, 'world')}`;
  if (source === undefined)
    return [head, '', ...code.functions.flatMap((one) => listInstructions(one, snippets))];
  const sides = oneSided(code, snippets);
  return [
    head,
    '',
    ...listSource(source, told),
    ...(sides.length === 0
      ? []
      : ['', 'Conditional instructions with one outcome only, in the worlds that were observed:', ...sides]),
  ];
};

/** The listing. `ran`: some instruction of the line ran in some world; `NEVER`: none did; lines without either have no code. */
export const coverageListing = (candidates: readonly ListedCandidate[]): string =>
  escapeInvisible(`${candidates.map((one) => listOne(one).join('\n')).join('\n\n')}\n`);
