// Makes sure that the dependencies are installed, the build is up to date and libunicorn can be loaded.
// Node built-ins only; all output goes to stderr. src/machine/library.ts knows where to look for libunicorn.
//
//   node scripts/setup.mjs                  all three; returns at once when nothing is missing
//   node scripts/setup.mjs --build          dependencies and build only
//   node scripts/setup.mjs --start ARGS     all three, then oopslab replay ARGS, then commands to try next
//
// OOPSLAB_NO_INSTALL=1 keeps it from installing system packages. Exit code 2: something is missing; the message says
// what to do about it.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(root, ...parts);
const dist = at('dist');
const say = (text) => process.stderr.write(`setup: ${text}\n`);

class SetupError extends Error {}

const readJson = (path) => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
};

// The output of a command is progress: it goes to stderr.
const run = (command, args, options = {}) =>
  spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });

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

const ensureDependencies = () => {
  if (dependenciesAreThere()) return;
  say('installing the dependencies from package-lock.json (npm ci)');
  const args = ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status, error } = npm(args);
  if (status === 0) return;
  throw new SetupError(
    error === undefined
      ? 'npm ci failed (its messages are above). It needs the network once; then run this again.'
      : `npm cannot be run (${error.code ?? error.message}). Install npm, then run: npm ci`,
  );
};

// --- build ------------------------------------------------------------------------------------------------------

const filesBelow = (folder) =>
  readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)],
    )
    .sort();

const sourceHash = () => {
  const hash = createHash('sha256');
  const configuration = [
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts/bundle.mjs',
  ].map((name) => at(name));
  const sources = ['src', 'page', 'scenarios'].flatMap((folder) => filesBelow(at(folder)));
  for (const path of [...configuration, ...sources]) {
    const content = readFileSync(path);
    hash.update(`${path.slice(root.length)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
};

// In dist, so that a build and its stamp appear together; package.json keeps it out of the package.
const BUILD_STAMP = '.oopslab-build.json';

const buildIsThere = (hash) => {
  const stamp = readJson(join(dist, BUILD_STAMP));
  return stamp?.sources === hash && stamp.files.every((file) => existsSync(join(dist, file)));
};

// Built beside dist, then renamed: no file of a deleted source survives, and a failed build leaves the old one intact.
const ensureBuild = () => {
  const hash = sourceHash();
  if (buildIsThere(hash)) return;
  say('building');
  const fresh = at(`dist.${process.pid}.part`);
  const old = at(`dist.${process.pid}.old`);
  try {
    const tsc = at('node_modules/typescript/bin/tsc');
    const args = [tsc, '-p', at('tsconfig.build.json'), '--noEmitOnError', '--outDir', fresh];
    const { status } = run(process.execPath, args);
    if (status !== 0) throw new SetupError('the build failed (the messages of the compiler are above).');
    compileScenarios(fresh);
    bundleProgram(fresh);
    buildPage(fresh);
    const files = filesBelow(fresh).map((path) => path.slice(fresh.length + 1));
    writeFileSync(join(fresh, BUILD_STAMP), JSON.stringify({ sources: hash, files }));
    replaceFolder(fresh, old, hash);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
};

// The content of the shipped scenarios as JSON, so that a start need not parse YAML. The program reports a bad one.
const COMPILE = `
  import { writeFileSync } from 'node:fs';
  import { join } from 'node:path';
  const [folder, url, ...files] = process.argv.slice(1);
  const { COMPILED_SCENARIOS, compileScenarioFiles } = await import(url);
  writeFileSync(join(folder, 'scenario', COMPILED_SCENARIOS), compileScenarioFiles(files));
`;

const compileScenarios = (folder) => {
  const module = pathToFileURL(join(folder, 'scenario', 'file.js')).href;
  const files = filesBelow(at('scenarios')).filter((path) => path.endsWith('.yaml'));
  run(process.execPath, ['--input-type=module', '--eval', COMPILE, folder, module, ...files]);
};

const bundleProgram = (fresh) => {
  const { status } = run(process.execPath, [at('scripts/bundle.mjs'), fresh]);
  if (status !== 0) throw new SetupError('the program cannot be bundled (the messages are above).');
};

// The page of `oopslab report`: one HTML file. The loader `runner` writes no temporary file for the configuration.
const buildPage = (fresh) => {
  const vite = at('node_modules/vite/bin/vite.js');
  const config = ['--config', at('page/vite.config.ts'), '--configLoader', 'runner'];
  const { status } = run(process.execPath, [vite, 'build', ...config, '--outDir', join(fresh, 'page')]);
  if (status !== 0) throw new SetupError('the build of the page failed (the messages of vite are above).');
};

const replaceFolder = (fresh, old, hash) => {
  try {
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(fresh, dist);
  } catch (error) {
    if (!buildIsThere(hash)) throw error; // otherwise another setup, running at the same time, was faster
  }
};

// --- libunicorn -------------------------------------------------------------------------------------------------

const libraryStamp = at('node_modules/.oopslab-setup/libunicorn.json');
const setting = process.env.OOPSLAB_LIBUNICORN ?? '';

// The file that was loaded last time under the same setting has not changed.
const libraryWasThere = () => {
  const stamp = readJson(libraryStamp);
  if (stamp === undefined || stamp.setting !== setting || stamp.node !== process.version) return false;
  const stats = statSync(stamp.file, { throwIfNoEntry: false });
  return stats?.size === stamp.size && stats?.mtimeMs === stamp.mtimeMs;
};

const rememberLibrary = (file) => {
  if (file === null) return;
  try {
    const { size, mtimeMs } = statSync(file);
    mkdirSync(join(libraryStamp, '..'), { recursive: true });
    writeFileSync(libraryStamp, JSON.stringify({ setting, node: process.version, file, size, mtimeMs }));
  } catch {
    // the next setup is slower, nothing else
  }
};

// Runs in a child process: loading a user-supplied file may end the process. Prints one line of JSON.
const PROBE = `
  import { readFileSync } from 'node:fs';
  import { isAbsolute } from 'node:path';
  const answer = await (async () => {
    try {
      const { loadLibunicorn } = await import(process.argv[1]);
      const { path } = loadLibunicorn();
      if (isAbsolute(path)) return { file: path };
      if (process.platform !== 'linux') return { file: null };
      const file = /\\/\\S*libunicorn\\S*$/mu.exec(readFileSync('/proc/self/maps', 'utf8'));
      return { file: file === null ? null : file[0] };
    } catch (error) {
      return { problem: error.message };
    }
  })();
  process.stdout.write(JSON.stringify(answer));
`;

const probeLibrary = () => {
  const args = [
    '--input-type=module',
    '--eval',
    PROBE,
    pathToFileURL(join(dist, 'machine', 'library.js')).href,
  ];
  const { stdout, signal } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (signal !== null) return { problem: `loading libunicorn ended the process (${signal}).` };
  try {
    return JSON.parse(stdout);
  } catch {
    return { problem: 'loading libunicorn ended the process.' };
  }
};

const onPath = (name) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });

const MANAGERS = [
  { name: 'apt-get', install: ['install', '-y', 'libunicorn2'], refresh: ['update'] },
  { name: 'dnf', install: ['install', '-y', 'unicorn'] },
  { name: 'pacman', install: ['-S', '--noconfirm', 'unicorn'] },
];

// The start of a command line that may install packages without asking for a password, or undefined.
const asRoot = () => {
  if (process.getuid?.() === 0) return [];
  const allowed = onPath('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  return allowed ? ['sudo', '-n'] : undefined;
};

const attempt = (line) => {
  say(line.join(' '));
  return run(line[0], line.slice(1)).status === 0;
};

const installOnLinux = () => {
  const manager = MANAGERS.find(({ name }) => onPath(name));
  const before = manager === undefined ? undefined : asRoot();
  if (before === undefined) return false;
  const quiet = manager.name === 'apt-get' ? ['env', 'DEBIAN_FRONTEND=noninteractive'] : [];
  const line = (args) => [...before, ...quiet, manager.name, ...args];
  if (attempt(line(manager.install))) return true;
  return manager.refresh !== undefined && attempt(line(manager.refresh)) && attempt(line(manager.install));
};

// Homebrew refuses to run as root.
const installWithBrew = () =>
  onPath('brew') && process.getuid?.() !== 0 && attempt(['brew', 'install', 'unicorn']);

const installLibrary = () => {
  if ((process.env.OOPSLAB_NO_INSTALL ?? '') !== '' || setting !== '') return false; // OOPSLAB_LIBUNICORN rules out other places
  if (process.platform === 'linux') return installOnLinux();
  return process.platform === 'darwin' && installWithBrew();
};

const ensureLibrary = () => {
  if (libraryWasThere()) return;
  const first = probeLibrary();
  const found = first.problem !== undefined && installLibrary() ? probeLibrary() : first;
  if (found.problem !== undefined) throw new SetupError(found.problem);
  rememberLibrary(found.file);
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

try {
  if (nodeIsTooOld())
    throw new SetupError(
      `Node ${process.versions.node} is too old: 20.19 or later of 20, or 22.12 or later, is needed.`,
    );
  const [mode, ...args] = process.argv.slice(2);
  ensureDependencies();
  ensureBuild();
  if (mode !== '--build') ensureLibrary();
  if (mode === '--start') startAndSuggest(args);
} catch (error) {
  if (!(error instanceof SetupError) && error.code === undefined) throw error;
  say(error.message);
  process.exitCode = 2;
}
