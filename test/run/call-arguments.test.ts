// Calls of compiled C have as many arguments as the function takes: what is missing would be whatever the register holds.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';

// A case without its source: no compiler is needed.
const corpus = fileURLToPath(new URL('../corpus/case/whole-parcels.json.gz', import.meta.url));
const files = JSON.parse(gunzipSync(readFileSync(corpus)).toString()) as Record<string, string>;
const folder = mkdtempSync(join(tmpdir(), 'oopslab-arguments-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const withCall = (call: string): string => {
  const own = mkdtempSync(join(folder, 'case-'));
  mkdirSync(own, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    const changed =
      name === 'scenario.yaml' ? text.replace('call: parcel_check(other)', `call: ${call}`) : text;
    writeFileSync(join(own, name), changed);
  }
  return own;
};

it.each([
  ['parcel_check()', 'parcel_check takes 1 argument (parcel), found 0'],
  ['parcel_check(other, 7)', 'parcel_check takes 1 argument (parcel), found 2'],
  ['parcel_free(parcel, other)', 'parcel_free takes 1 argument (parcel), found 2'],
])('%s is refused', (call, message) => {
  expect(() => replay(loadScenario(withCall(call)))).toThrow(message);
});

it.each([
  'parcel_check(other)',
  '{ function: parcel_check, registers: { rdi: "&other" } }', // given in its register
  'strlen(other, 7)', // not of the case's own C
])('%s runs', (call) => {
  expect(replay(loadScenario(withCall(call))).header.outcome.kind).toBe('returned');
});
