// Puts the compiled command line into few files, FOLDER/program/: Node takes about half a millisecond for each file
// that a start loads, and a command needs a hundred or two. They are CommonJS: a start without Node's loader of ES modules
// is 10 ms shorter. setup.mjs runs this after the compiler; FOLDER is dist/.
// Usage: node scripts/bundle.mjs FOLDER
import { copyFileSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { rolldown } from 'rolldown';

const folder = resolve(process.argv[2]);

const isIn = (places) => (id) => {
  const file = relative(folder, id).split(sep).join('/');
  return places.some((place) => file.startsWith(place));
};

// What is loaded together: by every start, for help, by what decodes instructions and values, by what runs a scenario or
// reads a recording, by what shows it; 'release' is what looks up single functions, 'elf' what
// reads objects.
// Each takes its files and what they import, less the files of those before it. Others stay with the commands that
// need them.
const GROUPS = [
  {
    name: 'start',
    test: isIn([
      'cli/compile-cache.js',
      'cli/failed-write.js',
      'cli/version.js',
      'base/package-folder.js',
      'host/',
    ]),
  },
  { name: 'commands', test: isIn(['cli/commands.js', 'cli/program.js']) },
  {
    name: 'code',
    test: isIn(['base/', 'x86/', 'oops/fields.js', 'forensics/patterns.js', 'lineage/types.js']),
  },
  { name: 'release', test: isIn(['release/snippet-source.js']) },
  { name: 'elf', test: isIn(['elf/']) },
  {
    name: 'core',
    test: isIn(['kernel/', 'oops/', 'recording/', 'machine/', 'release/', 'scenario/', 'run/']),
  },
  { name: 'views', test: isIn(['reading/', 'lineage/', 'forensics/', 'why/']) },
].map((group, index) => ({ ...group, priority: 7 - index }));

// commander goes into the bundle: every start needs it. It loads node:child_process for subcommands that are programs of
// their own, which takes longer than all else that it does; oopslab has none, and an empty module stands there instead.
const EMPTY = '\0empty';
const isOfCommander = (id, importer) =>
  id === 'commander' || /[\\/]node_modules[\\/]commander[\\/]/u.test(importer ?? '');
const commanderAlone = {
  name: 'commander-alone',
  resolveId: (id, importer) =>
    id === 'node:child_process' && isOfCommander(id, importer) ? EMPTY : undefined,
  load: (id) => (id === EMPTY ? 'export {};' : undefined),
};

// Other packages, and Node's own modules.
const isOutside = (id, importer) => {
  if (id.startsWith('.') || isAbsolute(id) || id === EMPTY || id === 'commander') return false;
  return id !== 'node:child_process' || !isOfCommander(id, importer);
};

const bundle = await rolldown({
  cwd: folder,
  input: './cli/main.js',
  platform: 'node',
  external: isOutside,
  plugins: [commanderAlone],
  logLevel: 'warn',
});
await bundle.write({
  dir: join(folder, 'program'),
  format: 'cjs',
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
  codeSplitting: { groups: GROUPS },
});
await bundle.close();
// Above it, package.json says that .js files are ES modules.
writeFileSync(join(folder, 'program', 'package.json'), '{ "type": "commonjs" }\n');
copyFileSync(
  join(import.meta.dirname, '../node_modules/commander/LICENSE'),
  join(folder, 'program', 'LICENSE.commander'),
);
