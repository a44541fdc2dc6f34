// Sizes, members and holes of structs of real kernels, against pahole(1), which reads the same BTF by itself.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vmlinuxOf } from '../../src/image/boot-image.js';
import type { Btf } from '../../src/image/btf.js';
import { openKernelImage } from '../../src/image/kernel-image.js';
import { type Layout, type Member, layoutOf } from '../../src/image/layout.js';
import { NEEDS_KERNEL, kernelPackage } from '../helpers/kernel-packages.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-layout-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pahole = (...args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync('pahole', args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  expect(status, stderr).toBe(0);
  return stdout;
};

// Every member with a name, the innermost first where a struct without a name is in between, as pahole prints them.
const placed = ({ members }: Layout): string[] =>
  members.flatMap((member) => [...(member.inner === undefined ? [] : placed(member.inner)), placeOf(member)]);
const placeOf = ({ name, offset, size, bits }: Member): string =>
  `${name} ${offset}${bits === undefined ? '' : `:${bits.from}`} ${size}`;

// `struct list_head lru[2];  /*  8:3  16 */`, `void (*run)(int);  /* … */`, `};  /* … */`
const PRINTED =
  /^\t.*?(?:\(\*(\w+)(?:\[\d*\])*\)\(.*\)|[*\s}](\w*)(?:\[\d*\])*(?::\d+)?)(?: __attribute__\(.*\))?; *\/\* *(\d+)(?:: ?(\d+))? +(\d+)/u;

for (const series of ['6.1', '6.12'] as const) {
  const packed = kernelPackage(series);
  describe.skipIf(packed === undefined)(`structs of Linux ${series} ${NEEDS_KERNEL}`, () => {
    const elf = join(folder, series);
    let types: Btf;
    beforeAll(async () => {
      const vmlinux = await vmlinuxOf(readFileSync(packed!.vmlinuz), 'vmlinuz');
      writeFileSync(elf, vmlinux);
      types = (await openKernelImage(vmlinux, 'vmlinux')).types()!;
    }, 120_000);

    // Several structs may share a name.
    const layoutsOf = (name: string): Layout[] =>
      [...types.all('struct', name), ...types.all('union', name)].map((id) => layoutOf(types, id)!);

    it('have the sizes that pahole says, every one with a name, and its holes where there are no bit fields', () => {
      const lines = pahole('-F', 'btf', '--sizes', elf).trim().split('\n');
      expect(lines.length).toBeGreaterThan(7000);
      const wrong = lines.filter((line) => {
        const [name = '', size, holes] = line.split('\t');
        return !layoutsOf(name).some(
          (one) =>
            one.size === Number(size) &&
            (one.members.some(({ bits }) => bits !== undefined) ||
              one.members.filter(({ hole }) => hole > 0).length === Number(holes)),
        );
      });
      expect(wrong).toEqual([]);
    });

    it('have the members that pahole prints, at their places', () => {
      const structs = pahole('-F', 'btf', '--structs', elf).split(/^(?=struct )/mu);
      const differing: string[] = [];
      let compared = 0;
      for (const text of structs) {
        const name = /^struct (\w+) \{$/mu.exec(text)?.[1];
        // What a pointer without a name points to is printed, too, as if it were in the struct.
        if (name === undefined || /^\t+\} \*/mu.test(text)) continue;
        const printed = text
          .split('\n')
          .filter((line) => !/^\s*\/\*/u.test(line))
          .flatMap((line) => {
            const found = PRINTED.exec(line);
            if (found === null) return [];
            const [, pointer, plain = '', offset, bit, size] = found;
            return [`${pointer ?? plain} ${offset}${bit === undefined ? '' : `:${bit}`} ${size}`];
          });
        compared += printed.length;
        const same = layoutsOf(name).some((one) => JSON.stringify(placed(one)) === JSON.stringify(printed));
        if (!same) differing.push(name);
      }
      expect(compared).toBeGreaterThan(40_000);
      expect(differing).toEqual([]);
    });
  });
}
