// Guests that run away: each run ends with a typed result inside its budget, with and without an observer.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallResult, MachineObserver } from '../../src/machine/machine.js';
import {
  findFatalPlaces,
  findRefusal,
  formatFatalPlaces,
  refuseCode,
} from '../../src/release/refused-code.js';
import { loadLibunicorn } from '../../src/machine/library.js';
import { type Snippet, loadRelease } from '../../src/release/snippet.js';
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
        // wherever it may jump to: what Unicorn does not survive is refused when a snippet is loaded
        const { version } = loadLibunicorn();
        fc.pre(!code.some((_, at) => findRefusal(code.subarray(at), version) !== undefined));
        const names = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi'];
        const registers = Object.fromEntries(names.map((name, index) => [name, values[index]!]));
        const once = describeResult(run([...code], registers));
        expect(describeResult(run([...code], registers))).toBe(once);
      }),
      { numRuns: 1500 },
    );
  });
});

const snippet = (code: readonly number[]): Snippet => ({
  ...loadRelease().findSnippet('strlen')!,
  bytes: Uint8Array.from(code),
});
const V20 = { major: 2, minor: 0, patch: 1 };
const V21 = { major: 2, minor: 1, patch: 4 };

describe('code that Unicorn does not survive', () => {
  it.each([
    ['a far call through a register', [0x90, 0xff, 0xd8]],
    ['a far jump through a register', [0x48, 0xff, 0xe9]],
    ['a move to %dr7', [0x0f, 0x23, 0xf8]],
    ['a locked cmp', [0xf0, 0x39, 0x03]],
    ['a locked cmpsb', [0xf0, 0xa6]],
  ])('%s is refused under 2.0 alone', (_, code) => {
    expect(() => refuseCode(snippet(code), V20)).toThrow(/would end this process: Unicorn 2\.0\.1 cannot/u);
    refuseCode(snippet(code), { major: 2, minor: 1, patch: 4 });
  });

  it('a locked bit operation on a register is refused under 2.1 too', () => {
    expect(() => refuseCode(snippet([0xf0, 0x0f, 0xab, 0xc1]), { major: 2, minor: 1, patch: 4 })).toThrow(
      /2\.1\.4/u,
    );
    refuseCode(snippet([0xf0, 0x48, 0x0f, 0xab, 0x03]), V20); // on memory it is what kernels do
  });

  it('is not seen in constants', () => refuseCode(snippet([0xe8, 0xff, 0xff, 0xff, 0xff, 0xeb, 0x08]), V20));
});

describe('code that Unicorn does not run as a CPU does', () => {
  it.each([
    ['shll %cl,(%rdx)', [0xd3, 0x22]],
    ['sarb %cl,(%rdx)', [0x90, 0xd2, 0x3a]],
    ['shrq %cl,(%rdx)', [0x48, 0xd3, 0x2a]],
    ['shld $5,%eax,(%rdx)', [0x0f, 0xa4, 0x02, 0x05]],
    ['shrd %cl,%rax,(%rdx)', [0x48, 0x0f, 0xad, 0x02]],
  ])('%s is refused under 2.0, for its flags', (_, code) => {
    expect(() => refuseCode(snippet(code), V20)).toThrow(/would set wrong flags in a recorded run under Unicorn 2\.0\.1/u);
    refuseCode(snippet(code), V21);
  }); // prettier-ignore

  it('an enter of two levels is refused under 2.0, for what it stores', () => {
    expect(() => refuseCode(snippet([0xc8, 0x10, 0, 2]), V20)).toThrow(/wrong words/u);
    refuseCode(snippet([0xc8, 0x10, 0, 2]), V21);
    for (const level of [0, 1, 32]) refuseCode(snippet([0xc8, 0x10, 0, level]), V20);
  });

  it.each([
    ['rdtsc', [0x0f, 0x31]],
    ['rdtscp', [0x0f, 0x01, 0xf9]],
    ['rdrand', [0x48, 0x0f, 0xc7, 0xf0]],
    ['rdseed', [0x0f, 0xc7, 0xf9]],
  ])('%s is refused under every version', (_, code) => {
    for (const version of [V20, V21])
      expect(() => refuseCode(snippet(code), version)).toThrow(/something else in each run/u);
  });

  it('is not what looks like it', () => {
    for (const code of [[0xd3, 0xe0], [0xd3, 0x02], [0x0f, 0xa5, 0xc2], [0x0f, 0xc7, 0x0f], [0x0f, 0x01, 0xf8], [0xb8, 0x0f, 0x31, 0, 0]])
      refuseCode(snippet(code), V20); // shifts of registers, rol, cmpxchg8b, swapgs, a constant
  }); // prettier-ignore

  // What is refused is refused for a reason, and what is nearest to it is not: with and without hooks, here and now.
  it.each([
    ['shl %cl,%rbx', [0x48, 0xd3, 0xe3]],
    ['rolq %cl,(%rdx)', [0x48, 0xd3, 0x02]],
    ['rcrb %cl,(%rdx)', [0xd2, 0x1a]],
    ['shlq $5,(%rdx)', [0x48, 0xc1, 0x22, 0x05]],
    ['sarl $1,(%rdx)', [0xd1, 0x3a]],
    ['shld $5,%rax,%rbx', [0x48, 0x0f, 0xa4, 0xc3, 0x05]],
    ['enter of one level', [0xc8, 0x10, 0, 1]],
  ])('%s runs alike with and without an observer', (_, code) => {
    for (const value of [0x84332211n, 0xffffffffffffffffn, 0x8000000000000000n, 3n]) {
      const end = (watched: boolean): unknown => {
        // mov %rax,(%rdx); cmp %bl,%al; …; pushf; pop %r9
        const all = [0x48, 0x89, 0x02, 0x38, 0xd8, ...code, 0x9c, 0x41, 0x59, 0x0f, 0x0b];
        using machine = machineWith(all, watched ? { observer } : {});
        callCode(machine, { registers: { rax: value, rbx: 0x34n, rcx: 5n, rdx: DATA, rbp: STACK + 0x800n } });
        return [[...machine.registers], machine.memory.read(DATA, 16), machine.memory.read(STACK, 8192)];
      };
      expect(end(true)).toEqual(end(false));
    }
  });
});

describe('a shipped snippet', () => {
  const release = loadRelease();
  const variants = release.snippets.flatMap(({ function: name, variant }) =>
    variant === undefined ? [] : [{ [name]: variant }],
  );

  it('has nothing that is refused', () => {
    for (const one of release.snippets) for (const version of [V20, V21]) refuseCode(one, version);
  });

  // A function pointer in a scenario can lead anywhere.
  it('has no place that a jump could end the process at', () => {
    for (const chosen of [{}, ...variants])
      for (const version of [V20, V21]) expect(findFatalPlaces(release.select(chosen), version)).toEqual([]);
  });
});

describe('a place that a jump could end the process at', () => {
  const at = (start: bigint, name: string, code: readonly number[]): Snippet => ({
    ...snippet(code),
    name,
    start,
    end: start + BigInt(code.length),
  });
  const find = (...snippets: Snippet[]): string => formatFatalPlaces(findFatalPlaces(snippets, V20));

  it('is found inside instructions, and across the end of a snippet into the next', () => {
    expect(find(at(CODE, 'one', [0xeb, 0x01, 0xb8, 0xff, 0xdb, 0x90, 0x90, 0xc3]))).toBe('one+0x3');
    expect(find(at(CODE, 'one', [0xe8, 0, 0, 0, 0xff]), at(CODE + 5n, 'two', [0xeb, 0x08]))).toBe('one+0x4');
    expect(find(at(CODE, 'one', [0xe8, 0, 0, 0, 0xff]), at(CODE + 6n, 'two', [0xeb, 0x08]))).toBe('');
    expect(find(at(CODE, 'many', Array.from({ length: 24 }, (_, index) => (index % 2 === 0 ? 0xff : 0xdb))))).toMatch(
      /^many\+0x0, .*, many\+0xe and 4 more$/u,
    );
  }); // prettier-ignore
});
