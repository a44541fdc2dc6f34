// Each input at its limit, through each command that reads it, in a process of its own: it ends with the exit code and the
// words that are stated beside it, within the CPU time and the memory that the table of limits states. The costly rows
// need OOPSLAB_FULL=1, which writes what it measured into bench/limits.md; with `-t` only some rows, and the others stay.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cost, costs } from '../../src/limits/costs.js';
import { FULL } from '../helpers/effort.js';
import { LARGEST } from '../helpers/largest-inputs.js';
import { writeResults } from '../helpers/limits-results.js';
import { measure } from '../helpers/measure.js';

const top = mkdtempSync(join(tmpdir(), 'oopslab-limits-'));
// Of the clock, for a machine that has no time: what ends a command is its CPU time.
const PATIENCE = 1_800_000;

const results = new URL('../../bench/limits.md', import.meta.url);
const measured: (readonly string[])[] = [];

afterAll(async () => {
  rmSync(top, { recursive: true, force: true });
  if (FULL) await writeResults(results, measured);
});

const rowsOf = (input: string) => costs.filter((row) => row.input === input);
const isRun = ({ always }: Cost): boolean => FULL || always;

it('the table has every input that is made here, and no other', () => {
  expect([...new Set(costs.map(({ input }) => input))]).toEqual(Object.keys(LARGEST));
});

describe.each([...new Set(costs.filter(isRun).map(({ input }) => input))])('%s', (input) => {
  const folder = join(top, input.replaceAll(/\W+/gu, '-'));
  let lines: ReturnType<(typeof LARGEST)[string]>;
  beforeAll(() => {
    mkdirSync(folder);
    lines = LARGEST[input]!(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has a budget for each command that reads it', () => {
    expect(rowsOf(input).map(({ command }) => command)).toEqual(Object.keys(lines));
  });

  it.each(rowsOf(input).filter(isRun))(
    '$command: at most $cpu s of CPU time and $memory MiB',
    async ({ command, cpu, memory }) => {
      const { args, stdin, exit = 0, says } = lines[command]!;
      const found = await measure(args, { stdin, most: cpu * 2, cwd: folder });
      measured.push([input, command, String(found.status), found.cpu.toFixed(1), found.memory.toFixed(0)]);
      expect(found.signal, found.stderr).toBeNull();
      expect(found.status, found.stderr).toBe(exit);
      if (exit === 2) expect(found.stderr).toMatch(/^oopslab: [^\n]+\n$/u);
      if (says !== undefined) expect(found.stderr).toMatch(says);
      expect(found.stderr).not.toMatch(/internal error|\n {4}at /u);
      expect(found.cpu).toBeLessThan(cpu);
      expect(found.memory).toBeLessThan(memory);
    },
    PATIENCE,
  );
});
