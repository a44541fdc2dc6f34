// Reading is the inverse of printing: reports made from generated facts, in every layout from 2.6 to 7.0 and in whatever
// carries them, give the facts back.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { parseOops } from '../helpers/parse-oops.js';
import { cases } from '../helpers/effort.js';
import { expectedOf, FACT_REGISTERS, foundIn } from '../helpers/report-facts.js';
import { CARRIERS, type Facts, LAYOUTS, type Layout, type Spot } from '../helpers/report-layouts.js';

const address = fc.bigInt({ min: 0xffffffff81000000n, max: 0xffffffff82ffffffn });
const word = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.bigInt({ min: 0n, max: 0xffffn }),
  fc.bigInt({ min: 0xffff880000000000n, max: 0xffff88ffffffffffn }),
);
const symbol = fc.stringMatching(/^[a-z_][a-z0-9_]{2,24}(?:\.isra\.0|\.cold|\.part\.8|)$/u);
const moduleName = fc.stringMatching(/^[a-z][a-z0-9_]{2,14}$/u);
const spot: fc.Arbitrary<Spot> = fc
  .record({
    address,
    symbol,
    offset: fc.integer({ min: 1, max: 0xfff }),
    more: fc.integer({ min: 1, max: 0xfff }),
    module: fc.option(moduleName, { nil: undefined }),
  })
  .map(({ more, module, ...rest }) => ({
    ...rest,
    size: rest.offset + more,
    ...(module === undefined ? {} : { module }),
  }));

const factsOf = (layout: Layout): fc.Arbitrary<Facts> =>
  fc.record({
    event: fc.oneof(
      fc.record({
        kind: fc.constant('fault' as const),
        address: fc.oneof(fc.bigInt({ min: 0n, max: 4095n }), word),
        errorCode: fc.constantFrom(0, 2, 3, 0x10, 0x11),
      }),
      fc.record({ kind: fc.constant('gpf' as const) }),
      fc.record({
        kind: fc.constant('bug' as const),
        file: fc.constantFrom('mm/slab.c', 'fs/btrfs/inode.c', 'include/net/cfg80211.h'),
        line: fc.integer({ min: 1, max: 9999 }),
      }),
    ),
    counter: fc.integer({ min: 1, max: 40 }),
    cpu: fc.integer({ min: 0, max: 511 }),
    pid: fc.integer({ min: 0, max: 4_194_304 }),
    comm: fc.constantFrom('swapper', 'kworker/u16:4', 'syz-executor4', 'Web Content', 'mount.cifs', 'a'),
    taint: fc.constantFrom(null, 'P           O', 'G        W', 'G    B   W  O', 'GF'),
    hardware: fc.constantFrom(
      'QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.14.0-2 04/01/2014',
      'Dell Inc. PowerEdge R6515/07PXPY, BIOS 2.13.3 09/12/2023',
    ),
    rip: spot,
    registers: fc
      .tuple(...FACT_REGISTERS.map(() => word))
      .map((values) => Object.fromEntries(FACT_REGISTERS.map((name, index) => [name, values[index]!]))),
    rflags: fc.constantFrom(0x10202n, 0x10246n, 0x246n),
    code: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: layout.code, maxLength: layout.code }),
    stack: fc.array(word, { minLength: 1, maxLength: 12 }),
    trace: fc.array(
      fc.tuple(spot, fc.boolean()).map(([one, reliable]) => ({ ...one, reliable })),
      { minLength: 1, maxLength: 10 },
    ),
    modules: fc.array(fc.record({ name: moduleName, flags: fc.constantFrom('', '', 'OE', 'P') }), {
      minLength: 1,
      maxLength: 30,
    }),
  });

const RUNS = cases(12, 300);

describe.each(LAYOUTS)('a report as $name prints it', (layout) => {
  it.each(Object.keys(CARRIERS))('is read back: %s', (name) => {
    fc.assert(
      fc.property(factsOf(layout), (facts) => {
        const text = CARRIERS[name]!(layout.format(facts, layout.release));
        const reports = reportsOf(text);
        expect(
          reports.map((report) => foundIn(report, layout)),
          text,
        ).toEqual([expectedOf(layout, facts)]);
      }),
      { numRuns: RUNS, seed: 1 },
    );
  });

  it('is found after another one, and before it, each with its place', () => {
    fc.assert(
      fc.property(factsOf(layout), factsOf(layout), (one, other) => {
        const first = CARRIERS['timestamps']!(layout.format(one, layout.release));
        const second = CARRIERS['timestamps']!(layout.format(other, layout.release));
        const between = '[   99.000000] usb 1-1: reset high-speed USB device\n';
        const reports = reportsOf(`${between}${first}${between}${second}${between}`);
        expect(reports.map((report) => foundIn(report, layout))).toEqual(
          [one, other].map((facts) => expectedOf(layout, facts)),
        );
        expect(reports[0]!.firstLine).toBe(2);
        expect(reports[1]!.firstLine).toBe(first.split('\n').length + 2);
      }),
      { numRuns: RUNS, seed: 1 },
    );
  });

  it('is told apart from one that another CPU prints at the same time, by the caller ids', () => {
    fc.assert(
      fc.property(
        factsOf(layout),
        factsOf(layout),
        fc.array(fc.boolean(), { minLength: 200, maxLength: 200 }),
        (one, other, order) => {
          const lines = [one, other].map((facts, at) =>
            layout.format(facts, layout.release).map((line) => `[   12.345678][    C${at}] ${line}\n`),
          );
          let text = '';
          for (const second of order) text += lines[second ? 1 : 0]!.shift() ?? '';
          text += lines.flat().join('');
          const found = reportsOf(text).map((report) => foundIn(report, layout));
          expect(found).toHaveLength(2);
          expect(found).toEqual(
            expect.arrayContaining([one, other].map((facts) => expectedOf(layout, facts))),
          );
        },
      ),
      { numRuns: RUNS, seed: 1 },
    );
  });
});

it('the oops of the shipped case is read as the reader of exactly its layout reads it', () => {
  const text = readFileSync(new URL('../golden/oops.txt', import.meta.url), 'utf8');
  const parsed = parseOops(text);
  const [report, ...more] = reportsOf(text);
  expect(more).toEqual([]);
  const [set] = report!.registers;
  for (const [name, value] of Object.entries(parsed.registers))
    expect(set?.values.get(name), name).toBe(value);
  for (const [name, value] of Object.entries({ ...parsed.control, ...parsed.debug }))
    expect(set?.control.get(name), name).toBe(value);
  expect(set?.values.get('rsp')).toBe(parsed.rsp);
  expect(set?.values.get('rip')).toBe(parsed.rip.address);
  expect(set?.values.get('rflags')).toBe(parsed.eflags);
  expect([report!.pid, report!.cpu, report!.release, report!.version, report!.hardware]).toEqual([
    parsed.pid,
    parsed.cpu,
    parsed.release,
    parsed.version,
    parsed.hardware,
  ]);
  expect(report!.stack.map(({ value }) => value)).toEqual(parsed.stack);
  expect(report!.traces[0]?.entries.map((entry) => entry.address)).toEqual(
    parsed.trace.map((point) => point.address),
  );
  expect([...report!.code!.bytes]).toEqual(parsed.code.bytes);
  expect(report!.code!.marked).toBe(parsed.code.trap);
});
