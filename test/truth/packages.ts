// Kernel packages of Debian and the debug packages that fit, fetched once into a cache folder outside the repository: of
// each only the kernel and the modules that are asked for are unpacked.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from './variables.js';

/** Where packages are kept. */
export const cacheFolder = (): string =>
  process.env.OOPSLAB_KERNELS ?? join(homedir(), '.cache/oopslab/kernels');

export interface Package {
  readonly file: string;
  readonly version: string;
  readonly sha256: string;
}

/** A package of the system's sources, downloaded unless it is there. @throws when apt-get has none */
export const fetchPackage = async (name: string, folder: string): Promise<Package> => {
  mkdirSync(folder, { recursive: true });
  const find = () => readdirSync(folder).find((one) => one.startsWith(`${name}_`) && one.endsWith('.deb'));
  // As root, apt would take another user who cannot write here.
  const script = 'cd "$1" && apt-get download -qq -o APT::Sandbox::User=root "$2"';
  if (find() === undefined) run('sh', ['-c', script, 'sh', folder, name]);
  const file = join(folder, find()!);
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return { file, version: run('dpkg-deb', ['-f', file, 'Version']).trim(), sha256: hash.digest('hex') };
};

const filesBelow = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
    : [];

/** `cifs` of `…/cifs.ko.xz`, `vmlinuz` of `…/vmlinuz-6.1.0-57-amd64`. */
const plainName = (file: string): string =>
  basename(file)
    .replace(/\.ko(?:\.(?:xz|zst|gz))?$/u, '')
    .replace(/^(vmlinu[xz])-.*$/u, '$1')
    .replaceAll('-', '_');

/**
 * Files of a package, unpacked unless they are there, or in the folder that scripts/fetch-kernels.mjs makes of all of it.
 *
 * @param names of modules, `vmlinuz` or `vmlinux`
 * @returns the files by name; a name that the package does not have is left out
 */
export const unpack = (file: string, names: readonly string[], into: string): ReadonlyMap<string, string> => {
  const whole = file.replace(/\.deb$/u, '');
  const target = existsSync(whole) ? whole : into;
  const wanted = new Set(names.map((name) => name.replaceAll('-', '_')));
  const found = () => {
    const files = new Map<string, string>();
    for (const one of filesBelow(target))
      if (/\.ko(?:\.\w+)?$|vmlinu[xz]-/u.test(basename(one)) && wanted.has(plainName(one)))
        files.set(plainName(one), one);
    return files;
  };
  const have = found();
  const missing = [...wanted].filter((name) => !have.has(name));
  if (missing.length === 0) return have;
  mkdirSync(target, { recursive: true });
  // `-` and `_` are one in the names of modules.
  const patterns = missing.flatMap((name) =>
    name.startsWith('vmlinu')
      ? [`*/boot/${name}-*`]
      : [`*/${name.replaceAll('_', '[-_]')}.ko`, `*/${name.replaceAll('_', '[-_]')}.ko.*`],
  );
  const script =
    'file=$1 into=$2; shift 2; dpkg-deb --fsys-tarfile "$file" | tar -x -C "$into" --wildcards "$@"';
  try {
    run('sh', ['-c', script, 'sh', file, target, ...patterns]);
  } catch (error) {
    // tar says so where a pattern fits nothing, after all others were unpacked.
    if (!/Not found in archive/u.test(String(error))) throw error;
  }
  return found();
};
