// Puts the page's data into the page that was built: one HTML file, complete in itself.

import { join } from 'node:path';
import { FormatError } from '../base/errors.js';
import { packageFolder } from '../base/package-folder.js';
import { readText } from '../base/read-file.js';
import { pageJson } from './page-json.js';
import { encodeRecording } from '../recording/file.js';
import type { Recording } from '../recording/recording.js';
import { packFiles } from './pack.js';
import type { PageData } from './page-data.js';

/** The built page, in the package. */
const TEMPLATE = 'dist/page/index.html';

/** Where the data goes: between the tags of an element that a browser does not take for a script. */
const PLACE = '<script type="application/json" id="data"></script>';

/** What the built page may connect to: nothing. */
const NO_CONNECTION = "connect-src 'none'";

/** What the build made for the page's laboratory: its program, and the files that it reads. */
const PROGRAM = 'dist/page/laboratory.js.txt';
const FILES = 'dist/page/laboratory.pack.txt';
const LICENCES = 'dist/page/licences.txt';

/** Largest page, or part of it, that is read, bytes; the built ones have less than a MB. */
const MAX_TEMPLATE = 4 << 20;

export interface HtmlOptions {
  /** The runs that the page shows, for questions to them; without them the page has no laboratory. */
  readonly recordings?: readonly Recording[];
  /** The live page: it may connect to the server that it came from. */
  readonly live?: boolean;
}

/** JSON as text inside of an HTML element: without `<`, so that nothing can end the element or begin another. */
export const embedJson = (value: unknown): string => pageJson(value).replaceAll('<', String.raw`\u003c`);

const read = (name: string, what: string): string =>
  readText(join(packageFolder(), name), { what, max: MAX_TEMPLATE });

const element = (id: string, content: string): string =>
  `<script type="text/plain" id="${id}">${content}</script>`;

const laboratory = (recordings: readonly Recording[]): string => {
  const files = recordings.map((one, index): [string, Uint8Array] => [
    `/recordings/${'AB'[index]}`,
    encodeRecording(one),
  ]);
  return [
    element('laboratory-program', read(PROGRAM, "the page's program")),
    element('laboratory-pack', read(FILES, "the page's files")),
    element('licences', read(LICENCES, 'the licences of what the page holds')),
    element('recordings', Buffer.from(packFiles(new Map(files))).toString('base64')),
  ].join('\n    ');
};

/** @throws {FormatError} when the built page is not there, or has no place for the data */
export const pageHtml = (data: PageData, { live = false, recordings = [] }: HtmlOptions = {}): string => {
  const file = join(packageFolder(), TEMPLATE);
  const template = read(TEMPLATE, 'the built page');
  const [before, after, rest] = template.split(PLACE);
  if (before === undefined || after === undefined || rest !== undefined)
    throw new FormatError('has no place for the data: build it again with npm run build', { file });
  const head = live ? before.replace(NO_CONNECTION, "connect-src 'self'") : before;
  const more = recordings.length === 0 ? '' : `\n    ${laboratory(recordings)}`;
  return `${head}${PLACE.replace('><', () => `>${embedJson(data)}<`)}${more}${after}`;
};
