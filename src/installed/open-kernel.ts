// Finds the kernel of a release, and modules of it, in what `--kernel` names: folders, images, modules and packages.

import { InputError } from '../base/errors.js';
import { isFolder, isThere, readBytes } from '../base/read-file.js';
import { listSome } from '../base/words.js';
import { type KernelImage, openKernelImage } from '../image/kernel-image.js';
import { isPackage, packageFiles } from '../image/package-file.js';
import { isBootImage, releaseOfBootImage, vmlinuxOf } from '../image/boot-image.js';
import { imagesIn, moduleFoldersIn, releasesIn } from './kernel-files.js';
import { isModuleFile, moduleName, modulesIn } from './module-files.js';
import { unpackedOnce } from './unpacked-cache.js';

/** What is wanted of a kernel. */
interface Wished {
  /** `6.1.0-57-amd64`; without it, the only one that is there. */
  readonly release: string | undefined;
  /** Names of modules, as the kernel has them. */
  readonly modules: readonly string[];
}

/** A kernel with modules of it. */
interface OpenKernel {
  readonly release: string | undefined;
  /** `undefined` where only modules were found. */
  readonly image: KernelImage | undefined;
  readonly modules: ReadonlyMap<string, KernelImage>;
  /** What was found and not used, or is missing, in words. */
  readonly notes: readonly string[];
}

/** Kernels are there, and none of the wanted release. */
export class OtherKernelError extends InputError {}

const FIELD = '--kernel';
const FILE = { what: 'a kernel, a module or a package', max: 1 << 30 };
const PACKAGED_IMAGE = /(?:^|\/)(?:boot\/)?(?:vmlinuz|vmlinux|bzImage)(?:-[^/]+)?$/u;
const SHOWN = 8; // releases in a message

/** What is found on the way. */
class Search {
  readonly images: KernelImage[] = [];
  readonly modules = new Map<string, KernelImage>();
  readonly releases = new Set<string>();
  readonly notes: string[] = [];

  constructor(readonly wished: Wished) {}

  isWanted(release: string | undefined): boolean {
    return this.wished.release === undefined || release === undefined || release === this.wished.release;
  }

  take(image: KernelImage): void {
    const { release, module } = image;
    if (release !== undefined) this.releases.add(release);
    if (!this.isWanted(release)) {
      if (module !== undefined)
        this.notes.push(`${image.elf.file} is of ${release ?? 'another kernel'}, and is not used`);
      return;
    }
    if (module === undefined) this.images.push(image);
    else if (!this.modules.has(moduleName(module))) this.modules.set(moduleName(module), image);
  }

  async bytes(bytes: Uint8Array, file: string): Promise<void> {
    if (isBootImage(bytes)) {
      const release = releaseOfBootImage(bytes);
      if (release !== undefined) this.releases.add(release);
      // What is not wanted is not unpacked.
      if (!this.isWanted(release)) return;
      const unpacked = await unpackedOnce(bytes, 'vmlinux', () => vmlinuxOf(bytes, file));
      const image = await openKernelImage(unpacked, file);
      this.take(image);
      return;
    }
    this.take(await openKernelImage(bytes, file));
  }

  async package(bytes: Uint8Array, file: string): Promise<void> {
    const wanted = new Set(this.wished.modules);
    const isWished = (path: string): boolean =>
      isModuleFile(path) ? wanted.has(moduleName(path)) : PACKAGED_IMAGE.test(path);
    const found: { readonly path: string; readonly bytes: Uint8Array }[] = [];
    for await (const one of packageFiles(bytes, file, isWished))
      found.push({ path: one.name, bytes: one.bytes });
    for (const one of found) await this.bytes(one.bytes, `${file}: ${one.path}`);
    if (found.length === 0) this.notes.push(`${file} has no kernel, and none of the modules`);
  }

  async file(file: string): Promise<void> {
    const bytes = readBytes(file, FILE);
    await (isPackage(bytes) ? this.package(bytes, file) : this.bytes(bytes, file));
  }

  async folder(folder: string): Promise<void> {
    const there = releasesIn(folder);
    for (const release of there) this.releases.add(release);
    const [only] = there;
    const release = this.wished.release ?? (there.length === 1 ? only : undefined);
    for (const image of imagesIn(folder, release)) {
      const before = this.images.length;
      await this.file(image);
      if (this.images.length > before) break;
    }
    const missing = this.wished.modules.filter((name) => !this.modules.has(name));
    if (missing.length === 0) return;
    for (const modules of moduleFoldersIn(folder, release ?? '')) {
      const files = modulesIn(modules);
      for (const name of missing) {
        const path = files.get(name);
        if (path !== undefined && isThere(path)) await this.file(path);
      }
    }
  }

  /** @throws {InputError} when nothing of the release was found, or several kernels and no release to choose by */
  end(where: readonly string[]): OpenKernel {
    const { wished, images, modules, releases } = this;
    const there = `there is ${listSome([...releases].toSorted(), SHOWN)}`;
    const names = where.join(', ');
    const place = { file: names, field: FIELD };
    if (images.length === 0 && modules.size === 0) {
      if (releases.size === 0) throw new InputError('has no kernel and no module', place);
      throw new OtherKernelError(
        wished.release === undefined
          ? `has no kernel that can be told from others: ${there}`
          : `has no kernel ${wished.release}: ${there}`,
        place,
      );
    }
    const [image, second] = images;
    if (wished.release === undefined && second !== undefined && second.release !== image?.release)
      throw new InputError(`has several kernels: ${there}; choose one by its release`, {
        ...place,
      });
    if (second !== undefined) this.notes.push(`${second.elf.file} fits too; ${image!.elf.file} is used`);
    for (const name of wished.modules)
      if (!modules.has(name)) this.notes.push(`the module ${name} was not found in ${names}`);
    if (image === undefined)
      this.notes.push(`no image of the kernel was found in ${names}: types are not known`);
    return { release: image?.release ?? wished.release, image, modules, notes: this.notes };
  }
}

/**
 * Find and open a kernel.
 *
 * @param where folders, images, modules and packages, in the order in which they are looked at
 * @throws {InputError} when one of them cannot be read or is damaged, or nothing in them fits
 */
export const openKernel = async (where: readonly string[], wished: Wished): Promise<OpenKernel> => {
  const search = new Search({ ...wished, modules: wished.modules.map((name) => name.replaceAll('-', '_')) });
  for (const one of where) await (isFolder(one) ? search.folder(one) : search.file(one));
  return search.end(where);
};
