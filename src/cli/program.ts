// The command line: which commands there are, and what becomes of errors.

import { Command, CommanderError } from 'commander';
import { programName, withProgramName } from '../base/program-name.js';
import { makeCommand } from './command.js';
import { COMMANDS } from './commands.js';
import { EXIT, Io, type Streams } from './output.js';
import { versionText } from './version.js';

const HELP = withProgramName(`
Start with:
  $ oopslab replay                    tell the story of the shipped crash
  $ oopslab oops                      the kernel's report alone
  $ oopslab crash                     look around in the machine at the trap
  $ oopslab step                      step through it, forward and back
  $ oopslab report -o report.html     look at it in a browser
  $ oopslab diff shm-close-bug shm-close-control
  $ oopslab lesson                    learn it, with questions
  $ oopslab check                     which repairs hold, and what breaks the others

Exit status: 0 as expected, 1 not as expected, 2 bad usage or input, 130 interrupted.`);

// With --json stdout is one JSON document, so help and version, which are text, are not written there.
const makeProgram = (names: readonly string[], io: Io, json: boolean): Command => {
  const program = new Command('oopslab')
    .description('Replays kernel crashes: runs the machine code, keeps a recording, reads the oops.')
    .version(versionText(), '--version', 'print the versions of oopslab and Node')
    .helpOption('--help', 'print help')
    .helpCommand(false)
    .addHelpText('after', HELP);
  for (const name of names)
    program.addCommand(makeCommand(io, name, COMMANDS[name]!).helpOption('--help', 'print help'));
  const { stdout } = io;
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void (json || io.print(text)),
      writeErr: () => undefined,
      getOutHelpWidth: () => stdout.columns ?? 80, // as commander does, of the process's stdout
    });
  }
  return program;
};

// The name of an argument alone does not show what it may be.
const withHint = ({ code, message }: CommanderError, command: string): string =>
  code === 'commander.missingArgument'
    ? `${message}; "${programName()} ${command} --help" says what it takes`
    : message;

/**
 * Run one command line. Nothing of it stays: several can be run one after the other.
 *
 * @param args what follows the program's name
 * @returns the exit code
 */
export const main = async (args: readonly string[], streams: Streams): Promise<number> => {
  const io = new Io(streams);
  const json = args.includes('--json');
  const [asked = ''] = args;
  const names = Object.hasOwn(COMMANDS, asked) && asked !== 'help' ? [asked] : Object.keys(COMMANDS);
  try {
    const program = makeProgram(names, io, json); // reads the version
    if (args.length === 0) {
      io.explain(program.helpInformation() + HELP);
      return EXIT.badInput;
    }
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) io.fail(error, json);
    else if (error.exitCode !== 0) io.failUsage(withHint(error, asked), json);
    else if (json) io.failUsage('--json is for results; ask for help or the version without it', json);
  }
  return io.exitCode;
};
