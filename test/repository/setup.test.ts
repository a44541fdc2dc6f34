// scripts/setup.mjs, in a copy of the project that holds only the sources that setup itself uses.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadLibunicorn } from '../../src/machine/library.js';
import { makeProject, type Project, root, setup, temporary } from '../helpers/setup-project.js';

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** Every file of dist with the time of its last change. */
const built = ({ folder }: Project) =>
  readdirSync(join(folder, 'dist')).map((name) => [name, statSync(join(folder, 'dist', name)).mtimeMs]);

describe('setup, where all is there', () => {
  let project: Project;
  beforeAll(() => {
    project = makeProject('present');
    const { status, stderr } = setup(project, { PATH: process.env['PATH'] ?? '' });
    expect(stderr).toBe('setup: building\n');
    expect(status).toBe(0);
  });

  it('prints nothing to stdout, so that `npm start -s` can be piped', () => {
    expect(setup(project).stdout).toBe('');
  });

  it('does no work the second time, and costs no noticeable time', () => {
    const before = built(project);
    const runs = [1, 2, 3].map(() => setup(project));
    for (const { status, stderr } of runs) expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(built(project)).toEqual(before);
    expect(Math.min(...runs.map((run) => run.elapsedMs))).toBeLessThan(1000); // 90 ms alone on two cores
  });

  it('builds again when a source changed, and leaves nothing of one that was deleted', () => {
    const extra = join(project.folder, 'src/extra.ts');
    writeFileSync(extra, 'export const one = 1;\n');
    expect(setup(project).stderr).toBe('setup: building\n');
    expect(existsSync(join(project.folder, 'dist/extra.js'))).toBe(true);
    rmSync(extra);
    expect(setup(project).stderr).toBe('setup: building\n');
    expect(existsSync(join(project.folder, 'dist/extra.js'))).toBe(false);
  });

  it('builds again when a file of the build is gone', () => {
    rmSync(join(project.folder, 'dist/machine/library.js'));
    expect(setup(project).stderr).toBe('setup: building\n');
    expect(existsSync(join(project.folder, 'dist/machine/library.js'))).toBe(true);
  });

  it('keeps the old build when the new one fails, and exits with 2', () => {
    const wrong = join(project.folder, 'src/wrong.ts');
    const before = built(project);
    writeFileSync(wrong, "export const one: number = 'one';\n");
    const { status, stderr } = setup(project);
    expect(status).toBe(2);
    expect(stderr).toContain('wrong.ts');
    expect(stderr).toContain('setup: the build failed');
    expect(built(project)).toEqual(before);
    rmSync(wrong);
    expect(readdirSync(project.folder).filter((name) => name.startsWith('dist.'))).toEqual([]);
  });
});

describe('npm start', () => {
  it('replays with the arguments given, and ends with commands to try next', () => {
    const project = makeProject('start');
    setup(project);
    const started = join(project.folder, 'oopslab');
    writeFileSync(started, 'console.log(JSON.stringify(process.argv.slice(2)));\n');
    const { status, stdout, stderr } = setup(project, {}, '--start', '--set', 'tree=a b');
    expect({ status, stdout }).toEqual({ status: 0, stdout: '["replay","--set","tree=a b"]\n' });
    const next = [...stderr.matchAll(/^ {2}\.\/oopslab (\w+)/gmu)].map(([, name]) => name);
    expect(next).toHaveLength(3);
    for (const name of next) expect(existsSync(join(root, `src/cli/${name}.ts`))).toBe(true);

    writeFileSync(started, 'process.exitCode = 1;\n');
    expect(setup(project, {}, '--start')).toMatchObject({ status: 1, stderr: '' });
  });
});

describe('setup, without what npm installs', () => {
  it('says so when npm cannot be run, and exits with 2', () => {
    const project = makeProject('no-npm');
    rmSync(join(project.folder, 'node_modules/yaml'), { recursive: true });
    const { status, stderr } = setup(project);
    expect(status).toBe(2);
    expect(stderr).toMatch(/npm (?:ci failed|cannot be run)/u);
    expect(stderr).not.toContain('\n    at ');
  });

  it('says so when the lockfile is damaged', () => {
    const project = makeProject('no-lockfile');
    writeFileSync(join(project.folder, 'package-lock.json'), '{');
    const { status, stderr } = setup(project);
    expect(status).toBe(2);
    expect(stderr).toContain('package-lock.json is missing or damaged');
  });
});

describe('setup, with a wrong OOPSLAB_LIBUNICORN', () => {
  let project: Project;
  beforeAll(() => {
    project = makeProject('setting');
    setup(project, {}, '--build');
  });

  it.each([
    ['a missing file', 'nowhere.so', 'there is no such file'],
    ['a folder', 'src', 'is a folder'],
    ['no library', 'package.json', 'cannot be loaded'],
  ])('that names %s prints one message with the commands and exits with 2', (_, name, reason) => {
    const { status, stdout, stderr } = setup(project, { OOPSLAB_LIBUNICORN: join(project.folder, name) });
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(reason);
    expect(stderr).toContain('pip install unicorn');
    expect(stderr).not.toContain('\n    at ');
  });
});

describe.skipIf(process.platform !== 'linux')('setup, where libunicorn is missing (needs Linux)', () => {
  let project: Project;
  let library: string;
  const log = () => join(project.home, 'commands');
  const commands = () => (existsSync(log()) ? readFileSync(log(), 'utf8').trimEnd().split('\n') : []);
  const copy = () => join(project.home, '.local/lib/python3.11/site-packages/unicorn/lib/libunicorn.so.2');

  /** A package manager that writes down how it was called. */
  const fake = (name: string, body: string) => {
    const path = join(project.path, name);
    writeFileSync(path, `#!/bin/sh\necho "${name} $*" >> "${log()}"\n${body}\n`);
    chmodSync(path, 0o755);
  };
  const path = () => ({ PATH: `${project.path}:/usr/bin:/bin` });
  const installs = () => `/bin/mkdir -p "${join(copy(), '..')}" && /bin/ln -s "${library}" "${copy()}"`;

  beforeAll(() => {
    const { path: name } = loadLibunicorn();
    const mapped = /\/\S*libunicorn\S*$/mu.exec(readFileSync('/proc/self/maps', 'utf8'));
    library = name.startsWith('/') ? name : mapped![0];
    project = makeProject('missing', true);
    expect(setup(project, {}, '--build').status).toBe(0);
  });
  beforeEach(() => {
    for (const made of [project.home, project.path]) {
      rmSync(made, { recursive: true });
      mkdirSync(made);
    }
    rmSync(join(project.folder, 'node_modules/.oopslab-setup'), { recursive: true, force: true });
    fake('sudo', 'shift; [ "$1" = true ] || exec "$@"'); // asks for no password
  });

  it('prints where it looked and the commands to choose from, and exits with 2', () => {
    const { status, stdout, stderr } = setup(project, { OOPSLAB_NO_INSTALL: '1', ...path() });
    expect(status).toBe(2);
    expect(stdout).toBe('');
    for (const text of [
      'libhidden.so.2: not found',
      'apt-get install',
      'dnf install',
      'pacman -S',
      'pip install',
    ]) {
      expect(stderr).toContain(text);
    }
    expect(stderr).not.toContain('\n    at ');
    expect(commands()).toEqual([]);
  });

  it('prints them too where there is no package manager', () => {
    const { status, stderr } = setup(project);
    expect(status).toBe(2);
    expect(stderr).toContain('apt-get install');
  });

  it("takes the Python package's copy", () => {
    mkdirSync(join(copy(), '..'), { recursive: true });
    symlinkSync(library, copy());
    expect(setup(project)).toMatchObject({ status: 0, stderr: '' });
  });

  it("installs it with the system's package manager, then does no work", () => {
    fake('apt-get', installs());
    expect(setup(project, path()).status).toBe(0);
    expect(commands().at(-1)).toBe('apt-get install -y libunicorn2');
    const calls = commands().length;
    expect(setup(project, path())).toMatchObject({ status: 0, stderr: '' });
    expect(commands()).toHaveLength(calls);
  });

  it('fetches the lists of packages first where there are none', () => {
    fake(
      'apt-get',
      `[ "$1" = update ] && exec touch "$HOME/lists"\n[ -e "$HOME/lists" ] || exit 100\n${installs()}`,
    );
    expect(setup(project, path()).status).toBe(0);
    expect(commands().filter((line) => line.startsWith('apt-get'))).toEqual([
      'apt-get install -y libunicorn2',
      'apt-get update',
      'apt-get install -y libunicorn2',
    ]);
  });

  it('prints the commands when the package manager fails', () => {
    fake('apt-get', 'echo E: no network >&2; exit 100');
    const { status, stderr } = setup(project, path());
    expect(status).toBe(2);
    expect(stderr).toContain('E: no network');
    expect(stderr).toContain('Install it with one of:');
  });

  it('notices that the library was removed again', () => {
    fake('apt-get', installs());
    expect(setup(project, path()).status).toBe(0);
    rmSync(copy());
    expect(setup(project, { ...path(), OOPSLAB_NO_INSTALL: '1' }).status).toBe(2);
  });
});
