// Checks mutants as "oopslab check" would: each is a variant in a library of its own, run in another process.

import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hexText } from '../../dist/candidate/manifest-of.js';
import { writeLibrary } from '../../dist/check/run/temporary-library.js';

const PATIENCE = 300_000; // milliseconds for one mutant

// The direct calls that are still in the bytes.
const callsIn = (bytes, start, calls) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return calls.filter(({ at, to }) => {
    const offset = Number(at);
    if (bytes[offset] !== 0xe8) return false;
    const target = start + BigInt(offset + 5 + view.getInt32(offset + 1, true));
    return BigInt.asUintN(64, target) === BigInt(to);
  });
};

/** Write a mutant of a snippet as a variant of its function into a folder, which becomes a library. */
export const writeMutant = (folder, snippet, bytes, variant) => {
  const text = JSON.parse(readFileSync(snippet.file, 'utf8'));
  const name = `${snippet.function}.${variant}`;
  const { $schema: _, ...manifest } = text;
  const mutant = {
    ...manifest,
    variant,
    bytes: `${name}.hex`,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    calls: callsIn(bytes, snippet.start, text.calls),
  };
  const path = `snippets/${text.release}/${name}`;
  writeLibrary(folder, { [`${path}.hex`]: hexText(bytes), [`${path}.json`]: JSON.stringify(mutant) });
};

/** One process at a time that checks mutants. */
export class Trials {
  #child;
  #folder = mkdtempSync(join(tmpdir(), 'oopslab-mutants-'));
  #count = 0;

  constructor(options) {
    this.options = options; // scenario, runs, seed
  }

  /** @returns verdict, property, worlds until it broke; `ended`: it ended the process, which breaks `ends` */
  async run(snippet, bytes) {
    this.#count += 1;
    const variant = `mutant-${this.#count}`;
    const library = join(this.#folder, variant);
    writeMutant(library, snippet, bytes, variant);
    const candidate = { name: variant, variants: { [snippet.function]: variant } };
    try {
      return await this.#ask({ ...this.options, candidate, library });
    } finally {
      rmSync(library, { recursive: true });
    }
  }

  async #ask(order) {
    this.#child ??= fork(new URL('worker.mjs', import.meta.url));
    const child = this.#child;
    let watchdog;
    const answer = await new Promise((resolve) => {
      child.once('message', resolve);
      child.once('exit', (status, signal) =>
        resolve({
          verdict: 'breaks',
          property: 'ends',
          runs: 0,
          reason: `process ended: ${signal ?? status}`,
        }),
      );
      watchdog = setTimeout(() => {
        resolve({ verdict: 'error', property: null, runs: 0, reason: `no answer in ${PATIENCE / 1000} s` });
        child.kill('SIGKILL');
      }, PATIENCE);
      child.send(order);
    });
    clearTimeout(watchdog);
    child.removeAllListeners();
    if (answer.reason !== null) {
      child.kill('SIGKILL');
      this.#child = undefined;
    }
    return answer;
  }

  close() {
    this.#child?.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
