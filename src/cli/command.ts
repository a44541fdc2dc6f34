// The one shape of a command.

import { Command } from 'commander';
import type { Coloured } from '../base/coloured.js';
import { withProgramName } from '../base/program-name.js';
import { prepareEngine } from '../run/prepare-engine.js';
import { ENGINE_VARIABLE } from '../machine/engine-names.js';
import { EXIT, type Io } from './output.js';

/** What a command has found. */
export interface Answer {
  /** The document of `--json`. */
  readonly json?: () => unknown;
  /** The same for people; without it nothing is printed. */
  readonly text?: () => string | readonly Coloured[];
  /** The exit code, 0 unless given. */
  readonly exit?: number;
}

type Found = Answer | void;

/** A command, before there are streams for it. */
export interface Definition {
  readonly description: string;
  /** Adds arguments and options, in the order of the help. */
  readonly options?: (command: Command) => Command;
  /** Help for `--json`, which is the last option; a command without it has no document. */
  readonly json?: string;
  /** What the help ends with: remarks, examples, exit codes. */
  readonly help: string;
  /**
   * Loads what the command does, which its help does without. `run` gets the arguments, the options and commander's
   * command; it prints what does not wait for the end, and returns the rest, if there is any.
   */
  readonly load: () => Promise<{ readonly run: (io: Io, ...args: never[]) => Found | Promise<Found> }>;
}

// A document of a long run has a list that is longer than any text.
const printDocument = async (io: Io, document: unknown): Promise<void> => {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    io.printJson(document);
    return;
  }
  const writer = io.jsonWriter;
  for (const [name, value] of Object.entries(document)) await writer.field(name, value);
  await writer.end();
};

// The processes and threads of a command inherit the choice.
const withEngineOf = async (name: string | undefined, work: () => Promise<void>): Promise<void> => {
  if (name === undefined) return work();
  const before = process.env[ENGINE_VARIABLE];
  process.env[ENGINE_VARIABLE] = name;
  try {
    await work();
  } finally {
    if (before === undefined) delete process.env[ENGINE_VARIABLE];
    else process.env[ENGINE_VARIABLE] = before;
  }
};

/** The command that a definition describes, anew for each command line: commander keeps the options that it parsed. */
export const makeCommand = (io: Io, name: string, definition: Definition): Command => {
  const { description, options = (same) => same, json: jsonHelp, help, load } = definition;
  const command = options(new Command(name))
    .description(description)
    .addHelpText('after', withProgramName(help));
  if (jsonHelp !== undefined) command.option('--json', jsonHelp);
  const takesEngine = command.options.some((option) => option.attributeName() === 'engine');
  return command.action(async (...args) => {
    const { run } = await load();
    await withEngineOf(command.getOptionValue('engine') as string | undefined, async () => {
      if (takesEngine) await prepareEngine();
      const { json, text, exit = EXIT.asExpected } = (await run(io, ...(args as never[]))) ?? {};
      if (json !== undefined && command.getOptionValue('json') === true) await printDocument(io, json());
      else if (text !== undefined) io.print(text());
      io.exitCode = exit;
    });
  });
};
