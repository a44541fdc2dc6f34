// `oopslab headers`: the C header that candidates include, generated from layouts and prototypes.

import { Command } from 'commander';
import { callablesOf } from '../candidate/callable.js';
import { type ListedCallable, listCallable } from '../candidate/callable-list.js';
import { headerText } from '../candidate/header.js';
import { DEFAULT_RELEASE, loadRelease } from '../release/snippet.js';
import { type LibraryOptions, librariesOf, withLibrary } from './library-option.js';
import { print, printJson } from './output.js';

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
export const headersCommand = (): Command =>
  withLibrary(new Command('headers'))
    .description('print oopslab.h, the C header for candidates: structs, constants, what may be called')
    .option('--release <name>', 'the kernel release', DEFAULT_RELEASE)
    .option('--json', 'print one JSON document instead of text')
    .addHelpText('after', HELP)
    .action((options: LibraryOptions & { release: string; json?: true }) => {
      const release = loadRelease(options.release, librariesOf(options));
      const header = headerText(release);
      if (options.json !== true) return print(header);
      const callable = callablesOf(release).map(listCallable);
      return printJson({ release: release.name, callable, header } satisfies HeadersDocument);
    });
