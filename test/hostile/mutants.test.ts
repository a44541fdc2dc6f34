// Case folders and compiled objects with something changed: an answer, or one error that is meant, in one line. A short form
// of the campaigns of test/fuzz/ on these two readers; OOPSLAB_FULL=1 makes it 5,000 of each.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { caseFolder, image } from '../fuzz/case-targets.js';
import { Random } from '../fuzz/random.js';
import { isMeant, type Target } from '../fuzz/target.js';
import { cases } from '../helpers/effort.js';

const corpus = fileURLToPath(new URL('../corpus', import.meta.url));
const SECONDS = 20; // for one input

const wholeOnes = (reader: string): Uint8Array[] =>
  readdirSync(join(corpus, reader))
    .filter((name) => name.startsWith('whole-'))
    .map((name) => gunzipSync(readFileSync(join(corpus, reader, name))));

const tryOut = async (target: Target, input: Uint8Array): Promise<'answer' | 'refusal'> => {
  const start = process.cpuUsage().user;
  try {
    await target.quick(input);
    return 'answer';
  } catch (error) {
    if (!isMeant(error)) throw error;
    expect((error as Error).message).toMatch(/^[^\n]{8,}$/u);
    return 'refusal';
  } finally {
    expect((process.cpuUsage().user - start) / 1e6).toBeLessThan(SECONDS);
  }
};

describe.each([
  ['case', caseFolder, 24],
  ['image', image, 200],
] as const)('what a %s has', (reader, target, usual) => {
  const whole = wholeOnes(reader);

  it('is read where it is whole', async () => {
    for (const input of whole) expect(await tryOut(target, input)).toBe('answer');
  });

  it('is read or refused where it is changed', async () => {
    const random = new Random(161);
    const ends = { answer: 0, refusal: 0 };
    for (let left = cases(usual, 5000); left > 0; left -= 1) {
      const input = target.mutate(random, random.pick(whole), random.pick(whole));
      ends[await tryOut(target, input)] += 1;
    }
    expect(ends.refusal).toBeGreaterThan(0);
  }, 3_600_000);
});
