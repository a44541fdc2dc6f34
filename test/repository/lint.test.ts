// The repository's own rules for oxlint find what they are for.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'oopslab-lint-'));
mkdirSync(join(folder, 'src'));
// The repository's settings, which are relative to their folder.
const settings = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8')) as { jsPlugins: string[] };
const jsPlugins = settings.jsPlugins.map((plugin) => join(root, plugin));
writeFileSync(join(folder, '.oxlintrc.json'), JSON.stringify({ ...settings, jsPlugins }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Lines, from 1, of a file of src/ with these lines in which a rule finds something. */
const found = (lines: readonly string[], rule: string): number[] => {
  writeFileSync(join(folder, 'src/code.ts'), lines.join('\n'));
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
  const args = [oxlint, '--format', 'json', 'src/code.ts'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  expect(stderr).toBe('');
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { code: string; labels: { span: { line: number } }[] }[];
  };
  return diagnostics
    .filter(({ code }) => code === rule)
    .map(({ labels }) => labels[0]!.span.line)
    .toSorted((a, b) => a - b);
};

describe('lists/no-spread-in-call', () => {
  const RULE = 'lists(no-spread-in-call)';
  const HEAD = 'export const used = (list: number[], other: number[], few: boolean): unknown => [';

  it('finds a list that is spread into a call, or applied', () => {
    const lines = [
      'list.push(...other)',
      'list?.push(...other.map((one) => one + 1))',
      'list.unshift(1, ...other)',
      'list.splice(0, 1, ...other)',
      'list.concat(...[other, list].map((one) => [one]))',
      'Math.max(0, ...other)',
      'String.fromCharCode(...other)',
      'new Uint8Array(...(other as [number]))',
      'list.push(...(few ? [1] : other))',
      'list.push(...[...other])',
      'Math.max.apply(null, other)',
      "Math['max']['apply'](null, other)",
      'Reflect.apply(Math.max, null, other)',
      'Reflect.construct(Uint8Array, other)',
    ];
    const code = [HEAD, ...lines.map((line) => `${line},`), '];'];
    expect(found(code, RULE)).toEqual(lines.map((_, index) => index + 2));
  });

  it('leaves lists that are written there, what a function was called with, and lists that are spread into a list', () => {
    const lines = [
      'list.push(1, 2)',
      'list.push(...(few ? [1, 2] : []))',
      '[...list, ...other]',
      'new Set([...list, ...other])',
      'Math.max.apply(null, [1, 2])',
      '(...given: number[]) => Math.max(...given)',
    ];
    expect(found([HEAD, ...lines.map((line) => `${line},`), '];'], RULE)).toEqual([]);
  });

  it('takes a reason on the line before or at the end of the line, and for no other line', () => {
    const push = '  list.push(...other);';
    const lines = [
      'export const used = (list: number[], other: number[]): void => {',
      '  // bounded: four registers',
      push,
      push,
      `${push} // bounded: four registers`,
      push,
      '  // bounded:',
      push,
      '};',
    ];
    expect(found(lines, RULE)).toEqual([4, 6, 8]);
  });
});
