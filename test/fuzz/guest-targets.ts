// The readers of what runs: scenarios, snippets, recordings and objects.
import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import { bringCandidate } from '../../src/candidate/bring.js';
import { Case } from '../../src/reading/case.js';
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
import { wordOf } from '../helpers/corpus-readers.js';
import { mutateBytes } from './bytes.js';
import type { Random } from './random.js';
import { jsonText, mutateTree, namesIn } from './tree.js';
import { KB, fileFor, folder, jsonOf, once, parsed, structured, type Target } from './target.js';

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
export const PLAIN_SCENARIO = `format: oopslab scenario 1
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

export const scenario: Target = {
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

export const CODE = [0x48, 0x8b, 0x47, 0x08, 0x83, 0xc0, 0x01, 0x74, 0x02, 0x0f, 0x0b, 0xc3];
export const hexOf = (bytes: readonly number[]): string =>
  Buffer.from(bytes).toString('hex').replaceAll(/(..)/gu, '$1 ').trim();
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
export const MANIFEST = {
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

export const snippet: Target = {
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

export const recording: Target = {
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
export const object: Target = {
  seeds: [],
  mutate: (random, input, other) => mutateBytes(random, input, other, 64 * KB),
  quick: (input) => {
    const { snippet: brought } = bringCandidate(objectFile(input), { release: release() });
    return brought.manifest.sha256;
  },
  wholeOneIn: 50,
};
