// Reports of what a call found that nobody wrote, and of what it did not give back: the guilty instruction is named.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Violation } from '../../src/check/property/properties.js';
import { formatViolationReport } from '../../src/check/tell/report-text.js';
import { reportViolation } from '../../src/check/tell/report.js';
import { scenarioWith } from '../../src/check/watch/arena.js';
import { readSubject } from '../../src/check/world/subject.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { ALLOCATE, callTo, hexCandidate } from '../helpers/hex-candidate.js';
import { hasUnicorn, withUnicorn } from '../helpers/unicorn.js';

const scenario = loadScenario('mount-arena');
const subject = readSubject(scenario);
const folder = mkdtempSync(join(tmpdir(), 'oopslab-state-'));
afterAll(() => rmSync(folder, { recursive: true }));

const reportOf = (name: string, code: readonly number[], violation: Violation) => {
  const candidate = hexCandidate(folder, name, code);
  const recording = replay(scenarioWith(scenario, candidate), { libraries: [folder] });
  const report = reportViolation(recording, readSubject(scenarioWith(scenario, candidate)), name, violation);
  return { ...report, text: formatViolationReport(report).join('\n') };
};

const unwritten = (from: Extract<Violation, { property: 'uninitialised-read' }>['from']): Violation => ({
  property: 'uninitialised-read',
  differs: 'result',
  ...(from === undefined ? {} : { from }),
});

describe('an uninitialised read', () => {
  it('of the stack says how far below the return address, and which instruction', () => {
    // mov -0x10(%rsp),%rax; ret
    const code = [0x48, 0x8b, 0x44, 0x24, 0xf0, 0xc3];
    const { says, instruction, access, text } = reportOf(
      'stack',
      code,
      unwritten({ kind: 'stack', address: subject.rsp - 8n - 13n }),
    );
    expect(says).toContain('13 bytes below the return address');
    expect(says).toContain('its result depends on it');
    expect(instruction).toMatchObject({ at: 'cifs_build_path_to_root+0x0', text: 'mov -0x10(%rsp),%rax' });
    expect(access).toMatchObject({ access: 'read', size: 8 });
    expect(text).toMatch(/^BUG: oopslab: uninitialised-read in cifs_build_path_to_root\+0x0\/0x6$/mu);
  });

  it('of a register skips the push that saves it', () => {
    // push %rbx; mov %rbx,%rax; pop %rbx; ret
    const { instruction, says } = reportOf(
      'register',
      [0x53, 0x48, 0x89, 0xd8, 0x5b, 0xc3],
      unwritten({ kind: 'register', name: 'rbx' }),
    );
    expect(instruction?.text).toBe('mov %rbx,%rax');
    expect(says).toContain('the register rbx');
  });

  it('of a flag names the instruction that heeds it', () => {
    // mov $1,%eax; sbb %eax,%eax; ret
    const { instruction } = reportOf(
      'flag',
      [0xb8, 1, 0, 0, 0, 0x19, 0xc0, 0xc3],
      unwritten({ kind: 'flag', name: 'CF' }),
    );
    expect(instruction?.text).toBe('sbb %eax,%eax');
  });

  it('of new memory names the allocation and the byte', () => {
    // … mov 4(%rax),%al; ret
    const code = [...ALLOCATE, 0x8a, 0x40, 0x04, 0xc3];
    const candidate = hexCandidate(folder, 'probe', code);
    const recording = replay(scenarioWith(scenario, candidate), { libraries: [folder] });
    const { from, to } = recording.header.steps.find(({ step }) => step === 'mount')!.events;
    const made = recording.header.events
      .slice(from, to)
      .findLast((event) => event.kind === 'allocate' && event.requested === 32);
    const start = BigInt((made as { address: string }).address);
    const { says, allocation } = reportOf('heap', code, unwritten({ kind: 'heap', address: start + 4n }));
    expect(says).toContain('byte 4 of its own allocation of 32 bytes');
    expect(allocation?.requested).toBe(32);
  });

  it('of the bytes of an input names the field', () => {
    // mov 0x90(%rdx),%al; ret: tcon.treeName, after its NUL
    const { says } = reportOf(
      'field',
      [0x8a, 0x82, 0x90, 0, 0, 0, 0xc3],
      unwritten({ kind: 'field', address: 0xffff_8803_002e_4290n }),
    );
    expect(says).toContain('a byte of cifs_tcon.treeName (tcon)');
  });

  it('says so much where it is not known what was read', () => {
    expect(reportOf('unknown', [0xc3], unwritten(undefined)).says).toContain('bytes that nobody wrote');
  });
});

describe('what a caller does not get back', () => {
  const lost = (what: string, expected: bigint, found: bigint): Violation => ({
    property: 'calling-convention',
    lost: [{ what, expected, found }],
  });

  it.each([
    ['rbx', [0xbb, 0x34, 0x12, 0, 0, 0x90, 0xc3], 'mov $0x1234,%ebx', /rbx: 0x1234, should be 0x0/u],
    ['DF', [0xfd, 0x90, 0xc3], 'std', /DF: set, should be clear/u],
  ] as const)('%s', (what, code, text, line) => {
    const isFlag = what === 'DF';
    const report = reportOf(`lost-${what.toLowerCase()}`, code, lost(what, 0n, isFlag ? 1n : 0x1234n));
    expect(report.instruction?.text).toBe(text);
    expect(report.text).toMatch(line);
    expect(report.says).toContain(isFlag ? 'the direction flag' : what);
  });

  it.runIf(hasUnicorn)('xmm3, under Unicorn', () => {
    const code = [0x66, 0x0f, 0x6f, 0xd8, 0x90, 0xc3];
    const report = withUnicorn(() => reportOf('lost-xmm3', code, lost('xmm3', 0n, 0x1234n)));
    expect(report.instruction?.text).toBe('movdqa %xmm0,%xmm3');
    expect(report.text).toMatch(/xmm3: 0x1234, should be 0x0/u);
    expect(report.says).toContain('xmm3');
  });
});

describe('a request with wrong flags', () => {
  it('is told with the flags by name and where it was made', () => {
    // mov $32,%edi; mov $3,%esi; sub $8,%rsp; call __kmalloc; add $8,%rsp; ret
    const before = [0xbf, 0x20, 0, 0, 0, 0xbe, 3, 0, 0, 0, 0x48, 0x83, 0xec, 0x08];
    const code = [...before, ...callTo(0xffffffff81157310n, before.length), 0x48, 0x83, 0xc4, 0x08, 0xc3];
    const site = 0xffffffffa0421030n + BigInt(before.length + 5);
    const violation: Violation = { property: 'allocation-flags', flags: 3, size: 32, site, why: 'refused' };
    const { says, trace, text } = reportOf('flags', code, violation);
    expect(says).toContain('0x3 (__GFP_DMA | __GFP_HIGHMEM)');
    expect(says).toContain('no memory for __GFP_HIGHMEM');
    expect(trace[0]).toMatchObject({ at: 'cifs_build_path_to_root+0x13', source: 'fix.c:23' });
    expect(text).toMatch(/^BUG: oopslab: bad-allocation-flags in cifs_build_path_to_root\+0x13/mu);
  });
});
