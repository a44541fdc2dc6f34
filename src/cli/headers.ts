// `oopslab headers`: the C header that candidates include, generated from layouts and prototypes.

import { callablesOf } from '../candidate/callable.js';
import { type ListedCallable, listCallable } from '../candidate/callable-list.js';
import { headerText } from '../candidate/header.js';
import { DEFAULT_RELEASE, loadRelease } from '../release/snippet.js';
import { defineCommand } from './command.js';
import { type LibraryOptions, librariesOf, withLibrary } from './library-option.js';

/** What `headers --json` prints. */
export interface HeadersDocument {
  readonly release: string;
  readonly callable: readonly ListedCallable[];
  /** The text of oopslab.h. */
  readonly header: string;
}

const HELP = `
A candidate in C that "oopslab check" compiles includes it as "oopslab.h" without it being saved anywhere.

Examples:
  $ oopslab headers > oopslab.h         (for an editor, or for a compiler that you call yourself)
  $ oopslab headers --json

Exit status: 0 done, 2 bad usage or input.`;

/** `oopslab headers` */
export const headersCommand = defineCommand({
  name: 'headers',
  description: 'print oopslab.h, the C header for candidates: structs, constants, what may be called',
  options: (command) =>
    withLibrary(command).option('--release <name>', 'the kernel release', DEFAULT_RELEASE),
  json: 'print one JSON document instead of text',
  help: HELP,
  run(_io, options: LibraryOptions & { release: string }) {
    const release = loadRelease(options.release, librariesOf(options));
    const header = headerText(release);
    const document = (): HeadersDocument => ({
      release: release.name,
      callable: callablesOf(release).map(listCallable),
      header,
    });
    return { json: document, text: () => header };
  },
});
