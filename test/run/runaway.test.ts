// Guests that run away: each run ends with a typed result inside its budget, with and without an observer.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallResult, MachineObserver } from '../../src/machine/machine.js';
import { cases } from '../helpers/effort.js';
import { CODE, DATA, STACK, callAbsolute, callCode, machineWith, quad } from '../helpers/small-machine.js';

const nothing = (): void => undefined;
const observer: MachineObserver = {
  instruction: nothing,
  read: nothing,
  write: nothing,
  stub: nothing,
  stubReturned: nothing,
  trap: nothing,
};

const describeResult = (result: CallResult): string => {
  switch (result.kind) {
    case 'returned':
      return 'returned';
    case 'budget':
      return 'budget';
    case 'exception':
      return 'exception';
    case 'trap':
      return result.stop.reason === 'fault' ? `${result.trap.kind}: ${result.stop.access}` : result.trap.kind;
  }
};

const run = (code: readonly number[], registers = {}, watched = false): CallResult => {
  using machine = machineWith(code, watched ? { observer } : {});
  return callCode(machine, { registers });
};

const FAULT = /^page fault: /u;
const PRIVILEGED = /^(?:exception|invalid opcode|returned|budget|general protection fault.*|page fault.*)$/u;

const GUESTS: readonly (readonly [string, readonly number[], Record<string, bigint>, RegExp])[] = [
  ['an endless loop', [0xeb, 0xfe], {}, /^budget$/u],
  ['a loop over many pages of nothing', [0x48, 0xff, 0xc0, 0xeb, 0xfb], {}, /^budget$/u],
  ['a wild jump', [0xff, 0xe3], { rbx: 0xffffffff9abcdef0n }, /^page fault: fetch$/u],
  ['a wild jump to user space', [0xff, 0xe3], { rbx: 0x400000n }, /^page fault: fetch$/u],
  ['a wild jump to no canonical address', [0xff, 0xe3], { rbx: 0x4141414141414141n }, /^general protection fault: fetch$/u],
  ['a jump into data', [0xff, 0xe3], { rbx: DATA }, /^page fault: fetch$/u],
  ['a jump into unused text', [0xff, 0xe3], { rbx: CODE + 0x800n }, /^invalid opcode$/u],
  ['a call through NULL', [0xff, 0xd0], {}, /^page fault: fetch$/u],
  ['a stack overflow', [0xe8, 0xfb, 0xff, 0xff, 0xff], {}, /^page fault: write$/u], // call .
  ['a return into nothing', [0x6a, 0x00, 0xc3], {}, FAULT], // push $0; ret
  ['a write to text', [0x88, 0x03], { rbx: CODE }, /^page fault: write$/u],
  ['a write to its own next instruction', [0xc6, 0x05, 0, 0, 0, 0, 0xc3, 0xc3], {}, /^page fault: write$/u],
  ['a copy without an end', [0xf3, 0xa4], { rcx: ~0n & 0xffffffffffffffffn, rsi: STACK, rdi: DATA }, FAULT], // rep movsb
  ['a fill without an end', [0xf3, 0xaa], { rcx: 1n << 40n, rdi: DATA }, FAULT], // rep stosb
  ['a scan without an end', [0xf2, 0xae], { rcx: 1n << 40n, rdi: DATA, rax: 1n }, FAULT], // repne scasb
  ['a repeat that stays where it is', [0xf3, 0x90, 0xeb, 0xfc], {}, /^budget$/u],
  ['an instruction that runs off the page', [0xe9, 0xf9, 0x0f, 0, 0], {}, /^(?:invalid opcode|page fault: fetch)$/u],
  ['fifteen prefixes', Array.from({ length: 20 }, () => 0x66), {}, PRIVILEGED],
  ['a lock on a register', [0xf0, 0x48, 0xff, 0xc0], {}, /^invalid opcode$/u],
  ['a division by zero', [0x31, 0xc9, 0xf7, 0xf1], {}, /^exception$/u],
  ['an overflowing division', [0xba, 1, 0, 0, 0, 0xb9, 1, 0, 0, 0, 0xf7, 0xf1], {}, /^exception$/u],
  ['int3', [0xcc], {}, /^exception$/u],
  ['int $0x80', [0xcd, 0x80], {}, /^exception$/u],
  ['hlt', [0xf4], {}, /^exception$/u],
  ['syscall', [0x0f, 0x05], {}, PRIVILEGED],
  ['sysret', [0x0f, 0x07], {}, PRIVILEGED],
  ['iretq', [0x48, 0xcf], {}, PRIVILEGED],
  ['rdmsr', [0x0f, 0x32], {}, PRIVILEGED],
  ['wrmsr', [0x0f, 0x30, 0xeb, 0xfe], { rcx: 0xc0000080n }, PRIVILEGED],
  ['in', [0xe4, 0x10, 0xc3], {}, PRIVILEGED],
  ['out', [0xe6, 0x10, 0xc3], {}, PRIVILEGED],
  ['cli', [0xfa, 0xc3], {}, PRIVILEGED],
  ['mov to %cr0', [0x0f, 0x22, 0xc0, 0xc3], {}, PRIVILEGED],
  ['mov to %cr3', [0x0f, 0x22, 0xd8, 0xc3], {}, PRIVILEGED],
  ['mov to %cr4', [0x0f, 0x22, 0xe0, 0xc3], {}, PRIVILEGED],
  ['mov to %ds', [0x8e, 0xd8, 0xc3], { rax: 0xffffn }, PRIVILEGED],
  ['ltr', [0x0f, 0x00, 0xd8, 0xc3], { rax: 0x28n }, PRIVILEGED],
  ['lgdt', [0x0f, 0x01, 0x13, 0xc3], { rbx: DATA }, PRIVILEGED],
  ['lidt', [0x0f, 0x01, 0x1b, 0xc3], { rbx: DATA }, PRIVILEGED],
  ['invlpg', [0x0f, 0x01, 0x3b, 0xc3], { rbx: CODE }, PRIVILEGED],
  ['swapgs', [0x0f, 0x01, 0xf8, 0xc3], {}, PRIVILEGED],
  ['a far return', [0x48, 0xcb], {}, PRIVILEGED],
  ['single stepping', [0x68, 0x02, 0x03, 0, 0, 0x9d, 0x90, 0x90, 0xc3], {}, PRIVILEGED], // push $0x302; popf
  ['the undocumented ud1', [0x0f, 0xb9, 0xc0], {}, PRIVILEGED],
]; // prettier-ignore

describe('a runaway guest', () => {
  it.each(GUESTS)('with %s ends', (_, code, registers, expected) => {
    const plain = describeResult(run(code, registers));
    expect(plain).toMatch(expected);
    expect(describeResult(run(code, registers, true))).toBe(plain);
  });

  it('whose stub corrupts its stack ends', () => {
    const stub = { symbol: 'stub_one', models: 'a test', leavesOut: 'nothing', run: () => 0n };
    // call the stub with RSP in text: the return address cannot be pushed
    using machine = machineWith([0x48, 0xbc, ...quad(CODE + 0x100n), ...callAbsolute(0xffffffff81e80000n)], {
      stubs: [stub],
    });
    expect(describeResult(callCode(machine))).toBe('page fault: write');
  });

  it('made of random bytes ends in a typed result, the same each time', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 48 });
    const value = fc.oneof(
      fc.constantFrom(0n, 1n, CODE, DATA, STACK + 0x800n),
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    );
    fc.assert(
      fc.property(bytes, fc.tuple(value, value, value, value, value, value), (code, values) => {
        const names = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi'];
        const registers = Object.fromEntries(names.map((name, index) => [name, values[index]!]));
        const once = describeResult(run([...code], registers));
        expect(describeResult(run([...code], registers))).toBe(once);
      }),
      { numRuns: cases(1500) },
    );
  });
});
