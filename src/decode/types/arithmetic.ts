// Sums, differences and masks of values: a pointer that moves in its struct, an element of an array, low bits that are flags.

import { type Code, placeOf } from '../code/code-piece.js';
import { member } from './access.js';
import { pointerIn } from './facts.js';
import type { Loads } from './loads.js';
import type { Maker } from './maker.js';
import { settle } from './meeting.js';
import type { CodeNames } from './names.js';
import type { State } from './state.js';
import { Flag, NUMBER, type Pointer, type Value, type Wide, plus, unknown } from './value.js';

const SECOND_STACK = 0x10_0000; // bytes below: a stack that was aligned, whose distance from the first is not known

const MOST_FACTOR = 1 << 24;

const factorOf = (value: Value): number => (value.kind === 'number' ? (value.factor ?? 1) : 1);

const multiple = (factor: number): Value =>
  factor > 1 && factor <= MOST_FACTOR ? { kind: 'number', factor } : NUMBER;

export class Arithmetic {
  constructor(
    readonly maker: Maker,
    readonly names: CodeNames,
    readonly loads: Loads,
  ) {}

  sum(a: Value, b: Value, code: Code): Value {
    if (a.kind === 'cpu-base' || b.kind === 'cpu-base')
      return this.#onCpu(a.kind === 'cpu-base' ? b : a, code);
    if (a.kind === 'number' && a.value !== undefined && b.kind !== 'number')
      return plus(b, Number(BigInt.asIntN(64, a.value)));
    if (b.kind === 'number' && b.value !== undefined && a.kind !== 'number')
      return plus(a, Number(BigInt.asIntN(64, b.value)));
    if (a.kind === 'pointer') return this.varied(a, 0, factorOf(b));
    if (b.kind === 'pointer') return this.varied(b, 0, factorOf(a));
    return a.kind === 'number' && b.kind === 'number' ? NUMBER : unknown('a sum');
  }

  // A per-CPU address and the base of a CPU; a pointer that is per-CPU keeps its type.
  #onCpu(value: Value, code: Code): Value {
    if (value.kind === 'pointer') return value;
    const address = value.kind === 'number' ? value.value : undefined;
    const found = address === undefined ? undefined : this.names.perCpu(address);
    const [name, offset] =
      value.kind === 'per-cpu'
        ? [value.name, value.offset]
        : found === undefined
          ? [undefined, 0]
          : [found.name, found.plus];
    if (name === undefined)
      return value.kind === 'unknown' ? value : unknown('an address of a CPU’s variables');
    const { fields } = this.maker;
    const variable = fields.btf.type(fields.btf.find('variable', name) ?? 0);
    if (variable.kind !== 'variable') return unknown('a per-CPU variable whose type is not known');
    const at = placeOf(code);
    const how = { text: `the address of the per-CPU variable ${name}`, at };
    return {
      kind: 'pointer',
      to: variable.of,
      offset,
      text: `&${name}`,
      origin: undefined,
      flags: Flag.PER_CPU,
      how,
    };
  }

  /**
   * A pointer and an unknown number: an element of the array that the pointer lies in, or of one that begins there.
   *
   * @param more bytes that are added besides
   * @param factor of the number
   */
  varied(pointer: Pointer, more: number, factor: number): Value {
    const { fields } = this.maker;
    const { kind } = fields.btf.plain(pointer.to);
    const flags = pointer.flags | Flag.ELEMENT;
    if (kind !== 'struct' && kind !== 'union')
      return { ...pointer, offset: 0, text: '', origin: undefined, flags };
    const offset = pointer.offset + more;
    const array = fields.arrayAt(pointer.to, offset);
    const { how } = pointer;
    if (array !== undefined) {
      const text = pointer.text === '' ? '' : `&${member(pointer.text, array.path)}[…]`;
      return { kind: 'pointer', to: array.of, offset: array.rest, text, origin: undefined, flags, how };
    }
    const size = fields.btf.sizeOf(pointer.to);
    if (size < 8 || factor % size !== 0) return unknown('its offset in the struct varies');
    const text = pointer.text === '' ? '' : `&${pointer.text}[…]`;
    const stride = (pointer.flags & Flag.ELEMENT) !== 0 ? 0 : Flag.STRIDE;
    const rest = ((offset % size) + size) % size;
    return {
      kind: 'pointer',
      to: pointer.to,
      offset: rest,
      text,
      origin: undefined,
      flags: flags | stride,
      how,
    };
  }

  lea(code: Code, state: State): Value {
    const { base: first, index: second, scale, displacement } = code.operation.address!;
    const symbol = this.names.address(code);
    if (first < 0 && second < 0)
      return symbol === undefined ? NUMBER : this.loads.address(symbol.name, symbol.plus, placeOf(code));
    const disp = Number(BigInt.asIntN(64, displacement));
    const base = first < 0 ? NUMBER : state.register(first);
    if (second < 0) return symbol === undefined ? plus(base, disp) : unknown('a sum');
    const index = state.register(second);
    const scaled = factorOf(index) * scale;
    if (base.kind === 'pointer') return this.varied(base, disp, scaled);
    if (scale === 1 && index.kind === 'pointer') return this.varied(index, disp, factorOf(base));
    if (index.kind !== 'number' || base.kind !== 'number') return unknown('a sum');
    if (disp !== 0) return NUMBER;
    if (first < 0) return multiple(scaled);
    return first === second ? multiple(factorOf(index) * (scale + 1)) : NUMBER;
  }

  /** A number times a constant. */
  times(value: Value, by: number): Value {
    return value.kind === 'number' ? multiple(factorOf(value) * by) : NUMBER;
  }

  // Low bits of a pointer are flags.
  masked(name: string, old: Value, mask: bigint, code: Code): Value {
    if (name === 'and' && mask >= -4096n && mask < 0n) {
      if (old.kind === 'stack') return { kind: 'stack', offset: old.offset - SECOND_STACK };
      if (old.kind === 'pointer') return { ...old, flags: old.flags | Flag.TAGGED };
      if (old.kind === 'unknown') return old;
      const fact = old.kind === 'number' ? pointerIn(old.wide?.field) : undefined;
      if (fact !== undefined && old.kind === 'number' && mask === ~fact.flags)
        return this.#tagged(old.wide!, fact.to, code);
      return old.kind === 'number' && old.wide !== undefined ? old : NUMBER;
    }
    if (name === 'or' && mask > 0n && mask < 8n && old.kind === 'pointer') return plus(old, Number(mask));
    return NUMBER;
  }

  #tagged(wide: Wide, to: string, code: Code): Value {
    const id = this.maker.fields.btf.find('struct', to);
    if (id === undefined) return NUMBER;
    const text = `((struct ${to} *)${wide.text})`;
    const origin = `${wide.origin} masked`;
    const how = { text: 'without the flags in its low bits', at: placeOf(code), before: wide.how };
    this.maker.evidence.natural(origin, { to: id, offset: 0, half: false });
    return settle(
      this.maker,
      { kind: 'pointer', to: id, offset: 0, text, origin, flags: wide.flags | Flag.TAGGED, how },
      origin,
    );
  }
}
