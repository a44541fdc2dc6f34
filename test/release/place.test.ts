// Where a snippet of a library may lie, and what its BUG()s may say: each slip names the manifest and the field.
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { runGuest } from '../helpers/guest-library.js';

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

  it.each([['é.c'], ['x'.repeat(512)]])('with a BUG() in %j is refused', (file) => {
    expect(complaint(BUG, { bugs: [{ at: '0x0', file, line: 1 }] })).toMatch(/^guest\.json: bugs\[0\]\.file: should be 1 to 511 printable ASCII/u);
    expect(complaint(BUG, { bugs: [{ at: '0x0', file: 'x'.repeat(511), line: 1 }] })).toBe('no complaint');
  }); // prettier-ignore

  it('with more BUG()s than the table has room for is refused', () => {
    const code = Array.from({ length: 600 }, (_, index) => BUG[index % 2]!);
    const bugs = Array.from({ length: 300 }, (_, index) => ({ at: `0x${(index * 2).toString(16)}`, file: 'a.c', line: 1 }));
    expect(complaint(code, { bugs })).toMatch(/^guest\.json: bugs: the bug table has room for 256 entries, and the functions of this scenario have 30\d$/u);
  }); // prettier-ignore

  it.each([
    ['a first part of another name', [{ name: 'other', from: '0x0', to: '0x1' }], 'parts[0].name: must be guest: a call of the function goes to the start'],
    ['a first part that is not at the start', [{ name: 'guest', from: '0x1', to: '0x2' }], 'parts[0].from: must be 0x0: a call of the function goes to the start'],
    ['two parts of one name', [{ name: 'guest', from: '0x0', to: '0x1' }, { name: 'guest', from: '0x1', to: '0x2' }], 'parts[1].name: guest is there twice'],
    ['parts over each other', [{ name: 'guest', from: '0x0', to: '0x2' }, { name: 'more', from: '0x1', to: '0x2' }], 'parts[1].from: must be at least 0x2, where the one before ends: parts are sorted by offset'],
    ['an empty part', [{ name: 'guest', from: '0x0', to: '0x0' }], 'parts[0].to: must be above 0x0'],
    ['a part past the end', [{ name: 'guest', from: '0x0', to: '0x3' }], 'parts[0].to: 0x3 is past the end: the size is 0x2'],
    ['a part with the name of a kernel function', [{ name: 'guest', from: '0x0', to: '0x1' }, { name: 'strlen', from: '0x1', to: '0x2' }], 'parts[1].name: strlen is the name of another symbol; a part needs another name'],
  ])('with %s is refused', (_what, parts, message) => {
    expect(complaint(RET, { parts })).toBe(`guest.json: ${message}`);
  }); // prettier-ignore

  it('is swept for instructions that the emulator gets wrong in its parts only', () => {
    const rdtsc = [0x0f, 0x31];
    const first = { name: 'guest', from: '0x0', to: '0x2' };
    expect(complaint([...RET, ...rdtsc], { parts: [first] })).toBe('no complaint');
    expect(
      complaint([...RET, ...rdtsc], { parts: [first, { name: 'more', from: '0x2', to: '0x4' }] }),
    ).toMatch(/the instruction at guest\+0x2 \(0f31\) gives something else in each run/u);
  });
});
