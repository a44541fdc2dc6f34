// Makes sure that the dependencies are installed, the build is up to date and libunicorn can be loaded.
// Node built-ins only; all output goes to stderr. Of several at once in one checkout one does the work (setup-lock.mjs).
//
//   node scripts/setup.mjs                  all three, for the tests; returns at once when nothing is missing
//   node scripts/setup.mjs --build          dependencies and build only
//   node scripts/setup.mjs --start ARGS     the same, then oopslab replay ARGS, then commands to try next
//
// OOPSLAB_NO_INSTALL=1 keeps it from installing system packages. Exit code 2: something is missing; the message says
// what to do about it.

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { SetupError, at, readJson, root, run, say } from './setup-base.mjs';
import { buildIsThere, ensureBuild } from './setup-build.mjs';
import { ensureLibrary } from './setup-library.mjs';
import { withLock } from './setup-lock.mjs';

// --- dependencies -----------------------------------------------------------------------------------------------

// npm records the installed packages in node_modules/.package-lock.json, in the format of the lockfile.
const dependenciesAreThere = () => {
  const wanted = readJson(at('package-lock.json'))?.packages;
  if (wanted === undefined)
    throw new SetupError('package-lock.json is missing or damaged: restore it from the repository.');
  const installed = readJson(at('node_modules/.package-lock.json'))?.packages ?? {};
  const same = (path) => wanted[path]?.version === installed[path]?.version && existsSync(at(path));
  return (
    Object.keys(installed).every(same) &&
    Object.keys(wanted).every((path) => path === '' || wanted[path].optional === true || same(path))
  );
};

// Under `npm start` the running npm gives its own path; that also works on Windows, where npm is not an executable.
const npm = (args) => {
  const env = { ...process.env };
  for (const name of ['dry_run', 'global', 'json', 'omit', 'production']) delete env[`npm_config_${name}`];
  const running = process.env.npm_execpath ?? '';
  return basename(running) === 'npm-cli.js'
    ? run(process.execPath, [running, ...args], { env })
    : run('npm', args, { env, shell: process.platform === 'win32' });
};

const ensureDependencies = async () => {
  if (dependenciesAreThere()) return;
  say('installing the dependencies from package-lock.json (npm ci)');
  // npm removes the old packages first and writes its record last; until then nothing may pass for installed.
  rmSync(at('node_modules/.package-lock.json'), { force: true });
  const args = ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status, error } = await npm(args);
  if (status === 0) return;
  throw new SetupError(
    error === undefined
      ? 'npm ci failed (its messages are above). It needs the network once; then run this again.'
      : `npm cannot be run (${error.code ?? error.message}). Install npm, then run: npm ci`,
  );
};

// --- start ------------------------------------------------------------------------------------------------------

const startAndSuggest = (args) => {
  const { status } = spawnSync(process.execPath, [at('oopslab'), 'replay', ...args], { stdio: 'inherit' });
  process.exitCode = status ?? 130; // ended by a signal, as CTRL-C
  if (status !== 0) return;
  const oopslab = process.platform === 'win32' ? 'node oopslab' : './oopslab';
  process.stderr.write(`
Try next:
  ${oopslab} step                      step through it, forward and back
  ${oopslab} report -o report.html     look at it in a browser
  ${oopslab} lesson                    learn how it came about, with questions
`);
};

// ----------------------------------------------------------------------------------------------------------------

// As `engines` in package.json has it: the build needs as much.
const nodeIsTooOld = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major < 20 || (major === 20 && minor < 19) || major === 21 || (major === 22 && minor < 12);
};

// What keeps others from changing a folder, or this setup from doing so.
const READ_ONLY = ['EROFS', 'EACCES', 'EPERM'];

const isReadOnly = (error) => READ_ONLY.includes(error.code);

// Nothing is locked, and nothing written, where all is there: a checkout that cannot be written can be used.
const ensureInstalledAndBuilt = async () => {
  const installed = dependenciesAreThere();
  if (installed && buildIsThere()) return;
  try {
    await withLock(
      root,
      async () => {
        await ensureDependencies();
        await ensureBuild();
      },
      { say },
    );
  } catch (error) {
    if (error instanceof SetupError || !isReadOnly(error)) throw error;
    const missing = installed ? 'not built, or not from these sources' : 'without its dependencies';
    throw new SetupError(
      `this checkout is ${missing}, and its folder ${root} cannot be written (${error.code}): ` +
        'run npm run build where it can be written, or in a copy.',
    );
  }
};

// The system's package manager can work where the checkout cannot be written.
const alone = async (work) => {
  try {
    accessSync(root, constants.W_OK);
  } catch {
    return work();
  }
  return withLock(root, work, { say });
};

try {
  if (nodeIsTooOld())
    throw new SetupError(
      `Node ${process.versions.node} is too old: 20.19 or later of 20, or 22.12 or later, is needed.`,
    );
  const [mode, ...args] = process.argv.slice(2);
  await ensureInstalledAndBuilt();
  if (mode === undefined) await ensureLibrary(alone);
  if (mode === '--start') startAndSuggest(args);
} catch (error) {
  if (!(error instanceof SetupError) && error.code === undefined) throw error;
  say(error.message);
  process.exitCode = 2;
}
