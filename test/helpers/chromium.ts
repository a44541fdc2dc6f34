// A real Chromium for tests: the system's, without a window. Knows nothing of the pages that it opens.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Where it is: OOPSLAB_CHROMIUM, or on the PATH. `undefined` where it is not: tests that want it are skipped then. */
export const chromiumPath =
  process.env['OOPSLAB_CHROMIUM'] ??
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name)))
    .find(isExecutable);

/** A title that says what is missing where tests are skipped. */
export const inChromium = (title: string): string =>
  `${title} in Chromium${chromiumPath === undefined ? ' (needs chromium, which is missing)' : ''}`;

// No background network, no sandbox for root, no GPU.
const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
]; // prettier-ignore

/** Start it. */
export const startChromium = (): Promise<Browser> => {
  if (chromiumPath === undefined) throw new Error('there is no chromium');
  return chromium.launch({ executablePath: chromiumPath, args: FLAGS });
};
