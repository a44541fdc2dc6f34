// The places in the source that tools put into a report: decode_stacktrace.sh writes `symbol (file.c:12 file.c:34) module`
// in the place of the offset, or after it; syzbot writes `symbol+0x3e/0xb0 file.c:12`, and lines of their own for what was
// inlined.
// Sources: scripts/decode_stacktrace.sh, v4.0 to v6.17 (one place for each inlined function, the innermost first);
// github.com/google/syzkaller, pkg/symbolizer and pkg/report

import { defined } from '../../base/defined.js';
import type { CodeLocation, Inlined, SourceLine } from './place.js';

// One word, and what the compiler tells of it; words are apart by a blank, so there is one way to read them.
const WORD = String.raw`[^()\s]{1,250}:(?:\d{1,7}|\?)(?: \(discriminator \d{1,6}\))?`;
const MODULE = String.raw`(?: {1,2}\[?([\w-]{1,64})(?:\([A-Z+-]{0,8}\))?(?: [0-9a-f]{8,64})?\]?\s*$)?`;
const LISTED = new RegExp(String.raw`^ {0,2}\((${WORD}(?: ${WORD}){0,15} ?)\)${MODULE}`, 'u');
const UNKNOWN = new RegExp(String.raw`^ {0,2}\(\?\?:[?0]?\)${MODULE}`, 'u');
const AFTER = /^ {1,2}([^\s:()]{1,250}\.[A-Za-z]{1,3}):(\d{1,7})(?=\s*$)/u;
const INLINE =
  /^(?:\[<\s{1,12}inline\s{1,12}>\]\s{1,2})?(\? {1,2})?([A-Za-z_$][\w.$-]{0,255}) {1,2}([^\s:()]{1,250}):(\d{1,7})(?: \[inline\])?\s*$/u;

/** What a text says of the source after a symbol, and how many characters it took. */
interface FoundSource {
  readonly place: Pick<CodeLocation, 'source' | 'inlines' | 'module'>;
  readonly length: number;
}

const sourceOf = (word: string): SourceLine | undefined => {
  const found = /^(\S{1,250}):(\d{1,7})$/u.exec(word);
  return found === null ? undefined : { file: found[1]!, line: Number(found[2]) };
};

/** The source at the start of a text that follows a symbol; `undefined` when there is none. */
export const findSource = (text: string): FoundSource | undefined => {
  const unknown = UNKNOWN.exec(text);
  if (unknown !== null) return { place: defined({ module: unknown[1] }), length: unknown[0].length };
  const listed = LISTED.exec(text);
  if (listed !== null) {
    const words = listed[1]!
      .replaceAll(/ \(discriminator \d{1,6}\)/gu, '')
      .trim()
      .split(' ');
    const sources = words.map(sourceOf).filter((one) => one !== undefined);
    const inlines: Inlined[] = sources.slice(0, -1).map((source) => ({ source }));
    return {
      place: defined({
        source: sources.at(-1),
        inlines: inlines.length === 0 ? undefined : inlines,
        module: listed[2],
      }),
      length: listed[0].length,
    };
  }
  const after = AFTER.exec(text);
  if (after === null) return undefined;
  return { place: { source: { file: after[1]!, line: Number(after[2]) } }, length: after[0].length };
};

/** A line about a function that was inlined: `symbol file.c:12 [inline]`. @param text without prefixes */
export const findInlined = (text: string): (Required<Inlined> & { readonly guess: boolean }) | undefined => {
  if (!text.includes('inline')) return undefined;
  const found = INLINE.exec(text.trim());
  if (found === null || !/\[inline\]\s*$|^\s*\[<\s/u.test(text)) return undefined;
  return {
    symbol: found[2]!,
    source: { file: found[3]!, line: Number(found[4]) },
    guess: found[1] !== undefined,
  };
};
