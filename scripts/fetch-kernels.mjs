// Fetches and unpacks the kernel packages that some tests read: the current linux-image-6.1* and linux-image-6.12* of
// Debian 12 for amd64, 180 MB, by apt-get. They lie outside of the repository, in $OOPSLAB_KERNELS, or else in
// ~/.cache/oopslab/kernels: the package file, and beside it a folder of its name with what is in it.
//
//   node scripts/fetch-kernels.mjs [--update]     what is there stays; with --update newer ones are looked for
//
// Prints a line for each: name, version, bytes, SHA-256. Exit code 1 when one cannot be had. Node built-ins only.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';

// What depends on the current package of each.
const SERIES = { 6.1: 'linux-image-amd64', 6.12: 'linux-image-6.12-amd64' };

const folder = process.env.OOPSLAB_KERNELS || join(homedir(), '.cache/oopslab/kernels');

/** A failure that is told, and is none of this program. */
class FetchError extends Error {}

const run = (command, args, options = {}) => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (error !== undefined)
    throw new FetchError(`${command} cannot be started (${error.code}); it is part of Debian`);
  if (status !== 0) throw new FetchError(`${command} ${args.join(' ')} failed:\n${stderr.trim()}`);
  return stdout;
};

const isOf = (series, name) =>
  name.startsWith(`linux-image-${series}.`) && name.endsWith('_amd64.deb') && !/dbg|cloud|-rt-/u.test(name);

// Newest last, as numbers count.
const inFolder = (series) =>
  readdirSync(folder)
    .filter((name) => isOf(series, name))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));

// The package that the one depends on which always names the current one.
const currentOf = (series) => {
  const text = run('apt-cache', ['depends', '--important', SERIES[series]]);
  const found = new RegExp(
    `^ +Depends: (linux-image-${series.replace('.', '\\.')}\\.[\\w.+-]+-amd64)$`,
    'mu',
  ).exec(text);
  if (found === null)
    throw new FetchError(
      `apt knows no current ${SERIES[series]} of Linux ${series}: are Debian 12 and its security updates among its sources, and did "apt-get update" run?`,
    );
  return found[1];
};

const download = (series) => {
  const name = currentOf(series);
  const there = inFolder(series).at(-1);
  const part = mkdtempSync(join(folder, '.part-'));
  try {
    const [, version] = /^Version: (.*)$/mu.exec(run('apt-cache', ['show', '--no-all-versions', name])) ?? [];
    if (there?.startsWith(`${name}_${version}_`)) return;
    // As root, apt would take another user who cannot write here.
    run('apt-get', ['download', '-o', 'APT::Sandbox::User=root', '-qq', name], { cwd: part });
    for (const file of readdirSync(part))
      renameSync(join(part, file), join(folder, decodeURIComponent(file)));
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
};

// Whole or not at all: two may do it at the same time.
const unpack = (file) => {
  const target = join(folder, file.slice(0, -'.deb'.length));
  if (existsSync(target)) return;
  const part = mkdtempSync(join(folder, '.part-'));
  try {
    run('dpkg-deb', ['-x', join(folder, file), part]);
    renameSync(part, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
};

try {
  mkdirSync(folder, { recursive: true });
  for (const series of Object.keys(SERIES)) {
    if (process.argv.includes('--update') || inFolder(series).length === 0) download(series);
    const file = inFolder(series).at(-1);
    unpack(file);
    const bytes = readFileSync(join(folder, file));
    const [name, version] = file.split('_');
    const hash = createHash('sha256').update(bytes).digest('hex');
    process.stdout.write(`${name} ${version} ${bytes.length} bytes, sha256 ${hash}\n`);
  }
} catch (error) {
  if (!(error instanceof FetchError) && error.code === undefined) throw error;
  process.stderr.write(`The kernel packages cannot be had: ${error.message}\n`);
  process.exitCode = 1;
}
