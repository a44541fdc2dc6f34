// `oopslab dis`: a shipped function's machine code, with the provenance of every byte.

import { hex } from '../base/address.js';
import { countBytes, findInstruction, formatListing, listingOf } from '../release/listing.js';
import { loadRelease } from '../release/snippet.js';
import { type LibraryOptions, librariesOf } from './options.js';
import type { Io } from './output.js';

interface Options extends LibraryOptions {
  readonly release: string;
  readonly bytes?: true;
}

export const run = (_io: Io, symbol: string, options: Options) => {
  const release = loadRelease(options.release, librariesOf(options));
  const { snippet, marked } = findInstruction(release, symbol);
  const listing = listingOf(release, snippet);
  const counts = Object.entries(countBytes(snippet)).filter(([, count]) => count > 0);
  return {
    json: () => ({ ...listing, marked: marked === undefined ? null : hex(marked) }),
    text: () =>
      [
        `${snippet.name} of ${release.name}: ${listing.size} bytes at ${listing.address}` +
          ` (${counts.map(([kind, count]) => `${count} ${kind}`).join(', ')})`,
        ...formatListing(listing, snippet.symbol, { marked, bytes: options.bytes }),
      ].join('\n'),
  };
};
