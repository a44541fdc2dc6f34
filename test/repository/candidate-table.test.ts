// The table of shipped candidates in docs/check.md says what candidates/*.yaml says.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loadCandidates } from '../../src/check/run/shipped.js';

const document = readFileSync(new URL('../../docs/check.md', import.meta.url), 'utf8');
const generator = fileURLToPath(new URL('../../bench/candidate-table.mjs', import.meta.url));

const cellsOf = (markdown: string): string[][] =>
  markdown
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim().replace(/^-+$/u, '-')));

it('docs/check.md has the generated table of candidates', () => {
  const script = `import { candidateTable } from ${JSON.stringify(generator)};
    import { readFileSync } from 'node:fs';
    process.stdout.write(candidateTable(JSON.parse(readFileSync(0, 'utf8'))));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    input: JSON.stringify(loadCandidates()),
  });
  expect(stderr).toBe('');
  expect(cellsOf(document.split('<!-- candidates -->')[1]!)).toEqual(cellsOf(stdout));
});
