// The dictionary of some code: what it compares, masks and adds becomes lengths, bytes, numbers and bits to try.
import { describe, expect, it } from 'vitest';
import { dictionaryOf } from '../../src/check/find/code-constants.js';
import { loadRelease } from '../../src/release/snippet.js';

const dictionary = (...instructions: string[]) =>
  dictionaryOf([{ start: 0xffffffffa0421030n, bytes: Uint8Array.from(Buffer.from(instructions.join('').replaceAll(' ', ''), 'hex')) }]); // prettier-ignore

describe('a constant of the code', () => {
  it.each([
    ['cmp $0x4d,%eax', '83 f8 4d', { lengths: [77], bytes: [77], compared: [77], numbers: [77] }],
    ['cmp $0x3ff,%rax', '48 3d ff 03 00 00', { lengths: [1023], numbers: [1023], bytes: [] }],
    ['cmpb $0x5c,(%rdi)', '80 3f 5c', { lengths: [92], compared: [92] }],
    ['cmp $0x80,%al', '3c 80', { lengths: [128], bytes: [128], numbers: [-128, 128] }],
    ['cmp $-99,%eax', '83 f8 9d', { lengths: [99], numbers: [-99] }],
    ['mov $-123456,%eax', 'b8 c0 1d fe ff', { numbers: [-123_456], lengths: [] }],
    ['imul $0x64,%eax,%eax', '6b c0 64', { lengths: [100] }],
    ['cmpl $0x2f5c2f5c,(%rax)', '81 38 5c 2f 5c 2f', { bytes: [0x2f, 0x5c], compared: [0x2f, 0x5c] }],
    ['cmpl $0x2f,(%rax)', '81 38 2f 00 00 00', { bytes: [0x2f] }],
    ['test $0x40,%al', 'a8 40', { bits: [0x40n, 0xbfn] }],
    ['and $-9,%eax', '83 e0 f7', { bits: [0x8n, 0xfffffff7n] }],
    ['bt $9,%eax', '0f ba e0 09', { bits: [0x200n] }],
    ['shr $7,%eax', 'c1 e8 07', { lengths: [128], bytes: [], numbers: [] }],
    ['lea 0x41(%rdi),%eax', '8d 47 41', { lengths: [65], bytes: [65], compared: [] }],
  ])('of %s', (_what, code, expected) => {
    expect(dictionary(code)).toMatchObject(expected);
  });

  it('of a test for a range is both its bounds: lea -0x61(%rax),%ecx; cmp $0x19,%ecx', () => {
    expect(dictionary('8d 48 9f', '83 f9 19').compared).toEqual([0x19, 0x7a]);
    expect(dictionary('8d 48 9f', '83 f9 19').bytes).toEqual([0x19, 0x61, 0x7a]);
  });

  it('is none where it is the size of a frame, a place in it, or the address of data', () => {
    const nothing = { lengths: [], bytes: [], compared: [], words: [], numbers: [], bits: [] };
    expect(dictionary('48 83 ec 18', '48 8d 44 24 20', '48 8d 05 40 00 00 00', 'c3')).toEqual(nothing);
    expect(dictionary('48 c7 c0 68 8f 46 81').bytes).toEqual([]); // mov $0xffffffff81468f68,%rax
  });

  it('is looked for in every byte that is no instruction, without an end', () => {
    expect(dictionary('06 07 0e', '83 f8 4d').lengths).toEqual([77]);
    expect(dictionary('83 f8').lengths).toEqual([]);
  });

  it('is one of a bounded number, the same for the same code', () => {
    const many = Array.from({ length: 300 }, (_, index) => `3d ${Buffer.from(Uint32Array.of(index * 7 + 40).buffer).toString('hex')}`); // prettier-ignore
    const { words, lengths, bytes, compared, numbers, bits } = dictionary(...many);
    expect([lengths.length, numbers.length]).toEqual([48, 64]);
    for (const all of [bytes, compared, bits]) expect(all.length).toBeLessThanOrEqual(32);
    expect(dictionary(...many)).toEqual({ lengths, bytes, compared, words, numbers, bits });
  });

  it('is a string beside the code, without the NUL', () => {
    const text = Buffer.from('/admin\0').toString('hex');
    expect(dictionary('c3', text).words.map((word) => Buffer.from(word).toString())).toEqual(['/admin']);
  });

  it('of the shipped function is a separator, a flag or the size of a field', () => {
    const [shipped] = loadRelease().snippets.filter(({ name }) => name === 'cifs_build_path_to_root');
    const { bytes, lengths, bits } = dictionaryOf([shipped!]);
    expect(bytes).toEqual(expect.arrayContaining([0x2f, 0x5c]));
    expect(lengths).toContain(100); // MAX_TREE_SIZE + 1
    expect(bits).toEqual(expect.arrayContaining([0x2n, 0x40n]));
  });
});
