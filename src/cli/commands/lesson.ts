import { defineCommand } from '../command.js';
import { withLibrary } from '../library-option.js';

/** `oopslab lesson`: its options and its help. */
export const command = defineCommand({
  name: 'lesson',
  description: 'take a course: replays, questions whose answers are computed, reasons for wrong ones',
  options: (command) =>
    withLibrary(command)
      .argument('[name]', 'a lesson, or the path of a Markdown file; without it, the list')
      .option('--answers', 'print the key, with the facts that it rests on')
      .option('--script <file>', 'play the answers in this file')
      .option('--reset', 'forget the progress in this lesson')
      .option('--new <name>', 'write NAME.md, a starting point with comments; no file is overwritten')
      .option('--scenario <scenario>', 'with --new: its subject'),
  json: 'print one JSON document: the list, the key, or the result of a script',
  help: `
At a question: an answer, hint, skip, again or quit. Answers are read liberally: rbx or %rbx, [rsp+8] or 8(%rsp),
shm_close+0xb or shm_close+11, decimal or 0x. A hint costs points. Progress is kept in lessons.json, in the
folder OOPSLAB_STATE, otherwise in $XDG_STATE_HOME/oopslab, otherwise in ~/.local/state/oopslab.

A script has one answer on each line, as typed at the terminal, or "ID: answer"; # begins a comment. No progress is kept.

Examples:
  $ oopslab lesson                                   the list, with your progress
  $ oopslab lesson reading-an-oops
  $ oopslab lesson who-has-the-vma --answers         the computed key, for a trainer
  $ oopslab lesson which-id --script answers.txt     play answers
  $ oopslab lesson --new my-lesson --scenario my.yaml

Exit status: 0 done, with --script all answers right; 1 with --script not all right; 2 bad usage or input.`,
  load: () => import('../lesson.js'),
});
