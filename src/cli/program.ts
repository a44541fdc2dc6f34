// The command line: which commands there are, and what becomes of errors.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { packageFolder } from '../base/package-folder.js';
import { EXIT, Io, type Streams } from './output.js';

const version = (): string =>
  (JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string }).version;

// In the order of the help. A start loads the one that it is about: all of them would double what it takes.
const COMMANDS: Readonly<Record<string, (io: Io) => Promise<Command>>> = {
  replay: async (io) => (await import('./replay.js')).replayCommand(io),
  oops: async (io) => (await import('./oops.js')).oopsCommand(io),
  crash: async (io) => (await import('./crash.js')).crashCommand(io),
  diff: async (io) => (await import('./diff.js')).diffCommand(io),
  compare: async (io) => (await import('./compare.js')).compareCommand(io),
  decode: async (io) => (await import('./decode.js')).decodeCommand(io),
  lineage: async (io) => (await import('./lineage.js')).lineageCommand(io),
  chart: async (io) => (await import('./chart.js')).chartCommand(io),
  serve: async (io) => (await import('./serve.js')).serveCommand(io),
  lesson: async (io) => (await import('./lesson.js')).lessonCommand(io),
  check: async (io) => (await import('./check.js')).checkCommand(io),
  report: async (io) => (await import('./report.js')).reportCommand(io),
  step: async (io) => (await import('./step.js')).stepCommand(io),
  dis: async (io) => (await import('./dis.js')).disCommand(io),
  headers: async (io) => (await import('./headers.js')).headersCommand(io),
  scenarios: async (io) => (await import('./scenarios.js')).scenariosCommand(io),
  snippets: async (io) => (await import('./snippets.js')).snippetsCommand(io),
  doctor: async (io) => (await import('./doctor.js')).doctorCommand(io),
  help: async (io) => (await import('./help.js')).helpCommand(io),
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
const makeProgram = async (names: readonly string[], io: Io, json: boolean): Promise<Command> => {
  const program = new Command('oopslab')
    .description('Replays kernel crashes: runs the machine code, keeps a recording, reads the oops.')
    .version(version(), '--version', 'print the version of oopslab')
    .helpOption('--help', 'print help')
    .helpCommand(false)
    .addHelpText('after', HELP);
  for (const load of names.map((name) => COMMANDS[name]!)) {
    program.addCommand((await load(io)).helpOption('--help', 'print help'));
  }
  const { stdout } = io;
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void (json || stdout.write(text)),
      writeErr: () => undefined,
      getOutHelpWidth: () => stdout.columns ?? 80, // as commander does, of the process's stdout
    });
  }
  return program;
};

// The name of an argument alone does not say what may stand there.
const withHint = ({ code, message }: CommanderError, command: string): string =>
  code === 'commander.missingArgument'
    ? `${message}; "oopslab ${command} --help" says what it takes`
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
  const program = await makeProgram(names, io, json);
  if (args.length === 0) {
    io.stderr.write(program.helpInformation() + HELP + '\n');
    return EXIT.badInput;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) io.fail(error, json);
    else if (error.exitCode !== 0) io.failUsage(withHint(error, asked), json);
    else if (json) io.failUsage('--json is for results; ask for help or the version without it', json);
  }
  return io.exitCode;
};
