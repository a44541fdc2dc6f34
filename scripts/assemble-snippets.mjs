// Assembles the snippets' sources with GNU binutils, and compares the committed bytes with the result (--check) or
// replaces them (--write). Usage: node scripts/assemble-snippets.mjs --check|--write [FOLDER]. Needs as, ld, objcopy.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, formatWhere } from '../dist/base/errors.js';
import { replaceFile } from '../dist/base/replace-file.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../dist/base/temporary-folder.js';

const shipped = fileURLToPath(new URL('../snippets/3.0.101-84-default', import.meta.url));

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

class ToolError extends Error {}

const tool = (name, args) => {
  try {
    return execFileSync(name, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw new ToolError(`${name}: ${error.code ?? String(error.stderr).trim()}`);
  }
};

/** The manifests of a folder, each with the base name of its files. */
const readManifests = (folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.json') && file !== 'symbols.json')
    .map((file) => ({ name: file.slice(0, -'.json'.length), manifest: readJson(join(folder, file)) }));

/** The bytes of NAME.S, linked at the address of its function; other symbols have theirs. */
export const assemble = (folder, name, manifest, symbols, work) => {
  const [object, linked, raw] = ['o', 'elf', 'bin'].map((ending) => join(work, `${name}.${ending}`));
  tool('as', ['--64', '-o', object, join(folder, `${name}.S`)]);
  const others = [...symbols].filter(([symbol]) => symbol !== manifest.function);
  tool('ld', [
    '-melf_x86_64',
    '--no-warn-rwx-segments',
    '-e',
    '0',
    `-Ttext=${manifest.start}`,
    ...others.map(([symbol, address]) => `--defsym=${symbol}=${address}`),
    '-o',
    linked,
    object,
  ]);
  tool('objcopy', ['-O', 'binary', '-j', '.text', linked, raw]);
  return readFileSync(raw);
};

/** Hex text, 16 bytes a line. */
export const formatHex = (bytes) =>
  Array.from({ length: Math.ceil(bytes.length / 16) }, (_, line) =>
    [...bytes.subarray(line * 16, line * 16 + 16)]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join(' '),
  ).join('\n') + '\n';

const summary = (count, changed, write) => {
  const all = count === 1 ? '1 snippet' : `${count} snippets`;
  if (changed.length === 0) return `${all}, 0 different`;
  return write
    ? `${all}; written, each with the sha256 in its manifest: ${changed.join(', ')}`
    : `${all}, ${changed.length} different; --write writes them`;
};

const main = (mode, folder = shipped) => {
  if (mode !== '--check' && mode !== '--write') {
    process.stderr.write('usage: node scripts/assemble-snippets.mjs --check|--write [FOLDER]\n');
    return 2;
  }
  const manifests = readManifests(folder);
  // A function may also call the shipped functions and symbols.
  const callable = [...readManifests(shipped), ...manifests];
  const symbols = new Map(callable.map(({ manifest }) => [manifest.function, manifest.start]));
  for (const file of new Set([join(shipped, 'symbols.json'), join(folder, 'symbols.json')])) {
    if (existsSync(file)) for (const { name, address } of readJson(file).symbols) symbols.set(name, address);
  }

  const write = mode === '--write';
  const changed = [];
  let work;
  try {
    work = makeTemporaryFolder('oopslab-snippets-', "the assembler's files");
    for (const { name, manifest } of manifests) {
      if (!existsSync(join(folder, `${name}.S`))) continue;
      const bytes = assemble(folder, name, manifest, symbols, work);
      const hexFile = join(folder, manifest.bytes);
      const text = formatHex(bytes);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const same = existsSync(hexFile) && readFileSync(hexFile, 'utf8') === text;
      if (same && manifest.sha256 === sha256) continue;
      changed.push(manifest.bytes);
      if (!write) {
        const what = same
          ? 'the sha256 in its manifest does not match its bytes'
          : `${manifest.bytes} differs from its assembled source`;
        process.stdout.write(`${name}: ${what}\n`);
        continue;
      }
      replaceFile(hexFile, text);
      const file = join(folder, `${name}.json`);
      const before = readFileSync(file, 'utf8');
      replaceFile(file, before.replace(/("sha256": *")[^"]*/u, `$1${sha256}`));
    }
  } catch (error) {
    if (error instanceof InputError) process.stderr.write(`${formatWhere(error.where)}: ${error.message}\n`);
    else if (error instanceof ToolError) process.stderr.write(`${error.message}\n`);
    else throw error;
    return 2;
  } finally {
    if (work !== undefined) removeTemporaryFolder(work);
  }
  process.stdout.write(`${summary(manifests.length, changed, write)}\n`);
  return !write && changed.length > 0 ? 1 : 0;
};

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = main(process.argv[2], process.argv[3]);
