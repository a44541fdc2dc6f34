// Text in colours. Its escape sequences are added here, after those that the text has were made visible.

import { escapeInvisible } from './visible-text.js';

/** A piece of text; `colour` is the number of SGR, ECMA-48, and none is the terminal's own. */
export interface Coloured {
  readonly text: string;
  readonly colour?: number;
}

/** The pieces for a terminal, or without colours. */
export const colouredText = (pieces: readonly Coloured[], withColours: boolean): string =>
  pieces
    .map(({ text, colour }) => {
      const visible = escapeInvisible(text);
      return withColours && colour !== undefined ? `\u001b[${colour}m${visible}\u001b[0m` : visible;
    })
    .join('');
