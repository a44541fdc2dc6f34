// A built page, and what is put into it: JSON between the tags of an element, and texts in elements of their own. The policy
// of the page lets no such element run.

import { join } from 'node:path';
import { deflateSync } from 'fflate';
import { FormatError } from '../base/errors.js';
import { packageFolder } from '../base/package-folder.js';
import { readText } from '../base/read-file.js';
import { pageJson } from './page-json.js';

/** Where the data goes: between the tags of an element that a browser does not take for a script. */
const PLACE = '<script type="application/json" id="data"></script>';

/** Largest page, or part of it, that is read, bytes; the built ones have less than a MB. */
const MAX_TEMPLATE = 4 << 20;

/** JSON as text inside of an HTML element: without `<`, so that nothing can end the element or begin another. */
export const embedJson = (value: unknown): string => pageJson(value).replaceAll('<', String.raw`\u003c`);

/** JSON that takes little room: deflated, in base64, the same on every machine. `readPageData` of the page reads it. */
export const packJson = (value: unknown): string =>
  Buffer.from(deflateSync(new TextEncoder().encode(pageJson(value)), { level: 9 })).toString('base64');

/** A text that the build made. @param name in the package */
export const readBuilt = (name: string, what: string): string =>
  readText(join(packageFolder(), name), { what, max: MAX_TEMPLATE });

/** An element that holds a text without `<`. */
export const textElement = (id: string, content: string): string =>
  `<script type="text/plain" id="${id}">${content}</script>`;

/**
 * A page with its data.
 *
 * @param name of the built page, in the package
 * @param content the data, by embedJson or packJson
 * @param elements that follow the data
 * @throws {FormatError} when the built page is not there, or has no place for the data
 */
export const fillTemplate = (name: string, content: string, elements: readonly string[]): string => {
  const [before, after, rest] = readBuilt(name, 'the built page').split(PLACE);
  if (before === undefined || after === undefined || rest !== undefined)
    throw new FormatError('has no place for the data: build it again with npm run build', {
      file: join(packageFolder(), name),
    });
  const more = elements.map((one) => `\n    ${one}`).join('');
  return `${before}${PLACE.replace('><', () => `>${content}<`)}${more}${after}`;
};
