// One campaign on one reader: node worker.mjs READER COUNT SEED GUIDED FOLDER. Each input lies in FOLDER/current while it is
// read, for run.mjs, which ends a process that uses too much CPU time. Findings go to FOLDER, one file each.
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CORPUS_READERS, type CorpusReader, SOURCE_READER, useAll } from '../helpers/corpus-readers.js';
import { mutateBytes } from './bytes.js';
import { Coverage } from './coverage.js';
import { Random } from './random.js';
import { isMeant } from './target.js';
import { TARGETS } from './targets.js';

const [name = '', countText = '', seedText = '', guidedText = '', folder = '', corpus = ''] =
  process.argv.slice(2);
const COUNT = Number(countText);
const GUIDED = Number(guidedText);
const SLOW_MS = 5000; // CPU time for one input
const MOST_KEPT = 2000;
const AGAIN_ONE_IN = 50; // so often an input is read twice, for the same answer

const target = TARGETS[name]!;
const reader: CorpusReader = [...CORPUS_READERS, SOURCE_READER].find((one) => one.name === name)!;
const random = new Random(Number(seedText));
const temporary = mkdtempSync(join(tmpdir(), 'oopslab-fuzz-'));
mkdirSync(folder, { recursive: true });

const corpusInputs = (): Uint8Array[] =>
  readdirSync(join(corpus, name)).map((file) => {
    const bytes = readFileSync(join(corpus, name, file));
    return file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
  });

const seeds = typeof target.seeds === 'function' ? target.seeds() : target.seeds;
const kept: Uint8Array[] = [
  ...seeds.map((one) => Buffer.from(one)),
  ...corpusInputs().filter(({ length }) => length < 1 << 19),
];
const reached: { input: Uint8Array; fresh: number }[] = [];

// --- findings ---------------------------------------------------------------------------------------------------------

const known = new Set<string>();
let findings = 0;

const report = (what: string, input: Uint8Array): void => {
  findings += 1;
  // The same fault again: its words without numbers and quoted parts.
  const kind = what.replaceAll(/"[^"]*"|'[^']*'|\d+|0x[0-9a-f]+/gu, '#').slice(0, 300);
  if (known.has(kind) || known.size >= 40) return;
  known.add(kind);
  const file = join(folder, `${name}-${seedText}-${known.size}`);
  writeFileSync(file, input);
  writeFileSync(`${file}.txt`, `${what}\n`);
  process.send?.({ finding: what.slice(0, 600), file });
};

const wordsOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 6).join('\n') : String(error);

const answerOf = async (input: Uint8Array): Promise<string> => {
  try {
    return `answer ${await target.quick(input)}`;
  } catch (error) {
    if (!isMeant(error)) throw error;
    return `refused ${(error as Error).message.slice(0, 300)}`;
  }
};

const outcomes = { answers: 0, refusals: 0 };

const readOne = async (input: Uint8Array, index: number): Promise<void> => {
  const start = process.cpuUsage();
  try {
    if (index % target.wholeOneIn === target.wholeOneIn - 1) {
      for (const fault of await useAll(reader, input, temporary)) report(fault, input);
    } else {
      const answer = await answerOf(input);
      outcomes[answer.startsWith('answer') ? 'answers' : 'refusals'] += 1;
      if (index % AGAIN_ONE_IN === 1) {
        const again = await answerOf(input);
        if (again !== answer && !['scenario', 'recording', 'decode'].includes(name))
          report(`not the same twice: ${answer.slice(0, 200)} | ${again.slice(0, 200)}`, input);
      }
    }
  } catch (error) {
    report(wordsOf(error), input);
  }
  const { user, system } = process.cpuUsage(start);
  if (user + system > SLOW_MS * 1000) report(`${Math.round((user + system) / 1000)} ms of CPU time`, input);
};

// What is nested too deeply for a mutation of its own is taken for bytes.
const another = (input: Uint8Array, other: Uint8Array): Uint8Array => {
  try {
    return target.mutate(random, input, other);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return mutateBytes(random, input, other, input.length + 100);
  }
};

// --- the loop ---------------------------------------------------------------------------------------------------------

const current = openSync(join(folder, `current-${name}-${seedText}`), 'w');
const heap: number[] = [];
let coverage = GUIDED > 0 ? new Coverage() : undefined;
let blocks = 0;

for (let index = 0; index < COUNT; index += 1) {
  const input =
    index < kept.length && index < GUIDED ? kept[index]! : another(random.pick(kept), random.pick(kept));
  ftruncateSync(current, 0);
  writeSync(current, input, 0, input.length, 0);
  await readOne(input, index);
  if (coverage !== undefined) {
    const fresh = coverage.take().length;
    blocks = coverage.size;
    if (fresh > 0 && kept.length < MOST_KEPT) {
      kept.push(input);
      if (index > seeds.length) reached.push({ input, fresh });
    }
    if (index + 1 >= GUIDED) {
      coverage.close();
      coverage = undefined;
    }
  }
  if (index % 200 === 0) process.send?.({ done: index + 1 });
  if (index % Math.ceil(COUNT / 10) === 0) {
    globalThis.gc?.();
    heap.push(process.memoryUsage().heapUsed);
  }
}
closeSync(current);

// Flat: the later half needs little more than the first.
const MiB = 1 << 20;
const growth = Math.min(...heap.slice(5)) - Math.max(...heap.slice(1, 5));
if (heap.length >= 8 && growth > 96 * MiB)
  report(`the heap grew by ${Math.round(growth / MiB)} MiB`, Buffer.alloc(0));

const best = reached.toSorted((a, b) => b.fresh - a.fresh).slice(0, 12);
best.forEach(({ input }, index) =>
  writeFileSync(join(folder, `reached-${name}-${seedText}-${index}${reader.ending}`), input),
);
const { user, system } = process.cpuUsage();
process.send?.({
  done: COUNT, end: true, findings, ...outcomes, blocks, kept: kept.length, seconds: Math.round((user + system) / 1e6),
  heap: heap.map((bytes) => Math.round(bytes / MiB)), peak: Math.round(process.resourceUsage().maxRSS / 1024),
}); // prettier-ignore
process.disconnect?.();
