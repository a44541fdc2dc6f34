import { DEFAULT_RELEASE } from '../../release/default-release.js';
import { defineCommand } from '../command.js';
import { withLibrary } from '../library-option.js';

/** `oopslab snippets`: its options and its help. */
export const command = defineCommand({
  name: 'snippets',
  description: 'list the functions that have machine code, and those that are stubs',
  options: (command) =>
    withLibrary(command).option('--release <name>', 'the kernel release', DEFAULT_RELEASE),
  json: 'print one JSON document instead of text',
  help: `
Examples:
  $ oopslab snippets
  $ oopslab snippets --json
  $ oopslab snippets --library ./my-cases

Exit status: 0 done, 2 bad usage or input.`,
  load: () => import('../snippets.js'),
});
