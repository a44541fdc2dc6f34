#!/usr/bin/env node
// The command line: which commands there are, and what becomes of errors.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { packageFolder } from '../package-folder.js';
import { compareCommand } from './compare.js';
import { crashCommand } from './crash.js';
import { diffCommand } from './diff.js';
import { disCommand } from './dis.js';
import { doctorCommand } from './doctor.js';
import { helpCommand } from './help.js';
import { lessonCommand } from './lesson.js';
import { lineageCommand } from './lineage.js';
import { oopsCommand } from './oops.js';
import { EXIT, endOnFailedWrite, fail, failUsage } from './output.js';
import { replayCommand } from './replay.js';
import { scenariosCommand } from './scenarios.js';
import { snippetsCommand } from './snippets.js';

const version = (): string =>
  (JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string }).version;

const HELP = `
Start with:
  $ oopslab replay                    tell the story of the shipped crash
  $ oopslab oops                      the kernel's report alone
  $ oopslab crash                     look around in the machine at the trap
  $ oopslab diff shm-close-bug shm-close-control
  $ oopslab lesson                    learn it, with questions

Exit status: 0 as expected, 1 not as expected, 2 bad usage or input, 130 interrupted.`;

const makeProgram = (): Command => {
  const program = new Command('oopslab')
    .description('Replays kernel crashes: runs the machine code, keeps a recording, reads the oops.')
    .version(version(), '--version', 'print the version of oopslab')
    .helpOption('--help', 'print help')
    .helpCommand(false)
    .addHelpText('after', HELP);
  for (const command of [
    replayCommand(),
    oopsCommand(),
    crashCommand(),
    diffCommand(),
    compareCommand(),
    lineageCommand(),
    lessonCommand(),
    disCommand(),
    scenariosCommand(),
    snippetsCommand(),
    doctorCommand(),
    helpCommand(program),
  ]) {
    program.addCommand(command.helpOption('--help', 'print help'));
  }
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
  }
  return program;
};

const main = async (): Promise<void> => {
  endOnFailedWrite();
  const program = makeProgram();
  const [, , ...args] = process.argv;
  const json = args.includes('--json');
  if (args.length === 0) {
    process.stderr.write(program.helpInformation() + HELP + '\n');
    process.exitCode = EXIT.badInput;
    return;
  }
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) fail(error, json);
    else if (error.exitCode !== 0) failUsage(error.message, json);
  }
};

await main();
