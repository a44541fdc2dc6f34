// The lines that reports were read from, as they stand in the text.

import { textChunksNow } from '../decode/carry/text-chunks.js';
import { LineSplitter } from '../decode/carry/text-lines.js';
import type { Shown } from '../decode/show/report-blocks.js';
import { MAX_LINES_SHOWN, MAX_LINE_SHOWN } from './limits.js';
import type { DecodedReport } from './questions.js';

const CHUNK = 1 << 18;

function* chunksOf(text: string | Uint8Array): Generator<string | Uint8Array> {
  for (let at = 0; at < text.length; at += CHUNK)
    yield typeof text === 'string' ? text.slice(at, at + CHUNK) : text.subarray(at, at + CHUNK);
}

// A carriage return belongs to the end of the line; a mark at the start of a file says its encoding.
const plain = (text: string): string => text.replace(/\r$/u, '').replace(/^\uFEFF/u, '');

/** The lines of each report; parts of one long line have one number. */
export const linesOf = (
  text: string | Uint8Array,
  shown: readonly Pick<Shown, 'report'>[],
): DecodedReport['lines'][] => {
  const found = shown.map((): [number, string][] => []);
  // Those that begin later come later; few overlap.
  const waiting = shown
    .map(({ report }, index) => ({ first: report.firstLine, last: report.lastLine, index }))
    .toSorted((one, other) => one.first - other.first);
  let open: typeof waiting = [];
  const splitter = new LineSplitter();
  const take = (number: number, line: string): boolean => {
    while (waiting[0] !== undefined && waiting[0].first <= number) open.push(waiting.shift()!);
    if (open.length === 0) return waiting.length > 0;
    open = open.filter(({ last }) => last >= number);
    for (const { index } of open) {
      const lines = found[index]!;
      if (lines.length < MAX_LINES_SHOWN) lines.push([number, plain(line).slice(0, MAX_LINE_SHOWN)]);
    }
    return open.length > 0 || waiting.length > 0;
  };
  for (const chunk of textChunksNow(chunksOf(text)))
    for (const { number, text: line } of splitter.push(chunk)) if (!take(number, line)) return found;
  for (const { number, text: line } of splitter.end()) take(number, line);
  return found;
};
