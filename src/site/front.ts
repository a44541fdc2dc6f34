// The first page of a site: it reads the reports that are pasted into it, with a program of its own in it.

import { embedJson, fillTemplate, readBuilt, textElement } from '../report/template.js';
import { SITE_FORMAT, type SiteCrash, type SiteData } from './site-data.js';

const TEMPLATE = 'dist/page/decode/index.html';
const PROGRAM = 'dist/page/decoder.js.txt';
const FILES = 'dist/page/decoder.pack.txt';
const LICENCES = 'dist/page/licences.txt';

/** @throws {FormatError} when the built page is not there */
export const frontHtml = (crashes: readonly SiteCrash[]): string => {
  const data: SiteData = { format: SITE_FORMAT, crashes };
  return fillTemplate(TEMPLATE, embedJson(data), [
    textElement('laboratory-program', readBuilt(PROGRAM, "the page's program")),
    textElement('laboratory-pack', readBuilt(FILES, "the page's files")),
    textElement('licences', readBuilt(LICENCES, 'the licences of what the page holds')),
  ]);
};
