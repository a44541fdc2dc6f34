// All commands of the crash> prompt, and help about them.

import { nearest } from '../base/did-you-mean.js';
import { bt } from './bt.js';
import { type CrashCommand, complain } from './command.js';
import { dis } from './dis.js';
import { evaluate } from './eval.js';
import { ipcs } from './ipcs.js';
import { kmem } from './kmem.js';
import { list } from './list.js';
import { log } from './log.js';
import { ps, vm } from './ps.js';
import { rd } from './rd.js';
import { search } from './search.js';
import { set } from './set.js';
import { struct } from './struct.js';
import { sym } from './sym.js';

// Commands of crash 7 that are missing here: the answer to one of them says so.
const NOT_HERE = [
  'alias', 'ascii',  'btop', 'dev',   'extend', 'files', 'foreach', 'fuser', 'gdb',
  'irq',   'mach',   'mod',  'mount', 'net',    'p',     'pd',      'pte',   'ptob',
  'ptov',  'px',     'repeat', 'runq', 'sig',   'swap',  'sys',     'task',  'timer',
  'tree',  'union',  'vtop', 'waitq', 'whatis', 'wr',
]; // prettier-ignore

/** What is nearest to a missing command; `help` for the others. */
const INSTEAD: Readonly<Record<string, string>> = {
  ascii: 'rd',
  files: 'vm',
  foreach: 'ps',
  p: 'struct or eval',
  pd: 'struct or eval',
  px: 'struct or eval',
  sys: 'log',
  task: 'ps',
  tree: 'list',
  union: 'struct',
  vtop: 'kmem',
  whatis: 'struct',
};

/** Crash's own short names. Its `h` is the history; here the arrow keys are, and help says so. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['?', 'help'],
  ['h', 'help'],
]);

const help: CrashCommand = {
  name: 'help',
  summary: 'this list; or about a command',
  usage: '[COMMAND]',
  help: ['  crash> help kmem'],
  run: (_session, args) => {
    const [name, ...more] = args;
    if (more.length > 0) return complain('help', 'one command at a time');
    if (name === undefined) {
      return [
        ...COMMANDS.map((command) => `${command.name.padEnd(8)} ${command.summary}`),
        `${'quit'.padEnd(8)} end (exit, q, or end of input)`,
        '',
        '? and h are help. At a terminal the arrow keys lead through what was typed, and TAB completes.',
        '',
        'help COMMAND says more. Addresses are hexadecimal, with or without 0x; SYMBOL and SYMBOL+OFFSET are addresses too.',
      ];
    }
    const command = findCommand(name);
    return [`${command.name} ${command.usage}`.trimEnd(), `  ${command.summary}`, '', ...command.help];
  },
};

/** In the order in which `help` lists them. */
export const COMMANDS: readonly CrashCommand[] = [
  bt, dis, evaluate, help, ipcs, kmem, list, log, ps, rd, search, set, struct, sym, vm,
]; // prettier-ignore

/** @throws {InputError} when there is none; it names the nearest */
export const findCommand = (name: string): CrashCommand => {
  const command = COMMANDS.find((one) => one.name === (ALIASES.get(name) ?? name));
  if (command !== undefined) return command;
  if (NOT_HERE.includes(name)) {
    const instead = INSTEAD[name] ?? 'help';
    return complain(name, `crash has this command, but it is not here; the nearest is ${instead}`);
  }
  const near = nearest(
    name,
    COMMANDS.map((one) => one.name),
    2,
  );
  return complain(
    name === '' ? '""' : name,
    `there is no such command${near === undefined ? '; help lists them' : `; did you mean ${near}?`}`,
  );
};
