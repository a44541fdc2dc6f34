// What a call does to types: its arguments are of the prototype's types, and so is its result.

import { hex } from '../../base/address.js';
import type { TypeId } from '../../image/btf.js';
import { ARGUMENT_REGISTERS, CALLER_SAVED, REGISTER_INDEX } from '../../x86/registers.js';
import { type Code, placeOf } from '../code/code-piece.js';
import { type Passed, type Prototype, passed, returnsInMemory } from './abi.js';
import { destroyedBy } from './facts.js';
import type { CodeNames } from './names.js';
import type { Source, Maker } from './maker.js';
import { RAX, RSP, type State } from './state.js';
import { Flag, type How, type Value } from './value.js';

const SAVED_BY_CALLER = CALLER_SAVED.map((name) => REGISTER_INDEX[name]);
const ARGUMENTS = ARGUMENT_REGISTERS.map((name) => REGISTER_INDEX[name]);
const RDX = REGISTER_INDEX.rdx;
const RDI = REGISTER_INDEX.rdi;
const COPY = /\.(?:isra|constprop|part)\b/u;

/** Prototypes by name and by type, with their arguments placed. */
export class Prototypes {
  readonly #known = new Map<
    TypeId,
    { readonly prototype: Prototype; readonly passed: readonly Passed[] } | undefined
  >();

  constructor(
    readonly maker: Maker,
    readonly names: CodeNames,
  ) {}

  /** Whether the prototype of a name may be another function's: of a copy by the compiler, or of one of several. */
  isDoubtful(name: string | undefined): boolean {
    return name !== undefined && (COPY.test(name) || this.names.isAmbiguous(name));
  }

  /** By name; of a copy that the compiler made, that of the function it is of. */
  named(name: string): ReturnType<Prototypes['of']> {
    const { btf } = this.maker.fields;
    const id = btf.find('function', name) ?? btf.find('function', name.replace(/\..*$/u, ''));
    const type = id === undefined ? undefined : btf.type(id);
    return type?.kind === 'function' ? this.of(type.prototype) : undefined;
  }

  of(id: TypeId): { readonly prototype: Prototype; readonly passed: readonly Passed[] } | undefined {
    if (this.#known.has(id)) return this.#known.get(id);
    const { btf } = this.maker.fields;
    const type = btf.plain(id);
    const found = type.kind === 'prototype' ? { prototype: type, passed: passed(btf, type) } : undefined;
    this.#known.set(id, found);
    return found;
  }
}

// The part of a struct by value that one register holds, as a value.
const partOf = (maker: Maker, struct: TypeId, part: number, source: Source): Value => {
  const field = maker.fields.at(struct, part, 8);
  if (field === undefined || field.from !== part || field.size !== 8)
    return maker.unknownOf('a part of a struct by value', source);
  const flags = source.flags | (field.ambiguous ? Flag.UNION : 0);
  return maker.ofType(field.type, { ...source, flags, text: `${source.text}.${field.path}` });
};

/** The registers and slots of a function's own arguments, at its entry. */
export const enter = (maker: Maker, prototypes: Prototypes, name: string, state: State): void => {
  const found = prototypes.named(name);
  const copy = prototypes.isDoubtful(name);
  const rest = new Set(ARGUMENTS);
  const { btf } = maker.fields;
  if (found !== undefined && returnsInMemory(btf, found.prototype)) {
    rest.delete(RDI);
    const { returns: to } = found.prototype;
    const how = { text: `the place of the result of ${name}` };
    state.registers[RDI] = { kind: 'pointer', to, offset: 0, text: '', origin: undefined, flags: 0, how };
  }
  for (const [at, one] of (found?.passed ?? []).entries()) {
    if (one.register !== undefined) rest.delete(one.register);
    const how: How = { text: `argument ${one.name} of ${name}` };
    const origin = `argument ${at}`;
    const source = { text: one.name, origin, flags: copy ? Flag.VARIANT : 0, how };
    const value =
      one.part === undefined ? maker.ofType(one.type, source) : partOf(maker, one.type, one.part, source);
    if (one.register === undefined) state.slots.set(8 + one.stack, value);
    else state.registers[one.register] = value;
  }
  for (const index of rest) {
    const why = found === undefined ? 'the function has no prototype' : 'not an argument';
    const source = { text: '', origin: `entry ${index}`, flags: 0, how: { text: `at the entry of ${name}` } };
    state.registers[index] = found === undefined ? maker.unknownOf(why, source) : { kind: 'dead', why };
  }
};

// A struct on the stack whose address is handed to a call may be filled by it.
const fill = (maker: Maker, state: State, offset: number, to: TypeId, text: string, at: string): void => {
  const target = maker.resolve(to);
  const { kind } = maker.fields.btf.plain(target);
  const size = maker.fields.btf.sizeOf(target);
  if (kind === 'struct' || kind === 'union' || kind === 'pointer')
    state.fill(offset, { to: target, size, text, at });
  else if (size > 0) state.overwrite(offset, size);
  else state.overwrite(offset, 8);
};

/** The types of what a call is handed. */
export const hand = (
  maker: Maker,
  callee: ReturnType<Prototypes['of']>,
  state: State,
  code: Code,
  name: string,
): void => {
  const { btf } = maker.fields;
  const at = placeOf(code);
  const stack = state.register(RSP);
  for (const { name: parameter, type, part, register, stack: above } of callee?.passed ?? []) {
    const pointer = btf.plain(type);
    if (part !== undefined || pointer.kind !== 'pointer') continue;
    const slot = stack.kind === 'stack' ? state.slots.get(stack.offset + above) : undefined;
    const value = register === undefined ? slot : state.register(register);
    if (value === undefined) continue;
    maker.use(value, pointer.to, { text: `handed to ${name} as ${parameter}`, at });
    if (value.kind === 'stack')
      fill(maker, state, value.offset, pointer.to, `the struct that ${name} filled`, at);
  }
};

/** After a call: the registers that it may destroy are, and RAX is its result. */
export const comeBack = (
  maker: Maker,
  callee: ReturnType<Prototypes['of']>,
  state: State,
  code: Code,
  name: string | undefined,
  doubtful: boolean,
): void => {
  const { btf } = maker.fields;
  const destroyed = destroyedBy(name)?.map((register) => REGISTER_INDEX[register]);
  for (const index of destroyed ?? SAVED_BY_CALLER)
    state.registers[index] = { kind: 'dead', why: `a call may have destroyed it (${name ?? 'indirect'})` };
  if (destroyed !== undefined && !destroyed.includes(RAX)) return;
  const at = placeOf(code);
  const origin = `result ${hex(code.instruction.address)}`;
  const text = name === undefined ? '(*…)()' : `${name}()`;
  const source = {
    text,
    origin,
    flags: doubtful ? Flag.RESULT | Flag.VARIANT : Flag.RESULT,
    how: { text: `result of ${name ?? 'an indirect call'}`, at },
  };
  if (callee === undefined) {
    state.registers[RAX] = maker.unknownOf('the result of a call without a prototype', source);
    return;
  }
  const { returns } = callee.prototype;
  const type = btf.plain(returns);
  if (type.kind === 'void') return;
  if (type.kind === 'struct' || type.kind === 'union') {
    if (btf.sizeOf(returns) > 16) return;
    state.registers[RAX] = partOf(maker, returns, 0, source);
    if (btf.sizeOf(returns) > 8)
      state.registers[RDX] = partOf(maker, returns, 8, { ...source, origin: `${origin} rdx` });
    return;
  }
  state.registers[RAX] = maker.ofType(returns, { ...source, field: text });
};
