// Copies of the project that hold only the sources that setup itself uses, to run scripts/setup.mjs in.
import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** This checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where the copies are; a test file that makes any removes it. */
export const temporary = mkdtempSync(join(tmpdir(), 'oopslab-setup-'));

/** Folders of one project: the copy, a home, and a PATH with nothing on it. */
export interface Project {
  readonly folder: string;
  readonly home: string;
  readonly path: string;
}

/** These sources and all that they import, directly or not. */
const withImports = (files: readonly string[]): Set<string> => {
  const all = new Set(files);
  for (const file of all)
    for (const [, path] of readFileSync(join(root, file), 'utf8').matchAll(
      /(?:from|import\()\s*'(\.[^']*)\.js'/gu,
    ))
      for (const ending of ['.ts', '.tsx']) {
        const imported = join(dirname(file), `${path}${ending}`);
        if (existsSync(join(root, imported))) all.add(imported);
      }
  return all;
};

const pageFiles = readdirSync(join(root, 'page'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/u.test(name))
  .map((name) => join('page', name));

/** What setup loads, and what it builds. */
const SOURCES = withImports([
  'src/machine/library.ts',
  'src/machine/probe-child.ts',
  'src/machine/probe-watch.ts',
  'src/scenario/file.ts',
  ...pageFiles,
]);

const linkFolder = (from: string, to: string) => symlinkSync(from, to, 'junction');

// What npm would install, as links.
const installLinks = (folder: string): void => {
  for (const entry of readdirSync(join(root, 'node_modules'), { withFileTypes: true })) {
    const [from, to] = [join(root, 'node_modules', entry.name), join(folder, 'node_modules', entry.name)];
    if (entry.name === '.package-lock.json') copyFileSync(from, to);
    else if (entry.isDirectory() && !entry.name.startsWith('.')) linkFolder(from, to);
  }
};

/**
 * Make a copy.
 *
 * @param hidden the copy looks for names that no system has, so that only the Python package's copies are left
 */
export const makeProject = (name: string, hidden = false): Project => {
  const [folder, home, path] = ['project', 'home', 'bin'].map((part) => join(temporary, name, part)) as [
    string,
    string,
    string,
  ];
  for (const made of [
    join(folder, 'scripts'),
    ...['scenarios', 'snippets', 'cases', 'lessons', 'candidates'].map((shipped) => join(folder, shipped)),
    join(folder, 'node_modules'),
    home,
    path,
  ])
    mkdirSync(made, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{ "type": "commonjs" }\n'); // whatever the folders above say
  for (const file of ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']) {
    copyFileSync(join(root, file), join(folder, file));
  }
  const scripts = readdirSync(join(root, 'scripts')).filter((name) =>
    /^(?:setup.*|bundle.*)\.mjs$/u.test(name),
  );
  for (const file of [...scripts.map((name) => join('scripts', name)), ...SOURCES]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(root, file), join(folder, file));
  }
  mkdirSync(join(folder, 'src/cli'), { recursive: true });
  writeFileSync(join(folder, 'src/cli/main.ts'), "process.stdout.write('started');\n");
  for (const sources of ['page', 'assembly'])
    cpSync(join(root, sources), join(folder, sources), { recursive: true });
  installLinks(folder);
  if (hidden) {
    const library = join(folder, 'src/machine/library-search.ts');
    const text = readFileSync(library, 'utf8');
    const changed = text
      .replace(/'libunicorn\.so\.2', 'libunicorn\.so'/u, "'libhidden.so.2'")
      .replace(/'\/usr\/local',\s*'\/usr',/u, '');
    if (changed === text) throw new Error('the names of libunicorn are written otherwise now');
    writeFileSync(library, changed);
  }
  return { folder, home, path };
};

/** Run setup in a copy, with nothing else in its environment. */
export const setup = (
  { folder, home, path }: Project,
  env: Record<string, string> = {},
  ...args: string[]
) => {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/setup.mjs', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { HOME: home, PATH: path, ...env },
  });
  return { status, stdout, stderr, elapsedMs: performance.now() - started };
};

/** Start setup in a copy, and do not wait for it. `ended` has what `setup` returns. */
export const startSetup = (
  { folder, home, path }: Project,
  env: Record<string, string> = {},
  ...args: string[]
) => {
  const child = spawn(process.execPath, ['scripts/setup.mjs', ...args], {
    cwd: folder,
    env: { HOME: home, PATH: path, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<{ status: number | null; stderr: string }>((resolve) => {
    child.on('close', (status) => resolve({ status, stderr }));
  });
  return { child, ended, said: () => stderr };
};
