// What the commands share that ask an installed kernel, without a report: which one, and the names that are not in it.

import { nearest } from '../base/did-you-mean.js';
import { InputError } from '../base/errors.js';
import type { Btf } from '../image/btf.js';
import type { KernelImage } from '../image/kernel-image.js';
import { openKernel } from '../installed/open-kernel.js';
import type { Io } from './output.js';

/** What `withKernels` reads. */
export interface KernelOptions {
  readonly kernel: readonly string[];
  readonly release?: string;
  readonly module?: string;
}

/** The image that is asked, and its types. */
interface Asked {
  readonly image: KernelImage;
  /** Those of a module go on where the kernel's end. */
  readonly types: Btf | undefined;
}

/**
 * The kernel, or a module of it.
 *
 * @throws {InputError} when none is named, or nothing or too much fits
 */
export const askedKernel = async (io: Io, options: KernelOptions): Promise<Asked> => {
  const { kernel: where, release, module } = options;
  if (where.length === 0)
    throw new InputError('name the kernel: a folder such as /, an image, or a package', {
      field: '--kernel',
    });
  const found = await openKernel(where, { release, modules: module === undefined ? [] : [module] });
  const kernelTypes = found.image?.types();
  if (module === undefined) {
    if (found.image === undefined)
      throw new InputError('has no image of a kernel', { file: where.join(', '), field: '--kernel' });
    for (const note of found.notes) io.note(note);
    return { image: found.image, types: kernelTypes };
  }
  const image = found.modules.get(module.replaceAll('-', '_'));
  if (image === undefined)
    throw new InputError(`there is no module ${module}`, { file: where.join(', '), field: '--module' });
  for (const note of found.notes) io.note(note);
  // The types of a module are numbered from where those of its kernel end: without it they say nothing.
  return { image, types: kernelTypes && image.types(kernelTypes) };
};

const NEAR = 2; // characters that a name may be longer or shorter

/** The end of a message about a name that is not there: the one that was probably meant. */
export const didYouMean = (name: string, names: Iterable<string>): string => {
  const likely = new Set<string>();
  for (const one of names) if (Math.abs(one.length - name.length) <= NEAR) likely.add(one);
  const meant = nearest(name, [...likely]);
  return meant === undefined ? '' : `; did you mean "${meant}"?`;
};
