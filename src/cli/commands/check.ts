import { defineCommand } from '../command.js';
import { withLibrary } from '../library-option.js';

/** `oopslab check`: its options and its help. */
export const command = defineCommand({
  name: 'check',
  description: 'look for worlds that break a version of a function: your own fix, or a shipped one',
  options: (command) =>
    withLibrary(command)
      .argument(
        '[candidates...]',
        'names of shipped ones (default: all), or .c, .S, .o files; with --merge, shards',
      )
      .option('--scenario <scenario>', 'name or file of the scenario that defines the check', 'mount-arena')
      .option('--runs <count>', 'worlds to try for each candidate (default: 10000; with --time, no limit)')
      .option('--seed <number>', 'another seed gives other worlds', '1')
      .option('--path <block:path>', 'one world again, by the path that --json gives')
      .option('--jobs <count>', 'workers at a time; the result is the same (default: the number of cores)')
      .option('--time <seconds>', 'stop each candidate after this time')
      .option('--shard <i/n>', 'every n-th block of worlds, starting at the i-th; --merge joins the results')
      .option('--out <file>', 'write the result of a --shard to this file')
      .option('--merge', 'the arguments are the results of all shards: print the verdicts')
      .option('--junit <file>', 'write the verdicts as JUnit XML too')
      .option(
        '--counterexamples <folder>',
        'where counterexamples are kept, and tried first',
        'counterexamples',
      )
      .option('--new <name>', 'write NAME.c, a starting point for a candidate, and check nothing')
      .option('--cc <command>', 'the compiler (default: CC of the environment, gcc or clang)')
      .option('--cflags <flags>', 'more flags for the compiler, such as "-O1 -DFIX=2"')
      .option('--verbose', 'show the compiler command'),
  json: 'print one JSON document instead of the table',
  help: `
A candidate is the name of a shipped one (default: all of them), a .c, .S or .o file, or a variant of a --library.
docs/check.md describes what is checked, and how to check your own fix.

Examples:
  $ oopslab check
  $ oopslab check terminate-before-convert --runs 100000
  $ oopslab check --new my-fix          (writes my-fix.c, a starting point)
  $ oopslab check my-fix.c
  $ oopslab check bug --path 0:7        (one world again)
  $ oopslab check --shard 1/2 --out 1.json; oopslab check --shard 2/2 --out 2.json; oopslab check --merge 1.json 2.json

Exit status: 0 every verdict is as expected (yours should hold), 1 one is not, 2 bad usage or input, 130 interrupted.`,
  load: () => import('../check.js'),
});
