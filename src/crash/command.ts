// Commands of the crash> prompt, and their complaints.

import type { Addr } from '../base/address.js';
import { InputError } from '../base/errors.js';
import type { Dump } from '../reading/dump.js';

/** What commands share, and `set` changes. */
export interface Session {
  readonly dump: Dump;
  /** Address of the task_struct that `bt`, `vm` and `set` are about. */
  task: Addr;
  /** How `struct` and `p`-like output prints integers. */
  radix: 10 | 16;
}

export interface CrashCommand {
  readonly name: string;
  /** In a few words, for the list of commands. */
  readonly summary: string;
  /** Its arguments after its name, as `help` prints them. */
  readonly usage: string;
  /** What the arguments mean, a line each, and examples; for `help NAME`. */
  readonly help: readonly string[];
  /**
   * Run it.
   *
   * @param args words after the command's name
   * @returns lines without line ends
   * @throws {InputError} when an argument is wrong, or there is nothing to show
   */
  run(session: Session, args: readonly string[]): string[];
}

/** A complaint of a command: `bt: …`. */
export const complain = (command: string, message: string): never => {
  throw new InputError(message, { field: command });
};
