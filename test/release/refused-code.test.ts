// Code that Unicorn does not run as a CPU does: refused in user snippets, absent from the shipped ones.
import { InputError } from '../../src/base/errors.js';
import { describe, expect, it } from 'vitest';
import type { MachineObserver } from '../../src/machine/machine.js';
import { unicornLimits } from '../../src/machine/unicorn-limits.js';
import { refuseCode } from '../../src/release/refused-code.js';
import { type Snippet, loadRelease } from '../../src/release/snippet.js';
import { CODE, DATA, STACK, callCode, machineWith } from '../helpers/small-machine.js';

const nothing = (): void => undefined;
const observer: MachineObserver = {
  instruction: nothing,
  read: nothing,
  write: nothing,
  stub: nothing,
  stubReturned: nothing,
  trap: nothing,
};

const snippet = (code: readonly number[]): Snippet => ({
  ...loadRelease().findSnippet('strlen')!,
  bytes: Uint8Array.from(code),
});
const V20 = unicornLimits({ major: 2, minor: 0, patch: 1 });
const V21 = unicornLimits({ major: 2, minor: 1, patch: 4 });

describe('code that Unicorn does not survive', () => {
  it.each([
    ['a far call through a register', [0xff, 0xd8]],
    ['a far jump through a register', [0x48, 0xff, 0xe9]],
    ['a locked cmp', [0xf0, 0x39, 0x03]],
    ['a locked cmpsb', [0xf0, 0xa6]],
    ['a locked bit operation on a register', [0xf0, 0x0f, 0xab, 0xc1]],
  ])('%s raises #UD, as on a CPU', (_, code) => {
    for (const watched of [false, true]) {
      using machine = machineWith(code, watched ? { observer } : {});
      for (let round = 0; round < 2; round += 1)
        expect(callCode(machine)).toMatchObject({ kind: 'trap', trap: { kind: 'invalid opcode', at: CODE } });
    }
    for (const limits of [V20, V21]) refuseCode(snippet(code), limits);
  });

  it('a move to %dr7 ends the run before it', () => {
    for (const code of [[0x0f, 0x23, 0xf8], [0x0f, 0x23, 0xe8]]) {
      using machine = machineWith(code);
      expect(callCode(machine)).toMatchObject({ kind: 'exception', at: CODE });
    }
  }); // prettier-ignore
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
    ['rdrand with a repeat prefix', [0xf2, 0x0f, 0xc7, 0xf0]],
    ['rdseed of 16 bits', [0x66, 0x0f, 0xc7, 0xf8]],
    ['rdpid', [0xf3, 0x0f, 0xc7, 0xf8]],
    ['rdtsc with prefixes', [0x2e, 0x66, 0xf3, 0x48, 0x0f, 0x31]],
  ])('%s is refused under every version', (_, code) => {
    for (const limits of [V20, V21])
      expect(() => refuseCode(snippet(code), limits)).toThrow(/something else in each run/u);
  });

  it.each([
    ['AVX', 'needs AVX', [0xc5, 0xfa, 0x58, 0xc1]], // vaddss
    ['AVX-512', 'needs AVX512F', [0x62, 0xf1, 0x7c, 0x48, 0x58, 0xc0]], // vaddps
    ['a mask register', 'needs AVX512', [0xc5, 0xec, 0x41, 0xcb]], // kandw, which ran as cmovno
    ['XOP', 'needs XOP', [0x8f, 0xe8, 0x78, 0xc0, 0xc0, 0x01]], // vprotb, which ran as pop
    ['popcnt', 'needs POPCNT', [0xf3, 0x0f, 0xb8, 0xc3]],
    ['a REX prefix that a CPU ignores', 'REX prefix before', [0x48, 0x66, 0x01, 0xd8]],
    ['a REX bit that a CPU ignores', 'MMX registers', [0x44, 0x0f, 0x38, 0x1d, 0xee]], // pabsw
    ['lahf with REX', '%ah on a CPU', [0x48, 0x9f]],
    ['a near call of 16 bits', 'Intel', [0x66, 0xe8, 0, 0, 0, 0]],
    ['fsin', 'another result on each system', [0xd9, 0xfe]],
  ] as const)('%s is refused under every version', (_, why, code) => {
    for (const limits of [V20, V21]) expect(() => refuseCode(snippet(code), limits)).toThrow(why);
  });

  it('is no extension that compilers are told to use for general registers', () => {
    for (const code of [
      [0xc4, 0xe2, 0x60, 0xf2, 0xc8], // andn
      [0xc4, 0xe2, 0x78, 0xf7, 0xcb], // bextr
      [0xc4, 0xe2, 0xf9, 0xf7, 0xcb], // shlx
      [0xc4, 0xe3, 0x7b, 0xf0, 0xcb, 0x03], // rorx
      [0xf3, 0x0f, 0xbc, 0xcb], // tzcnt
      [0xf3, 0x0f, 0xbd, 0xcb], // lzcnt
      [0xf3, 0x0f, 0x1e, 0xfa], // endbr64
    ])
      for (const limits of [V20, V21]) refuseCode(snippet(code), limits);
  });

  it('is what gives another result or other flags under both', () => {
    // movl $0,(%rbx) with REX.R, movsxd (%rbx),%ax, cmpxchg %ecx,%ebx and %ecx,(%rbx), ret $0x8000; then lock negq (%rbx),
    // mov %gs:%ds:(%rdi),%rax, pdep, pext, test as f7 /1 and f6 /1
    for (const code of [[0x44, 0xc7, 0x03, 0, 0, 0, 0], [0x66, 0x63, 0x03], [0x0f, 0xb1, 0xcb], [0xf0, 0x0f, 0xb1, 0x0b], [0xc2, 0, 0x80], [0xf0, 0x48, 0xf7, 0x1b], [0x65, 0x3e, 0x48, 0x8b, 0x07], [0xc4, 0xe2, 0x63, 0xf5, 0xc8], [0xc4, 0xe2, 0xfa, 0xf5, 0xf3], [0xf7, 0xca, 0, 0, 0, 0], [0xf6, 0xc8, 0]])
      for (const limits of [V20, V21]) expect(() => refuseCode(snippet(code), limits)).toThrow(InputError);
  }); // prettier-ignore

  it('is not what looks like it', () => {
    for (const code of [[0xd3, 0xe0], [0xd3, 0x02], [0x0f, 0xa5, 0xc2], [0x0f, 0xc7, 0x0f], [0x0f, 0x01, 0xf8], [0xb8, 0x0f, 0x31, 0, 0]])
      refuseCode(snippet(code), V20); // shifts of registers, rol, cmpxchg8b, swapgs, a constant
  }); // prettier-ignore

  // The refusals have a reason: the nearest instructions that are taken run alike with and without hooks, here and now.
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

  it('has nothing that is refused', () => {
    for (const one of release.snippets) for (const limits of [V20, V21]) refuseCode(one, limits);
  });
});
