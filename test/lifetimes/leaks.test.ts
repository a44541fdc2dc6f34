// What counts as leaked at the end of a run, and what keeps an allocation.
import { expect, it } from 'vitest';
import { type Code, lifetimeRun, shortFindings } from '../helpers/lifetime-runs.js';

const NEW = (size = 32): Code => [[0xbf, size, 0, 0, 0], [0xbe, 0xd0, 0x80, 0, 0], { call: '__kmalloc' }];
const CLEAR = [0x31, 0xc0]; // xor %eax,%eax
const RET = [0xc3];
const leaks = (code: Code, more: Partial<Parameters<typeof lifetimeRun>[0]> = {}): string[] =>
  shortFindings(lifetimeRun({ code: [...code, RET], ...more }));

const HOLDER = { before: ['kzalloc: { as: holder, size: 64 }'], arguments: "'&holder'" };
const KEEP_HOLDER: Code = [[0x53], [0x48, 0x89, 0xfb]]; // push %rbx; mov %rdi,%rbx
const DONE: Code = [CLEAR, [0x5b]]; // pop %rbx

it.each<[string, Code, string[]]>([
  ['no pointer is left', [...NEW(), CLEAR], ['memory-leak guest+0xa - size-32+0 x1']],
  ['it is returned', NEW(), []],
  ['it lies in an object of the scenario', [...KEEP_HOLDER, ...NEW(), [0x48, 0x89, 0x03], ...DONE], []],
  ['a pointer into its middle does', [...KEEP_HOLDER, ...NEW(), [0x48, 0x83, 0xc0, 0x10], [0x48, 0x89, 0x03], ...DONE], []],
  ['a pointer past its end does', [...KEEP_HOLDER, ...NEW(), [0x48, 0x83, 0xc0, 0x40], [0x48, 0x89, 0x03], ...DONE], []],
  ['the pointer there was overwritten', [...KEEP_HOLDER, ...NEW(), [0x48, 0x89, 0x03], [0x48, 0xc7, 0x03, 0, 0, 0, 0], ...DONE], ['memory-leak guest+0xe - size-32+0 x1']],
  ['only the dead stack has it', [...NEW(), [0x50], [0x59], CLEAR], ['memory-leak guest+0xa - size-32+0 x1']],
  ['it is freed', [...NEW(), [0x48, 0x89, 0xc7], { call: 'kfree' }, CLEAR], []],
  ['it was hidden in a number', [...KEEP_HOLDER, ...NEW(), [0x48, 0xf7, 0xd0], [0x48, 0x89, 0x03], ...DONE], []], // not %rax
])('when %s', (_name, code, expected) => {
  expect(leaks(code, HOLDER)).toEqual(expected);
}); // prettier-ignore

it('a ring of allocations that only points at itself leaks as a whole', () => {
  const code: Code = [
    [0x53], ...NEW(), [0x48, 0x89, 0xc3], ...NEW(), [0x48, 0x89, 0x18], [0x48, 0x89, 0x03], ...DONE,
  ]; // prettier-ignore
  expect(leaks(code)).toHaveLength(2);
});

it('nothing is told of a run that did not end well, or of what the scenario allocated', () => {
  expect(leaks([...NEW(), CLEAR, [0x0f, 0x0b]])).toEqual([]); // ud2
  expect(leaks([CLEAR], HOLDER)).toEqual([]);
});
