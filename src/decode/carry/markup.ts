// Removes from a line the markup of web pages and terminals: tags of HTML, carriage returns.

import type { PhysicalLine } from './text-lines.js';

const TAG = /<\/?(?:br|div|p|pre|span|code|td|tr|tt|font|html|body|BR|DIV|P|PRE)(?:[ /][^<>]{0,120})?>/gu;
const BREAK = /<(?:br|BR) ?\/?>/u;

/** The lines without markup that a line makes: one, or several. */
export const withoutMarkup = (line: PhysicalLine): readonly PhysicalLine[] => {
  const { text } = line;
  const returns = /\r(?!\r*$)/u.test(text);
  if (!returns && !text.includes('<')) return [line];
  const parts = returns ? text.split(/\r+/u).flatMap((part) => part.split(BREAK)) : text.split(BREAK);
  const lines = parts.filter((part, index) => index < parts.length - 1 || part !== '' || index === 0);
  return lines.map((part) => ({ ...line, text: part.replaceAll(TAG, '') }));
};
