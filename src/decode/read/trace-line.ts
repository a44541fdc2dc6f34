// The lines of call traces and of the stack's words.
// Sources: show_trace_log_lvl(), arch/x86/kernel/dumpstack.c, v2.6.32 to v6.14; show_trace(), arch/x86_64/kernel/traps.c,
// v2.6.9 (several entries on a line); print_track(), mm/kasan/report.c, v4.0 and later.

import { findLocation } from './code-location.js';
import { findInlined } from './source-place.js';
import type { TraceEntry } from './report.js';
import { findCheckerTitle } from './trace-title.js';

const TITLE =
  /^\s*(Call [Tt]race|(?:Allocated|Freed) (?:by|in) [^:]{1,60}|Last potentially related work creation|Second to last potentially related work creation|stack backtrace|Stack trace|Uninit was (?:stored|created)[^:]{0,40}):(.*)$/u;

/** The line that opens a trace; `rest` is its text after the colon. */
export const findTraceTitle = (text: string): { title: string; rest: string } | undefined => {
  const found = TITLE.exec(text);
  if (found !== null) return { title: found[1]!, rest: found[2]! };
  const title = findCheckerTitle(text);
  return title === undefined ? undefined : { title, rest: '' };
};

// A frame of the `bt` of crash(8): `#7 [ffffc90000123f28] frob_get at ffffffff81234567 [frob]`.
const CRASH =
  /^#\d{1,3} \[[0-9a-f]{16}\] ([A-Za-z_.$][\w.$-]{0,255}) at ([0-9a-f]{16})(?: \[([\w-]{1,64})\])?$/u;

interface FoundEntries {
  readonly entries: readonly Omit<TraceEntry, 'line'>[];
  readonly context?: string | null;
}

const MARK = /^(?:<{1,2}(\/?)(#?[A-Z][A-Z0-9_-]{0,30})>{1,2}|(?:=)?(?:<(#?[A-Z]{2,8})>))\s*/u;
const ENDS = new Set(['EOI', 'EOE', 'EOF']);
const MAX_ENTRIES = 64; // on one line

/**
 * The entries of a line of a trace, `undefined` when it is not such a line: every word must belong to an entry.
 *
 * @param text without prefixes
 * @param context what the lines before left open
 */
export const findEntries = (text: string, context: string | undefined): FoundEntries | undefined => {
  let rest = text.trim();
  const crash = CRASH.exec(rest);
  if (crash !== null) {
    const [, symbol, address, module] = crash;
    const place = { symbol: symbol!, address: BigInt(`0x${address}`) };
    return { entries: [{ ...place, ...(module === undefined ? {} : { module }), reliable: true }] };
  }
  let open: string | null | undefined = context;
  const entries: Omit<TraceEntry, 'line'>[] = [];
  let marks = 0;
  const inlined = findInlined(rest);
  if (inlined !== undefined) {
    const { guess, ...place } = inlined;
    const where = typeof open === 'string' ? { context: open } : {};
    return {
      entries: [{ ...place, reliable: !guess, inlined: true, ...where }],
      ...(open === undefined ? {} : { context: open }),
    };
  }
  while (rest !== '' && entries.length < MAX_ENTRIES) {
    const mark = MARK.exec(rest);
    if (mark !== null) {
      const name = mark[2] ?? mark[3]!;
      open = mark[1] === '/' || ENDS.has(name) ? null : name;
      rest = rest.slice(mark[0].length);
      marks += 1;
      continue;
    }
    const found = findLocation(rest);
    if (found === undefined) return undefined;
    // A bare address is an entry only where it can be nothing else.
    const bare = /^(?:\[<[^>]{8,20}>\]\s{0,12})?(?:\? ?)?(?:0xf{4}[0-9a-f]{12}\b|\(null\))/u.test(rest);
    const listed = /^\[<[^>]{8,20}>\]\s{0,12}(?:\? ?)?0x[0-9a-f]/u.test(rest);
    if (found.location.symbol === undefined && !bare && !listed) return undefined;
    entries.push({
      ...found.location,
      reliable: !found.guess,
      ...(typeof open === 'string' ? { context: open } : {}),
    });
    rest = rest.slice(found.length).trimStart();
    // `symbol+0x1/0x2 (file.c:12)`, as decode_stacktrace and similar tools write it.
    const place =
      /^(?:\([^()]{1,300}(?:\(discriminator \d{1,4}\))?[^()]{0,300}\)(?: \[?[\w-]{1,64}\]?$)?|\S{1,250}\.[chS]:\d{1,6}(?: \[inline\])?)\s*/u.exec(
        rest,
      );
    if (place !== null) rest = rest.slice(place[0].length);
    if (rest !== '' && !/^(?:<|\[<|\?)/u.test(rest)) return undefined;
  }
  if (entries.length === 0 && marks === 0) return undefined;
  return { entries, ...(open === undefined ? {} : { context: open }) };
};

/** Words of a line of the stack, lowest address first; `undefined` when the line has anything else. */
export const findStackWords = (text: string): bigint[] | undefined => {
  const words: bigint[] = [];
  for (const word of text.trim().split(/\s+/u)) {
    if (/^(?:<\d>|<{1,2}\/?#?[A-Z]{2,8}>{1,2})$/u.test(word)) continue;
    if (!/^[0-9a-f]{16}$/u.test(word) || words.length >= MAX_ENTRIES) return undefined;
    words.push(BigInt(`0x${word}`));
  }
  return words.length === 0 ? undefined : words;
};
