// Code that Unicorn does not run as a CPU does: refused in user snippets, absent from the shipped ones.
import { describe, expect, it } from 'vitest';
import type { MachineObserver } from '../../src/machine/machine.js';
import { unicornLimits } from '../../src/machine/unicorn-limits.js';
import { findFatalPlaces, formatFatalPlaces, refuseCode } from '../../src/release/refused-code.js';
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
    ['a far call through a register', [0x90, 0xff, 0xd8]],
    ['a far jump through a register', [0x48, 0xff, 0xe9]],
    ['a move to %dr7', [0x0f, 0x23, 0xf8]],
    ['a locked cmp', [0xf0, 0x39, 0x03]],
    ['a locked cmpsb', [0xf0, 0xa6]],
  ])('%s is refused under 2.0 alone', (_, code) => {
    expect(() => refuseCode(snippet(code), V20)).toThrow(/would end this process: Unicorn 2\.0\.1 cannot/u);
    refuseCode(snippet(code), V21);
  });

  it('a locked bit operation on a register is refused under 2.1 too', () => {
    expect(() => refuseCode(snippet([0xf0, 0x0f, 0xab, 0xc1]), V21)).toThrow(/2\.1\.4/u);
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
    for (const limits of [V20, V21])
      expect(() => refuseCode(snippet(code), limits)).toThrow(/something else in each run/u);
  });

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
  const variants = release.snippets.flatMap(({ function: name, variant }) =>
    variant === undefined ? [] : [{ [name]: variant }],
  );

  it('has nothing that is refused', () => {
    for (const one of release.snippets) for (const limits of [V20, V21]) refuseCode(one, limits);
  });

  // A function pointer in a scenario can lead anywhere.
  it('has no place that a jump could end the process at', () => {
    for (const chosen of [{}, ...variants])
      for (const limits of [V20, V21]) expect(findFatalPlaces(release.select(chosen), limits)).toEqual([]);
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
