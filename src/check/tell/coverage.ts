// What of a candidate's code ran, with the names and lines that people know it by.

import { hex } from '../../base/address.js';
import { lastUpTo } from '../../base/bisect.js';
import type { Snippet } from '../../release/snippet.js';
import { type Coverage, OUTCOME } from '../watch/coverage.js';
import type { ToldCoverage } from './form.js';

/**
 * A place in a snippet, by the part that it is in: `symbol+0x2e`.
 *
 * @param snippet undefined where it is not known
 */
export const placeIn = (snippet: Snippet | undefined, symbol: string, offset: number): string => {
  const at = (snippet?.start ?? 0n) + BigInt(offset);
  const part = snippet && lastUpTo(snippet.symbols, at, ({ address }) => address);
  return part === undefined ? `${symbol}+${hex(offset)}` : `${part.name}+${hex(at - part.address)}`;
};

type Lines = ToldCoverage['lines'];

const linesOf = (
  snippet: Snippet | undefined,
  instructions: readonly number[],
  ran: ReadonlySet<number>,
): Lines =>
  instructions.flatMap((offset) => {
    const rule = snippet && lastUpTo(snippet.manifest.lines, offset, (one) => one.offset);
    return rule?.line === undefined ? [] : [{ file: rule.file, line: rule.line, runs: ran.has(offset) }];
  });

// A line runs when one of its instructions does.
const joinLines = (all: Lines): Lines => {
  const joined = new Map<string, Lines[number]>();
  for (const one of all) {
    const key = `${one.file}:${one.line}`;
    const before = joined.get(key);
    joined.set(key, before === undefined ? one : { ...one, runs: one.runs || before.runs });
  }
  return [...joined.values()].toSorted((a, b) =>
    a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1,
  );
};

/**
 * Coverage as it is told.
 *
 * @param snippets the candidate's, which know the lines
 */
export const tellCoverage = ({ functions }: Coverage, snippets: readonly Snippet[]): ToldCoverage => {
  const each = functions.map(({ symbol, instructions, ran: offsets, outcomes }) => {
    const snippet = snippets.find((one) => one.function === symbol);
    const ran = new Set(offsets);
    const place = (offset: number): string => placeIn(snippet, symbol, offset);
    return {
      total: instructions.length,
      neverRan: instructions.filter((offset) => !ran.has(offset)).map(place),
      lines: linesOf(snippet, instructions, ran),
      oneSided: outcomes.filter(({ seen }) => seen !== OUTCOME.both).map(({ offset }) => place(offset)),
    };
  });
  const neverRan = each.flatMap((one) => one.neverRan);
  const total = each.reduce((sum, one) => sum + one.total, 0);
  return {
    instructions: { run: total - neverRan.length, total },
    neverRan,
    lines: joinLines(each.flatMap(({ lines }) => lines)),
    oneSided: each.flatMap(({ oneSided }) => oneSided),
  };
};
