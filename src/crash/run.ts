// One line at the crash> prompt: split into words, find the command, run it.

import { findStruct } from '../structs/all.js';
import type { CrashCommand, Session } from './command.js';
import { complain } from './command.js';
import { findCommand } from './commands.js';
import { Dump } from './dump.js';
import { struct } from './struct.js';
import type { Recording } from '../recording.js';

/** A new session on a recording. */
export const openSession = (recording: Recording): Session => {
  const dump = new Dump(recording);
  return { dump, task: dump.currentTask, radix: 10 };
};

/** Words of a line: blanks separate, quotes join, `#` begins a comment. */
export const splitLine = (line: string): string[] => {
  const words: string[] = [];
  for (const [, double, single, plain] of line.matchAll(/"([^"]*)"|'([^']*)'|(#.*$|[^\s"']+|["'])/gu)) {
    if (plain?.startsWith('#')) break;
    words.push(double ?? single ?? plain!);
  }
  return words;
};

// `shm_file_data 0xffff…` and `vm_area_struct.vm_file ffff…`: crash lets the word struct be left out.
const commandOf = (words: readonly string[]): { command: CrashCommand; args: readonly string[] } => {
  const [first, ...rest] = words;
  if (first !== undefined && findStruct(first.replace(/\..*$/u, '')) !== undefined)
    return { command: struct, args: words };
  if (first === '*') return { command: struct, args: rest };
  if (first!.startsWith('*')) return { command: struct, args: [first!.slice(1), ...rest] };
  return { command: findCommand(first!), args: rest };
};

/**
 * Run a line.
 *
 * @returns what it prints, in lines; nothing for an empty line or a comment
 * @throws {InputError} when something in it is wrong
 */
export const runLine = (session: Session, line: string): string[] => {
  const words = splitLine(line);
  if (words.length === 0) return [];
  // In quotes they are text, and eval calculates with them.
  const bare = splitLine(line.replaceAll(/"[^"]*"|'[^']*'/gu, "''"));
  const pipe = bare.flatMap((word) => /^!|\||>>?|</u.exec(word)?.[0] ?? [])[0];
  if (pipe !== undefined && words[0] !== 'eval') {
    return complain(
      words[0]!,
      `"${pipe}" is for the shell: oopslab crash -c '…' ${pipe === '|' ? '| …' : '> file'}`,
    );
  }
  const { command, args } = commandOf(words);
  return command.run(session, args);
};
