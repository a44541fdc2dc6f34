// The readers of a campaign: where their inputs start, how inputs are made, and the part of the program that most inputs go to.
// A share of the inputs goes through the whole commands of helpers/corpus-readers.ts instead.
import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { bringCandidate } from '../../src/candidate/bring.js';
import { mergeShards, readShards } from '../../src/check/run/shard.js';
import { complete } from '../../src/crash/complete.js';
import { runLine, sessionOf } from '../../src/crash/run.js';
import { explainReport } from '../../src/decode/explain/explain.js';
import { judge } from '../../src/decode/judge/judgement.js';
import { redactText } from '../../src/decode/judge/redact/redact-text.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { markdownOf } from '../../src/decode/show/block-markdown.js';
import { textOf } from '../../src/decode/show/block-text.js';
import { reportBlocks } from '../../src/decode/show/report-blocks.js';
import { decodeDocument } from '../../src/decode/show/report-document.js';
import { verdictOf } from '../../src/decode/show/verdict.js';
import { parseLesson } from '../../src/lesson/lesson.js';
import { loadProgress } from '../../src/lesson/progress.js';
import { Case } from '../../src/reading/case.js';
import { Dump } from '../../src/reading/dump.js';
import { formatOops } from '../../src/oops/collect.js';
import { replayDocument } from '../../src/reading/replay-document.js';
import { Scene } from '../../src/reading/scene.js';
import { tellStory } from '../../src/reading/story.js';
import { decodeRecording, encodeRecording, hashRecording } from '../../src/recording/file.js';
import { loadRelease, readSnippet } from '../../src/release/snippet.js';
import { buildWorld } from '../../src/run/world.js';
import { replay } from '../../src/run/replay.js';
import { readParameters } from '../../src/scenario/parameters.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { findRefusal } from '../../src/serve/guard.js';
import { readLiveRequest } from '../../src/serve/live-request.js';
import { BINDINGS } from '../../src/step/keys.js';
import { runScript } from '../../src/step/script.js';
import { Stepper } from '../../src/step/stepper.js';
import { wordOf } from '../helpers/corpus-readers.js';
import { oopslab } from '../helpers/oopslab.js';
import { exampleFacts } from '../helpers/report-example.js';
import { CARRIERS, LAYOUTS } from '../helpers/report-layouts.js';
import { type ArgumentWords, mutateArguments } from './arguments.js';
import { mutateBytes } from './bytes.js';
import type { Random } from './random.js';
import { mutateText } from './text.js';
import { jsonText, mutateTree, namesIn } from './tree.js';

/** What a reader's inputs are made of, and where they go. */
export interface Target {
  /** Inputs to start from, besides those of the corpus. */
  readonly seeds: readonly string[] | (() => readonly (string | Uint8Array)[]);
  /** Another input, from two of those that are kept. */
  readonly mutate: (random: Random, input: Uint8Array, other: Uint8Array) => Uint8Array;
  /** The part of the program that most inputs go to: its answer as text, or an error that it throws on purpose. */
  readonly quick: (input: Uint8Array) => string | Promise<string>;
  /** Of so many inputs one goes through the whole commands. */
  readonly wholeOneIn: number;
}

const text = (input: Uint8Array): string => Buffer.from(input).toString('utf8');
const folder = mkdtempSync(join(tmpdir(), 'oopslab-fuzz-'));
/** A file that each input of a reader is written to. */
const fileFor = (name: string) => {
  const file = join(folder, name);
  return (input: Uint8Array | string): string => {
    writeFileSync(file, input);
    return file;
  };
};

const KB = 1 << 10;

/** Text that has no grammar of its own, or one of words. */
const textual =
  (words: readonly string[], most: number): Target['mutate'] =>
  (random, input, other) =>
    random.oneIn(12)
      ? mutateBytes(random, input, other, most)
      : Buffer.from(mutateText(random, text(input), text(other), words, most));

const parsed = (input: Uint8Array, read: (source: string) => unknown): unknown => {
  try {
    return read(text(input));
  } catch {
    return undefined;
  }
};

/** Trees: JSON, or YAML, of which JSON is a part. */
const structured =
  (
    names: () => readonly string[],
    most: number,
    finish: (value: unknown, random: Random) => unknown = (value) => value,
    read: (source: string) => unknown = JSON.parse,
  ): Target['mutate'] =>
  (random, input, other) => {
    const value = random.oneIn(5) ? undefined : parsed(input, read);
    if (value === undefined) return textual(names(), most)(random, input, other);
    const changed = finish(mutateTree(random, value, parsed(other, read) ?? {}, names()), random);
    return Buffer.from(jsonText(changed) ?? 'null').subarray(0, most);
  };

const once = <Value>(make: () => Value): (() => Value) => {
  let value: Value | undefined;
  return () => (value ??= make());
};

const jsonOf = (input: Uint8Array): Record<string, unknown> => {
  const value = parsed(input, JSON.parse);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
};

// --- scenario ---------------------------------------------------------------------------------------------------------

const SMALL_SCENARIO = `format: oopslab scenario 1
name: x
title: small
release: 3.0.101-84-default
budget: 3000
parameters:
  t: { type: text, default: abc, min: 1, max: 20, lead: / }
  c: { type: choice, default: a, choices: { a: 0x0, b: 0x40 }, beside: 0x41 }
  i: { type: int32, default: 7, min: -9, max: 99 }
  p: { type: contents, default: zero, max: 32 }
world:
  cpu: 1
  gs: 0xffff88043fd00000
  current: '&task'
  caches:
    size-32: { frames: [0x20000, 0x20003], colours: { 0x20000: 0 } }
    size-64: { frames: [0x20001] }
    mine: { frames: [0x20004], objectSize: 96, align: 16 }
  memory: [{ name: stack, at: 0xffff880211336000, size: 8192, source: test }]
  objects:
    task: { struct: task_struct, at: 0xffff880220000000, source: test, set: { pid: 7, comm: 'x', stack: 0xffff880211336000 } }
    one: { struct: shm_file_data, at: 0xffff880020000200, cache: size-32, source: test, set: { id: $i, ns: '&one.file' } }
    two: { size: 64, at: 0xffff880221000000, header: 16, source: test }
  history: [{ fill: { cache: size-32, frame: 0x20000 } }, { free: one }]
  words: [{ at: 0xffff880211337f00, value: '&task', source: test }]
steps:
  prepare:
    says: something
    do:
      - kzalloc: { as: a, struct: shm_file_data, set: { id: 7 } }
      - kmalloc: { as: b, size: 20 }
      - kmalloc: { as: s, text: $t, slab: slab_1 }
      - free: b
      - set: { a.id: $i, two.0: 1 }
      - add: { a.id: 3 }
      - stale: { texts: [$t], needs: $t, with: $p }
  call: { call: { function: strlen, arguments: ['&s', cache(size-32).next, $c], current: '&task', rsp: 0xffff880211337f00, returnTo: 0xffffffff81e00000, registers: { rbx: '&a' }, as: r } }
given: { pid: 7, comm: x, taint: Not tainted, modules: [cifs(X), a], smp: true, cr0: 0x80050033 }
sweep: { short: { set: { a.id: 0 }, texts: [$t] } }
expect: { outcome: { kind: returned, value: 3 }, registers: { rax: 3 }, objects: { a: 0xffff880020000220 }, fields: { a.id: 10 } }
`;
const PLAIN_SCENARIO = `format: oopslab scenario 1
name: x
title: plain
release: 3.0.101-84-default
budget: 3000
world:
  caches: { size-32: { frames: [0x20000] }, size-64: { frames: [0x20001] } }
  memory: [{ name: stack, at: 0xffff880211336000, size: 8192, source: test }]
steps:
  one: { do: [{ kzalloc: { as: a, struct: shm_file_data, set: { id: 7 } } }, { kmalloc: { as: b, size: 20 } }, { free: b }] }
  two: { call: { function: strlen, arguments: ['&a'], rsp: 0xffff880211337f00, returnTo: 0xffffffff81e00000, as: r } }
expect: {}
`;
const SCENARIO_NAMES = [
  'extends', 'variants', 'check', 'shm_file_data', 'file', 'vm_area_struct', 'strlen', 'strcpy', 'memcpy', 'shm_close', 'size-32', 'size-128',
  '&task', '&a', '&a.id', '$t', '$p', 'self', 'cache(size-32)', 'shm_close+0x3e', 'init_ipc_ns', 'allocations', 'position', 'behind', 'previous',
]; // prettier-ignore
// By way of JSON, which leaves plain lists and maps.
const readYaml = (source: string): unknown =>
  JSON.parse(JSON.stringify(parse(source, { logLevel: 'error', maxAliasCount: 100 }))) as unknown;
const scenarioNames = once(() => [
  ...namesIn([readYaml(SMALL_SCENARIO), readYaml(PLAIN_SCENARIO)]),
  ...SCENARIO_NAMES,
]);
const scenarioFile = fileFor('x.yaml');
const release = once(() => loadRelease());
let turn = 0;

const scenario: Target = {
  seeds: [
    SMALL_SCENARIO,
    PLAIN_SCENARIO,
    'format: oopslab scenario 1\nname: x\nextends: lookup-empty-slot\nbudget: 3000\n',
  ],
  mutate: structured(scenarioNames, 8 * KB, undefined, readYaml),
  quick: (input) => {
    const loaded = loadScenario(scenarioFile(input));
    const parameters = readParameters(loaded);
    turn += 1;
    if (turn % 2 === 0) return hashRecording(replay(loaded));
    const own = loaded.spec.release === release().name ? release() : loadRelease(loaded.spec.release);
    const world = buildWorld(loaded, own, parameters);
    return String(world.memory.bytes.length);
  },
  wholeOneIn: 300,
};

// --- snippet ----------------------------------------------------------------------------------------------------------

const CODE = [0x48, 0x8b, 0x47, 0x08, 0x83, 0xc0, 0x01, 0x74, 0x02, 0x0f, 0x0b, 0xc3];
const hexOf = (bytes: readonly number[]): string =>
  Buffer.from(bytes).toString('hex').replaceAll(/(..)/gu, '$1 ').trim();
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const MANIFEST = {
  function: 'guest', release: '3.0.101-84-default', start: '0xffffffff81f00000', size: '0xc', addressSource: 'test', source: 'test',
  bytes: 'guest.hex', sha256: sha(Uint8Array.from(CODE)), prototype: { returns: 'int', arguments: [{ name: 'x', type: 'struct file *' }] },
  ranges: [{ from: '0x0', to: '0xc', kind: 'reconstructed', source: 'test', how: 'by hand' }],
  lines: [{ offset: '0x0', file: 'a.c', line: 3 }], variables: [], frame: [{ offset: '0x0', cfa: '0x8' }], calls: [],
  bugs: [{ at: '0x9', file: 'a.c', line: 4 }], parts: [], module: 'm', variant: 'v',
}; // prettier-ignore

const fitSnippet = (value: unknown, random: Random): unknown => {
  if (typeof value !== 'object' || value === null || random.oneIn(5)) return value;
  const { hex, manifest } = value as { hex?: unknown; manifest?: unknown };
  if (typeof hex !== 'string' || typeof manifest !== 'object' || manifest === null) return value;
  const bytes = Buffer.from(hex.replaceAll(/\s/gu, ''), 'hex');
  const code = random.oneIn(2) ? mutateBytes(random, bytes, bytes, 200) : bytes;
  const size = `0x${code.length.toString(16)}`;
  Object.assign(manifest, { sha256: sha(code) });
  if (!random.oneIn(4)) Object.assign(manifest, { size, ranges: [{ ...MANIFEST.ranges[0], to: size }] });
  return { ...value, hex: hexOf([...code]), manifest };
};
const manifestFile = fileFor('guest.json');
const hexFile = fileFor('guest.hex');

const snippet: Target = {
  seeds: [
    JSON.stringify({
      manifest: { ...MANIFEST, variant: undefined, module: undefined, bugs: [], parts: undefined },
      hex: hexOf(CODE),
    }),
    JSON.stringify({ manifest: MANIFEST, hex: hexOf(CODE) }),
  ],
  mutate: structured(
    () => [...namesIn([MANIFEST, { hex: 1, manifest: 1 }]), 'args', 'offset'],
    8 * KB,
    fitSnippet,
  ),
  quick: (input) => {
    const { manifest = '', hex = '' } = jsonOf(input);
    manifestFile(typeof manifest === 'string' ? manifest : (JSON.stringify(manifest) ?? ''));
    hexFile(wordOf(hex));
    const { start, end, name } = readSnippet(folder, 'guest.json', true);
    return `${name} ${start} ${end}`;
  },
  wholeOneIn: 100,
};

// --- recording --------------------------------------------------------------------------------------------------------

const START = Buffer.byteLength('oopslab recording 1\n');
const DIGEST = 32;
const sealed = (body: Uint8Array): Buffer =>
  Buffer.concat([body, createHash('sha256').update(body).digest()]);
const recordings = once(() =>
  ['slabinfo-bug', 'lookup-empty-slot'].map((name) => encodeRecording(replay(loadScenario(name)))),
);
const smallRecording = once(() => encodeRecording(replay(loadScenario(scenarioFile(PLAIN_SCENARIO)))));

const mutateRecording: Target['mutate'] = (random, input, other) => {
  const bytes = Buffer.from(input);
  if (bytes.length < START + 8 + DIGEST || random.oneIn(20))
    return mutateBytes(random, input, other, 1 << 20);
  const body = bytes.subarray(0, -DIGEST);
  const length = Number(body.readBigUInt64LE(START));
  const header = random.oneIn(4)
    ? undefined
    : parsed(body.subarray(START + 8, START + 8 + length), JSON.parse);
  if (header === undefined) return sealed(mutateBytes(random, body, other, 1 << 20));
  const from = Buffer.from(other);
  const theirs =
    from.length < START + 8
      ? {}
      : jsonOf(from.subarray(START + 8, START + 8 + Number(from.readBigUInt64LE(START))));
  const json = Buffer.from(jsonText(mutateTree(random, header, theirs, Object.keys(theirs))) ?? 'null');
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  const rest = body.subarray(START + 8 + length);
  return sealed(
    Buffer.concat([
      body.subarray(0, START),
      size,
      json,
      random.oneIn(4) ? mutateBytes(random, rest, rest, 1 << 20) : rest,
    ]),
  );
};

const recording: Target = {
  seeds: () => [smallRecording(), ...recordings()],
  mutate: mutateRecording,
  quick: (input) => {
    const read = decodeRecording(input, 'x.rec');
    const run = new Case(read);
    const report = run.oops();
    turn += 1;
    if (turn % 4 !== 0)
      return [report === undefined ? '' : formatOops(report), run.outOfBounds.length, run.end.at].join('\n');
    const scene = new Scene(read);
    return [JSON.stringify(replayDocument(read)), tellStory(read, 'x').join('\n'), scene.events.length].join(
      '\n',
    );
  },
  wholeOneIn: 100,
};

// --- object -----------------------------------------------------------------------------------------------------------

const objectFile = fileFor('x.o');
const object: Target = {
  seeds: [],
  mutate: (random, input, other) => mutateBytes(random, input, other, 64 * KB),
  quick: (input) => {
    const { snippet: brought } = bringCandidate(objectFile(input), { release: release() });
    return brought.manifest.sha256;
  },
  wholeOneIn: 50,
};

// --- decode -----------------------------------------------------------------------------------------------------------

const REPORTS = once(() =>
  LAYOUTS.flatMap((layout) =>
    Object.values(CARRIERS).map((carrier) => carrier(layout.format(exampleFacts(layout), layout.release))),
  ),
);
const DECODE_WORDS = [
  'BUG: ', 'WARNING: ', 'Oops: 0002 [#1] SMP', 'RIP: 0010:', 'RSP: 0018:', 'RAX: ', 'Code: ', 'Call Trace:', 'Modules linked in:', 'Stack:',
  '<IRQ>', '</IRQ>', '? ', '[<ffffffff8112b3db>]', 'general protection fault', 'kernel BUG at ', 'KASAN: ', 'UBSAN: ', 'INFO: task ', 'watchdog: ',
  'soft lockup', 'divide error', 'CR2: ', 'CPU: 3 PID: 1 Comm: ', 'Tainted: ', '---[ end trace ]---', '[cut here]', 'mce: ', 'rcu: ', '0f 0b', '<48>',
]; // prettier-ignore

const decode: Target = {
  seeds: () => REPORTS(),
  mutate: textual(DECODE_WORDS, 12 * KB),
  quick: (input) => {
    const source = text(input);
    const shown = reportsOf(source).map((report) => {
      const explanation = explainReport(report);
      const judgement = judge(report, explanation);
      return {
        report,
        explanation,
        judgement,
        number: 1,
        verdict: verdictOf(report, explanation, judgement),
      };
    });
    turn += 1;
    const told = shown.flatMap((one) => [
      String(textOf(reportBlocks(one, true))),
      String(markdownOf(reportBlocks(one, false))),
    ]);
    if (turn % 16 === 0) told.push(redactText(source).text);
    return JSON.stringify(decodeDocument(null, shown)) + told.join('\n');
  },
  wholeOneIn: 400,
};

// --- lesson -----------------------------------------------------------------------------------------------------------

const LESSON = `---
format: oopslab lesson 1
name: x
title: X
scenario: lookup-empty-slot
slides: 4
---

# Some *prose*

\`\`\`replay
bt -FF
oops
\`\`\`

\`\`\`question
id: a
ask: What?
kind: value
key: register rax
hints: [{ text: no, cost: 1 }]
wrong: ['0x1']
points: 5
remark: yes
\`\`\`
`;
const LESSON_WORDS = [
  'id: ', 'ask: ', 'kind: ', 'key: ', 'hints: ', 'wrong: ', 'points: ', 'remark: ', 'choices: ', 'choice', 'value', 'place', 'number', 'text', 'yes',
  'scenario: shm-close-bug', 'set: { prepath: /x }', '```replay', '```question', '```', '---', 'register rax', 'register rbx at shm_close+0xb', 'field sfd.id',
  'compare 1 2', 'lineage --value vma', 'dis shm_close', 'struct file', 'places of vma at shm_close+0xb', 'last write to sfd.id', '--set a=b', '--set __proto__=x',
]; // prettier-ignore

const lesson: Target = {
  seeds: [LESSON],
  mutate: textual(LESSON_WORDS, 8 * KB),
  quick: (input) => {
    const { name, title, questions, parts } = parseLesson(text(input), 'x.md');
    return `${name} ${title} ${questions.length} ${parts.length}`;
  },
  wholeOneIn: 200,
};

// --- crash> -----------------------------------------------------------------------------------------------------------

const dump = once(() => new Dump(new Case(replay(loadScenario('shm-close-bug')))));
const CRASH_WORDS = [
  'bt', 'dis', 'eval', 'help', 'ipcs', 'kmem', 'list', 'log', 'ps', 'vm', 'rd', 'search', 'set', 'struct', 'sym', '-a', '-b', '-c', '-d', '-e', '-f', '-FF', '-h',
  '-H', '-i', '-k', '-l', '-lr', '-m', '-n', '-o', '-p', '-q', '-r', '-s', '-S', '-t', '-u', '-x', '-8', '-16', '-32', '-64', '-ss', 'size-32', 'size-4096',
  'shm_close', 'shm_close+62', 'init_ipc_ns', 'file', 'file.private_data', 'vm_area_struct', 'task_struct.comm', 'list_head.next', 'idr_layer.ary[3]',
  'ffff88016d2319e0', '0xffff8803f382cc60', 'ffff8801b49c8040', 'ffff88043fd00000', 'ffffffff81a46920', '26341', '-1', '0', '10', '99999999999',
  '"a b"', "'x'", '(1+2)', '1<<63', '~0', '%', 'ffffffffffffffff',
]; // prettier-ignore

const crashLines = (input: Uint8Array): string => {
  const session = sessionOf(dump());
  const printed: string[] = [];
  for (const line of text(input).split('\n').slice(0, 12)) {
    complete(session, line);
    printed.push(attempt(() => runLine(session, line).join('\n')));
  }
  return printed.join('\n');
};

const crashCommands: Target = {
  seeds: [
    ...CRASH_WORDS.slice(0, 15),
    'struct file ffff8800148fcb80',
    'rd -64 ffff88016d2319e0 8',
    'list -H ffff88043fd00000 -s file.private_data',
  ],
  mutate: textual(CRASH_WORDS, 400),
  quick: crashLines,
  wholeOneIn: 2000,
};

const EXPRESSION_WORDS = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '<<',
  '>>',
  '&',
  '|',
  '^',
  '~',
  '(',
  ')',
  '0x',
  '1',
  '0',
  'shm_close',
  'init_ipc_ns',
  '0b1',
  '07',
  '-1',
];
const expression: Target = {
  seeds: ['1 + 2 * (3 - 4) / 5', '~0 >> 63 ^ 7 | 1 & 3', 'shm_close + 0x3e % 7'],
  mutate: textual(EXPRESSION_WORDS, 300),
  quick: (input) => {
    const session = sessionOf(dump());
    const line = text(input).replaceAll('\n', ' ');
    return ['eval -b ', 'rd ', 'dis ', 'sym ']
      .map((command) => attempt(() => runLine(session, command + line).join('\n')))
      .join('\n');
  },
  wholeOneIn: 2000,
};

// --- step -------------------------------------------------------------------------------------------------------------

const scene = once(() => new Scene(replay(loadScenario('shm-close-bug'))));
const STEP_WORDS = [
  ...BINDINGS.flatMap(({ keys }) => keys), 'screen', 'size 80x24', 'size 20x5', 'size 300x100', 'click 3x4', 'click 79x20', 'WheelUp', 'WheelDown',
  '/ "sfd"', '/ "0x5c"', ': "shm_close+0x25"', ': "0"', ': "803"', '/ ""', '# c',
]; // prettier-ignore
const stepScript: Target = {
  seeds: [
    'g s screen',
    's n b p f F w W c C screen',
    'size 120x40 t a j k Tab screen',
    '/ "sfd" screen . screen , screen',
    ': "shm_close+0x3e" screen q',
  ],
  mutate: textual(STEP_WORDS, 200),
  quick: (input) => {
    scene().navigator.goTo(0);
    scene().view = 'run';
    return runScript(new Stepper(scene()), text(input), 'keys.txt').join('\n');
  },
  wholeOneIn: 500,
};

// --- shard, progress, serve -------------------------------------------------------------------------------------------

const CANDIDATE = {
  name: 'bug', expected: 'breaks', own: false, variants: {}, files: {}, error: null, blocks: 1, tried: 1000, first: { block: 0, runs: 1 },
  found: { property: 'writes-inside', world: { prepath: '/x' }, path: '0:7' }, ended: null, flaky: null, slow: { worlds: 1, block: 0, index: 0 },
  coverage: { functions: [{ symbol: 'f', instructions: [0, 4], ran: [0], outcomes: [{ offset: 4, seen: 3 }] }], allocations: [{ at: 'x', failed: true }] },
  worlds: { worlds: 1, parameters: { prepath: { short: 1 } } }, cut: 'interrupted', nowHold: ['a.yaml'],
}; // prettier-ignore
const SHARD = {
  format: 'oopslab check shard 2', shard: { number: 1, of: 1 }, scenario: 'mount-arena', seed: 1, runs: 1000,
  options: { budget: 20_000_000, thorough: false, exhaustive: null, like: null }, candidates: [CANDIDATE],
}; // prettier-ignore
const shardFile = fileFor('x.json');
const shard: Target = {
  seeds: [
    JSON.stringify(SHARD),
    JSON.stringify({ ...SHARD, candidates: [{ ...CANDIDATE, found: null, first: null }] }),
  ],
  mutate: structured(
    once(() => namesIn([SHARD])),
    8 * KB,
  ),
  quick: (input) => {
    const shards = readShards([shardFile(input)]);
    return JSON.stringify(mergeShards(shards));
  },
  wholeOneIn: 400,
};

const PROGRESS = {
  format: 'oopslab lesson progress 1',
  lessons: { 'which-id': { 'the-id': { right: true, wrong: 1, hints: 0, points: 5 } } },
};
const progressTo = fileFor('lessons.json');
const progress: Target = {
  seeds: [JSON.stringify(PROGRESS)],
  mutate: structured(
    once(() => namesIn([PROGRESS])),
    4 * KB,
  ),
  quick: (input) => JSON.stringify(loadProgress(progressTo(input))),
  wholeOneIn: 300,
};

const REQUEST = {
  method: 'POST', url: '/run',
  rawHeaders: ['Host', '127.0.0.1:8000', 'Origin', 'http://127.0.0.1:8000', 'Sec-Fetch-Site', 'same-origin', 'Content-Type', 'application/json', 'Content-Length', '10'],
  body: { set: { prepath: '/team', previous: 'zero', id: '7', delimiter: '/' }, length: 9 },
}; // prettier-ignore
const liveScenario = once(() => loadScenario('shm-close-bug'));
const serveRequest: Target = {
  seeds: [
    JSON.stringify(REQUEST),
    JSON.stringify({ method: 'GET', url: '/', rawHeaders: ['host', 'localhost:8000'] }),
  ],
  mutate: structured(
    once(() => [
      ...namesIn([REQUEST]),
      ...REQUEST.rawHeaders,
      'transfer-encoding',
      'application/json; charset=utf-8',
      'tree',
      'GET',
      '/',
    ]),
    4 * KB,
  ),
  quick: (input) => {
    const { method = '', url = '', rawHeaders, body } = jsonOf(input);
    const head = {
      method: wordOf(method),
      url: wordOf(url),
      rawHeaders: Array.isArray(rawHeaders) ? rawHeaders.map(wordOf) : [],
    };
    const refused = findRefusal(head, 8000)?.message ?? '';
    const request = readLiveRequest(typeof body === 'string' ? body : (JSON.stringify(body) ?? ''));
    return `${refused} ${[...readParameters(liveScenario(), request.set)].length} ${request.length}`;
  },
  wholeOneIn: 3000,
};

// --- library, arguments, source ---------------------------------------------------------------------------------------

const LIBRARY = {
  'scenarios/x.yaml': PLAIN_SCENARIO,
  'lessons/x.md': LESSON,
  'snippets/3.0.101-84-default/guest.json': JSON.stringify({
    ...MANIFEST,
    variant: undefined,
    module: undefined,
    bugs: [],
    parts: undefined,
  }),
  'snippets/3.0.101-84-default/guest.hex': hexOf(CODE),
  'snippets/3.0.101-84-default/symbols.json': '{"symbols": []}',
  'candidates/x.c': 'int x;',
};
const library: Target = {
  seeds: [JSON.stringify(LIBRARY)],
  mutate: structured(
    () => [...Object.keys(LIBRARY), 'scenarios', 'snippets', 'lessons/', 'scenarios/y.yaml/', 'a/b/c'],
    16 * KB,
  ),
  quick: () => '',
  wholeOneIn: 1,
};

const isCheap = ({ args }: ArgumentWords): boolean => {
  if (args.some((one) => /^\/(?!dev\/null$)|^~/u.test(one))) return false; // nothing outside the folder is written
  return args.includes('--help') || !args.some((one) => ['check', 'serve', 'step', 'sweep'].includes(one));
};
const ARGUMENT_SEEDS = [
  ['replay', 'lookup-empty-slot', '--set', 'id=7'], ['dis', 'shm_close+0x3e', '--bytes'], ['compare', '13008943', '13008988', '--json'], ['help', 'check'],
  ['scenarios', '--json'], ['snippets'], ['headers', '--release', '3.0.101-84-default'], ['decode', '--report', '2', '--md'], ['lesson', 'which-id', '--answers'],
  ['crash', '-c', 'bt'], ['diff', 'a.rec', 'b.rec'], ['oops', '--recording', 'x.rec'], ['lineage', '--at', 'shm_close+0x3e', '--value', 'vma'], ['--version'],
  ['report', '--alone', '--compare', 'x'], ['check', '--shard', '1/2'], ['chart', 'sweep', '--lengths', '1-2'],
]; // prettier-ignore
const argumentList: Target = {
  seeds: ARGUMENT_SEEDS.map((args) => JSON.stringify({ args })),
  mutate: (random, input, other) =>
    Buffer.from(JSON.stringify(mutateArguments(random, jsonOf(input), jsonOf(other)))),
  quick: async (input) => {
    const { args = [], stdin = '' } = jsonOf(input) as { args?: string[]; stdin?: string };
    if (!Array.isArray(args) || !isCheap({ args: args.map(wordOf) })) return 'left out';
    const { status, stdout, stderr } = await oopslab(args.map(wordOf), {
      stdin: wordOf(stdin),
      cwd: folder,
      env: { OOPSLAB_STATE: folder },
    });
    return JSON.stringify({ status, stdout, stderr });
  },
  wholeOneIn: Infinity,
};

const SOURCE = `#include "oopslab.h"
char *cifs_build_path_to_root(struct smb_vol *vol, struct cifs_sb_info *cifs_sb, struct cifs_tcon *tcon)
{
	char *p = kmalloc(32, GFP_KERNEL);
	static int x = 3;
	if (p)
		p[0] = vol->prepath ? vol->prepath[x] : 0;
	return p;
}
`;
const source: Target = {
  seeds: [SOURCE],
  mutate: textual(
    [
      'static',
      'int',
      'char',
      '*',
      '{',
      '}',
      ';',
      'asm("',
      '.section x',
      '__attribute__((',
      'kfree(p);',
      'goto x;',
      'extern',
      '#include "',
      'long double',
    ],
    4 * KB,
  ),
  quick: () => '',
  wholeOneIn: 1,
};

/** Run a part that may refuse: its words then. */
function attempt(run: () => string): string {
  try {
    return run();
  } catch (error) {
    if (isMeant(error)) return `refused: ${(error as Error).message}`;
    throw error;
  }
}

/** Whether an error is one that oopslab throws on purpose, for bad input. */
export const isMeant = (error: unknown): boolean =>
  error instanceof Error && ['ERR_INPUT', 'ERR_FORMAT'].includes(String((error as { code?: unknown }).code));

/** All, by the name of their reader. */
export const TARGETS: Readonly<Record<string, Target>> = {
  scenario, snippet, recording, object, decode, lesson, 'crash-commands': crashCommands, expression, 'step-script': stepScript, shard, progress,
  'serve-request': serveRequest, library, arguments: argumentList, source,
}; // prettier-ignore
