// The page's data as it lies in the file: deflated JSON in base64, or JSON as it is.

import { inflateSync } from 'fflate';
import type { PageData } from '../../src/report/page-data.js';

/** @throws when it is neither */
export const readPageData = (text: string): PageData => {
  if (text.startsWith('{')) return JSON.parse(text) as PageData;
  const packed = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(inflateSync(packed))) as PageData;
};
