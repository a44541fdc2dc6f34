// Where a snippet of a library may lie, and what its BUG()s may say: each slip names the manifest and the field.
import { describe, expect, it } from 'vitest';
import { InputError } from '../src/errors.js';
import { runGuest } from './guest-library.js';

const RET = [0xc3, 0xc3];
const BUG = [0x0f, 0x0b];

const complaint = (code: readonly number[], change: object): string => {
  try {
    runGuest(code, undefined, '', change);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return `${error.where.file?.split('/').at(-1)}: ${error.where.field}: ${error.message}`;
  }
  return 'no complaint';
};

describe('a snippet', () => {
  it.each([
    ['0x8000000000000000', '0x8000000000000000 is not canonical: bits 63 to 47 of an x86-64 address are equal'],
    ['0xffffffffffffffff', 'the code from 0xffffffffffffffff on has 2 bytes and would end over the top of the address space'],
    ['0x7fffffffffff', 'the code from 0x7fffffffffff on has 2 bytes and would end at 0x800000000000, which is not canonical'],
    ['0xffff880001000000', 'the code of guest overlaps the slab management at 0xffff880001000000; choose another place'],
    ['0xffff880020000100', 'the code of guest overlaps the slab page of size-32 at 0xffff880020000000; choose another place'],
    ['0xffffffff81672000', 'the code of guest overlaps the strings of the bug table at 0xffffffff81672000; choose another place'],
    ['0xffff88043fd0a600', 'the code of guest overlaps the per-CPU word current at 0xffff88043fd0a600; choose another place'],
  ])('at %s is refused', (start, message) => {
    expect(complaint(RET, { start })).toBe(`guest.json: start: ${message}`);
  }); // prettier-ignore

  it.each([['é.c'], ['a\nb.c'], ['x'.repeat(512)]])('with a BUG() in %j is refused', (file) => {
    expect(complaint(BUG, { bugs: [{ at: '0x0', file, line: 1 }] })).toMatch(/^guest\.json: bugs\[0\]\.file: should be 1 to 511 printable ASCII/u);
    expect(complaint(BUG, { bugs: [{ at: '0x0', file: 'x'.repeat(511), line: 1 }] })).toBe('no complaint');
  }); // prettier-ignore

  it('with more BUG()s than the table has room for is refused', () => {
    const code = Array.from({ length: 600 }, (_, index) => BUG[index % 2]!);
    const bugs = Array.from({ length: 300 }, (_, index) => ({ at: `0x${(index * 2).toString(16)}`, file: 'a.c', line: 1 }));
    expect(complaint(code, { bugs })).toMatch(/^guest\.json: bugs: the bug table has room for 256 entries, and the functions of this scenario have 30\d$/u);
  }); // prettier-ignore
});
