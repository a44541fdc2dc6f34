import { defineCommand } from '../command.js';
import { withLibrary } from '../library-option.js';

const HELP = `
A candidate is a shipped one by its name (all of them by default), a .c, .S or .o file, or a variant of a --library.
docs/check.md says how to check a fix of your own, and what is checked.

Examples:
  $ oopslab check
  $ oopslab check terminate-before-convert --runs 100000
  $ oopslab check --new my-fix          (writes my-fix.c, a starting point)
  $ oopslab check my-fix.c
  $ oopslab check bug --path 0:7        (one world again)
  $ oopslab check --shard 1/2 --out 1.json; oopslab check --shard 2/2 --out 2.json; oopslab check --merge 1.json 2.json

Exit status: 0 every verdict as expected (yours should hold), 1 one is not, 2 bad usage or input, 130 interrupted.`;

/** `oopslab check`: its options and its help. */
export const command = defineCommand({
  name: 'check',
  description: 'look for worlds that break a version of a function: a fix of your own, or a shipped one',
  options: (command) =>
    withLibrary(command)
      .argument(
        '[candidates...]',
        'shipped ones by name (default: all), or .c, .S, .o files; with --merge, shards',
      )
      .option('--scenario <scenario>', 'name or file of a scenario that says what to check', 'mount-arena')
      .option(
        '--runs <count>',
        'worlds to try for each candidate (default: 10000; with --time as many as it can)',
      )
      .option('--seed <number>', 'another seed gives other worlds', '1')
      .option('--path <block:path>', 'one world again, by the path that --json gives')
      .option('--jobs <count>', 'workers at a time; the result is the same (default: the number of cores)')
      .option('--time <seconds>', 'stop after so long with each candidate')
      .option('--shard <i/n>', 'every n-th block of worlds, from the i-th on; --merge makes them a whole')
      .option('--out <file>', 'write the result of a --shard there')
      .option('--merge', 'the arguments are results of all shards: give the verdicts')
      .option('--junit <file>', 'write the verdicts as JUnit XML too')
      .option(
        '--counterexamples <folder>',
        'where counterexamples are kept, and tried first',
        'counterexamples',
      )
      .option('--new <name>', 'write NAME.c, a starting point for a candidate, and check nothing')
      .option('--cc <command>', 'the compiler (default: CC of the environment, gcc or clang)')
      .option('--cflags <flags>', 'further flags for the compiler, as "-O1 -DFIX=2"')
      .option('--verbose', 'show the command that compiles'),
  json: 'print one JSON document instead of the table',
  help: HELP,
  load: () => import('../check.js'),
});
