import { DEFAULT_RELEASE } from '../../release/default-release.js';
import { defineCommand } from '../command.js';
import { withLibrary } from '../library-option.js';

/** `oopslab headers`: its options and its help. */
export const command = defineCommand({
  name: 'headers',
  description: 'print oopslab.h, the C header for candidates: structs, constants, what may be called',
  options: (command) =>
    withLibrary(command).option('--release <name>', 'the kernel release', DEFAULT_RELEASE),
  json: 'print one JSON document instead of text',
  help: `
A candidate in C that "oopslab check" compiles can include "oopslab.h": no copy needs to be saved.

Examples:
  $ oopslab headers > oopslab.h         (for an editor, or for your own compiler command)
  $ oopslab headers --json

Exit status: 0 done, 2 bad usage or input.`,
  load: () => import('../headers.js'),
});
