// The score of the check itself: `npm run bench:mutants`. Mutates the shipped versions that hold, checks each mutant as a
// user's candidate is checked, and says which survive, and why: a machine finds that nobody could tell it from the
// original, or bench/mutants/survivors.json has a reviewed reason. A survivor without a reason fails the run, and so does
// a reason for what is killed. Writes the table of docs/check.md between its marks; --print prints it instead,
// --json FILE writes every mutant, --variant NAME takes one version, --sample N a fixed part of those to be killed.

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadCandidates } from '../dist/check/run/shipped.js';
import { loadRelease } from '../dist/release/snippet.js';
import { decode } from '../dist/x86/disasm.js';
import { equivalences } from './mutants/equivalent.mjs';
import { changesOf, mutantsOf } from './mutants/mutate.mjs';
import { classify, readReasons } from './mutants/reasons.mjs';
import { measuredText, survivorLines } from './mutants/score.mjs';
import { Trials } from './mutants/trial.mjs';

const SCENARIO = 'mount-arena';
const DOCUMENT = new URL('../docs/check.md', import.meta.url);
const REASONS = new URL('mutants/survivors.json', import.meta.url);

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    variant: { type: 'string' },
    sample: { type: 'string' },
    json: { type: 'string' },
    print: { type: 'boolean', default: false },
  },
});
const note = (text) => process.stderr.write(`mutants: ${text}\n`);

const release = loadRelease();
const nameOf = (address) => {
  const found = release.symbols.findLocation(BigInt.asUintN(64, address));
  return found?.offset === 0 ? found.symbol.name : undefined;
};
const disassemble = (bytes, start) => decode(bytes, start, release.symbols, 'gnu');
const prototypeOf = (name) => release.symbols.findSymbol(name)?.prototype;

// The mutants of a shipped version, each with the reason that a machine finds for it to survive.
const mutantsOfVersion = ({ name, function: of, variants }) => {
  const snippet = release.findSnippet(of, variants[of]);
  const { bytes, start } = snippet;
  const found = equivalences(bytes, start, nameOf, prototypeOf, snippet.manifest.prototype.returns);
  const mutants = mutantsOf(bytes, start, nameOf).map((mutant) => ({
    ...mutant,
    id: `${name}${mutant.id}`,
    snippet,
    same: found.reasonOf(mutant.bytes),
  }));
  found.close();
  return mutants;
};

const versions = loadCandidates().filter(
  ({ name, expected }) => expected === 'holds' && (options.variant ?? name) === name,
);
const all = versions.flatMap(mutantsOfVersion);
const isOfVersion = ([id]) => versions.some(({ name }) => id.startsWith(`${name}+`));
const reasons = new Map([...readReasons(REASONS)].filter(isOfVersion));

// Spread over the versions and their code: every so many-th of those that have to be killed.
const chosen = () => {
  if (options.sample === undefined) return all;
  const killable = all.filter(({ id, same }) => same === undefined && !reasons.has(id));
  const count = Math.min(Number(options.sample), killable.length);
  return Array.from({ length: count }, (_, index) => killable[Math.floor((index * killable.length) / count)]);
};

const run = async (mutants) => {
  const trials = new Trials({ scenario: SCENARIO, runs: Number(options.runs), seed: Number(options.seed) });
  const results = [];
  try {
    for (const { bytes, snippet, ...mutant } of mutants) {
      const result = await trials.run(snippet, bytes);
      results.push({
        ...mutant,
        ...result,
        changes: changesOf(snippet.bytes, bytes, snippet.start, disassemble),
      });
      if (results.length % 100 === 0) note(`${results.length} of ${mutants.length}`);
    }
  } finally {
    trials.close();
  }
  return results;
};

const put = (measured) => {
  const text = readFileSync(DOCUMENT, 'utf8');
  const parts = text.split('<!-- mutants -->');
  if (parts.length !== 3) throw new Error('docs/check.md should have <!-- mutants --> twice');
  writeFileSync(DOCUMENT, [parts[0], `\n\n${measured}\n\n`, parts[2]].join('<!-- mutants -->'));
};

const results = await run(chosen());
const found = classify(results, reasons, all);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, undefined, 1)}\n`);
for (const line of survivorLines(found)) process.stdout.write(`${line}\n`);
const measured = measuredText(results, found);
if (options.print || options.sample !== undefined || options.variant !== undefined)
  process.stdout.write(`\n${measured}\n`);
else put(measured);
for (const problem of found.problems) note(problem);
note(measured.split('\n')[0]);
process.exitCode = found.problems.length > 0 ? 1 : 0;
