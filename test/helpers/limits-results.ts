// bench/limits.md: what the largest inputs cost when they were last measured, in the order of the table of limits.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { costs } from '../../src/limits/costs.js';

/** Cells of a row: input, command, exit code, CPU time and memory. */
type Row = readonly string[];

const HEAD = `# What the largest inputs cost

Written by \`npm run bench:limits\`; [docs/limits.md](../docs/limits.md) has the budgets. Measured on two cores, other work
running, so CPU time is a little high. \`npm run bench:limits -- -t INPUT\` measures some rows again.
`;

const nameOf = ([input, command]: Row): string => `${input} | ${command}`;

const table = (heads: Row, rows: readonly Row[]): string =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');

// Rows have five cells with digits in the last three.
const rowsOf = (document: string): readonly Row[] =>
  document
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1),
    )
    .filter((cells) => cells.length === 5 && /^[\d.]+$/u.test(cells[4]!));

const documentOf = (before: string, measured: readonly Row[]): string => {
  const known = new Map([...rowsOf(before), ...measured].map((row) => [nameOf(row), row]));
  const all = costs.map(({ input, command }) => [input, command]);
  const rows = all.map((row) => known.get(nameOf(row))).filter((row) => row !== undefined);
  const missing = all.filter((row) => !known.has(nameOf(row)));
  const figures = table(['input', 'command', 'exit code', 'CPU time, s', 'memory, MiB'], rows);
  if (missing.length === 0) return `${HEAD}\n${figures}`;
  return `${HEAD}\n${figures}\n## Not measured\n\nThese have a budget, and no figure; how they end is not tried either.\n\n${table(['input', 'command'], missing)}`;
};

/** Put rows into the document of a file; those that were not measured now are kept. */
export const writeResults = async (file: URL, measured: readonly Row[]): Promise<void> => {
  const path = fileURLToPath(file);
  const document = documentOf(readFileSync(path, 'utf8'), measured);
  writeFileSync(path, await format(document, { ...(await resolveConfig(path)), parser: 'markdown' }));
};
