// What is kept of compiled C, damaged by hand: each gets one complaint with its file and field.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { OopslabError, formatWhere } from '../../src/base/errors.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';

interface Kept {
  release: string;
  functions: { function: string; start: string }[];
  symbols: { name: string; address: string }[];
}

const corpus = fileURLToPath(new URL('../corpus/case/whole-parcels.json.gz', import.meta.url));
const files = JSON.parse(gunzipSync(readFileSync(corpus)).toString()) as Record<string, string>;
const folder = mkdtempSync(join(tmpdir(), 'oopslab-code-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const complaint = (change: (kept: Kept) => void): string => {
  const own = mkdtempSync(join(folder, 'case-'));
  const kept = JSON.parse(files['case.json']!) as Kept;
  change(kept);
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(own, name), name === 'case.json' ? JSON.stringify(kept) : text);
  try {
    replay(loadScenario(own));
  } catch (error) {
    if (!(error instanceof OopslabError)) throw error;
    return `${formatWhere(error.where)}: ${error.message}`;
  }
  return '';
};

it('the one that is damaged is good', () => expect(complaint(() => undefined)).toBe(''));

it.each<[string, (kept: Kept) => void, string]>([
  ['a function twice', (kept) => kept.functions.push(kept.functions[0]!), 'case.json:1:5013: functions[4].function: "weigh_parcel" stands above it already'],
  ['a variable twice', (kept) => kept.symbols.push(kept.symbols[0]!), '].name: "prices" stands above it already'],
  ['another kernel', (kept) => (kept.release = '2.6.16'), 'case.json: release: must be 3.0.101-84-default'],
  ['a variable over the top', (kept) => (kept.symbols[0]!.address = '0xffffffffffffffff'), 'case.json:1:5436: symbols[0].address: it would end over the top'],
  ['a variable in another one', (kept) => (kept.symbols[1]!.address = kept.symbols[0]!.address), 'lies in'],
])('%s is refused', (_what, change, message) => expect(complaint(change)).toContain(message)); // prettier-ignore
