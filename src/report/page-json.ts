// Data for the page, as JSON: embedded in it, or sent by the live page's server.

import { visibleJson } from '../base/visible-text.js';

// In such JSON: an escape that stays, or one of a character that would not be seen.
const ESCAPE = /\\(?:["\\nt]|([bfr]|u[0-9a-f]{4}))/gu;

/**
 * A value as JSON for the page, whose texts have the numbers of characters that would not be seen: `\u202e` as six
 * characters. The page's own words and numbers stand beside them.
 */
export const pageJson = (value: unknown): string =>
  visibleJson(value).replaceAll(ESCAPE, (escape, hidden) => (hidden === undefined ? escape : `\\${escape}`));
