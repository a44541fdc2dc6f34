// Addresses that are not what their registers and constants say alone: those of a segment, and those of 32 bits.
import { describe, expect, it } from 'vitest';
import { explainReport } from '../../src/decode/explain/explain.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { statementText } from '../../src/decode/show/claims.js';
import { originOf } from '../../src/decode/show/verdict-origin.js';
import { inventedReport, pageFaultHead } from '../helpers/invented-report.js';

/** What RBX is told to be at a load through it; the function begins with `before`. */
const rbxAfter = (before: string, rax = 0xffff88810a1b2c00n): { says: string; short: string } => {
  const length = before.length / 2;
  const text = inventedReport({
    head: pageFaultHead(0x10n),
    before,
    code: '488b5310', // mov 0x10(%rbx),%rdx
    registers: { rax, rbx: 0n, rdi: 0xffff888104455600n },
    cr2: 0x10n,
  }).replace('+0x2a/', `+0x${length.toString(16)}/`);
  const explained = explainReport(reportsOf(text)[0]!);
  const held = explained.registers.find(
    ({ about, claim }) => about.kind === 'register' && about.name === 'rbx' && claim.kind === 'holds',
  );
  return {
    says: held === undefined ? '' : statementText(held),
    short: originOf(explained, 'rbx')?.text ?? '',
  };
};

describe('a load through a segment register', () => {
  it('is told with the segment', () => {
    // mov %gs:0x1fbc0,%rax; mov 0x8(%rax),%rbx
    const { says, short } = rbxAfter('65488b0425c0fb0100488b5808');
    expect(short).toContain('[[%gs:0x1fbc0]+0x8]');
    expect(says).not.toContain('constant');
    // mov %fs:0x28,%rbx
    expect(rbxAfter('64488b1c2528000000')).toEqual({
      says: expect.stringMatching(/^RBX is the 8 bytes that .* read at %fs:0x28/u),
      short: expect.stringContaining('[%fs:0x28]'),
    });
  });

  it('is told without an address where a register is added', () => {
    const { says, short } = rbxAfter('65488b5f08'); // mov %gs:0x8(%rdi),%rbx
    expect(says).not.toMatch(/read at/u);
    expect(short).not.toContain('rdi+0x8');
  });
});

describe('an address of 32 bits', () => {
  it('is the low half of the sum', () => {
    const { says, short } = rbxAfter('67488b5f08'); // mov 0x8(%edi),%rbx
    expect(short).toContain('[(low 32 bits of rdi+0x8)]');
    expect(says).toContain('low 32 bits');
    // lea 0x8(%edi),%rax; mov (%rax),%rbx
    expect(rbxAfter('67488d4708488b18', 0x4455608n).short).toContain('[(low 32 bits of rdi+0x8)]');
  });
});
