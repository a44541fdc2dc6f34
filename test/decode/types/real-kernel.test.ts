// Types of functions of a real kernel and a real module, of Debian's package of 6.1.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { accessLines } from '../../../src/decode/types/access-lines.js';
import { ImageFunctions } from '../../../src/decode/code/image-functions.js';
import { ImageNames } from '../../../src/decode/types/image-names.js';
import type { Btf } from '../../../src/image/btf.js';
import { openKernelImage } from '../../../src/image/kernel-image.js';
import { NEEDS_KERNEL, kernelPackage } from '../../helpers/kernel-packages.js';

const found = kernelPackage('6.1');

/** What the lines of one function say of the instruction at an offset. */
const saidAt = (lines: readonly string[], at: string): Record<string, unknown> =>
  lines.map((line) => JSON.parse(line) as Record<string, unknown>).find((one) => one.at === at)!;

describe.skipIf(found === undefined)(`types of a real kernel ${NEEDS_KERNEL}`, () => {
  let kernel: ImageNames;
  let module: ImageNames;
  let btf: Btf;
  let ofModule: Btf;
  beforeAll(async () => {
    const image = await openKernelImage(readFileSync(found!.vmlinuz), 'vmlinuz');
    const cifs = await openKernelImage(
      readFileSync(join(found!.modules, 'fs/smb/client/cifs.ko')),
      'cifs.ko',
    );
    btf = image.types()!;
    ofModule = cifs.types(btf)!;
    kernel = new ImageNames(new ImageFunctions(image));
    module = new ImageNames(new ImageFunctions(cifs));
  }, 120_000);

  it('name the pointer of shm_close() that its one typed call tells', () => {
    const lines = [...accessLines([kernel.named('shm_close')!], btf)];
    expect(saidAt(lines, 'shm_close+0x15')).toMatchObject({
      text: '((struct shm_file_data *)vma->vm_file->private_data)->vm_ops->close',
      struct: 'vm_operations_struct',
      offset: 8,
      sure: 'likely',
      class: 'used',
    });
  });

  it('name an argument of a module’s function after a spill', () => {
    const lines = [...accessLines([module.named('cifs_build_path_to_root')!], ofModule)];
    expect(saidAt(lines, 'cifs_build_path_to_root+0x67')).toMatchObject({
      text: 'cifs_sb->mnt_cifs_flags',
      struct: 'cifs_sb_info',
      sure: 'likely',
    });
  });
});
