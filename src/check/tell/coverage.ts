// What of a candidate's code ran, with the names and lines that people know it by.

import { hex } from '../../base/address.js';
import { type KernelSymbol, lineAt } from '../../kernel/symbols.js';
import type { Snippet } from '../../release/snippet.js';
import { type Coverage, OUTCOME } from '../watch/coverage.js';
import type { ToldCoverage } from './form.js';

/** `symbol+0x2e`. */
export const placeOf = (symbol: string, offset: number): string => `${symbol}+${hex(offset)}`;

type Lines = ToldCoverage['lines'];

const linesOf = (
  symbol: KernelSymbol | undefined,
  instructions: readonly number[],
  ran: ReadonlySet<number>,
): Lines =>
  symbol === undefined
    ? []
    : instructions.flatMap((offset) => {
        const rule = lineAt(symbol, offset);
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
  const symbols = new Map(snippets.flatMap((one) => one.symbols).map((symbol) => [symbol.name, symbol]));
  const each = functions.map(({ symbol, instructions, ran: offsets, outcomes }) => {
    const ran = new Set(offsets);
    return {
      total: instructions.length,
      neverRan: instructions.filter((offset) => !ran.has(offset)).map((offset) => placeOf(symbol, offset)),
      lines: linesOf(symbols.get(symbol), instructions, ran),
      oneSided: outcomes
        .filter(({ seen }) => seen !== OUTCOME.both)
        .map(({ offset }) => placeOf(symbol, offset)),
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
