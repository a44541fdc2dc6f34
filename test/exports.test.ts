// What a file of src/ exports, some other file imports: exported means used elsewhere, and therefore documented.
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

const filesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:m?[jt]s|tsx)$/u.test(name) && !/node_modules|\bdist\b/u.test(name))
    .map((name) => join(folder, name).replaceAll('\\', '/'));

/** The public API. */
const ENTRIES = ['src/index.ts', 'src/check.ts', 'src/vitest.ts'];

const DECLARED =
  /^export (?:declare )?(?:abstract )?(?:const|class|interface|type|function|async function) (?:(\w+)|\{([^}]*)\} =)/gmu;
const NAMED = /\b(?:import|export) (?:type )?\{([^}]*)\} from '(\.[^']+)'/gu;
const ANY = /(?:\bimport \* as \w+ from |\bexport \* from |\bimport\()'(\.[^']+)'/gu;

const split = (names: string): string[] =>
  names
    .split(',')
    .map((name) => name.replace(/\s*\btype /u, '').trim())
    .filter((name) => name !== '');

/** The names that a text exports, without what it passes on from other files. */
const exportsOf = (text: string): string[] =>
  [...text.matchAll(DECLARED)].flatMap(([, name, names]) =>
    name === undefined ? split(names!).map((part) => part.split(': ').at(-1)!) : [name],
  );

/** `src/kernel/layout.ts struct` for each name that a file imports, `src/kernel/layout.ts *` where it may use any. */
const importsOf = (file: string): string[] => {
  const text = readFileSync(join(root, file), 'utf8');
  const target = (specifier: string) =>
    relative(root, join(root, dirname(file), specifier))
      .replaceAll('\\', '/')
      .replace(/^dist\//u, 'src/')
      .replace(/\.js$/u, '.ts');
  return [
    ...[...text.matchAll(NAMED)].flatMap(([, names, specifier]) =>
      split(names!).map((name) => `${target(specifier!)} ${name.split(' as ')[0]!}`),
    ),
    ...[...text.matchAll(ANY)].map(([, specifier]) => `${target(specifier!)} *`),
  ];
};

/** Names that no import statement shows to be used. */
const OTHERWISE_USED = [
  // Names that the declarations of other files need.
  'src/kernel/layout.ts ArrayType',
  'src/kernel/layout.ts BytesType',
  'src/base/form.ts Optional',
  // scripts/setup.mjs imports it by a path that it computes.
  'src/scenario/file.ts compileScenarioFiles',
  'src/scenario/file.ts COMPILED_SCENARIOS',
];

describe('exports', () => {
  it('are found', () => {
    const text =
      "export const a = 1;\nexport const { b: C, d } = x;\nexport interface E {}\nexport { f } from './g.js';";
    expect(exportsOf(text)).toEqual(['a', 'C', 'd', 'E']);
  });

  it('are imported by another file', () => {
    const used = new Set(['src', 'test', 'bench', 'scripts', 'page'].flatMap(filesIn).flatMap(importsOf));
    const unused = filesIn('src')
      .filter((file) => !ENTRIES.includes(file) && !used.has(`${file} *`))
      .flatMap((file) => exportsOf(readFileSync(join(root, file), 'utf8')).map((name) => `${file} ${name}`))
      .filter((entry) => !used.has(entry));
    expect(unused.toSorted()).toEqual(OTHERWISE_USED.toSorted());
  });
});
