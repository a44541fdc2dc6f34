// The one shape of a command.

import { Command } from 'commander';
import { EXIT, type Io } from './output.js';

/** What a command has found. */
export interface Answer {
  /** The document of `--json`. */
  readonly json?: () => unknown;
  /** The same for people; without it nothing is printed. */
  readonly text?: () => string;
  /** The exit code, 0 unless given. */
  readonly exit?: number;
}

type Found = Answer | void;

/** A command, before there are streams for it. `Args` are its arguments, its options and, if wanted, commander's command. */
interface Definition<Args extends unknown[]> {
  readonly name: string;
  readonly description: string;
  /** Adds arguments and options, in the order of the help. */
  readonly options?: (command: Command) => Command;
  /** Help for `--json`, which is the last option; a command without it has no document. */
  readonly json?: string;
  /** What the help ends with: remarks, examples, exit codes. */
  readonly help: string;
  /** Prints what does not wait for the end, and returns the rest, if there is any. */
  readonly run: (io: Io, ...args: Args) => Found | Promise<Found>;
}

/** Make a command, anew for each command line: commander keeps the options that it parsed. */
export type MakeCommand = (io: Io) => Command;

/** The command that a definition describes. */
export const defineCommand =
  <Args extends unknown[]>(definition: Definition<Args>): MakeCommand =>
  (io) => {
    const { name, description, options = (same) => same, json: jsonHelp, help, run } = definition;
    const command = options(new Command(name)).description(description).addHelpText('after', help);
    if (jsonHelp !== undefined) command.option('--json', jsonHelp);
    return command.action(async (...args) => {
      const { json, text, exit = EXIT.asExpected } = (await run(io, ...(args as Args))) ?? {};
      if (json !== undefined && command.getOptionValue('json') === true) io.printJson(json());
      else if (text !== undefined) io.print(text());
      io.exitCode = exit;
    });
  };
