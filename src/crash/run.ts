// One line at the crash> prompt: split into words, find the command, run it.

import type { CrashCommand, Session } from './command.js';
import { complain } from './command.js';
import { findCommand } from './commands.js';
import { Case } from '../reading/case.js';
import { Dump } from '../reading/dump.js';
import { struct } from './struct.js';
import type { Recording } from '../recording/recording.js';

export const sessionOf = (dump: Dump): Session => ({ dump, task: dump.currentTask, radix: 10 });

export const openSession = (recording: Recording): Session => sessionOf(new Dump(new Case(recording)));

/** Words of a line: blanks separate, quotes join, `#` begins a comment. */
const splitLine = (line: string): string[] => {
  const words: string[] = [];
  for (const [, double, single, plain] of line.matchAll(/"([^"]*)"|'([^']*)'|(#.*$|[^\s"']+|["'])/gu)) {
    if (plain?.startsWith('#')) break;
    words.push(double ?? single ?? plain!);
  }
  return words;
};

/** The words that end a prompt. */
const ENDS: readonly string[] = ['q', 'quit', 'exit'];

/** Whether a line ends the prompt, a pipe, or the commands of `-c`. */
export const isEnd = (line: string): boolean => {
  const words = splitLine(line);
  return words.length === 1 && ENDS.includes(words[0]!);
};

// `shm_file_data 0xffff…` and `vm_area_struct.vm_file ffff…`: crash lets the word struct be left out.
const commandOf = (
  { dump }: Session,
  words: readonly string[],
): { command: CrashCommand; args: readonly string[] } => {
  const [first, ...rest] = words;
  if (first !== undefined && dump.structs.find(first.replace(/\..*$/u, '')) !== undefined)
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
  if (splitLine(line.replaceAll(/"[^"]*"|'[^']*'/gu, '0')).some((word) => /^["']$/u.test(word)))
    return complain(words[0]!, 'a quote is opened and not closed');
  if (ENDS.includes(words[0]!))
    return complain(words[0]!, `it takes no argument${words.length === 1 ? ', and ends a prompt' : ''}`);
  // In quotes they are text, and eval calculates with them.
  const bare = splitLine(line.replaceAll(/"[^"]*"|'[^']*'/gu, "''"));
  const pipe = bare.flatMap((word) => /^!|\||>>?|</u.exec(word)?.[0] ?? [])[0];
  if (pipe !== undefined && words[0] !== 'eval') {
    const instead =
      pipe === '!'
        ? 'end the prompt with q, or use another terminal'
        : `oopslab crash -c '…' ${pipe === '|' ? '| …' : pipe === '<' ? '(or commands from a pipe)' : '> file'}`;
    return complain(words[0]!, `"${pipe}" is for the shell: ${instead}`);
  }
  const { command, args } = commandOf(session, words);
  return command.run(session, args);
};
