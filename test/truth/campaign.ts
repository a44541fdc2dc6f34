// Names of a kernel's packages against its own DWARF: npm run truth -- --package NAME [--modules a,b] (run.mjs has the options).
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Btf } from '../../src/image/btf.js';
import { type KernelImage, openKernelImage } from '../../src/image/kernel-image.js';
import { Judge } from './judge.js';
import { linesOf } from './lines.js';
import { cacheFolder, fetchPackage, unpack } from './packages.js';
import { Report, contradictionText } from './report.js';
import { compileVariables, variablesAt } from './variables.js';

const { values: options } = parseArgs({
  options: {
    package: { type: 'string' },
    modules: { type: 'string', default: '' },
    sample: { type: 'string', default: '3000' },
    seed: { type: 'string', default: '1' },
    'no-kernel': { type: 'boolean', default: false },
    contradictions: { type: 'string' },
  },
});
if (options.package === undefined)
  throw new Error(
    'name a package: --package linux-image-6.1.0-57-amd64; apt-cache search linux-image has more',
  );

const folder = mkdtempSync(join(tmpdir(), 'oopslab-truth-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const program = compileVariables(resolve(import.meta.dirname, 'variables.c'), folder);

const cache = cacheFolder();
const modules = options.modules.split(',').filter((name) => name !== '');
const [image, debug] = [
  await fetchPackage(options.package, cache),
  await fetchPackage(`${options.package}-dbg`, cache),
];
console.log(`${options.package} ${image.version}\n  sha256 ${image.sha256}\n  sha256 ${debug.sha256} (-dbg)`);
const files = unpack(image.file, ['vmlinuz', ...modules], join(cache, 'truth', options.package));
const debugFiles = unpack(
  debug.file,
  ['vmlinux', ...modules],
  join(cache, 'truth', `${options.package}-dbg`),
);

const open = async (file: string | undefined, name: string): Promise<KernelImage> => {
  if (file === undefined) throw new Error(`${options.package} has no ${name}`);
  return openKernelImage(readFileSync(file), file);
};

const whole = new Report();
const judge = (name: string, image: KernelImage, btf: Btf, file: string | undefined): void => {
  if (file === undefined) throw new Error(`${options.package}-dbg has no ${name}`);
  const report = new Report();
  const before = process.cpuUsage().user;
  const { functions, lines } = linesOf(image, btf, {
    sample: Number(options.sample),
    seed: Number(options.seed),
  });
  const seconds = (process.cpuUsage().user - before) / 1e6;
  const variables = variablesAt(program, file, image, lines);
  for (const each of [report, whole]) each.add(new Judge(btf), lines, variables);
  console.log(`\n${name}: ${functions} functions, ${seconds.toFixed(0)} s of CPU\n${report.text()}`);
};

const kernel = await open(files.get('vmlinuz'), 'kernel');
const types = kernel.types();
if (types === undefined) throw new Error(`${options.package} has no types (BTF)`);
if (!options['no-kernel']) judge('vmlinux', kernel, types, debugFiles.get('vmlinux'));
for (const module of modules) {
  const name = module.replaceAll('-', '_');
  const opened = await open(files.get(name), module);
  judge(module, opened, opened.types(types) ?? types, debugFiles.get(name));
}
console.log(`\nall\n${whole.text()}`);
if (options.contradictions !== undefined)
  writeFileSync(options.contradictions, `${whole.contradictions.map(contradictionText).join('\n')}\n`);
if (!whole.isTrusted) {
  console.error('The control failed: names dealt out anew should be refused. The figures above say nothing.');
  process.exitCode = 1;
}
