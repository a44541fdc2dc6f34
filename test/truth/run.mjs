// Holds the names that oopslab gives to memory operands against the DWARF of the same kernel:
//
//   npm run truth -- --package linux-image-6.1.0-57-amd64 --modules cifs,ext4
//
//   --package NAME          of Debian, with a package NAME-dbg; both are downloaded (about 1 GB) into the folder that
//                           OOPSLAB_KERNELS names, or ~/.cache/oopslab/kernels
//   --modules A,B           modules besides the kernel, all of their functions
//   --sample N              functions of each, chosen at random; 3000 without it
//   --seed S                others
//   --no-kernel             modules alone
//   --contradictions FILE   where the names that DWARF refuses are written
//
// Wants apt-get, dpkg-deb, tar, gcc and libdw-dev. The exit code is 1 when the control fails: names dealt out anew, which
// the judge has to refuse.

import { fileURLToPath, pathToFileURL } from 'node:url';
import { copyFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('../..', import.meta.url));
const into = join(root, 'node_modules/.cache/oopslab-truth', String(process.pid));
const src = join(root, 'src');
const toDist = {
  name: 'compiled',
  resolveId(id, importer) {
    if (!id.startsWith('.') || importer === undefined) return undefined;
    const file = resolve(dirname(importer), id);
    return file.startsWith(src)
      ? { id: join(root, 'dist', relative(src, file)), external: 'absolute' }
      : undefined;
  },
};
const bundle = await rolldown({
  cwd: root, input: './test/truth/campaign.ts', platform: 'node', plugins: [toDist], external: (id) => !/^[./]/u.test(id), logLevel: 'warn',
}); // prettier-ignore
await bundle.write({ dir: into, format: 'esm', entryFileNames: 'campaign.mjs', codeSplitting: false });
await bundle.close();
copyFileSync(join(root, 'test/truth/variables.c'), join(into, 'variables.c'));
try {
  await import(pathToFileURL(join(into, 'campaign.mjs')).href);
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
