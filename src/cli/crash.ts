// `oopslab crash`: a crash> prompt on the machine of a scenario as it was at the trap.

import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { complete } from '../crash/complete.js';
import { openSession, runLine } from '../crash/run.js';
import type { Session } from '../crash/command.js';
import { OopslabError, formatWhere } from '../errors.js';
import { type ScenarioOptions, recordingOf, withScenario } from './options.js';
import { print, printJson } from './output.js';

/** What `oopslab crash -c … --json` prints. */
export interface CrashDocument {
  readonly scenario: string;
  readonly commands: readonly {
    readonly command: string;
    /** What it printed, a line each. */
    readonly lines: readonly string[];
  }[];
}

const HELP = `
Examples:
  $ oopslab crash                                      a prompt; help lists its commands
  $ oopslab crash -c 'bt -FF'
  $ oopslab crash -c 'struct file.private_data 0xffff8800148fcb80' -c 'ipcs -m'
  $ oopslab crash shm-close-control -c 'kmem -s size-32'
  $ echo 'search 0xffff88037a645680' | oopslab crash

Exit status: 0 done, 2 bad usage or input; with -c and from a pipe also when a command is wrong.`;

const PROMPT = 'crash> ';

interface Options extends ScenarioOptions {
  readonly command: readonly string[];
  readonly json?: true;
}

const isEnd = (line: string): boolean => ['q', 'quit', 'exit'].includes(line.trim());

// At a terminal a wrong command is said, and the prompt comes again.
const converse = async (session: Session): Promise<void> => {
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: PROMPT,
    historySize: 1000,
    removeHistoryDuplicates: true,
    completer: (line: string) => complete(session, line),
  });
  lines.on('SIGINT', () => {
    process.stdout.write('\n');
    // readline keeps what was typed, on both sides of the cursor.
    lines.write(null, { ctrl: true, name: 'e' });
    lines.write(null, { ctrl: true, name: 'u' });
    lines.prompt();
  });
  lines.prompt();
  for await (const line of lines) {
    if (isEnd(line)) break;
    try {
      const printed = runLine(session, line);
      if (printed.length > 0) print(printed.join('\n'));
    } catch (error) {
      if (!(error instanceof OopslabError)) throw error;
      print(`${formatWhere(error.where)}: ${error.message}`);
    }
    lines.prompt();
  }
  lines.close();
};

// From a pipe there is no prompt, and the first wrong command ends it.
const readCommands = async (session: Session): Promise<void> => {
  for await (const line of createInterface({ input: process.stdin, terminal: false })) {
    if (isEnd(line)) break;
    const printed = runLine(session, line);
    if (printed.length > 0) print(printed.join('\n'));
  }
};

/** `oopslab crash` */
export const crashCommand = (): Command =>
  withScenario(new Command('crash'))
    .description('a crash> prompt on the machine at the trap')
    .option(
      '-c, --command <command>',
      'run this command and exit; repeatable',
      (value: string, all: readonly string[]) => [...all, value],
      [],
    )
    .option('--json', 'with -c: print one JSON document instead of text')
    .addHelpText('after', HELP)
    .action(async (scenario: string | undefined, options: Options, command: Command) => {
      if (options.json === true && options.command.length === 0)
        command.error('--json needs -c', { exitCode: 2 });
      const recording = recordingOf(scenario, options);
      const session = openSession(recording);
      if (options.command.length > 0) {
        const show = (lines: readonly string[]): void => {
          if (lines.length > 0 && options.json !== true) print(lines.join('\n'));
        };
        const end = options.command.findIndex(isEnd);
        const commands = options.command.slice(0, end < 0 ? undefined : end).map((line) => {
          const lines = runLine(session, line);
          show(lines); // what was right is shown, also when a later command is wrong
          return { command: line, lines };
        });
        if (options.json === true)
          printJson({ scenario: recording.header.scenario, commands } satisfies CrashDocument);
      } else if (process.stdin.isTTY) await converse(session);
      else await readCommands(session);
    });
