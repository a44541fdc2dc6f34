// Programs for slices: loads, stores, sums, branches, loops, calls and repeated moves over a page of drawn words, to a ud2.
import { join } from 'node:path';
import { type Scenario, loadScenario } from '../../src/scenario/scenario.js';
import { writeGuest } from './guest-library.js';

type Below = (bound: number) => number;

/** Where the data of a program lie, and how many bytes. */
export const DATA = 0xffff880000100000n;
export const DATA_SIZE = 256;

const VALUES = [0, 3, 8, 9, 10, 11]; // rax, rbx, r8 to r11: what the programs compute with
const RCX = 1;

const rex = (wide: boolean, reg: number, rm: number, index = 0): number =>
  0x40 | (wide ? 8 : 0) | (reg > 7 ? 4 : 0) | (index > 7 ? 2 : 0) | (rm > 7 ? 1 : 0);
const disp32 = (value: number): number[] => [
  value & 255,
  (value >> 8) & 255,
  (value >> 16) & 255,
  (value >> 24) & 255,
];
const rr = (opcode: readonly number[], reg: number, rm: number): number[] => [
  rex(true, reg, rm), ...opcode, 0xc0 | ((reg & 7) << 3) | (rm & 7),
]; // prettier-ignore
// An operand at DATA + offset, which %rdx has.
const atData = (wide: boolean, opcode: readonly number[], reg: number, offset: number): number[] => [
  rex(wide, reg, 2), ...opcode, 0x82 | ((reg & 7) << 3), ...disp32(offset),
]; // prettier-ignore
// The same plus a register.
const indexed = (opcode: readonly number[], reg: number, index: number): number[] => [
  rex(true, reg, 2, index), ...opcode, 0x04 | ((reg & 7) << 3), ((index & 7) << 3) | 2,
]; // prettier-ignore

class Program {
  readonly #calls: number[] = []; // where the operand of a call to the helper lies
  readonly bytes: number[] = [];

  constructor(private readonly below: Below) {}

  #one<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  #value(): number {
    return this.#one(VALUES);
  }

  #simple(): number[] {
    const { below } = this;
    const [a, b] = [this.#value(), this.#value()];
    const offset = below(DATA_SIZE - 8);
    switch (below(15)) {
      case 0:
      case 1:
        return atData(true, [0x8b], a, offset);
      case 2:
        return atData(false, this.#one([[0x8b], [0x0f, 0xb6], [0x0f, 0xb7]]), a, offset);
      case 3:
        return atData(true, this.#one([[0x0f, 0xbe], [0x63]]), a, offset);
      case 4:
        return atData(true, [0x89], a, offset);
      case 5:
        return atData(false, this.#one([[0x88], [0x89]]), a, offset);
      case 6:
      case 7:
        return rr([this.#one([0x01, 0x29, 0x31, 0x21, 0x09, 0x89])], a, b);
      case 8:
        return rr([0x0f, 0xaf], a, b);
      case 9:
        return [...rr([0x83], this.#one([0, 1, 4, 5, 6]), a), below(256)];
      case 10:
        return [...rr([0xc1], this.#one([4, 5, 7]), a), 1 + below(20)];
      case 11: // the index is a byte of data
        return [...rr([0x83], 4, a), 0x7f, ...indexed(this.#one([[0x8b], [0x89]]), b, a)];
      case 12: // cmp, then cmov or setcc
        return [
          ...rr([0x39], a, b),
          ...this.#one([
            rr([0x0f, 0x40 + below(16)], this.#value(), a),
            [rex(false, 0, a), 0x0f, 0x90 + below(16), 0xc0 | (a & 7)],
          ]),
        ];
      case 13: // push and pop
        return [...(a > 7 ? [0x41] : []), 0x50 | (a & 7), ...(b > 7 ? [0x41] : []), 0x58 | (b & 7)];
      default: // read, change, write
        return atData(true, [this.#one([0x01, 0x29, 0x31])], a, offset);
    }
  }

  #some(most: number): number[] {
    return Array.from({ length: 1 + this.below(most) }, () => this.#simple()).flat();
  }

  #block(): number[] {
    const { below } = this;
    switch (below(8)) {
      case 0: // a jump over some
      case 1: {
        const body = this.#some(3);
        const compare = this.#one([
          rr([0x85], this.#value(), this.#value()),
          [...rr([0x83], 7, this.#value()), below(256)],
        ]);
        return body.length > 120 ? body : [...compare, 0x70 + below(16), body.length, ...body];
      }
      case 2: {
        // a loop, whose count may be a byte of data
        const body = this.#some(3);
        const count = this.#one([
          [0xb9, 1 + below(4), 0, 0, 0],
          [
            ...atData(false, [0x0f, 0xb6], RCX, below(DATA_SIZE)),
            ...rr([0x83], 4, RCX),
            3,
            ...rr([0xff], 0, RCX),
          ],
        ]);
        const back = body.length + 5;
        return back > 120 ? body : [...count, ...body, ...rr([0xff], 1, RCX), 0x75, 256 - back];
      }
      case 3: // rep movsb in the data
        return [
          0x48, 0x8d, 0xb2, ...disp32(below(200)), 0x48, 0x8d, 0xba, ...disp32(below(200)),
          ...this.#one([[0xb9, below(20), 0, 0, 0], [...atData(false, [0x0f, 0xb6], RCX, below(DATA_SIZE)), ...rr([0x83], 4, RCX), 15]]),
          0xf3, 0xa4,
        ]; // prettier-ignore
      default:
        return this.#some(2);
    }
  }

  make(length: number): number[] {
    const { bytes } = this;
    for (let left = length; left > 0; left -= 1) {
      bytes.push(...this.#block());
      if (this.below(8) > 0) continue;
      bytes.push(0xe8, 0, 0, 0, 0);
      this.#calls.push(bytes.length);
    }
    bytes.push(0x0f, 0x0b);
    for (const after of this.#calls) {
      const distance = bytes.length - after;
      bytes.splice(after - 4, 4, ...disp32(distance));
    }
    bytes.push(...this.#some(4), 0xc3);
    return bytes;
  }
}

/** The bytes of a program. */
export const slicedCode = (below: Below): number[] => new Program(below).make(4 + below(20));

/** A program of a library folder, and its scenario. */
export const slicedProgram = (library: string, below: Below): Scenario => {
  const code = slicedCode(below);
  const words = Array.from({ length: DATA_SIZE / 8 }, (_, index) => {
    const value = Array.from({ length: 16 }, () => below(16).toString(16)).join('');
    return `    - { at: 0x${(DATA + BigInt(index * 8)).toString(16)}, value: 0x${value}, source: test }`;
  });
  const scenario = `format: oopslab scenario 1
name: guest
title: a test
release: 3.0.101-84-default
world:
  gs: 0xffff88043fd00000
  caches: { size-32: { frames: [0x20000] } }
  memory:
    - { name: stack, at: 0xffff880211336000, size: 8192, source: test }
    - { name: data, at: 0x${DATA.toString(16)}, size: 4096, source: test }
  words:
${words.join('\n')}
steps:
  call:
    call: { function: guest, arguments: [0, 0, 0x${DATA.toString(16)}], rsp: 0xffff880211337f00, returnTo: 0xffffffff81e00000 }
expect: {}
`;
  writeGuest(library, code, scenario);
  return loadScenario(join(library, 'scenarios', 'guest.yaml'), [library]);
};
