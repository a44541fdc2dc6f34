import { defineCommand } from '../command.js';
import { withLibrary } from '../library-option.js';

/** `oopslab decode`: its options and its help. */
export const command = defineCommand({
  name: 'decode',
  description: 'read the kernel reports of any text: an oops, a warning, a BUG, a lockup',
  options: (command) =>
    withLibrary(command)
      .argument('[FILE]', 'a text with kernel reports (default: standard input)')
      .option('--md', 'print Markdown, to paste into a bug report')
      .option('--code <file>', "the function's bytes: an ELF object, a vmlinux, or the name of a snippet")
      .option('--decodecode', 'print the listing of scripts/decodecode alone'),
  json: 'print one JSON document instead of text',
  help: `
FILE is any text with reports of x86-64 kernels in it: a console log, dmesg, a journal, syslog, a mail, a bug report.
Kernels from 2.6 to today; with levels, time stamps, host names, quoting, wrapped lines, or unrelated lines in between.
Without FILE it reads standard input. A text of any length is read as a stream.

Examples:
  $ oopslab oops | oopslab decode
  $ oopslab oops | oopslab decode --code shm_close
  $ oopslab oops | oopslab decode --decodecode
  $ oopslab decode console.log
  $ oopslab decode console.log --code vmlinux
  $ journalctl -k -b -1 | oopslab decode --md
  $ dmesg | oopslab decode --json

Exit status: 0 a report was found, 1 none was, 2 bad usage or a file that cannot be read.`,
  load: () => import('../decode.js'),
});
