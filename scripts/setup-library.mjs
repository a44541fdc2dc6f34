// libunicorn: whether it can be loaded, and how it is installed. src/machine/library-search.ts knows where to look for it.
// Node built-ins only.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SetupError, at, readJson, run, say } from './setup-base.mjs';
import { dist } from './setup-build.mjs';

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

const attempt = async (line) => {
  say(line.join(' '));
  return (await run(line[0], line.slice(1))).status === 0;
};

const installOnLinux = async () => {
  const manager = MANAGERS.find(({ name }) => onPath(name));
  const before = manager === undefined ? undefined : asRoot();
  if (before === undefined) return false;
  const quiet = manager.name === 'apt-get' ? ['env', 'DEBIAN_FRONTEND=noninteractive'] : [];
  const line = (args) => [...before, ...quiet, manager.name, ...args];
  if (await attempt(line(manager.install))) return true;
  if (manager.refresh === undefined || !(await attempt(line(manager.refresh)))) return false;
  return attempt(line(manager.install));
};

// Homebrew refuses to run as root.
const installWithBrew = async () =>
  onPath('brew') && process.getuid?.() !== 0 && (await attempt(['brew', 'install', 'unicorn']));

const mayInstall = () => (process.env.OOPSLAB_NO_INSTALL ?? '') === '' && setting === ''; // OOPSLAB_LIBUNICORN rules out other places

const installLibrary = async () => {
  if (process.platform === 'linux') return installOnLinux();
  return process.platform === 'darwin' && installWithBrew();
};

/**
 * See to it that libunicorn can be loaded.
 *
 * @param alone runs what it is given while no other setup works in this checkout
 * @throws {SetupError} when it cannot; the message says where it was looked for, and how to install it
 */
export const ensureLibrary = async (alone) => {
  if (libraryWasThere()) return;
  let found = probeLibrary();
  if (found.problem !== undefined && mayInstall())
    found = await alone(async () => {
      const now = probeLibrary(); // another setup may have installed it
      return now.problem !== undefined && (await installLibrary()) ? probeLibrary() : now;
    });
  if (found.problem !== undefined) throw new SetupError(found.problem);
  rememberLibrary(found.file);
};
