// The kernel packages that `npm run kernels` fetches and unpacks: tests that read one are skipped where it is missing.
// Their titles say so: describe.skipIf(kernelPackage('6.1') === undefined)(`… ${NEEDS_KERNEL}`, …).
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Ends the titles of tests that are skipped without packages. */
export const NEEDS_KERNEL = '(needs a kernel package)';

/** A kernel package of Debian 12, and what is in it. */
export interface KernelPackage {
  /** `6.1.0-57-amd64` */
  readonly release: string;
  /** `6.1.192-3` */
  readonly version: string;
  /** The package file, .deb. */
  readonly file: string;
  /** A folder with what is in it: boot/, lib/modules/, … */
  readonly tree: string;
  /** The image in it. */
  readonly vmlinuz: string;
  /** Where the folders of modules are: kernel/fs, … */
  readonly modules: string;
}

const folder = process.env['OOPSLAB_KERNELS'] || join(homedir(), '.cache/oopslab/kernels');

/** The newest package of a series; `undefined` where none was fetched. */
export const kernelPackage = (series: '6.1' | '6.12'): KernelPackage | undefined => {
  const name = (existsSync(folder) ? readdirSync(folder) : [])
    .filter((one) => one.startsWith(`linux-image-${series}.`) && one.endsWith('_amd64.deb'))
    .filter((one) => !/dbg|cloud|-rt-/u.test(one))
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .at(-1);
  if (name === undefined) return undefined;
  const tree = join(folder, name.slice(0, -'.deb'.length));
  if (!existsSync(tree)) return undefined;
  const [package_ = '', version = ''] = name.split('_');
  const release = package_.slice('linux-image-'.length);
  const modules = ['lib', 'usr/lib']
    .map((place) => join(tree, place, 'modules', release))
    .find((one) => existsSync(one));
  return {
    release,
    version,
    file: join(folder, name),
    tree,
    vmlinuz: join(tree, 'boot', `vmlinuz-${release}`),
    modules: join(modules ?? tree, 'kernel'),
  };
};
