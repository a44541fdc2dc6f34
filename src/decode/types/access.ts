// What a memory operand means: the field of a struct that its base register points to.

import type { TypeId } from '../../image/btf.js';
import { hex } from '../../base/address.js';
import { REGISTERS } from '../../x86/registers.js';
import type { Code } from '../code/code-piece.js';
import { isGeneric } from './facts.js';
import type { Field } from './fields.js';
import type { Maker } from './maker.js';
import type { Named, CodeNames } from './names.js';
import type { State } from './state.js';
import { Flag, type Pointer, type Value } from './value.js';

/** A memory operand, named or not. */
export type Access =
  /** Of a struct: `text` is the C expression. */
  | {
      readonly kind: 'field';
      readonly base: number; // register index
      readonly pointer: Pointer;
      readonly struct: TypeId;
      /** Of the access, in the struct. */
      readonly offset: number;
      readonly field: Field;
      readonly text: string;
      readonly flags: number;
    }
  /** Through a pointer to what is not a struct: `*p`, `names[2]`. */
  | {
      readonly kind: 'plain';
      readonly base: number;
      readonly pointer: Pointer;
      readonly type: TypeId;
      readonly text: string;
    }
  | { readonly kind: 'stack'; readonly offset: number | undefined }
  | { readonly kind: 'symbol'; readonly symbol: Named | undefined }
  | { readonly kind: 'per-cpu'; readonly symbol: Named | undefined }
  | { readonly kind: 'unknown'; readonly base: number; readonly value: Value; readonly whyNot: string };

const NO_ACCESS = /^(?:lea|nop|endbr64|prefetch.*)$/u;
const LOWEST_IMAGE = -0x8000_0000n; // of a 32-bit displacement, extended: where the kernel lies
const HIGHEST_IMAGE = -0x100_0000n;

/** `x->f`, `x.f` for `&x`, `((struct s *)%rbx)->f` for a pointer without a text. */
export const member = (text: string, path: string): string => {
  if (!text.startsWith('&')) return `${text}->${path}`;
  return `${text.slice(1)}.${path}`;
};

/** The text of a pointer in a register. */
export const pointerText = (maker: Maker, pointer: Pointer, register: number): string =>
  pointer.text === '' ? `((${maker.pointerType(pointer.to)})%${REGISTERS[register]})` : pointer.text;

const isStruct = (maker: Maker, id: TypeId): boolean => {
  const { kind } = maker.fields.btf.plain(id);
  return kind === 'struct' || kind === 'union';
};

const isGenericStruct = (maker: Maker, id: TypeId): boolean => {
  const type = maker.fields.btf.plain(id);
  return type.kind === 'struct' && isGeneric(type.name);
};

// Several bytes at once of an array of single bytes: a copy, or data of another form that is laid over them.
const isLaidOver = ({ path, size }: Field, access: number): boolean =>
  size === 1 && access > 1 && path.includes('] … ');

const outOfBounds = (offset: number, size: number, whole: number): string => {
  if (offset < 0)
    return `${hex(BigInt(-offset))} bytes before the struct: it is inside of one that is not known`;
  return offset + size > whole
    ? `${hex(BigInt(offset))} bytes into a struct of ${hex(BigInt(whole))}`
    : `the struct has no field at ${hex(BigInt(offset))}`;
};

const throughPointer = (maker: Maker, pointer: Pointer, base: number, disp: number, size: number): Access => {
  const { fields } = maker;
  const offset = pointer.offset + disp;
  const text = pointerText(maker, pointer, base);
  if (!isStruct(maker, pointer.to)) {
    const each = fields.btf.sizeOf(pointer.to) || 1;
    const index = offset / each;
    const shown = index === 0 ? `*${text}` : `${text}[${Math.floor(index)}]`;
    return { kind: 'plain', base, pointer, type: pointer.to, text: shown };
  }
  const field = fields.at(pointer.to, offset, size);
  const whole = fields.btf.sizeOf(pointer.to);
  if (pointer.origin !== undefined && field === undefined && (offset < 0 || offset + size > whole))
    maker.evidence.outside(pointer.origin, { offset, size, moved: Math.max(0, -pointer.offset) });
  if (field === undefined) {
    return { kind: 'unknown', base, value: pointer, whyNot: outOfBounds(offset, size, whole) };
  }
  const flags =
    pointer.flags |
    (field.ambiguous ? Flag.UNION : 0) |
    (field.data || isLaidOver(field, size) ? Flag.DATA : 0) |
    (isGenericStruct(maker, pointer.to) ? Flag.GENERIC : 0);
  const { to: struct } = pointer;
  return { kind: 'field', base, pointer, struct, offset, field, text: member(text, field.path), flags };
};

// With an index whose value is not known: inside of an array member alone is it known what lies there.
const indexed = (maker: Maker, pointer: Pointer, base: number, disp: number, size: number): Access => {
  const { fields } = maker;
  const text = pointerText(maker, pointer, base);
  if (!isStruct(maker, pointer.to))
    return { kind: 'plain', base, pointer, type: pointer.to, text: `${text}[…]` };
  const array = fields.arrayAt(pointer.to, pointer.offset + disp);
  if (array === undefined)
    return { kind: 'unknown', base, value: pointer, whyNot: 'its offset in the struct varies' };
  // An array of bytes has no words: the displacement is a part of the index.
  if (size > fields.btf.sizeOf(array.of))
    return { kind: 'unknown', base, value: pointer, whyNot: 'its offset in the struct varies' };
  const element = member(text, `${array.path}[…]`);
  const inner = isStruct(maker, array.of) ? fields.at(array.of, array.rest, size) : undefined;
  const whole = {
    path: '',
    type: array.of,
    from: 0,
    size: fields.btf.sizeOf(array.of),
    others: [],
    ambiguous: false,
    data: false,
  };
  if (isStruct(maker, array.of) && inner === undefined)
    return { kind: 'unknown', base, value: pointer, whyNot: 'the elements of the array have no such field' };
  const field = inner ?? whole;
  const offset = pointer.offset + disp;
  return {
    kind: 'field',
    base,
    pointer,
    struct: pointer.to,
    offset,
    field: { ...field, path: inner === undefined ? `${array.path}[…]` : `${array.path}[…].${inner.path}` },
    text: inner === undefined ? element : `${element}.${inner.path}`,
    flags: pointer.flags | Flag.ELEMENT | (field.ambiguous ? Flag.UNION : 0),
  };
};

const whyUnknown = (value: Value): string => {
  switch (value.kind) {
    case 'unknown':
    case 'dead':
      return value.why;
    case 'number':
      return value.wide === undefined ? 'a number' : `a number: ${value.wide.text || 'of 64 bits'}`;
    default:
      return 'the address of a CPU’s variables';
  }
};

/** What the memory operand of an instruction means; `undefined` where it has none, or does not access it. */
export const accessOf = (maker: Maker, names: CodeNames, code: Code, state: State): Access | undefined => {
  const { operation } = code;
  const { address } = operation;
  if (address === undefined || NO_ACCESS.test(operation.name)) return undefined;
  if (address.segment !== undefined) return { kind: 'per-cpu', symbol: names.address(code) };
  const { size } = address;
  const disp = BigInt.asIntN(64, address.displacement);
  if (address.base < 0) return { kind: 'symbol', symbol: names.address(code) };
  let base = address.base;
  let value = state.register(base);
  const hasIndex = address.index >= 0;
  if (hasIndex && value.kind !== 'pointer' && value.kind !== 'stack' && address.scale === 1) {
    const other = state.register(address.index);
    if (other.kind === 'pointer') [base, value] = [address.index, other];
  }
  if (value.kind === 'stack')
    return { kind: 'stack', offset: hasIndex ? undefined : value.offset + Number(disp) };
  if (value.kind === 'pointer') {
    return hasIndex
      ? indexed(maker, value, base, Number(disp), size)
      : throughPointer(maker, value, base, Number(disp), size);
  }
  const symbol = names.address(code);
  if (symbol !== undefined || (disp >= LOWEST_IMAGE && disp < HIGHEST_IMAGE))
    return { kind: 'symbol', symbol };
  return { kind: 'unknown', base, value, whyNot: whyUnknown(value) };
};
