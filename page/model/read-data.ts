// The page's data as it lies in the file: deflated JSON in base64, or JSON as it is.

import { inflateSync } from 'fflate';
import type { PageData } from '../../src/report/page-data.js';

const textOf = (text: string): string =>
  text.startsWith('{')
    ? text
    : new TextDecoder().decode(inflateSync(Uint8Array.from(atob(text), (one) => one.charCodeAt(0))));

/** @throws {Error} when it is neither */
export const readPageData = (text: string): PageData => {
  let data: unknown;
  try {
    data = JSON.parse(textOf(text));
  } catch {
    // What a browser says of base64 or of a stream means nothing to who opens the file.
  }
  if (typeof data !== 'object' || data === null) throw new Error('its data is damaged');
  return data as PageData;
};
