// Completions of the word before the cursor: commands, struct names and members, symbols, caches.

import { escapeInLine } from '../base/visible-text.js';
import type { Structs } from '../kernel/structs/all.js';
import type { FieldType, Struct } from '../kernel/layout.js';
import type { Session } from './command.js';
import { COMMANDS } from './commands.js';
import { allTasks } from './tasks.js';

const inside = (type: FieldType | undefined): Struct | undefined =>
  type?.kind === 'array' ? inside(type.element) : type?.kind === 'struct' ? type : undefined;

const members = (type: Struct, typed: string): string[] => {
  const parts = typed.split('.');
  const path = parts.slice(0, -1);
  const inner = path.reduce<Struct | undefined>(
    (outer, part) => inside(outer?.fields[part.replace(/\[\d+\]$/u, '')]?.[1]),
    type,
  );
  const before = path.map((part) => `${part}.`).join('');
  return Object.keys(inner?.fields ?? {}).map((name) => `${before}${name}`);
};

// `shm_file_data.i`, `vm_area_struct.vm_file,vm_o`
const memberCompletions = (word: string, all: Structs): string[] => {
  const dot = word.indexOf('.');
  const type = all.find(word.slice(0, dot));
  if (type === undefined) return [];
  const comma = word.lastIndexOf(',');
  const start = comma < 0 ? dot + 1 : comma + 1;
  return members(type, word.slice(start)).map((name) => `${word.slice(0, start)}${name}`);
};

/**
 * Completions of a line, for readline.
 *
 * @returns the candidates, and the word that they complete
 */
export const complete = ({ dump }: Session, line: string): [string[], string] => {
  const words = line.split(/\s+/u);
  const word = words.at(-1) ?? '';
  const [first = ''] = words;
  const structs = dump.structs.names();
  const symbols = dump.symbols.all().map(({ name }) => name);
  const caches = dump.heap.caches.map(({ name }) => name);
  const candidates =
    word.includes('.') && dump.structs.find(word.slice(0, word.indexOf('.'))) !== undefined
      ? memberCompletions(word, dump.structs)
      : words.length === 1
        ? [...COMMANDS.map(({ name }) => name), 'quit', ...structs]
        : first === 'help'
          ? COMMANDS.map(({ name }) => name)
          : ['bt', 'ps', 'set', 'vm'].includes(first)
            ? allTasks(dump).map(({ pid }) => String(pid))
            : first === 'kmem'
              ? [...caches, ...symbols]
              : ['struct', 'list', '*'].includes(first)
                ? [...structs, ...symbols]
                : symbols;
  // readline writes them as they are: between its own movements of the cursor, a terminal could not tell them apart.
  const visible = candidates.map(escapeInLine);
  return [visible.filter((name) => name.startsWith(word)).toSorted(), word];
};
