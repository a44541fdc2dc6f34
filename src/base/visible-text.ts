// Characters that a reader does not see as themselves: a terminal obeys them, or they are drawn as nothing, or they turn
// what stands beside them. Names must not have them, and all text is shown with their numbers instead. No Node APIs:
// bundled into the page.

// By property where the property never changes, otherwise by number: \p{Cf} and \p{DI} grow with each Unicode.
// - \p{Cc} C0, DEL and C1; \p{Cs} halves of pairs, which stand alone; \p{NChar} no characters, which XML does not have
// - 00ad 034f 115f 1160 17b4 17b5 180b-180f 200b-200f 2060-206f 3164 fe00-fe0f feff ffa0 fff0-fff8 1bca0 1d173 e0000-e0fff:
//   drawn as nothing. In 2060-206f are bidi isolates, e0000-e0fff has tags and variation selectors
// - 061c 200e 200f 202a-202e 2066-2069: they turn the direction of writing
// - 2028 2029: ends of lines; fff9-fffb: mark text as a note to other text; 13430-1343f: join hieroglyphs
// Source: UnicodeData.txt and DerivedCoreProperties.txt (Default_Ignorable_Code_Point), Unicode 17.0
const HIDDEN = String.raw`\p{Cc}\p{Cs}\p{NChar}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{13430}-\u{1343f}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}`;

const IN_LINE = new RegExp(`[${HIDDEN}]`, 'gu');
const IN_TEXT = new RegExp(`(?![\\n\\t])[${HIDDEN}]`, 'gu');

const numberOf = (character: string): string => {
  if (character === '\n') return String.raw`\n`;
  if (character === '\t') return String.raw`\t`;
  const code = character.codePointAt(0)!;
  const digits = code.toString(16);
  if (code < 0x80) return `\\x${digits.padStart(2, '0')}`;
  return code > 0xffff ? `\\u{${digits}}` : `\\u${digits.padStart(4, '0')}`;
};

/**
 * Text with the number of each character that would not be seen: `\x1b`, `\u202e`, `\u{e0041}`. Line feeds and tabs stay.
 */
export const escapeInvisible = (text: string): string => text.replaceAll(IN_TEXT, numberOf);

/** The same, for what must stay in its line: line feeds and tabs are `\n` and `\t`. */
export const escapeInLine = (text: string): string => text.replaceAll(IN_LINE, numberOf);

/** The same, with a spelling that the caller has. */
export const replaceInvisible = (text: string, spell: (character: string) => string): string =>
  text.replaceAll(IN_LINE, spell);

/** A character that would not be seen. */
export interface Invisible {
  readonly at: number; // UTF-16 units before it
  /** Its number, as escapeInLine() writes it. */
  readonly shown: string;
}

const findIn = (text: string, pattern: RegExp): Invisible | undefined => {
  const at = text.search(pattern);
  return at < 0 ? undefined : { at, shown: numberOf(String.fromCodePoint(text.codePointAt(at)!)) };
};

/** The first such character of a name, or of anything that is one line. */
export const findInvisible = (name: string): Invisible | undefined => findIn(name, IN_LINE);

/** The first such character of text that may have line feeds and tabs. */
export const findInvisibleInText = (text: string): Invisible | undefined => findIn(text, IN_TEXT);

/**
 * A value as JSON in which those characters are `\u…`, so that it parses to the same.
 *
 * @param indent blanks for each level; without it, all is in one line
 */
export const visibleJson = (value: unknown, indent?: number): string =>
  // What JSON.stringify() itself leaves raw of C0 are the line feeds between fields.
  JSON.stringify(value, undefined, indent).replaceAll(IN_TEXT, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => String.raw`\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
