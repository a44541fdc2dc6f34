// The readers of case folders: what is kept of compiled C, scenario and lesson beside it, and the object that it is made of.
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { sha256 } from '../../src/base/sha256.js';
import { CaseBook } from '../../src/lesson/case-book.js';
import { gradeLesson } from '../../src/lesson/grade.js';
import { loadLesson } from '../../src/lesson/lesson.js';
import { findLesson } from '../../src/lesson/shelf.js';
import { Case } from '../../src/reading/case.js';
import { replayDocument } from '../../src/reading/replay-document.js';
import { hashRecording } from '../../src/recording/file.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { describedObject, wordOf, writeFiles } from '../helpers/corpus-readers.js';
import { mutateBytes } from './bytes.js';
import type { Random } from './random.js';
import { KB, attempt, folder, jsonOf, once, parsed, type Target } from './target.js';
import { mutateText } from './text.js';
import { jsonText, mutateTree, namesIn } from './tree.js';

// npm runs a campaign in the folder of the package.
const corpus = join(process.cwd(), 'test/corpus');

const readYaml = (source: string): unknown =>
  JSON.parse(JSON.stringify(parse(source, { logLevel: 'error', maxAliasCount: 100 }))) as unknown;

// --- case -------------------------------------------------------------------------------------------------------------

// A document of a folder: as a tree, or as text.
const mutateDocument = (
  random: Random,
  source: string,
  other: string,
  names: readonly string[],
  read: (source: string) => unknown,
): string => {
  const tree = random.oneIn(6) ? undefined : parsed(Buffer.from(source), read);
  if (tree === undefined) return mutateText(random, source, other, names, 256 * KB);
  const changed = mutateTree(random, tree, parsed(Buffer.from(other), read) ?? {}, names);
  return jsonText(refit(changed, random)) ?? 'null';
};

// Code and data get the hash that fits, most times: what lies behind it is meant.
const refit = (value: unknown, random: Random): unknown => {
  if (typeof value !== 'object' || value === null || random.oneIn(6)) return value;
  const { functions, data } = value as { functions?: unknown; data?: unknown };
  const fit = (list: unknown, digits: string): void => {
    if (!Array.isArray(list)) return;
    for (const one of list as (Record<string, unknown> | null)[]) {
      const code = one?.[digits];
      if (typeof code !== 'string' || !/^(?:[0-9a-f]{2})*$/u.test(code)) continue;
      const bytes = Buffer.from(code, 'hex');
      const changed = random.oneIn(4) ? mutateBytes(random, bytes, bytes, 64 * KB) : bytes;
      one![digits] = changed.toString('hex');
      one!['sha256'] = sha256(changed);
    }
  };
  fit(functions, 'code');
  fit(data, 'bytes');
  return value;
};

const isYaml = (name: string): boolean => name.endsWith('.yaml');
const names = once(() => [
  ...namesIn(
    readdirSync(join(corpus, 'case'))
      .filter((name) => name.startsWith('whole-'))
      .flatMap((name) => {
        const files = jsonOf(gunzipSync(readFileSync(join(corpus, 'case', name)))) as Record<string, string>;
        return Object.entries(files).flatMap(([file, source]) =>
          file.endsWith('.md') ? [] : [parsed(Buffer.from(source), isYaml(file) ? readYaml : JSON.parse)],
        );
      }),
  ),
  'scenario.yaml', 'case.json', 'lesson.md', 'control.yaml', 'extends', 'world', 'call', 'variants', 'key', 'kind', 'struct', 'pointer', 'bytes',
]); // prettier-ignore

const mutateCase: Target['mutate'] = (random, input, other) => {
  const files = jsonOf(input);
  const others = jsonOf(other);
  const all = Object.keys(files);
  if (all.length === 0 || random.oneIn(30)) return mutateBytes(random, input, other, 256 * KB);
  const name = random.pick(all);
  if (random.oneIn(25)) delete files[name];
  else {
    const read = name.endsWith('.json') ? JSON.parse : isYaml(name) ? readYaml : () => undefined;
    files[name] = mutateDocument(random, wordOf(files[name]), wordOf(others[name] ?? ''), names(), read);
  }
  return Buffer.from(JSON.stringify(files));
};

export const caseFolder: Target = {
  seeds: [],
  mutate: mutateCase,
  quick: (input) => {
    // The name is that of the module: the same for each input.
    const own = join(folder, 'own-case');
    mkdirSync(own);
    try {
      writeFiles(own, input);
      const graded = attempt(() =>
        gradeLesson(loadLesson(findLesson(`${own}/`)), new CaseBook())
          .map(({ texts, check }) => [...texts, check('0x10').reason, check('rax').reason].join())
          .join(),
      );
      const recording = replay(loadScenario(own));
      const { findings } = new Case(recording);
      return `${hashRecording(recording)} ${findings.length} ${JSON.stringify(replayDocument(recording)).length} ${graded}`;
    } finally {
      rmSync(own, { recursive: true, force: true });
    }
  },
  wholeOneIn: 100,
};

// --- image ------------------------------------------------------------------------------------------------------------

// Changes inside of one section, which keeps its length: debug information, relocations and symbols are reached so.
const mutateSections = (random: Random, input: Uint8Array, other: Uint8Array): Uint8Array => {
  const bytes = Buffer.from(input);
  const table = bytes.length < 64 ? Infinity : Number(bytes.readBigUInt64LE(0x28));
  const count = bytes.length < 64 ? 0 : bytes.readUInt16LE(0x3c);
  if (count === 0 || table + count * 64 > bytes.length) return mutateBytes(random, input, other, 128 * KB);
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const header = table + 64 * random.below(count);
    const [from, size] = [0x18, 0x20].map((at) => Number(bytes.readBigUInt64LE(header + at))) as [
      number,
      number,
    ];
    if (size === 0 || from + size > bytes.length) continue;
    const section = bytes.subarray(from, from + size);
    const changed = mutateBytes(random, section, section, size);
    changed.copy(section, 0, 0, Math.min(size, changed.length));
  }
  return bytes;
};

export const image: Target = {
  seeds: [],
  mutate: (random, input, other) =>
    random.oneIn(3) ? mutateBytes(random, input, other, 128 * KB) : mutateSections(random, input, other),
  quick: describedObject,
  wholeOneIn: Infinity,
};
