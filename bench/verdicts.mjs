// Whether verdicts are right: npm run bench:verdicts [-- OPTIONS FILES…]. Each file of test/fixtures/check, or each that is
// named, is compiled by gcc and clang at -O0, -O2 and -Os, and checked with seeds 1 to 5 in 10,000 worlds. Prints a table,
// and how many verdicts are wrong; the exit code is 1 when one is.
//
//   --quick      one compiler and level for each file, in turns; seed 1; 500 worlds for those that hold
//   --runs N     worlds
//   --seeds N    seeds 1 to N
//   --jobs N     workers at a time; 1 without it
//   --part I/N   every N-th file, from the I-th on
//   --log FILE   results as they come, a line of JSON each; what is in it already is not measured again

import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileSource } from '../dist/candidate/compile.js';
import { headerText } from '../dist/candidate/header.js';
import { loadRelease } from '../dist/release/snippet.js';
import { allFiles, readVerdictFile } from './verdict-files.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    seeds: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    part: { type: 'string', default: '1/1' },
    log: { type: 'string' },
  },
});
const { quick, log } = options;
// A check ends at the first world that breaks something: those that break may have all worlds.
const runsOf = ({ right }) => Number(options.runs ?? (quick && !right.includes('breaks') ? 500 : 10_000));
const SEEDS = Number(options.seeds ?? (quick ? 1 : 5));
const TOGETHER = 12; // files in one process
const PATIENCE = 30 * 60_000; // milliseconds for one process

const [PART, PARTS] = options.part.split('/').map(Number);

const VARIANTS = ['gcc', 'clang'].flatMap((cc) => ['-O0', '-O2', '-Os'].map((level) => ({ cc, level })));

const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'dist/program/main.js');
const temporary = mkdtempSync(join(tmpdir(), 'oopslab-verdicts-'));
const note = (text) => process.stderr.write(`verdicts: ${text}\n`);
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

// --- measuring -------------------------------------------------------------------------------------------------

const headers = new Map();
const headerOf = (library = '') => {
  if (!headers.has(library)) {
    const release = loadRelease(undefined, library === '' ? [] : [library]);
    headers.set(library, headerText(release));
  }
  return headers.get(library);
};

// An object for the compiler and level; undefined with the compiler's words where there is none.
const compile = ({ file, name, library }, { cc, level }) => {
  const object = join(temporary, `${name}.o`);
  try {
    writeFileSync(object, compileSource(file, headerOf(library), { cc, optimize: level }));
    return { object };
  } catch (error) {
    return { said: error.message };
  }
};

// What `oopslab check --json` says about objects; a list of candidates, or why there is none.
const check = (objects, file, seed) => {
  const { scenario, library } = file;
  const args = [
    'check',
    ...objects,
    '--scenario',
    scenario,
    '--runs',
    runsOf(file),
    '--seed',
    seed,
    '--jobs',
    options.jobs,
  ];
  const where = ['--json', '--counterexamples', join(temporary, 'counterexamples')];
  const more = library === undefined ? [] : ['--library', library];
  const { stdout, stderr, error } = spawnSync(
    process.execPath,
    [program, ...args.map(String), ...where, ...more],
    {
      cwd: temporary,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      timeout: PATIENCE,
    },
  );
  rmSync(join(temporary, 'counterexamples'), { recursive: true, force: true }); // or the next check tries them first
  try {
    return { candidates: JSON.parse(stdout).candidates };
  } catch {
    return { said: error?.message ?? stderr.trim().split('\n').at(-1) ?? '' };
  }
};

// `worlds`: how many were tried, up to the first that broke something.
const resultOf = ({ verdict, property, runs, reason = null }) => ({
  verdict,
  property,
  worlds: runs,
  reason,
});
const refused = (reason) => ({ verdict: 'error', property: null, worlds: 0, reason });

// The results of files that share a scenario, in their order. One that is refused alone is an error, as the command says.
const checkAll = (files, variant, seed) => {
  const compiled = files.map((file) => ({ file, ...compile(file, variant) }));
  const results = new Map(compiled.map(({ file, said }) => [file, refused(said)]));
  const run = (part) => {
    if (part.length === 0) return;
    const objects = part.map(({ object }) => object);
    const { candidates, said } = check(objects, part[0].file, seed);
    if (candidates === undefined && part.length > 1) return part.forEach((one) => run([one]));
    for (const [index, { file }] of part.entries())
      results.set(file, candidates === undefined ? refused(said) : resultOf(candidates[index]));
  };
  run(compiled.filter(({ object }) => object !== undefined));
  return files.map((file) => results.get(file));
};

// Portions that share a scenario and a number of worlds.
const portions = (files) => {
  const groups = new Map();
  for (const one of files) {
    const key = `${one.scenario} ${runsOf(one)}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / TOGETHER) }, (_, index) =>
      group.slice(index * TOGETHER, (index + 1) * TOGETHER),
    ),
  );
};

const keyOf = ({ file, cc, level, seed, runs }) => [file, cc, level, seed, runs].join(' ');
const known = new Map();
if (log !== undefined && existsSync(log))
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    if (line === '') continue;
    const row = JSON.parse(line);
    known.set(keyOf(row), row);
  }

const isWrong = ({ right, verdict }) => !right.includes(verdict);

// One row for each file, compiler, level and seed.
const measure = (files) => {
  const rows = [];
  for (const [turn, variant] of VARIANTS.entries()) {
    const now = quick ? files.filter((file) => file.turn === turn) : files;
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      for (const portion of portions(now)) {
        const wanted = portion.map((one) => {
          const row = {
            file: relative(root, one.file),
            ...variant,
            seed,
            runs: runsOf(one),
            right: one.right,
          };
          return { one, row, key: keyOf(row) };
        });
        const open = wanted.filter(({ key }) => !known.has(key));
        const results = checkAll(
          open.map(({ one }) => one),
          variant,
          seed,
        );
        for (const [index, { row, key }] of open.entries()) {
          const whole = { ...row, ...results[index] };
          known.set(key, whole);
          if (log !== undefined) appendFileSync(log, `${JSON.stringify(whole)}\n`);
        }
        rows.push(...wanted.map(({ row, key }) => ({ ...known.get(key), right: row.right })));
      }
      const wrong = rows.filter(isWrong).length;
      note(`${variant.cc} ${variant.level}, seed ${seed}: ${wrong} wrong of ${rows.length} so far`);
    }
  }
  return rows;
};

// --- telling ---------------------------------------------------------------------------------------------------

const several = (words) => [...new Set(words)].toSorted().join(', ') || '-';

// A row of the table for each compiler and level; one for all of them where none is wrong.
const tableRows = (rows) => {
  const byFile = new Map();
  for (const row of rows) byFile.set(row.file, [...(byFile.get(row.file) ?? []), row]);
  return [...byFile]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([file, all]) => {
      const split = all.some(isWrong) ? VARIANTS : [undefined];
      return split.flatMap((variant) => {
        const some = all.filter(
          ({ cc, level }) => variant === undefined || (cc === variant.cc && level === variant.level),
        );
        if (some.length === 0) return [];
        const found = some.filter(({ verdict }) => verdict === 'breaks').map(({ worlds }) => worlds);
        const only = new Set(some.map(({ cc, level }) => `${cc} ${level}`));
        return [
          [
            file.replace(/^test\/fixtures\/check\//u, ''),
            only.size === 1 ? some[0].cc : 'all',
            only.size === 1 ? some[0].level : 'all',
            several(some.map(({ verdict }) => verdict)),
            some
              .filter(isWrong)
              .map(({ seed }) => seed)
              .join(' ') || '-',
            several(some.flatMap(({ property }) => property ?? [])),
            found.length === 0 ? '-' : `${median(found)} (most ${Math.max(...found)})`,
          ],
        ];
      });
    });
};

const HEAD = ['file', 'compiler', 'level', 'verdict', 'wrong in seeds', 'property', 'worlds until found'];

const inColumns = (rows) => {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

const count = (rows, verdict) => {
  const wrong = rows.filter((row) => isWrong(row) && row.verdict === verdict);
  return `${wrong.length} wrong "${verdict}" (${new Set(wrong.map(({ file }) => file)).size} files)`;
};

const main = () => {
  const all = (positionals.length === 0 ? allFiles() : positionals.map((file) => resolve(file))).map(
    readVerdictFile,
  );
  const files = all
    .map((file, index) => ({
      ...file,
      turn: index % VARIANTS.length,
      group: Math.floor(index / VARIANTS.length),
    }))
    .filter(({ group }) => group % PARTS === PART - 1);
  const rows = measure(files);
  process.stdout.write(`${inColumns([HEAD, ...tableRows(rows)])}\n\n`);
  const others = [...new Set(rows.filter(isWrong).map(({ verdict }) => verdict))].filter(
    (verdict) => verdict !== 'holds' && verdict !== 'breaks',
  );
  const counts = ['holds', 'breaks', ...others].map((verdict) => count(rows, verdict));
  process.stdout.write(`${rows.length} verdicts on ${files.length} files: ${counts.join(', ')}.\n`);
  process.exitCode = rows.some(isWrong) ? 1 : 0;
};

try {
  main();
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
