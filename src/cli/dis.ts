// `oopslab dis`: a shipped function's machine code, with the provenance of every byte.

import { hex } from '../base/address.js';
import { countBytes, findInstruction, formatListing, listingOf } from '../release/listing.js';
import { DEFAULT_RELEASE, loadRelease } from '../release/snippet.js';
import { defineCommand } from './command.js';
import { type LibraryOptions, librariesOf, withLibrary } from './library-option.js';

const HELP = `
Examples:
  $ oopslab dis shm_close
  $ oopslab dis shm_close+0x3e                               (with an arrow at that instruction)
  $ oopslab dis shm_close --bytes
  $ oopslab dis convert_delimiter --json
  $ oopslab dis cifs_build_path_to_root.terminate-first      (a variant)

Exit status: 0 done, 2 bad usage or input.`;

interface Options extends LibraryOptions {
  readonly release: string;
  readonly bytes?: true;
}

/** `oopslab dis` */
export const disCommand = defineCommand({
  name: 'dis',
  description: 'disassemble a snippet: its instructions, source lines, and where its bytes come from',
  options: (command) =>
    withLibrary(command)
      .argument(
        '<symbol>',
        'a function that has bytes, or function.variant; oopslab snippets lists them; with +OFFSET that instruction gets an arrow',
      )
      .option('--release <name>', 'the kernel release', DEFAULT_RELEASE)
      .option('--bytes', 'with the bytes of each instruction'),
  json: 'print one JSON document instead of text',
  help: HELP,
  run(_io, symbol: string, options: Options) {
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
  },
});
