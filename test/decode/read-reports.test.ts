// A text is a stream: however it is cut into chunks, the same reports come out, each with its lines.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readReports, reportsOf } from '../../src/decode/read/read-reports.js';
import type { KernelReport } from '../../src/decode/read/report.js';

const golden = readFileSync(fileURLToPath(new URL('../golden/oops.txt', import.meta.url)), 'utf8');
// Two reports, with lines of other programs around both.
const log = `systemd: started\n${golden}eth0: link up, 1 µs\n${golden}done\n`;

const read = async (chunks: Iterable<string | Uint8Array>): Promise<KernelReport[]> => {
  const reports: KernelReport[] = [];
  for await (const report of readReports(chunks)) reports.push(report);
  return reports;
};

const cut = <T extends string | Uint8Array>(whole: T, at: readonly number[]): T[] => {
  const places = [0, ...at.map((one) => one % whole.length).toSorted((a, b) => a - b), whole.length];
  return places.slice(1).map((end, index) => whole.slice(places[index], end) as T);
};

describe('readReports', () => {
  it('finds what reportsOf finds, however the text or its bytes are cut', async () => {
    const whole = reportsOf(log);
    expect(whole.map(({ firstLine }) => firstLine)).toEqual([2, 3 + golden.split('\n').length - 1]);
    const places = fc.array(fc.nat(), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(places, async (at) => {
        expect(await read(cut(log, at))).toEqual(whole);
        expect(await read(cut(new TextEncoder().encode(log), at))).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it('finds nothing in a text without a report', async () => {
    expect(await read([])).toEqual([]);
    expect(await read(['systemd: started\n', 'eth0: link up\n'])).toEqual([]);
  });
});
