import { DEFAULT_RELEASE } from '../../release/default-release.js';
import { defineCommand } from '../command.js';
import { withLibrary } from '../library-option.js';

/** `oopslab dis`: its options and its help. */
export const command = defineCommand({
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
  help: `
Examples:
  $ oopslab dis shm_close
  $ oopslab dis shm_close+0x3e                               (with an arrow at that instruction)
  $ oopslab dis shm_close --bytes
  $ oopslab dis convert_delimiter --json
  $ oopslab dis cifs_build_path_to_root.terminate-first      (a variant)

Exit status: 0 done, 2 bad usage or input.`,
  load: () => import('../dis.js'),
});
