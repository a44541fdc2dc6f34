// Makes what a page's laboratory needs, FOLDER/page/: laboratory.js, its program for a worker, and laboratory.pack, the
// files that it reads, both deflated and in base64 so that a page can hold them; decoder.js and decoder.pack are those of a
// page that only reads reports. setup.mjs runs this; FOLDER is dist/.
// Usage: node scripts/bundle-laboratory.mjs FOLDER
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { deflateSync } from 'fflate';
import { rolldown } from 'rolldown';
import { at } from './setup-base.mjs';

const folder = resolve(process.argv[2]);

const STANDS_FOR = {
  'node:fs': 'page/host/files.ts',
  'node:path': 'node_modules/path-browserify/index.js',
  'node:url': 'page/host/url.ts',
  'node:module': 'page/host/module.ts',
  'node:crypto': 'page/host/process.ts',
};

// The package reads its WebAssembly from a file; here it gets it as an argument.
const icedSource = () => {
  const text = readFileSync(at('node_modules/iced-x86/iced_x86.js'), 'utf8')
    .replace('const { TextDecoder, TextEncoder } = require(`util`);', '')
    .replace(/const path = require\('path'\)[^]*?readFileSync\(path\);/u, '');
  if (/require\(['`](?:util|fs|path)/u.test(text)) throw new Error('iced-x86 loads its files in another way');
  return `export default (bytes) => { const module = { exports: {} };\n${text}\nreturn module.exports; };`;
};

const browser = {
  name: 'browser',
  resolveId: {
    order: 'pre',
    handler(id, importer) {
      if (id === 'virtual:iced-x86') return '\0iced-x86';
      if (id in STANDS_FOR) return at(STANDS_FOR[id]);
      if (id.startsWith('node:')) return '\0nothing';
      const host = /host\/(files|processes)\.js$/u.exec(id)?.[1];
      return host !== undefined && importer !== undefined && !importer.includes(`${sep}page${sep}`)
        ? at(`page/host/${host}.ts`)
        : undefined;
    },
  },
  load(id) {
    if (id === '\0iced-x86') return { code: icedSource(), moduleType: 'js' };
    return id === '\0nothing' ? { code: 'module.exports = {};', moduleType: 'js' } : undefined;
  },
};

// The program of a worker, as one script, and the modules that it holds.
const bundleWorker = async (input) => {
  const bundle = await rolldown({
    input: at(input),
    platform: 'browser',
    resolve: {
      extensionAlias: { '.js': ['.ts', '.js'] },
      alias: { buffer: at('node_modules/buffer/index.js') },
    },
    transform: {
      define: { 'import.meta.url': '"file:///oopslab/dist/program/main.js"' },
      inject: {
        Buffer: [at('node_modules/buffer/index.js'), 'Buffer'],
        process: [at('page/host/process.ts'), 'process'],
      },
    },
    plugins: [browser],
    logLevel: 'warn',
  });
  const { output } = await bundle.generate({ format: 'iife', minify: true, codeSplitting: false });
  await bundle.close();
  return { program: new TextEncoder().encode(output[0].code), moduleIds: output[0].moduleIds };
};

const laboratory = await bundleWorker('page/worker/main.ts');
const decoder = await bundleWorker('page/worker/decode.ts');

const filesBelow = (path) =>
  readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

const { packFiles } = await import(pathToFileURL(join(folder, 'report/pack.js')).href);
const shipped = ['snippets', 'scenarios', 'cases', 'lessons', 'candidates'].flatMap((name) =>
  filesBelow(at(name)),
);
const files = new Map([
  ...shipped.map((file) => [`/oopslab/${relative(at('.'), file).split(sep).join('/')}`, readFileSync(file)]),
  ['/oopslab/dist/scenario/scenarios.json', readFileSync(join(folder, 'scenario/scenarios.json'))],
  ['/oopslab/dist/machine/cpu.wasm', readFileSync(join(folder, 'machine/cpu.wasm'))],
  ['/oopslab/iced_x86_bg.wasm', readFileSync(at('node_modules/iced-x86/iced_x86_bg.wasm'))],
]);
// The licences of what a page holds: their packages, by the modules that were bundled, and preact, which the page has.
const PACKAGE = /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/u;
const packages = new Set(
  ['preact', 'iced-x86', ...laboratory.moduleIds.flatMap((id) => PACKAGE.exec(id)?.[1] ?? [])]
    .map((name) => name.split(sep).join('/'))
    .sort(),
);
const licenceOf = (name) => {
  const folderOf = at(`node_modules/${name}`);
  const file = readdirSync(folderOf).find((one) => /^licen[cs]e/iu.test(one));
  if (file === undefined) throw new Error(`the package ${name} has no licence file`);
  const { version } = JSON.parse(readFileSync(join(folderOf, 'package.json'), 'utf8'));
  return `${name} ${version}\n\n${readFileSync(join(folderOf, file), 'utf8').trim()}\n`;
};
const rule = `\n${'-'.repeat(78)}\n\n`;
writeFileSync(join(folder, 'page/licences.txt'), [...packages].map(licenceOf).join(rule));

const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const write = (name, { program }, packed) => {
  writeFileSync(join(folder, `page/${name}.js.txt`), base64(deflateSync(program, { level: 9 })));
  writeFileSync(join(folder, `page/${name}.pack.txt`), base64(packFiles(packed)));
};
write('laboratory', laboratory, files);
// Only what reads reports, which starts sooner: it needs the snippets and the disassembler.
const ofDecoder = ([path]) => /^\/oopslab\/(?:snippets\/.*(?<!\.S)$|iced_x86)/u.test(path);
write('decoder', decoder, new Map([...files].filter(ofDecoder)));
