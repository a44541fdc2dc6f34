// The build: dist/, from the sources. Node built-ins only.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SetupError, at, readJson, root, run, say } from './setup-base.mjs';

/** Where the build goes. */
export const dist = at('dist');

const filesBelow = (folder) =>
  readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)],
    )
    .sort();

const sourceHash = () => {
  const hash = createHash('sha256');
  const configuration = [
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts/bundle.mjs',
    'scripts/bundle-laboratory.mjs',
    'scripts/setup-build.mjs',
  ].map((name) => at(name));
  const sources = ['src', 'page', 'scenarios', 'assembly', 'cases', 'snippets', 'lessons', 'candidates']
    .filter((folder) => existsSync(at(folder)))
    .flatMap((folder) => filesBelow(at(folder)));
  for (const path of [...configuration, ...sources]) {
    const content = readFileSync(path);
    hash.update(`${path.slice(root.length)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
};

// In dist, so that a build and its stamp appear together; package.json keeps it out of the package.
const BUILD_STAMP = '.oopslab-build.json';

const isBuilt = (hash) => {
  const stamp = readJson(join(dist, BUILD_STAMP));
  return stamp?.sources === hash && stamp.files.every((file) => existsSync(join(dist, file)));
};

/** Whether the build is there, and as new as its sources. */
export const buildIsThere = () => isBuilt(sourceHash());

/**
 * Build what is missing or older than its sources. Built beside dist, then renamed: no file of a deleted source survives,
 * and a failed build leaves the old one intact.
 *
 * @throws {SetupError} when the compiler or another tool fails; the old build stays
 */
export const ensureBuild = async () => {
  const hash = sourceHash();
  if (isBuilt(hash)) return;
  say('building');
  const fresh = at(`dist.${process.pid}.part`);
  const old = at(`dist.${process.pid}.old`);
  try {
    const tsc = at('node_modules/typescript/bin/tsc');
    const args = [tsc, '-p', at('tsconfig.build.json'), '--noEmitOnError', '--outDir', fresh];
    const { status } = await run(process.execPath, args);
    if (status !== 0) throw new SetupError('the build failed (the messages of the compiler are above).');
    await compileCpu(fresh);
    await compileScenarios(fresh);
    await bundleProgram(fresh);
    await buildPages(fresh);
    await bundleLaboratory(fresh);
    const files = filesBelow(fresh).map((path) => path.slice(fresh.length + 1));
    writeFileSync(join(fresh, BUILD_STAMP), JSON.stringify({ sources: hash, files }));
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(fresh, dist);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
};

// The CPU in WebAssembly. Its memory is the host's; what it needs itself lies at the start of it.
const compileCpu = async (fresh) => {
  const compiler = at('node_modules/assemblyscript/bin/asc.js');
  const options = ['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--initialMemory', '8'];
  const more = ['--memoryBase', '256', '--use', 'abort=', '--outFile', join(fresh, 'machine', 'cpu.wasm')];
  const args = [compiler, 'cpu.ts', '--baseDir', at('assembly'), ...options, ...more];
  const { status } = await run(process.execPath, args);
  if (status !== 0) throw new SetupError('the CPU cannot be compiled (the messages are above).');
};

// The content of the shipped scenarios as JSON, so that a start need not parse YAML. The program reports a bad one.
const COMPILE = `
  import { writeFileSync } from 'node:fs';
  import { join } from 'node:path';
  const [folder, url, ...files] = process.argv.slice(1);
  const { COMPILED_SCENARIOS, compileScenarioFiles } = await import(url);
  writeFileSync(join(folder, 'scenario', COMPILED_SCENARIOS), compileScenarioFiles(files));
`;

const compileScenarios = async (folder) => {
  const module = pathToFileURL(join(folder, 'scenario', 'file.js')).href;
  const folders = ['scenarios', 'cases', 'snippets']
    .map((name) => at(name))
    .filter((path) => existsSync(path));
  const files = folders.flatMap(filesBelow).filter((path) => path.endsWith('.yaml'));
  await run(process.execPath, ['--input-type=module', '--eval', COMPILE, folder, module, ...files]);
};

const bundleProgram = async (fresh) => {
  const { status } = await run(process.execPath, [at('scripts/bundle.mjs'), fresh]);
  if (status !== 0) throw new SetupError('the program cannot be bundled (the messages are above).');
};

const bundleLaboratory = async (fresh) => {
  const { status } = await run(process.execPath, [at('scripts/bundle-laboratory.mjs'), fresh]);
  if (status !== 0) throw new SetupError("the page's laboratory cannot be bundled (the messages are above).");
};

// The pages of `oopslab report` and of `oopslab site`: one HTML file each. The loader `runner` writes no temporary file for
// the configuration.
const buildPages = async (fresh) => {
  const vite = at('node_modules/vite/bin/vite.js');
  for (const [folder, out] of [
    ['page', 'page'],
    ['page/decode', 'page/decode'],
  ]) {
    const config = ['--config', at(folder, 'vite.config.ts'), '--configLoader', 'runner'];
    const { status } = await run(process.execPath, [vite, 'build', ...config, '--outDir', join(fresh, out)]);
    if (status !== 0) throw new SetupError('the build of a page failed (the messages of vite are above).');
  }
};
