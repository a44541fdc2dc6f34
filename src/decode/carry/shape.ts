// The shape of what stands around the kernel's text in a log: its words and signs are the same in each line, its numbers
// vary. A shape becomes a pattern that fits such a text and is quick on any other.

/** How much of a text may vary: its numbers; or also its words. */
export type Vary = 'numbers' | 'words';

const TOKEN = /\d+|[A-Za-z]+|\s+|[^\sA-Za-z\d]/gu;
const MIXED = /[A-Za-z\d]+|\s+|[^\sA-Za-z\d]/gu;
const MAX_TEXT = 300;

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`);

/** The shape of a text as the source of a pattern; texts of one shape have one source. */
export const shapeOf = (text: string, vary: Vary): string => {
  const tokens = text.slice(0, MAX_TEXT).match(vary === 'numbers' ? TOKEN : MIXED) ?? [];
  return tokens
    .map((token) => {
      if (/^\s/u.test(token)) return String.raw`\s{1,20}`;
      if (/^\d/u.test(token) && vary === 'numbers') return String.raw`\d{1,40}`;
      if (/^[A-Za-z\d]/u.test(token)) return vary === 'numbers' ? token : '[A-Za-z0-9]{1,80}';
      return escaped(token);
    })
    .join('');
};
