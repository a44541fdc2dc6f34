// A report for each finding, in the manner of KASAN.
import { expect, it } from 'vitest';
import { Case } from '../../src/reading/case.js';
import { kasanText } from '../../src/reading/kasan-text.js';
import { type Code, lifetimeRun } from '../helpers/lifetime-runs.js';

const RET = [0xc3];
const BEFORE = ['kzalloc: { as: old, size: 32 }', 'free: old', 'kzalloc: { as: young, size: 32 }'];
const reports = (code: Code): string[] =>
  kasanText(new Case(lifetimeRun({ code: [...code, RET], before: BEFORE, arguments: "'&old'" })));

it('says what, where, whose memory it was and is, and marks the bytes', () => {
  const lines = reports([[0x66, 0xc7, 0x47, 0x04, 0x07, 0x08]]); // movw $0x807,4(%rdi)
  expect(lines[1]).toBe('BUG: use-after-free in guest+0x0');
  expect(lines[2]).toMatch(/^Write of 2 bytes at 0x\w+$/u);
  expect(lines[3]).toMatch(
    /4 bytes into old .* freed by the sandbox in step "prepare"\. The memory belongs to young/u,
  );
  expect(lines).toContain('Step "call", instruction 0');
  const mark = lines.findIndex((line) => line.includes('^'));
  expect(lines[mark]!.trim()).toBe('^^^^^');
  expect(lines[mark - 1]!.slice(lines[mark]!.indexOf('^'))).toMatch(/^00 00/u);
  expect(lines[mark]!.indexOf('^')).toBe(lines[mark - 1]!.indexOf(': ') + 2 + 4 * 3);
});

it('says where there is none', () => {
  expect(reports([[0x90]])).toEqual(['No finding: nothing to report.']);
});
