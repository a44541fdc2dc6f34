// The lines of a page fault beside its headline, and how far the kernel was moved.
import { describe, expect, it } from 'vitest';
import { reportsOf } from '../../src/decode/read/read-reports.js';

const reportOf = (...lines: string[]) =>
  reportsOf(['BUG: unable to handle page fault for address: ffffb1c2c0a50000', ...lines].join('\n'))[0]!;

describe('the lines of a page fault', () => {
  it('say who accessed, how, and where the walk of the page tables ended', () => {
    expect(
      reportOf(
        '#PF: supervisor write access in kernel mode',
        '#PF: error_code(0x0002) - not-present page',
        'PGD 100000067 P4D 100000067 PUD 1001f3067 PMD 102a4c067 PTE 0',
        'Oops: 0002 [#1] SMP',
      ).pageFault,
    ).toEqual({
      by: 'supervisor',
      access: 'write',
      errorCode: 2,
      reason: 'not-present page',
      tables: {
        bad: false,
        entries: [
          { level: 'PGD', value: 0x100000067n },
          { level: 'P4D', value: 0x100000067n },
          { level: 'PUD', value: 0x1001f3067n },
          { level: 'PMD', value: 0x102a4c067n },
          { level: 'PTE', value: 0n },
        ],
      },
    });
  });

  it.each([
    ['PGD 7e0f5067 PUD 7e0f6067 PMD 0 ', ['PGD', 'PUD', 'PMD'], false],
    ['PGD 0 ', ['PGD'], false],
    ['PGD 1234067 P4D BAD', ['PGD'], true],
  ])('end where the kernel stopped: %s', (line, levels, bad) => {
    const { tables } = reportOf(line).pageFault!;
    expect(tables!.entries.map(({ level }) => level)).toEqual(levels);
    expect(tables!.bad).toBe(bad);
  });

  it('are not there in words that only look like them', () => {
    expect(reportOf('PGD is the top of the page tables', '#PF: handled').pageFault).toBeUndefined();
  });
});

describe('how far the kernel was moved', () => {
  it.each([
    [
      'Kernel Offset: 0x34a00000 from 0xffffffff81000000 (relocation range: 0xffffffff80000000-0xffffffffbfffffff)',
      0x34a00000n,
    ],
    ['Kernel Offset: disabled', 0n],
    ['Kernel Offset: 0x34a00000', undefined],
    ['Kernel Offset is printed by a panic', undefined],
  ])('%s', (line, offset) => {
    expect(reportOf('Oops: 0002 [#1] SMP', line).kernelOffset).toBe(offset);
  });
});
