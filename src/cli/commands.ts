// The commands with their options and help, in the order of the help. What a command does is loaded when it runs.
// Over 300 lines because it is one list: most of it is the text of the help.

import { type Command, InvalidArgumentError } from 'commander';
import { DEFAULT_RELEASE } from '../release/default-release.js';
import type { ValueSize } from '../forensics/pair.js';
import type { Definition } from './command.js';
import { withEngine, withKernel, withLibrary, withRepeatable, withRuns, withScenario } from './options.js';

const withRelease = (command: Command): Command =>
  withLibrary(command).option('--release <name>', 'the kernel release', DEFAULT_RELEASE);

const withKernels = (command: Command): Command =>
  withKernel(command)
    .option('--release <release>', 'of several kernels this one: 6.1.0-57-amd64')
    .option('--module <name>', 'ask a module of it: ext4');

const offsetOf = (text: string): bigint => {
  if (!/^0x[\da-f]{1,16}$/u.test(text)) throw new InvalidArgumentError('It is a number as 0x1e000000.');
  return BigInt(text);
};

const sizeOf = (text: string): ValueSize => {
  if (!/^[1248]$/u.test(text)) throw new InvalidArgumentError('It is 1, 2, 4 or 8.');
  return Number(text) as ValueSize;
};

const reportNumber = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/u.test(text)) throw new InvalidArgumentError('It is a number from 1.');
  return Number(text);
};

/** Every command, by its name. */
export const COMMANDS: Readonly<Record<string, Definition>> = {
  replay: {
    description: 'run a scenario and tell the story: steps, out-of-bounds accesses, outcome, oops',
    options: (command) =>
      withScenario(command)
        .option('--record <file>', 'keep the recording in this file')
        .option('--kasan', 'print a report for each finding instead of the story, in the manner of KASAN'),
    json: 'print one JSON document instead of the story',
    help: `
Examples:
  $ oopslab replay
  $ oopslab replay shm-close-control
  $ oopslab replay --set prepath=/team --set previous=zero
  $ oopslab replay --record crash.rec; oopslab oops --recording crash.rec
  $ oopslab replay --json
  $ oopslab replay --kasan

Parameters: oopslab scenarios lists the parameters of each scenario. In a text, \\xHH is a byte and \\\\ a backslash.

Exit status: 0 the run ended as the scenario expects, 1 it did not, 2 bad usage or input.`,
    load: () => import('./replay.js'),
  },
  oops: {
    description: "print the kernel's report of a scenario, exactly as the kernel prints it",
    options: (command) =>
      withScenario(command)
        .option('--full', 'with the "cut here" line before it and the end trace after it')
        .option('--provenance', 'mark which words were computed, carried or given'),
    json: 'print one JSON document: the text, and where each word comes from',
    help: `
Examples:
  $ oopslab oops
  $ oopslab oops --full
  $ oopslab oops --provenance
  $ oopslab oops | ./scripts/decodecode      (in a kernel tree)

Exit status: 0 there is a report, 1 the run ended without one, 2 bad usage or input.`,
    load: () => import('./oops.js'),
  },
  crash: {
    description: 'a crash> prompt on the machine at the trap',
    options: (command) =>
      withRepeatable(withScenario(command), '-c, --command <command>', 'run this command and exit'),
    json: 'with -c: print one JSON document instead of text',
    help: `
Examples:
  $ oopslab crash                                      a prompt; help lists its commands
  $ oopslab crash -c 'bt -FF'
  $ oopslab crash -c 'struct file.private_data 0xffff8800148fcb80' -c 'ipcs -m'
  $ oopslab crash shm-close-control -c 'kmem -s size-32'
  $ echo 'search 0xffff88037a645680' | oopslab crash

Exit status: 0 done, 2 bad usage or input; with -c and from a pipe also when a command is wrong.`,
    load: () => import('./crash.js'),
  },
  diff: {
    description: 'find where two runs diverge, and what differs at the end',
    options: (command) =>
      withEngine(withLibrary(command))
        .argument('<a>', 'a recording or a scenario')
        .argument('<b>', 'another one'),
    json: 'print one JSON document instead of text',
    help: `
A and B are recordings (files that replay --record wrote), names of scenarios, or scenario files.

Examples:
  $ oopslab diff shm-close-bug shm-close-control
  $ oopslab replay --set previous=zero --record zero.rec; oopslab diff shm-close-bug zero.rec
  $ oopslab diff shm-close-bug shm-close-control --json

Exit status: 0 they are the same, 1 they differ, 2 bad usage or input.`,
    load: () => import('./diff.js'),
  },
  compare: {
    description:
      'find the kind of damage that turns one value into another, and the one that fits all samples',
    options: (command) =>
      command
        .usage('[options] EXPECTED FOUND [EXPECTED FOUND]...')
        .argument('<values...>', 'the value that should have been there and the one that was, alternating')
        .option(
          '--size <bytes>',
          'bytes in each value: 1, 2, 4 or 8 (default: 8 if one needs or shows 64 bits)',
          sizeOf,
        )
        .option('--hex', 'bare digits are hexadecimal')
        .option('--dec', 'bare digits without letters are decimal, even if there are 16')
        .option('--common', 'print only what all pairs have in common')
        .allowUnknownOption(), // -EINVAL and -0x16 are values; true options are refused below
    json: 'print one JSON document instead of text',
    help: `
Values, each read on its own:
  13008943, -22           decimal: digits alone
  ffff880008012f80        hexadecimal: digits with a letter a to f among them, or 16 digits, as dumps print them
  0xc6802f, 0d13008943    always hexadecimal, always decimal; also --hex and --dec, for all bare digits
  -EINVAL, -0x16          an error number by name; a negative number
  2f:80:c6:00             bytes in memory order
Where a value could have been meant otherwise, a note says how it was read and how to write the other. A value has 64
bits if one of its pair needs or shows them, otherwise 32.

How sure a finding is:
  certain    it states only what the bits show
  likely     fewer than one in a hundred random changes of the same bytes would fit as well
  possible   it fits, but many other changes would

Examples:
  $ oopslab compare 13008943 13008988
  $ oopslab compare 13008943 13008988 ffff880008012f80 ffff880008015c80   (what fits both?)
  $ oopslab compare 0x12 0x1200 --size 2
  $ oopslab compare ffff8803f382cc60 -ENOMEM
  $ oopslab compare 13008943 13008988 98304 98381 --common
  $ oopslab compare 2f:80:c6:00 5c:80:c6:00 --json

Exit status: 0 done, whether or not anything differs; 2 bad usage or input.`,
    load: () => import('./compare.js'),
  },
  decode: {
    description: 'read the kernel reports of any text: an oops, a warning, a BUG, a lockup',
    options: (command) =>
      withKernel(withLibrary(command))
        .argument('[FILE]', 'a text with kernel reports (default: standard input)')
        .option('--md', 'print Markdown, to paste into a bug report')
        .option('--code <file>', "the function's bytes: an ELF object, a vmlinux, or the name of a snippet")
        .option('--full', 'print everything: registers, code, stack, traces, and every finding')
        .option('--types', 'with --kernel: print the struct of the wanted field, with all offsets, too')
        .option('--report <n>', 'print this one of several reports', reportNumber)
        .option('--each', 'print every report, as they are found: for a text that does not end')
        .option(
          '--redact',
          'give other names to hosts, users, programs, addresses, serial numbers and private paths',
        )
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
  $ oopslab decode console.log --kernel /
  $ journalctl -k -b -1 | oopslab decode --md
  $ dmesg | oopslab decode --json

Exit status: 0 a report was found, 1 none was, 2 bad usage or a file that cannot be read.`,
    load: () => import('./decode.js'),
  },
  lineage: {
    description: 'show where each named value lived and died, and which instruction ended it',
    options: (command) =>
      withScenario(command)
        .option('--run', 'what happened in this run (the default)')
        .option('--analyst', 'what can be concluded from the published bytes alone')
        .option('--value <name>', 'this value only: vma, "sfd->id"')
        .option('--at <location>', 'which values are still known at shm_close+0x3e, and where?')
        .option('--step <name>', "another step's call instead of the last one")
        .option('--all', 'every step, with computed values')
        .option('--chart', 'a time line: places as rows, instructions as columns, values as letters'),
    json: 'print one JSON document; with --at, the values known there',
    help: `
Views: --run (the default) shows what happened in this run, from all code that ran. --analyst shows what follows from
the published bytes alone: a call of any other code may have changed everything that the ABI lets it change, and all
memory except the callers' stack. --at asks what can still be known, and so implies --analyst unless --run is given.

The last call is shown; --step selects another one, --all all of them, with computed values.

Examples:
  $ oopslab lineage
  $ oopslab lineage --analyst --value file
  $ oopslab lineage --at shm_close+0x3e
  $ oopslab lineage --chart
  $ oopslab lineage --step mount --value path
  $ oopslab lineage --json --all

Exit status: 0 done, 2 bad usage or input.`,
    load: () => import('./lineage.js'),
  },
  why: {
    description: 'tell why: from the trap, or any value, back to its cause, link by link',
    options: (command) =>
      withScenario(command)
        .argument(
          '[place]',
          'rax, OBJECT.FIELD, [0x…:4], result@FUNCTION, RSI, stack[3]; then @STEP or @symbol+0x3e',
        )
        .option('--control <scenario>', 'compare with this scenario or recording')
        .option('--all', 'everything that the value depends on: the full backward slice')
        .option('--dot', 'the chain as a graph, for Graphviz'),
    json: 'print one JSON document; with --all the slice, too',
    help: `
Without a place: the bad value of the trap; without a trap, the first thing that was found wrong. A place is looked at
before the instruction that trapped, or at the end, or at a moment: rax@838, rax@FUNCTION+0x33 (the last time).

A link is a step at which the value was made from others, was compared so that a branch went its way, was written by
somebody else, or became stale; plain copies are folded. Of several sources the chain follows the one that differs from
the control, the same scenario without the cause, which the scenario names. With --recording, --control adds one.

Examples:
  $ oopslab why
  $ oopslab why slabinfo-bug
  $ oopslab why result@idr_find
  $ oopslab why shm-close-bug RSI
  $ oopslab why 'stack[3]' --json
  $ oopslab why sfd.id@shm_close+0x25
  $ oopslab why --all
  $ oopslab why --dot

Exit status: 0 done, 2 bad usage or input.`,
    load: () => import('./why.js'),
  },
  chart: {
    description: 'draw a picture for slides, as SVG: the lineage, the slab page, or the map of path lengths',
    options: (command) =>
      withRepeatable(
        withRepeatable(
          withScenario(command.argument('<picture>', 'lineage, slab, sweep')),
          '--value <name>',
          'lineage: this value only',
        ),
        '--previous <contents>',
        'sweep: a row, as --set previous= takes it',
      )
        .option('-o, --output <file>', 'write this file; - for stdout (the default)')
        .option('--analyst', 'lineage: what follows from the published bytes alone')
        .option('--step <name>', "lineage: another step's call instead of the last one")
        .option('--lengths <from-to>', 'sweep: bytes of path (default: "1-40")'),
    help: `
Pictures, as SVG of 1600 by 900 for slides (higher where there is much to show):
  lineage  where each value lived, and the instruction that ended each copy
  slab     the page of the slab heap before and after the call that wrote out of bounds, and the bytes that it hit
  sweep    which lengths of path corrupt their neighbour, against what the slot held before; every cell is run

Examples:
  $ oopslab chart lineage -o lineage.svg
  $ oopslab chart lineage --value vma --value file --value sfd -o three-values.svg
  $ oopslab chart slab -o slab.svg
  $ oopslab chart slab slabinfo-bug -o second-victim.svg
  $ oopslab chart sweep -o sweep.svg
  $ oopslab chart sweep --lengths 1-16 --previous shm_file_data --previous zero -o seven-or-eight.svg

Exit status: 0 done, 2 bad usage or input.`,
    load: () => import('./chart.js'),
  },
  detectors: {
    description:
      'run a scenario under each debug option of a kernel: caught or not, where, how late, at what cost',
    options: (command) =>
      withRepeatable(
        withRuns(command),
        '--detector <id>',
        'this one only: slab-debug, poison, kfence-left, kfence-right, kasan',
      ).option('--chart <file>', 'draw a picture too, as SVG; - for stdout, in place of the text'),
    json: 'print one JSON document instead of text',
    help: `
The same scenario runs with nothing, with red zones, poison and last user (CONFIG_DEBUG_SLAB), with poison alone, with
each object after a guard page and before one (KFENCE's two sides), and with a byte shadow (KASAN). Everything that is
said of them comes from those runs: docs/detectors.md.

Examples:
  $ oopslab detectors
  $ oopslab detectors slabinfo-bug
  $ oopslab detectors --detector kasan --set prepath=/team
  $ oopslab detectors --chart detectors.svg
  $ oopslab detectors --json

Exit status: 0 done, whatever was caught; 2 bad usage or input.`,
    load: () => import('./detectors.js'),
  },
  serve: {
    description: 'serve the page of report on this machine',
    options: (command) =>
      withScenario(command)
        .option('--port <number>', 'the port to listen on; 0 for any that is free', '0')
        .option('--compare <scenario>', 'show this scenario, or recording, beside it')
        .option('--alone', 'show one run only'),
    help: `
Prints the address of the page, and serves it until Ctrl-C. Only this machine can open it, and no files are served. The
page is that of oopslab report: it runs everything itself, and asks the server for nothing more.

Examples:
  $ oopslab serve
  $ oopslab serve slabinfo-bug --port 8000
  $ oopslab serve --set prepath=/team --set tree=x
  $ oopslab serve bounded-copy --library examples/bounded-copy

Exit status: 2 bad usage or input, 130 ended with Ctrl-C.`,
    load: () => import('./serve.js'),
  },
  lesson: {
    description: 'take a course: replays, questions whose answers are computed, reasons for wrong ones',
    options: (command) =>
      withEngine(withLibrary(command))
        .argument('[name]', 'a lesson, the path of a Markdown file, or a case folder; without it, the list')
        .option('--answers', 'print the key, with the facts that it rests on')
        .option('--script <file>', 'play the answers in this file')
        .option('--reset', 'forget the progress in this lesson')
        .option('--new <name>', 'write NAME.md, a starting point with comments; no file is overwritten')
        .option('--scenario <scenario>', 'with --new: its subject'),
    json: 'print one JSON document: the list, the key, or the result of a script',
    help: `
At a question: an answer, hint, skip, again or quit; show, oops, dis FUNCTION, why PLACE or crash COMMAND look at the run.
Answers are read liberally: rbx or %rbx, [rsp+8] or 8(%rsp), shm_close+0xb or shm_close+11, decimal or 0x. A hint
costs points, and a wrong answer a point more than the dearest hint (of two choices, all): asking is cheaper than
guessing. What cannot be read costs nothing. Progress is kept in lessons.json, in the folder OOPSLAB_STATE, otherwise in $XDG_STATE_HOME/oopslab, otherwise in ~/.local/state/oopslab.

A script has one answer on each line, as typed at the terminal, or "ID: answer"; # begins a comment. No progress is kept.

Examples:
  $ oopslab lesson                                   the list in order, with your progress and what is next
  $ oopslab lesson reading-an-oops
  $ oopslab lesson who-has-the-vma --answers         the computed key, for a trainer
  $ oopslab lesson which-id --script answers.txt     play answers
  $ oopslab lesson --new my-lesson --scenario my.yaml

Exit status: 0 done, with --script all answers right; 1 with --script not all right; 2 bad usage or input.`,
    load: () => import('./lesson.js'),
  },
  check: {
    description: 'look for worlds that break a version of a function: your own fix, or a shipped one',
    options: (command) =>
      withEngine(withLibrary(command))
        .argument(
          '[candidates...]',
          'names of shipped ones (default: all), or .c, .S, .o files; with --merge, shards',
        )
        .option('--scenario <scenario>', 'name or file of the scenario that defines the check', 'mount-arena')
        .option('--runs <count>', 'worlds to try for each candidate (default: 10000; with --time, no limit)')
        .option('--seed <number>', 'another seed gives other worlds', '1')
        .option('--path <block:path>', 'one world again, by the path that --json gives')
        .option('--jobs <count>', 'workers at a time; the result is the same (default: the number of cores)')
        .option(
          '--time <seconds>',
          'end the search of each candidate after this time, at the next block of 1000 worlds; it then holds "so far"',
        )
        .option(
          '--budget <instructions>',
          'for a world that has used up the budget of the scenario, before it counts as slow (default: 20000000)',
        )
        .option(
          '--exhaustive <bytes>',
          'all worlds with texts of up to so many bytes, in place of drawn ones',
        )
        .option('--thorough', 'run the costly comparisons in all worlds, not in a share of them')
        .option(
          '--like <candidate>',
          'a trusted version, a .c, .S or .o file or a name: all must do what it does',
        )
        .option('--require-complete', 'exit code 1 too where code never ran, or not all worlds were tried')
        .option('--coverage <file>', 'write the code of the candidates there, with what of it ran')
        .option(
          '--shard <i/n>',
          'every n-th block of worlds, starting at the i-th; --merge joins the results',
        )
        .option('--out <file>', 'write the result of a --shard to this file')
        .option('--merge', 'the arguments are the results of all shards: print the verdicts')
        .option('--junit <file>', 'write the verdicts as JUnit XML too')
        .option(
          '--counterexamples <folder>',
          'where counterexamples are kept, and tried first (default: "counterexamples")',
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
  $ oopslab check my-fix.c --coverage ran.txt --require-complete
  $ oopslab check my-fix.c --like old.c (do both always do the same?)
  $ oopslab check bug --path 0:7        (one world again)
  $ oopslab check --shard 1/2 --out 1.json; oopslab check --shard 2/2 --out 2.json; oopslab check --merge 1.json 2.json

Ctrl-C ends the search: the table so far is printed, and what was found is kept. A second one ends at once.

Exit status: 0 every verdict is as expected (yours should hold), 1 one is not, 2 bad usage or input, 130 interrupted.`,
    load: () => import('./check.js'),
  },
  report: {
    description: 'write one HTML file in which a run can be explored, in any browser, offline',
    options: (command) =>
      withScenario(command)
        .option('-o, --output <file>', 'the file to write; - is stdout')
        .option('--compare <scenario>', 'show this scenario, or recording, beside it')
        .option('--alone', 'show one run only'),
    help: `
The file is self-contained: it loads nothing and connects to nothing. Without -o, or with -o -, it is written to stdout.

A scenario is shown beside its control, with the same parameters, if it has one; --compare names another
scenario or a recording, --alone shows no second run. A recording is shown alone unless --compare is given.

Examples:
  $ oopslab report -o report.html
  $ oopslab report slabinfo-bug -o report.html
  $ oopslab report --set prepath=/team -o report.html
  $ oopslab report --recording crash.rec --compare shm-close-control -o report.html

Exit status: 0 done, 2 bad usage or input.`,
    load: () => import('./report.js'),
  },
  site: {
    description:
      'write a folder of pages: one that reads kernel reports in the browser, and those of the casebook',
    options: (command) =>
      withEngine(withLibrary(command)).option(
        '-o, --output <folder>',
        'the folder to write; one that this command made is written anew',
        'site',
      ),
    help: `
index.html decodes the reports that are pasted into it, or dropped on it, in the browser: nothing is sent anywhere. The
other pages are those of "oopslab report", for every scenario that says what is wrong in it. They need no server: a
browser opens them as files, and any web server serves them.

A folder that holds anything else is refused.

Examples:
  $ oopslab site
  $ oopslab site -o public/oopslab

Exit status: 0 done, 2 bad usage or input.`,
    load: () => import('./site.js'),
  },
  step: {
    description: 'step through a run on the whole screen, forward and back',
    options: (command) =>
      withScenario(command).option(
        '--script <file>',
        'take keys from a file (- for stdin) and print the screens; needs no terminal',
      ),
    help: `
Keys are those of gdb, less and vim: s step, n over a call, b back, f finish, F back to the call, w and W next and
previous write to the place under the cursor, / search, g the guilty write, t the trap, ? all keys, q quit.

Examples:
  $ oopslab step
  $ oopslab step shm-close-control
  $ oopslab step --recording crash.rec
  $ oopslab step --script keys.txt           the screens that keys.txt requests, as text
  $ echo 'g s screen' | oopslab step --script -

Exit status: 0 done, 2 bad usage or input, 130 interrupted.`,
    load: () => import('./step.js'),
  },
  dis: {
    description:
      'disassemble a snippet, with source lines and where its bytes come from; with --kernel a function of a real kernel, with its fields in C',
    options: (command) =>
      withKernel(withLibrary(command))
        .argument(
          '<symbol>',
          'a function that has bytes, or function.variant; oopslab snippets lists them; with +OFFSET that instruction gets an arrow',
        )
        .option('--release <name>', 'the kernel release; with --kernel, which of several', DEFAULT_RELEASE)
        .option('--module <name>', 'with --kernel: the module that the function is in')
        .option('--bytes', 'with the bytes of each instruction'),
    json: 'print one JSON document instead of text',
    help: `
Examples:
  $ oopslab dis shm_close
  $ oopslab dis shm_close+0x3e                               (with an arrow at that instruction)
  $ oopslab dis shm_close --bytes
  $ oopslab dis convert_delimiter --json
  $ oopslab dis cifs_build_path_to_root.terminate-first      (a variant)
  $ oopslab dis vfs_read --kernel /                          (of the kernel that is installed here)
  $ oopslab dis cifs_build_path_to_root+0x67 --kernel linux-image.deb --module cifs

Exit status: 0 done, 2 bad usage or input.`,
    load: () => import('./dis.js'),
  },
  struct: {
    description: 'print a struct of an installed kernel: the offset and the size of each member',
    options: (command) =>
      withKernels(command.argument('<name>', 'a struct, union or typedef; with .MEMBER that member of it')),
    json: 'print one JSON document instead of text',
    help: `
The types are those that the kernel has in itself (BTF): no debug information is needed. Members are printed with offset
and size in bytes, as pahole does. Members of pointers are not followed.

Examples:
  $ oopslab struct vm_area_struct --kernel /
  $ oopslab struct file.f_path.dentry --kernel /boot/vmlinuz-6.1.0-57-amd64
  $ oopslab struct cifs_sb_info --module cifs --kernel / --release 6.1.0-57-amd64
  $ oopslab struct page --kernel linux-image-6.1.0-57-amd64_6.1.192-3_amd64.deb --json

Exit status: 0 done, 2 bad usage or input, or there is no such struct.`,
    load: () => import('./struct.js'),
  },
  whatis: {
    description: 'tell what lies at an address of an installed kernel, or under the name of a symbol',
    options: (command) =>
      withKernels(
        command.argument(
          '<place>',
          'an address, or a symbol; with +OFFSET that place in it, with [MODULE] in a module',
        ),
      ).option('--offset <bytes>', 'how far the kernel was moved: "Kernel Offset" of a report', offsetOf),
    json: 'print one JSON document instead of text',
    help: `
Function and offset, prototype, source line of a BUG or WARN, where a fault goes on, per-CPU variables with their types:
what the image says itself, without debug information.

Examples:
  $ oopslab whatis shm_close+0x15 --kernel /
  $ oopslab whatis 0xffffffff81433e65 --kernel /boot/vmlinuz-6.1.0-57-amd64
  $ oopslab whatis ffffffff9f433e65 --offset 0x1e000000 --kernel /
  $ oopslab whatis 'cifs_mount+0x67/0x320 [cifs]' --kernel / --json

Exit status: 0 done, 2 bad usage or input, or nothing is known there.`,
    load: () => import('./whatis.js'),
  },
  new: {
    description: 'write a folder with a case of your own: C, scenario, control, lesson; it works at once',
    options: (command) =>
      command
        .argument('<name>', 'the folder to write; its last part is the name of the case')
        .option(
          '--template <kind>',
          'overrun, use-after-free, double-free, list-corruption, refcount, uninitialised, null-dereference or type-confusion',
        ),
    json: 'print one JSON document instead of text',
    help: `
Every command that takes a scenario takes such a folder. Its C is compiled with CC, gcc or clang when it has changed;
what the compiler made is kept in case.json, so that nobody else needs one.

Examples:
  $ oopslab new my-case --template use-after-free
  $ oopslab replay my-case/
  $ oopslab lesson my-case/

Exit status: 0 done, 2 bad usage or input.`,
    load: () => import('./new.js'),
  },
  headers: {
    description: 'print oopslab.h, the C header for candidates: structs, constants, what may be called',
    options: withRelease,
    json: 'print one JSON document instead of text',
    help: `
A candidate in C that "oopslab check" compiles can include "oopslab.h": no copy needs to be saved.

Examples:
  $ oopslab headers > oopslab.h         (for an editor, or for your own compiler command)
  $ oopslab headers --json

Exit status: 0 done, 2 bad usage or input.`,
    load: () => import('./headers.js'),
  },
  scenarios: {
    description: 'list the scenarios that can be replayed, and their parameters',
    options: withLibrary,
    json: 'print one JSON document: titles, claims and parameters',
    help: `
Examples:
  $ oopslab scenarios
  $ oopslab scenarios --json
  $ oopslab scenarios --library ./my-cases

Exit status: 0 done, 2 bad usage or input.`,
    load: () => import('./scenarios.js'),
  },
  snippets: {
    description: 'list the functions that have machine code, and those that are stubs',
    options: withRelease,
    json: 'print one JSON document instead of text',
    help: `
Examples:
  $ oopslab snippets
  $ oopslab snippets --json
  $ oopslab snippets --library ./my-cases

Exit status: 0 done, 2 bad usage or input.`,
    load: () => import('./snippets.js'),
  },
  doctor: {
    description: 'report what was found on this machine, what is missing and how to get it',
    json: 'print one JSON document instead of text',
    help: `
Examples:
  $ oopslab doctor
  $ oopslab doctor --json
  $ OOPSLAB_LIBUNICORN=/opt/unicorn/lib/libunicorn.so.2 oopslab doctor

Exit status: 0 nothing is missing, 1 something required is missing, 2 bad usage.`,
    load: () => import('./doctor.js'),
  },
  help: {
    description: 'print help for a command',
    options: (command) => command.argument('[command]', 'one of the commands of oopslab --help'),
    help: '',
    load: () => import('./help.js'),
  },
};
