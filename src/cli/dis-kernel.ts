// `oopslab dis --kernel`: a function of a kernel or module that is installed here, or lies in a package.

import { nearest } from '../base/did-you-mean.js';
import { InputError } from '../base/errors.js';
import { typedListing, typedListingLines } from '../decode/show/typed-listing.js';
import { openKernel } from '../installed/open-kernel.js';
import type { Answer } from './command.js';
import type { Io } from './output.js';

const ASKED = /^([A-Za-z_.$][\w.$]*)(?:\+(0x[0-9a-f]+|\d+))?$/iu;

interface Asked {
  readonly kernel: readonly string[];
  /** `undefined`: the only one that is there. */
  readonly release: string | undefined;
  readonly module: string | undefined;
  readonly bytes: boolean;
}

/** @throws {InputError} when there is no such function, or no such kernel */
export const disKernel = async (io: Io, asked: string, options: Asked): Promise<Answer> => {
  const [, name = '', offset] = ASKED.exec(asked) ?? [];
  if (name === '')
    throw new InputError(`needs a function such as vfs_read or vfs_read+0x15, found "${asked}"`, {
      field: 'SYMBOL',
    });
  const { kernel, release, module, bytes } = options;
  const found = await openKernel(kernel, { release, modules: module === undefined ? [] : [module] });
  for (const note of found.notes) io.note(note);
  const image = module === undefined ? found.image : found.modules.get(module.replaceAll('-', '_'));
  if (image === undefined)
    throw new InputError(module === undefined ? 'has no image of the kernel' : `has no module ${module}`, {
      file: kernel.join(', '),
      field: module === undefined ? '--kernel' : '--module',
    });
  const symbols = image.symbols();
  const all = symbols.named(name).filter(({ isCode, size }) => isCode && size > 0);
  const [symbol] = all;
  if (symbol === undefined) {
    const names = symbols.all.flatMap((one) => (one.isCode ? [one.name] : []));
    const near = nearest(name, names);
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    const where = module === undefined ? '; --module names the module of one that is in a module' : '';
    throw new InputError(`has no function ${name}${hint}${where}`, { file: image.elf.file });
  }
  if (all.length > 1) io.note(`there are ${all.length} functions ${name}; this is the first of them`);
  const marked = offset === undefined ? undefined : Number(offset);
  const types = image === found.image ? image.types() : found.image && image.types(found.image.types());
  const listing = typedListing(image, symbol, types, marked);
  if (listing === undefined) throw new InputError(`has no bytes of ${name}`, { file: image.elf.file });
  if (marked !== undefined && !listing.instructions.some((one) => one.marked))
    throw new InputError(`no instruction of ${name} starts at +0x${marked.toString(16)}`, {
      field: 'SYMBOL',
    });
  return { json: () => listing, text: () => typedListingLines(listing, bytes).join('\n') };
};
