// The kernels of two packages of Debian 12, found in the unpacked package and in the package file.
import { describe, expect, it } from 'vitest';
import { OtherKernelError, openKernel } from '../../src/installed/open-kernel.js';
import { NEEDS_KERNEL, kernelPackage } from '../helpers/kernel-packages.js';

const MODULES = ['cifs', 'nf_tables'];

for (const series of ['6.1', '6.12'] as const) {
  const packed = kernelPackage(series);
  describe.skipIf(packed === undefined)(`a kernel package of Linux ${series} ${NEEDS_KERNEL}`, () => {
    const { release, tree, file } = packed ?? { release: '', tree: '', file: '' };

    it.each([
      ['its folder', tree],
      ['its file', file],
    ])('is found in %s', { timeout: 300_000 }, async (_, where) => {
      const kernel = await openKernel([where], { release, modules: MODULES });
      expect(kernel.notes).toEqual([]);
      expect(kernel.release).toBe(release);
      expect(kernel.image?.symbols().named('shm_close')).toHaveLength(1);
      expect([...kernel.modules.keys()].toSorted()).toEqual(MODULES);
      for (const module of kernel.modules.values()) expect(module.release).toBe(release);
    });

    it('is not taken for another release', async () => {
      const other = openKernel([tree], { release: '5.10.0-1-amd64', modules: [] });
      await expect(other).rejects.toThrow(OtherKernelError);
      await expect(other).rejects.toThrow(`has no kernel 5.10.0-1-amd64: there is ${release}`);
    });
  });
}
