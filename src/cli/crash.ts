// `oopslab crash`: a crash> prompt on the machine of a scenario as it was at the trap.

import type { TypeOf } from '../base/form.js';
import type { crashForm } from './forms.js';
import { type Interface, createInterface } from 'node:readline';
import type { Command } from 'commander';
import { bannerLines } from '../crash/banner.js';
import { complete } from '../crash/complete.js';
import { isEnd, openSession, runLine } from '../crash/run.js';
import type { Session } from '../crash/command.js';
import { InputError, OopslabError, formatWhere } from '../base/errors.js';
import { linesOf } from '../base/read-stream.js';
import type { ScenarioOptions } from './options.js';
import type { Io } from './output.js';
import { recordingOf } from './reference.js';

type CrashDocument = TypeOf<typeof crashForm>;

const PROMPT = 'crash> ';

interface Options extends ScenarioOptions {
  readonly command: readonly string[];
  readonly json?: true;
}

// readline takes a TAB for text when it arrives together with others, as when it is pressed twice quickly: it requests no
// completion then. A chunk of TABs alone was not pasted.
const completeQuickTabs = ({ stdin }: Io, lines: Interface): void => {
  let onlyTabs = false;
  stdin.prependListener('data', (chunk: Buffer) => {
    onlyTabs = /^\t+$/u.test(chunk.toString('latin1'));
  });
  stdin.prependListener('keypress', () => {
    if (onlyTabs) Reflect.set(lines, 'isCompletionEnabled', true);
  });
};

// At a terminal a wrong command is said, and the prompt comes again.
const converse = async (io: Io, session: Session, recording: string | undefined): Promise<void> => {
  io.print(`${bannerLines(session, recording).join('\n')}\n\n`);
  const lines = createInterface({
    input: io.stdin,
    output: io.stdout,
    prompt: PROMPT,
    historySize: 1000,
    removeHistoryDuplicates: true,
    completer: (line: string) => complete(session, line),
  });
  completeQuickTabs(io, lines);
  // CTRL-Z would stop this process alone: npx, npm and the like keep waiting, and no process reads the terminal.
  lines.on('SIGTSTP', () => undefined);
  lines.on('SIGINT', () => {
    io.print('');
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
      if (printed.length > 0) io.print(printed.join('\n'));
    } catch (error) {
      if (!(error instanceof OopslabError)) throw error;
      io.print(`${formatWhere(error.where)}: ${error.message}`);
    }
    lines.prompt();
  }
  lines.close();
};

// From a pipe there is no prompt, and the first wrong command ends it.
const readCommands = async (io: Io, session: Session): Promise<void> => {
  for await (const line of linesOf(io.stdin)) {
    if (isEnd(line)) break;
    const printed = runLine(session, line);
    if (printed.length > 0) io.print(printed.join('\n'));
  }
};

// Of several commands, the message names the wrong one.
const runCommand = (session: Session, commands: readonly string[], index: number): string[] => {
  const line = commands[index]!;
  try {
    return runLine(session, line);
  } catch (error) {
    if (!(error instanceof InputError) || commands.length === 1) throw error;
    throw new InputError(`${error.message} (-c number ${index + 1}, ${JSON.stringify(line)})`, error.where);
  }
};

export const run = async (io: Io, scenario: string | undefined, options: Options, command: Command) => {
  if (options.json === true && options.command.length === 0)
    command.error('--json needs -c', { exitCode: 2 });
  const recording = recordingOf(scenario, options);
  const session = openSession(recording);
  if (options.command.length === 0) {
    if (io.stdin.isTTY === true) await converse(io, session, options.recording);
    else await readCommands(io, session);
    return;
  }
  const end = options.command.findIndex(isEnd);
  const commands = options.command.slice(0, end < 0 ? undefined : end).map((line, index) => {
    const lines = runCommand(session, options.command, index);
    // What was right is shown, also when a later command is wrong.
    if (lines.length > 0 && options.json !== true) io.print(lines.join('\n'));
    return { command: line, lines };
  });
  return { json: () => ({ scenario: recording.header.scenario, commands }) satisfies CrashDocument };
};
