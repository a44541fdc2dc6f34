// Puts the page's data into the page that was built: one HTML file, complete in itself.

import { encodeRecording } from '../recording/file.js';
import type { Recording } from '../recording/recording.js';
import { packFiles } from './pack.js';
import type { PageData } from './page-data.js';
import { fillTemplate, packJson, readBuilt, textElement } from './template.js';

/** The built page, in the package. */
const TEMPLATE = 'dist/page/index.html';

/** What the build made for the page's laboratory: its program, and the files that it reads. */
const PROGRAM = 'dist/page/laboratory.js.txt';
const FILES = 'dist/page/laboratory.pack.txt';
const LICENCES = 'dist/page/licences.txt';

export interface HtmlOptions {
  /** The runs that the page shows, for questions to them; without them the page has no laboratory. */
  readonly recordings?: readonly Recording[];
  /** Files of user libraries, and of the scenario, for the laboratory, by their paths in the page. */
  readonly libraryFiles?: ReadonlyMap<string, Uint8Array>;
}

const laboratory = (recordings: readonly Recording[], given: ReadonlyMap<string, Uint8Array>): string[] => {
  const files = recordings.map((one, index): [string, Uint8Array] => [
    `/recordings/${'AB'[index]}`,
    encodeRecording(one),
  ]);
  return [
    textElement('laboratory-program', readBuilt(PROGRAM, "the page's program")),
    textElement('laboratory-pack', readBuilt(FILES, "the page's files")),
    textElement('licences', readBuilt(LICENCES, 'the licences of what the page holds')),
    textElement('recordings', Buffer.from(packFiles(new Map([...files, ...given]))).toString('base64')),
  ];
};

/** @throws {FormatError} when the built page is not there, or has no place for the data */
export const pageHtml = (
  data: PageData,
  { recordings = [], libraryFiles = new Map() }: HtmlOptions = {},
): string =>
  fillTemplate(TEMPLATE, packJson(data), recordings.length === 0 ? [] : laboratory(recordings, libraryFiles));
