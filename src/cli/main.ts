#!/usr/bin/env node
// The command line: which commands there are, and what becomes of errors.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { packageFolder } from '../base/package-folder.js';
import { EXIT, endOnFailedWrite, fail, failUsage } from './output.js';

const version = (): string =>
  (JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string }).version;

// In the order of the help. A start loads the one that it is about: all of them would double what it takes.
const COMMANDS: Readonly<Record<string, (program: Command) => Promise<Command>>> = {
  replay: async () => (await import('./replay.js')).replayCommand(),
  oops: async () => (await import('./oops.js')).oopsCommand(),
  crash: async () => (await import('./crash.js')).crashCommand(),
  diff: async () => (await import('./diff.js')).diffCommand(),
  compare: async () => (await import('./compare.js')).compareCommand(),
  decode: async () => (await import('./decode.js')).decodeCommand(),
  lineage: async () => (await import('./lineage.js')).lineageCommand(),
  chart: async () => (await import('./chart.js')).chartCommand(),
  serve: async () => (await import('./serve.js')).serveCommand(),
  lesson: async () => (await import('./lesson.js')).lessonCommand(),
  check: async () => (await import('./check.js')).checkCommand(),
  report: async () => (await import('./report.js')).reportCommand(),
  step: async () => (await import('./step.js')).stepCommand(),
  dis: async () => (await import('./dis.js')).disCommand(),
  headers: async () => (await import('./headers.js')).headersCommand(),
  scenarios: async () => (await import('./scenarios.js')).scenariosCommand(),
  snippets: async () => (await import('./snippets.js')).snippetsCommand(),
  doctor: async () => (await import('./doctor.js')).doctorCommand(),
  help: async (program) => (await import('./help.js')).helpCommand(program),
};

const HELP = `
Start with:
  $ oopslab replay                    tell the story of the shipped crash
  $ oopslab oops                      the kernel's report alone
  $ oopslab crash                     look around in the machine at the trap
  $ oopslab step                      step through it, forward and back
  $ oopslab report -o report.html     look at it in a browser
  $ oopslab diff shm-close-bug shm-close-control
  $ oopslab lesson                    learn it, with questions
  $ oopslab check                     which repairs hold, and what breaks the others

Exit status: 0 as expected, 1 not as expected, 2 bad usage or input, 130 interrupted.`;

// With --json stdout is one JSON document, so help and version, which are text, are not written there.
const makeProgram = async (names: readonly string[], json: boolean): Promise<Command> => {
  const program = new Command('oopslab')
    .description('Replays kernel crashes: runs the machine code, keeps a recording, reads the oops.')
    .version(version(), '--version', 'print the version of oopslab')
    .helpOption('--help', 'print help')
    .helpCommand(false)
    .addHelpText('after', HELP);
  for (const load of names.map((name) => COMMANDS[name]!)) {
    program.addCommand((await load(program)).helpOption('--help', 'print help'));
  }
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .configureOutput({ writeErr: () => undefined, ...(json ? { writeOut: () => undefined } : {}) });
  }
  return program;
};

// The name of an argument alone does not say what may stand there.
const withHint = ({ code, message }: CommanderError, command: string): string =>
  code === 'commander.missingArgument'
    ? `${message}; "oopslab ${command} --help" says what it takes`
    : message;

const main = async (): Promise<void> => {
  endOnFailedWrite();
  const [, , ...args] = process.argv;
  const json = args.includes('--json');
  const [asked = ''] = args;
  const names = Object.hasOwn(COMMANDS, asked) && asked !== 'help' ? [asked] : Object.keys(COMMANDS);
  const program = await makeProgram(names, json);
  if (args.length === 0) {
    process.stderr.write(program.helpInformation() + HELP + '\n');
    process.exitCode = EXIT.badInput;
    return;
  }
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) fail(error, json);
    else if (error.exitCode !== 0) failUsage(withHint(error, asked), json);
    else if (json) failUsage('--json is for results; ask for help or the version without it', json);
  }
};

await main();
