// Whether right code holds: npm run bench:rewrites [-- OPTIONS]. 200 versions of cifs_build_path_to_root() that are right by
// construction (rewrites-grammar.mjs). First all of them are compiled for this machine and put to a plain model with 4,000
// inputs each (rewrites-host.c), which proves that the grammar makes no wrong one; then each is checked in 10,000 worlds,
// compilers and levels in turns. Prints those that do not hold; the exit code is 1 when there is one.
//
//   --count N    versions
//   --from N     the first one
//   --seed N     other versions
//   --runs N     worlds for each
//   --jobs N     workers at a time; 1 without it
//   --keep DIR   the files of C are written there

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileSource } from '../dist/candidate/compile.js';
import { headerText } from '../dist/candidate/header.js';
import { loadRelease } from '../dist/release/snippet.js';
import { rewrite } from './rewrites-grammar.mjs';

const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '10000' },
    jobs: { type: 'string', default: '1' },
    keep: { type: 'string' },
  },
});
const COUNT = Number(options.count);
const FROM = Number(options.from);
const INPUTS = 4000;
const TOGETHER = 10; // files in one process

const VARIANTS = ['gcc', 'clang'].flatMap((cc) => ['-O0', '-O2', '-Os'].map((level) => ({ cc, level })));

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const program = here('../dist/program/main.js');
const temporary = mkdtempSync(join(tmpdir(), 'oopslab-rewrites-'));
const folder = options.keep ?? temporary;
const at = (name) => join(temporary, name);
const note = (text) => process.stderr.write(`rewrites: ${text}\n`);
const header = headerText(loadRelease());

const run = (command, args) => {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return { status, said: error?.message ?? `${stdout}${stderr}`.trim(), stdout };
};
const runOrFail = (command, args) => {
  const { status, said } = run(command, args);
  if (status !== 0) throw new Error(`${command} failed: ${said}`);
  return said;
};

const versions = Array.from({ length: COUNT }, (_, index) => {
  const number = FROM + index;
  const name = `rewrite-${String(number).padStart(3, '0')}`;
  const variant = VARIANTS[number % VARIANTS.length];
  return { number, name, file: join(folder, `${name}.c`), ...variant };
});

const writeAll = () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(at('oopslab.h'), header);
  const texts = new Set();
  for (const { number, file } of versions) {
    const text = rewrite(number, Number(options.seed));
    texts.add(text.slice(text.indexOf('#include')));
    writeFileSync(file, text);
  }
  if (texts.size !== versions.length) note(`${versions.length - texts.size} versions are like another one`);
};

// Natively, with what the compiler can find out about accesses besides.
const proveRight = () => {
  const probe = at('probe.c');
  writeFileSync(probe, 'int main(void) { return 0; }\n');
  const sanitize = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
  const can =
    run('gcc', [...sanitize, '-o', at('probe'), probe]).status === 0 && run(at('probe'), []).status === 0;
  if (!can) note('gcc has no sanitizers here: accesses beside an allocation may stay unseen');
  const flags = [
    '-ffreestanding',
    '-O1',
    '-g',
    '-Wall',
    '-Wextra',
    '-Wno-sign-compare',
    '-Werror',
    '-I',
    temporary,
  ];
  const all = [...flags, ...(can ? sanitize : [])];
  const objects = versions.map(({ number, file, name }) => {
    const object = at(`${name}.host.o`);
    runOrFail('gcc', [...all, `-Dcifs_build_path_to_root=version_${number}`, '-c', '-o', object, file]);
    return object;
  });
  writeFileSync(at('versions.inc'), versions.map(({ number }) => `VERSION(${number})\n`).join(''));
  const host = [
    '-Wno-builtin-declaration-mismatch',
    `-DINPUTS=${INPUTS}`,
    '-o',
    at('host'),
    here('rewrites-host.c'),
  ];
  runOrFail('gcc', [...all, ...host, ...objects]);
  note(`natively: ${runOrFail(at('host'), [])}`);
};

const objectOf = ({ file, name, cc, level }) => {
  const object = at(`${name}.o`);
  writeFileSync(object, compileSource(file, header, { cc, optimize: level }));
  return object;
};

const checkAll = () => {
  const rows = [];
  for (let from = 0; from < versions.length; from += TOGETHER) {
    const part = versions.slice(from, from + TOGETHER);
    const args = ['check', ...part.map(objectOf), '--runs', options.runs, '--jobs', options.jobs, '--json'];
    const { stdout, said } = run(process.execPath, [
      program,
      ...args,
      '--counterexamples',
      at('counterexamples'),
    ]);
    let candidates;
    try {
      candidates = JSON.parse(stdout).candidates;
    } catch {
      throw new Error(`oopslab check failed: ${said}`);
    }
    candidates.forEach((candidate, index) => rows.push({ ...part[index], ...candidate }));
    const others = rows.filter(({ verdict }) => verdict !== 'holds').length;
    note(`${rows.length} of ${versions.length} checked, ${others} do not hold`);
  }
  return rows;
};

const main = () => {
  writeAll();
  proveRight();
  const rows = checkAll();
  const wrong = rows.filter(({ verdict }) => verdict !== 'holds');
  for (const { name, cc, level, verdict, property, runs, message, report } of wrong) {
    const why = [property, message].filter(Boolean).join(', ');
    process.stdout.write(
      `${name} (${cc} ${level}): ${verdict} ${why}, after ${runs} worlds\n${report.join('\n')}\n\n`,
    );
  }
  const worlds = Number(options.runs).toLocaleString('en-US');
  process.stdout.write(
    `${rows.length} versions in ${worlds} worlds each: ${rows.length - wrong.length} hold.\n`,
  );
  process.exitCode = wrong.length > 0 ? 1 : 0;
};

try {
  main();
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
