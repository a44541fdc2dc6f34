// Text with styles, in lines of exact widths. Styles add nothing that the text lacks: colour is an extra.

/** How text looks. `plain` without a terminal. */
export type Style =
  | 'plain'
  | 'title' // a pane's heading
  | 'focus' // the heading of the pane that has the keys
  | 'bar' // the status line
  | 'current' // the instruction that runs next
  | 'changed' // what the last instruction changed; the text has a *
  | 'dead' // what is no longer there; the text has brackets
  | 'cursor' // the text has a >
  | 'faint'
  | 'alarm'; // the text has a !

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Span[];

export const span = (text: string, style: Style = 'plain'): Span => ({ text, style });

export const line = (text: string, style: Style = 'plain'): Line => [span(text, style)];

export const plainText = (one: Line): string => one.map(({ text }) => text).join('');

// One column each, whatever the terminal: names may come from a user's scenario.
const clean = (text: string): string => text.replaceAll(/[^ -~…]/gu, '?');

/** A line of exactly so many columns: filled with blanks, or cut, which a `…` shows. */
export const fit = (one: Line, width: number): Line => {
  const fitted: Span[] = [];
  let left = width;
  for (const { text, style } of one) {
    const cleaned = clean(text);
    if (cleaned === '') continue;
    if (cleaned.length > left) {
      if (left > 0) fitted.push({ text: `${cleaned.slice(0, left - 1)}…`, style });
      else if (fitted.length > 0) {
        const last = fitted.pop()!;
        fitted.push({ text: `${last.text.slice(0, -1)}…`, style: last.style });
      }
      return fitted;
    }
    fitted.push({ text: cleaned, style });
    left -= cleaned.length;
  }
  return left === 0
    ? fitted
    : [...fitted, { text: ' '.repeat(left), style: fitted.at(-1)?.style === 'bar' ? 'bar' : 'plain' }];
};
