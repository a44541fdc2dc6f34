// `oopslab dis`: a shipped function's machine code, with the provenance of every byte; with --kernel one of a real kernel.

import type { Command } from 'commander';
import { hex } from '../base/address.js';
import { countBytes, findInstruction, formatListing, listingOf } from '../release/listing.js';
import { loadRelease } from '../release/snippet.js';
import type { Answer } from './command.js';
import { type LibraryOptions, librariesOf } from './options.js';
import type { Io } from './output.js';

interface Options extends LibraryOptions {
  readonly release: string;
  readonly bytes?: true;
  readonly kernel: readonly string[];
  readonly module?: string;
}

export const run = async (io: Io, symbol: string, options: Options, command: Command): Promise<Answer> => {
  if (options.kernel.length > 0) {
    const isAsked = command.getOptionValueSource('release') !== 'default';
    const { disKernel } = await import('./dis-kernel.js');
    return disKernel(io, symbol, {
      kernel: options.kernel,
      release: isAsked ? options.release : undefined,
      module: options.module,
      bytes: options.bytes === true,
    });
  }
  if (options.module !== undefined)
    command.error('error: --module is of --kernel: it names a module of that kernel');
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
