// docs/limits.md, from the table of limits.

import type { Limit } from './limit.js';
import { costs } from './costs.js';
import { limits } from './limits.js';

const INTRODUCTION = `# Limits

Whatever is given to a command, up to the limits below, ends in an answer or in one clear message. Past a limit it says
so. No limit on a run depends on the load of the machine: runs are bounded by instructions, and after that by CPU time,
for an emulator that hangs. Where the system does not tell the CPU time of a process (macOS, Windows), ten times as much
may pass while oopslab looks. The clock bounds connections of \`serve\`, the search of \`check --time\`, and a compiler
that waits for something.

This page is made from the constants in the source (\`src/limits/\`): \`npm run limits\` writes it.
`;

const COSTS = `## What the largest inputs may cost

CPU time of all processes of a command, and the peak of the largest one. \`test/end-to-end/limits.long.test.ts\` makes
each input and fails past these; \`npm run bench:limits\` does so for all, the costly ones included, and writes what it
measured to [bench/limits.md](../bench/limits.md). What \`check\` costs past its start is what \`--runs\`, \`--time\` and
\`--budget\` ask for, and has no budget here.
`;

const SCALES = [
  [2 ** 30, 'GiB'],
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
] as const;

const grouped = (value: number): string => String(value).replaceAll(/\B(?=(?:\d{3})+$)/gu, ',');

/** A maximum in words: `4 MiB`, `10,000 instructions`, `no limit`. */
export const formatMaximum = ({ max, unit }: Pick<Limit, 'max' | 'unit'>): string => {
  if (max === Infinity) return 'no limit';
  const scale = unit === 'bytes' ? SCALES.find(([size]) => max % size === 0 && max >= size) : undefined;
  const [value, word] = scale === undefined ? [max, unit] : [max / scale[0], scale[1]];
  return word === '' ? grouped(value) : `${grouped(value)} ${word}`;
};

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** The document, in Markdown before prettier aligns its tables. */
export const limitsDocument = (rows: readonly Limit[] = limits): string => {
  const inputs = [...new Set(rows.map(({ input }) => input))];
  const sections = inputs.map((input) => {
    const own = rows.filter((row) => row.input === input);
    const cells = own.map((row) => [row.what, formatMaximum(row), row.beyond]);
    return `## ${input.charAt(0).toUpperCase()}${input.slice(1)}\n\n${table(['what', 'at most', 'past that'], cells)}\n`;
  });
  const budgets = costs.map(({ input, command, cpu, memory }) => [
    input,
    command,
    grouped(cpu),
    grouped(memory),
  ]);
  const heads = ['input', 'command', 'CPU time, s', 'memory, MiB'];
  return [INTRODUCTION, ...sections, `${COSTS}\n${table(heads, budgets)}\n`].join('\n');
};
