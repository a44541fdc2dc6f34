// The files whose right verdict is known: test/fixtures/check. A file's name begins with the verdict, and its first comment
// says why; "scenario: NAME" in that comment chooses one of several scenarios that check its function.

import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const folder = fileURLToPath(new URL('../test/fixtures/check', import.meta.url));

// What the first word of a name means. `flaky`: equal worlds end differently, unless the engine refuses the instruction by
// its name. The two that are open to argument are decided in docs/check.md.
const VERDICTS = {
  holds: ['holds'],
  breaks: ['breaks'],
  refused: ['error'],
  flaky: ['flaky', 'error'],
  kmsan: ['holds'],
  unclear: ['breaks'],
};

/** All of them. */
export const allFiles = () =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.c'))
    .toSorted()
    .map((name) => join(folder, name));

const scenariosBeside = (file) => {
  const beside = join(dirname(file), 'scenarios');
  try {
    return readdirSync(beside)
      .toSorted()
      .map((name) => parse(readFileSync(join(beside, name), 'utf8')));
  } catch {
    return []; // the shipped case
  }
};

/**
 * A file with its right verdicts, the scenario that checks it, and the library that the scenario is in.
 *
 * @throws {Error} when its name says no verdict, or nothing checks it
 */
export const readVerdictFile = (file) => {
  const name = basename(file, '.c');
  const right = VERDICTS[/^[a-z]+/u.exec(name)?.[0] ?? ''];
  if (right === undefined)
    throw new Error(`${file}: a name begins with one of ${Object.keys(VERDICTS).join(', ')}`);
  const text = readFileSync(file, 'utf8');
  const others = scenariosBeside(file);
  if (others.length === 0) return { file, name, right, scenario: 'mount-arena', library: undefined };
  const stated = /\bscenario: ([\w-]+)/u.exec(text.slice(0, text.indexOf('*/')))?.[1];
  const scenario = others.find(({ name: other, check }) =>
    stated === undefined ? new RegExp(`\\b${check.function}\\(`, 'u').test(text) : other === stated,
  );
  if (scenario === undefined) throw new Error(`${file}: no scenario beside it checks its function`);
  return { file, name, right, scenario: scenario.name, library: dirname(file) };
};
