// `oopslab site`: a folder with a page that reads kernel reports, and the pages of crashes.

import { join } from 'node:path';
import { InputError } from '../base/errors.js';
import { crashNames, crashPage } from '../site/crash.js';
import { filesOfSite, writeSite } from '../site/folder.js';
import { frontHtml } from '../site/front.js';
import { DEFAULT_SCENARIO, type LibraryOptions, librariesOf } from './options.js';
import type { Io } from './output.js';

interface Options extends LibraryOptions {
  readonly output: string;
}

const MIB = 1 << 20;

export const run = (io: Io, { output: folder, library }: Options) => {
  if (folder === '' || folder === '-')
    throw new InputError(`needs the name of a folder, found ${JSON.stringify(folder)}`, {
      field: '--output',
    });
  const libraries = librariesOf({ library });
  const old = filesOfSite(folder);
  const pages = crashNames(DEFAULT_SCENARIO, libraries).map((name, index, all) => {
    io.showPassing(`page ${index + 1} of ${all.length}: ${name}`);
    return crashPage(name, libraries);
  });
  const files = new Map(pages.map(({ crash, html }) => [crash.file, html]));
  files.set('index.html', frontHtml(pages.map(({ crash }) => crash)));
  io.clearPassing();
  writeSite(folder, files, old);
  const size = [...files.values()].reduce((sum, html) => sum + Buffer.byteLength(html), 0);
  const text = (): string =>
    [
      `${join(folder, 'index.html')} reads kernel reports in the browser; nothing that is pasted into it leaves it.`,
      `Beside it lie the pages of ${pages.length} crashes; all together ${(size / MIB).toFixed(1)} MiB.`,
      'Next: open it in a browser, or copy the folder to any web server.',
    ].join('\n');
  return { text };
};
