// Puts the page's data into the page that was built: one HTML file, complete in itself.

import { join } from 'node:path';
import { FormatError } from '../base/errors.js';
import { packageFolder } from '../base/package-folder.js';
import { readText } from '../base/read-file.js';
import { pageJson } from './page-json.js';
import type { PageData } from './page-data.js';

/** The built page, in the package. */
const TEMPLATE = 'dist/page/index.html';

/** Where the data goes: between the tags of an element that a browser does not take for a script. */
const PLACE = '<script type="application/json" id="data"></script>';

/** What the built page may connect to: nothing. */
const NO_CONNECTION = "connect-src 'none'";

/** Largest page that is read, bytes; the built one has some 100 KB. */
const MAX_TEMPLATE = 4 << 20;

export interface HtmlOptions {
  /** The live page: it may connect to the server that it came from. */
  readonly live?: boolean;
}

/** JSON as text inside of an HTML element: without `<`, so that nothing can end the element or begin another. */
export const embedJson = (value: unknown): string => pageJson(value).replaceAll('<', String.raw`\u003c`);

/** @throws {FormatError} when the built page is not there, or has no place for the data */
export const pageHtml = (data: PageData, { live = false }: HtmlOptions = {}): string => {
  const file = join(packageFolder(), TEMPLATE);
  const template = readText(file, { what: 'the built page', max: MAX_TEMPLATE });
  const [before, after, more] = template.split(PLACE);
  if (before === undefined || after === undefined || more !== undefined)
    throw new FormatError('has no place for the data: build it again with npm run build', { file });
  const head = live ? before.replace(NO_CONNECTION, "connect-src 'self'") : before;
  return `${head}${PLACE.replace('><', () => `>${embedJson(data)}<`)}${after}`;
};
