// The package as npm makes it from the build. `npm test` built it.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
  engines: { node: string };
  bin: Record<string, string>;
  exports: Record<string, string | Record<string, string>>;
};
const windows = process.platform === 'win32';
const temporary = mkdtempSync(join(tmpdir(), 'oopslab-package-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const npm = (cwd: string, ...args: string[]) =>
  spawnSync('npm', args, { cwd, encoding: 'utf8', shell: windows, timeout: 110_000 });

// Without scripts: prepack would build while other tests read dist.
const pack = (...args: string[]): { filename: string; files: { path: string }[] } => {
  const { stdout, stderr } = npm(
    root,
    'pack',
    '--json',
    '--ignore-scripts',
    '--pack-destination',
    temporary,
    ...args,
  );
  const parsed = JSON.parse(stdout) as Record<string, unknown> | unknown[];
  const [packed] = Object.values(parsed) as { filename: string; files: { path: string }[] }[];
  if (packed === undefined) throw new Error(stderr);
  return packed;
};

describe('the package', () => {
  let files: string[];
  beforeAll(() => {
    files = pack('--dry-run').files.map(({ path }) => path);
  });

  it('holds everything that it points to', () => {
    const named = [manifest.bin, ...Object.values(manifest.exports)]
      .flatMap((entry) => (typeof entry === 'string' ? [entry] : Object.values(entry)))
      .map((path) => path.replace(/^\.\//u, ''));
    expect(files).toEqual(expect.arrayContaining(named));
  });

  it.each([
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'scenarios/shm-close-bug.yaml',
    'candidates/cifs_build_path_to_root.yaml',
    'dist/page/index.html',
    'schema/scenario.schema.json',
  ])('holds %s', (path) => expect(files).toContain(path));

  it('holds the snippets', () => {
    expect(files.filter((path) => path.startsWith('snippets/')).length).toBeGreaterThan(10);
  });

  it('holds no tests, no tools of the developers and no sources', () => {
    expect(
      files.filter((path) => /^(?:test|bench|scripts|src|node_modules|\.)|\.oopslab|\.test\./u.test(path)),
    ).toEqual([]);
  });
});

const lockfile = readFileSync(join(root, 'package-lock.json'), 'utf8');

describe('the lockfile', () => {
  it('names no registry', () => {
    expect(lockfile).not.toContain('"resolved"');
  });

  it('has no package that needs a newer Node than package.json names', () => {
    type Package = { readonly engines?: { readonly node?: string }; readonly optional?: boolean };
    const { packages } = JSON.parse(lockfile) as { packages: Readonly<Record<string, Package>> };
    const ranges = Object.values(packages).flatMap(({ engines, optional }) =>
      engines?.node === undefined || optional === true ? [] : [engines.node],
    );
    expect(ranges).toContain(manifest.engines.node);
    // The oldest of each line. `>=20`, `^20.19.0 || >=22.12.0`: no other forms are in use.
    for (const [major, minor] of [[20, 19], [22, 12]] as const)
      for (const range of ranges)
        expect(range.split('||').some((part) => {
          const [, sign, first, second = '0'] = /^ *(>=|\^) *(\d+)(?:\.(\d+))?(?:\.\d+)? *$/u.exec(part)!;
          const [wantedMajor, wantedMinor] = [Number(first), Number(second)];
          if (major === wantedMajor) return minor >= wantedMinor;
          return sign === '>=' && major > wantedMajor;
        }), range).toBe(true); // prettier-ignore
  });
});

describe('./oopslab', () => {
  const start = (file: string, ...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { cwd: temporary, encoding: 'utf8' });
    return { status, stdout, stderr };
  }; // prettier-ignore

  it('starts the program of the checkout from any folder, also by a link', () => {
    const { stdout } = start(join(root, 'oopslab'), 'replay', '--json', '--set', 'tree= a b ');
    expect(JSON.parse(stdout)).toMatchObject({ parameters: { tree: ' a b ' } });
    const { stdout: help } = spawnSync(process.execPath, ['oopslab', '--help'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(help).toContain('  $ ./oopslab replay ');
    const link = join(temporary, 'linked');
    symlinkSync(join(root, 'oopslab'), link);
    expect(start(link, '--version')).toEqual(start(join(root, 'oopslab'), '--version'));
    if (!windows) expect(spawnSync(link, ['--version'], { encoding: 'utf8' }).status).toBe(0);
  });

  it('says what to do in a checkout that is not built', () => {
    const checkout = join(temporary, 'checkout');
    mkdirSync(checkout);
    copyFileSync(join(root, 'package.json'), join(checkout, 'package.json'));
    copyFileSync(join(root, 'oopslab'), join(checkout, 'oopslab'));
    const { status, stdout, stderr } = start(join(checkout, 'oopslab'), 'replay');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(`oopslab: it is not built yet; run npm start in ${checkout}/\n`);
  });
});

// What npm prints when the registry cannot be reached.
const OFFLINE = /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|network/u;

describe('the installed package', () => {
  const folder = join(temporary, 'empty folder');
  const bin = join(folder, 'node_modules', '.bin', windows ? 'oopslab.cmd' : 'oopslab');
  let offline = false;

  const oopslab = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(bin, args, {
      cwd: folder,
      encoding: 'utf8',
      shell: windows,
    });
    return { status, stdout, stderr };
  };

  beforeAll(() => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    const tarball = join(temporary, pack().filename);
    const result = npm(folder, 'install', '--ignore-scripts', '--no-audit', '--no-fund', tarball);
    offline = result.status !== 0 && OFFLINE.test(result.stderr);
    if (result.status !== 0 && !offline) throw new Error(result.stderr);
  });

  it('runs', (test) => {
    test.skip(offline, 'the registry cannot be reached');
    const stdout = `oopslab ${manifest.version}, Node ${process.versions.node}\n`;
    expect(oopslab('--version')).toEqual({ status: 0, stdout, stderr: '' });
    expect(existsSync(join(folder, 'node_modules/typescript'))).toBe(false);
  });

  it('has a doctor that says what was found', (test) => {
    test.skip(offline, 'the registry cannot be reached');
    const { status, stdout } = oopslab('doctor', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ usable: true, oopslab: manifest.version, missing: [] });
    expect(status).toBe(0);
  });

  it('replays the published crash', (test) => {
    test.skip(offline, 'the registry cannot be reached');
    const { status, stdout } = oopslab('replay', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      asExpected: true,
      outcome: { kind: 'bug', at: 'shm_close+0x3e' },
    });
    expect(status).toBe(0);
  });

  it('needs no libunicorn, and says in one message what to do where it is wanted', (test) => {
    test.skip(offline, 'the registry cannot be reached');
    const start = (...args: string[]) =>
      spawnSync(bin, ['oops', ...args], {
        cwd: folder,
        encoding: 'utf8',
        shell: windows,
        env: { ...process.env, OOPSLAB_ENGINE: '', OOPSLAB_LIBUNICORN: join(folder, 'nowhere.so') },
      });
    expect(start()).toMatchObject({ status: 0, stderr: '' });
    const { status, stdout, stderr } = start('--engine', 'unicorn');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('nowhere.so: there is no such file');
    expect(stderr).not.toContain('\n    at ');
  });
});
