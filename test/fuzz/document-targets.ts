// The readers of documents in JSON: shards, progress in lessons, and requests to the live page.
import { mergeShards, readShards } from '../../src/check/run/shard.js';
import { loadProgress } from '../../src/lesson/progress.js';
import { readParameters } from '../../src/scenario/parameters.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { findRefusal } from '../../src/serve/guard.js';
import { readWish } from '../../page/model/wish-link.js';
import { linkOf, wordOf } from '../helpers/corpus-readers.js';
import { namesIn } from './tree.js';
import { KB, fileFor, jsonOf, once, structured, type Target } from './target.js';

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
export const shard: Target = {
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
export const progress: Target = {
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
export const serveRequest: Target = {
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
    const { wish, problem } = readWish(linkOf(body));
    const values = new Map(Object.entries(wish?.set ?? {}));
    return `${refused} ${problem} ${[...readParameters(liveScenario(), values)].length}`;
  },
  wholeOneIn: 3000,
};
