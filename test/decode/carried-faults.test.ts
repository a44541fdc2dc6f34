// Texts that were once not read because of what carried them, each with the facts that it has.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import type { KernelReport } from '../../src/decode/read/report.js';

const textOf = (name: string): string =>
  readFileSync(new URL(`../fixtures/decode/${name}.txt`, import.meta.url), 'utf8');

const only = (name: string): KernelReport => {
  const reports = reportsOf(textOf(name));
  expect(reports).toHaveLength(1);
  return reports[0]!;
};

// The report that several of the texts carry.
const FROB = {
  kind: 'null-deref',
  faultAddress: 0x58n,
  errorCode: 0,
  trap: { symbol: 'frob_lookup', offset: 0x2a, size: 0x90, module: 'frob' },
  pid: 4321,
  comm: 'frobd',
  cpu: 3,
  release: '6.11.3-7-demo',
  version: '#7',
  hardware: 'Acme Corp A1/B2, BIOS 1.23 01/02/2024',
};

const TRACE = [
  '__die',
  'page_fault_oops',
  'exc_page_fault',
  'asm_exc_page_fault',
  'frob_lookup',
  'frob_open',
  'chrdev_open',
  'do_dentry_open',
  'vfs_open',
  'path_openat',
  'do_filp_open',
  'do_sys_openat2',
  '__x64_sys_openat',
  'do_syscall_64',
  'entry_SYSCALL_64_after_hwframe',
];

// The texts end at different lines.
const whole = (report: KernelReport, missing: readonly string[]): void => {
  expect(report).toMatchObject(FROB);
  expect(report.missing).toEqual(missing);
  expect(report.registers[0]).toMatchObject({ mode: 'kernel' });
  expect(report.registers[0]!.values.size).toBe(17);
  expect(report.registers[0]!.values.get('r15')).toBe(0xdead000000000122n);
  expect(report.registers[0]!.control.get('cr2')).toBe(0x58n);
  expect(report.code).toMatchObject({ marked: 42 });
  expect(report.code!.bytes).toHaveLength(64);
  const symbols = report.traces.flatMap(({ entries }) => entries.map(({ symbol }) => symbol));
  expect(TRACE.slice(0, symbols.length)).toEqual(symbols);
};

describe('a text that a tool made', () => {
  it.each([
    ['13-dmesg-human-relative-time', ['the list of modules']],
    ['14-json-lines-of-container-logs', ['the list of modules']],
    ['16-whole-report-in-one-line', ['the list of modules']],
    ['17-unknown-prefix-without-stamp', ['the list of modules']],
    ['17e-journal-export', ['the list of modules']],
    ['18-pstore-parts-reversed', []],
  ])('has the whole report: %s', (name, missing) => {
    whole(only(name), missing);
  });

  it('has the lines of the text as they stand there, though parts are put into order', () => {
    const report = only('18-pstore-parts-reversed');
    expect([report.firstLine, report.lastLine]).toEqual([2, 50]);
    expect(report.headline?.line).toBe(27);
    expect(report.modules?.line).toBe(23);
    expect(report.form).toContain('parts');
  });

  it('is read from a message to all terminals that is glued to its prefix', () => {
    expect(only('17c-wall-message-glued')).toMatchObject({
      kind: 'soft-lockup',
      cpu: 21,
      comm: 'bazd',
      pid: 3105,
      firstLine: 2,
    });
  });

  it('is found after what stood on the line before', () => {
    expect(only('31-headline-behind-other-text')).toMatchObject({
      kind: 'paging',
      faultAddress: 0x10000002fn,
      errorCode: 0,
      release: '2.6.24-demo',
      firstLine: 1,
    });
  });
});

describe('prose', () => {
  it.each([
    'I see BUG: kernel NULL pointer dereference, address: 0000000000000058 now and then.',
    'Subject: [bug] BUG: unable to handle page fault for address: ffff888012345678 in frob',
    'it says "kernel BUG at fs/frob.c:12!" and stops',
  ])('that has a headline is no report: %s', (text) => {
    expect(reportsOf(`${text}\nThanks for looking.\n`)).toEqual([]);
  });
});
