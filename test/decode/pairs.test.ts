// Reports of any two and three kinds, one right after the other, with lines of others between them, cut, and line by line
// where caller ids tell them apart: each is found with its own headline, registers and traces.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import type { KernelReport } from '../../src/decode/read/report.js';
import { cases } from '../helpers/effort.js';
import { type Invented, MAKERS, invented } from '../helpers/invented-reports.js';

const NAMES = Object.keys(MAKERS);

const expectedOf = ({ kind, headline, at, traces }: Invented): object => ({
  kind,
  headline,
  sets: at === undefined ? [] : [at],
  traces,
});

const foundIn = ({ kind, headline, registers, traces }: KernelReport): object => ({
  kind,
  headline: headline?.text,
  sets: registers.map(({ rip }) => rip?.symbol),
  traces: traces.filter(({ entries }) => entries.length > 0).map(({ entries }) => entries[0]?.symbol),
});

const stamped = (lines: readonly string[], caller = ''): string[] =>
  lines.map((line) => `[   12.345678]${caller} ${line}`);

const NOISE = [
  'usb 1-1: reset high-speed USB device number 2',
  'eth0: link up, 1000 Mbps',
  'systemd[1]: Started frob',
];

// In a text whose reports are in order, as the text has them.
const check = (text: readonly string[], reports: readonly Invented[]): void => {
  const found = reportsOf(`${text.join('\n')}\n`);
  expect(found.map(foundIn), text.join('\n')).toEqual(reports.map(expectedOf));
};

describe.each(NAMES)('%s', (name) => {
  const one = invented(name, 1);

  it('is one report', () => {
    check(one.lines, [one]);
    check(stamped(one.lines), [one]);
  });

  it('stands before each other kind', () => {
    for (const next of NAMES) {
      const other = invented(next, 2);
      check([...one.lines, ...other.lines], [one, other]);
      check([...stamped(one.lines), ...stamped(NOISE), ...stamped(other.lines)], [one, other]);
    }
  });

  it('stands line by line with each other kind, by caller ids', () => {
    for (const next of NAMES) {
      const other = invented(next, 2);
      const first = stamped(one.lines, '[    T1]');
      const second = stamped(other.lines, '[    T2]');
      const mixed = Array.from({ length: Math.max(first.length, second.length) }, (_, index) =>
        [first[index], second[index]].filter((line) => line !== undefined),
      ).flat();
      const found = reportsOf(`${mixed.join('\n')}\n`).map(foundIn);
      expect(found, mixed.join('\n')).toHaveLength(2);
      expect(found, mixed.join('\n')).toEqual(expect.arrayContaining([one, other].map(expectedOf)));
    }
  });

  it('leaves each other kind whole where it is cut', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), fc.integer({ min: 1, max: 25 }), (next, length) => {
        const other = invented(next, 2);
        const cut = one.lines.slice(0, Math.min(length, one.lines.length - 1));
        const found = reportsOf(`${stamped([...cut, ...other.lines]).join('\n')}\n`).map(foundIn);
        expect(found.length).toBeLessThanOrEqual(2);
        expect(found.at(-1)).toEqual(expectedOf(other));
      }),
      { numRuns: cases(20, 600), seed: 1 },
    );
  });

  it('stands between two others', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), fc.constantFrom(...NAMES), (before, after) => {
        const all = [invented(before, 1), invented(name, 2), invented(after, 3)];
        check(stamped(all.flatMap(({ lines }) => lines)), all);
      }),
      { numRuns: cases(10, 300), seed: 1 },
    );
  });
});
