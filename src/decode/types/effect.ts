// What an instruction does to the types of registers and stack slots.
// Over 300 lines because each kind of instruction has its effect here.

import { hex } from '../../base/address.js';
import { IMMEDIATE, MEMORY } from '../../x86/transfer.js';
import { type Code, isCall, placeOf } from '../code/code-piece.js';
import { type Access, accessOf } from './access.js';
import { Arithmetic } from './arithmetic.js';
import { type Prototypes, comeBack, hand } from './calls.js';
import { join } from './join.js';
import { Loads } from './loads.js';
import type { Maker } from './maker.js';
import { settle } from './meeting.js';
import { type CodeNames, calleeOf } from './names.js';
import { RAX, RSP, type State } from './state.js';
import { NARROW, NUMBER, type Pointer, type Value, plus, unknown } from './value.js';

const THUNK = /^__x86_indirect_(?:call_|jump_)?thunk_(r\w+)$/u;
const NAMES = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'];

/** What other functions of the module are told: a field was given a value of this type. */
export type Stored = (key: string, pointer: Pointer) => void;

/** Steps over instructions. One serves a whole function. */
export class Effect {
  readonly loads: Loads;
  readonly arithmetic: Arithmetic;

  constructor(
    readonly maker: Maker,
    readonly names: CodeNames,
    readonly prototypes: Prototypes,
    readonly stored: Stored,
  ) {
    this.loads = new Loads(maker);
    this.arithmetic = new Arithmetic(maker, names, this.loads);
  }

  /** What the memory operand of an instruction means in a state. */
  access(code: Code, state: State): Access | undefined {
    return accessOf(this.maker, this.names, code, state);
  }

  /** Change a state as an instruction does. */
  step(code: Code, state: State): void {
    const { transfer, operation } = code;
    const access = this.access(code, state);
    if (isCall(code)) return this.#call(code, state, access);
    if (transfer.kind === 'refused' && this.#filledIn(code, state)) return;
    switch (transfer.kind) {
      case 'none':
        if (operation.name === 'cmp') this.#compare(code, state, access);
        return;
      case 'copy':
        return this.#copy(code, state, access);
      case 'choose': {
        if (transfer.width !== 8 || transfer.size !== 8) return this.#clobber(code, state);
        const to = transfer.destination >> 3;
        const value = this.#source(code, state, access);
        const origin = `cmov ${hex(code.instruction.address)}`;
        return this.#set(
          state,
          to,
          settle(this.maker, join(this.maker.fields, state.register(to), value, origin), origin),
        );
      }
      case 'push': {
        const value =
          transfer.source === MEMORY || transfer.source >= 0 ? this.#source(code, state, access) : NUMBER;
        return this.#push(state, value);
      }
      case 'pop':
        return this.#pop(code, state, access);
      case 'leave': {
        const frame = state.register(5);
        state.registers[RSP] = frame.kind === 'stack' ? frame : unknown('stack');
        return this.#popInto(state, 5);
      }
      case 'exchange':
        return this.#exchange(code, state, access);
      case 'compare-exchange':
        if (access !== undefined && operation.address?.size === 8 && access.kind !== 'stack')
          return this.#set(state, RAX, this.loads.load(code, state, access));
        return this.#clobber(code, state, access);
      case 'compute':
        return this.#compute(code, state, access);
      case 'return':
        return;
      default:
        return this.#clobber(code, state, access);
    }
  }

  #set(state: State, register: number, value: Value): void {
    if (register >= 0) state.registers[register] = value;
  }

  #push(state: State, value: Value): void {
    const stack = plus(state.register(RSP), -8);
    state.registers[RSP] = stack;
    if (stack.kind === 'stack') state.store(stack.offset, value);
  }

  #popInto(state: State, register: number): void {
    const stack = state.register(RSP);
    const value = stack.kind === 'stack' ? state.slots.get(stack.offset) : undefined;
    state.registers[RSP] = plus(stack, 8);
    this.#set(state, register, value ?? unknown('a stack slot that the function did not write'));
  }

  #pop(code: Code, state: State, access: Access | undefined): void {
    const { destination } = code.transfer;
    if (destination >= 0) return this.#popInto(state, destination >> 3);
    if (access?.kind === 'stack' && access.offset !== undefined) state.overwrite(access.offset, 8);
    state.registers[RSP] = plus(state.register(RSP), 8);
  }

  // An address that a linker fills in.
  #filledIn(code: Code, state: State): boolean {
    const { name, operands, size } = code.operation;
    const [first] = operands;
    const symbol =
      (name === 'mov' || name === 'add') && first?.kind === 'register'
        ? this.names.constant(code)
        : undefined;
    if (symbol === undefined || first?.kind !== 'register' || size !== 8) return false;
    const address = this.loads.address(symbol.name, symbol.plus, placeOf(code));
    const old = state.register(first.register);
    state.registers[first.register] = name === 'mov' ? address : this.arithmetic.sum(old, address, code);
    return true;
  }

  // What an instruction writes is not followed.
  #clobber(code: Code, state: State, access?: Access): void {
    for (const { register, whole } of code.writes)
      if (register !== RSP) this.#set(state, register, whole ? NUMBER : NARROW);
    const size = code.operation.address?.size ?? 8;
    if (code.stores && access?.kind === 'stack' && access.offset !== undefined)
      state.overwrite(access.offset, Math.max(1, size));
    if (code.transfer.kind === 'string-store' || code.transfer.kind === 'string-move') {
      const to = state.register(NAMES.indexOf('rdi'));
      if (to.kind === 'stack') state.overwrite(to.offset, 8);
    }
  }

  // The value that a transfer copies.
  #source(code: Code, state: State, access: Access | undefined): Value {
    const { source, constant, size, signTo } = code.transfer;
    if (source === IMMEDIATE) {
      const symbol = this.names.constant(code);
      if (symbol === undefined) return { kind: 'number', value: constant };
      return this.loads.address(symbol.name, symbol.plus, placeOf(code));
    }
    if (source === MEMORY)
      return access === undefined || size !== 8 ? NARROW : this.loads.load(code, state, access);
    const value = state.register(source >> 3);
    if (size === 8 && (source & 7) === 0) return value;
    return value.kind === 'number' && value.value !== undefined && size === 4 && signTo === 0
      ? value
      : NARROW;
  }

  #copy(code: Code, state: State, access: Access | undefined): void {
    const { destination, width, size } = code.transfer;
    if (destination === MEMORY) {
      const value = size === 8 ? this.#source(code, state, access) : NARROW;
      return this.#store(code, state, access, value, size);
    }
    const wide = width === 8 && (destination & 7) === 0;
    this.#set(state, destination >> 3, wide ? this.#source(code, state, access) : NUMBER);
  }

  #store(code: Code, state: State, access: Access | undefined, value: Value, size: number): void {
    if (access?.kind === 'stack') {
      if (access.offset === undefined) return;
      if (size === 8) state.store(access.offset, value);
      else state.overwrite(access.offset, size);
      return;
    }
    if (access?.kind !== 'field' || size !== 8 || access.field.size !== 8) return;
    const { btf } = this.maker.fields;
    const type = btf.plain(access.field.type);
    if (type.kind !== 'pointer' || access.field.ambiguous) return;
    const at = placeOf(code);
    this.maker.use(value, type.to, { text: `stored in ${access.text}`, at });
    const struct = btf.plain(access.struct);
    if (
      btf.plain(type.to).kind === 'void' &&
      value.kind === 'pointer' &&
      struct.kind === 'struct' &&
      struct.name !== ''
    )
      this.stored(`${struct.name}+${access.offset}`, value);
  }

  // A pointer to such a struct is compared with the head of a list too, which is in another struct.
  #beginsWithStruct(id: number): boolean {
    const { btf } = this.maker.fields;
    const type = btf.plain(id);
    const first = type.kind === 'struct' ? type.members[0] : undefined;
    return first === undefined || btf.plain(first.type).kind === 'struct';
  }

  #compare(code: Code, state: State, access: Access | undefined): void {
    const [first, second] = code.operation.operands;
    const at = placeOf(code);
    const pointee = (value: Value | undefined): number | undefined =>
      value?.kind === 'pointer' && value.offset === 0 && !this.#beginsWithStruct(value.to)
        ? value.to
        : undefined;
    const learn = (value: Value, to: number | undefined): void => {
      if (to !== undefined && (value.kind === 'unknown' || value.kind === 'number'))
        this.maker.use(value, to, { text: `compared with a ${this.maker.pointerType(to)}`, at });
    };
    if (first?.kind === 'register' && second?.kind === 'register' && first.size === 8) {
      const [a, b] = [state.register(first.register), state.register(second.register)];
      learn(a, pointee(b));
      learn(b, pointee(a));
      return;
    }
    const register = first?.kind === 'register' ? first : second?.kind === 'register' ? second : undefined;
    if (register?.size !== 8 || access?.kind !== 'field' || access.field.ambiguous) return;
    const type = this.maker.fields.btf.plain(access.field.type);
    if (type.kind === 'pointer' && access.field.size === 8) learn(state.register(register.register), type.to);
  }

  #exchange(code: Code, state: State, access: Access | undefined): void {
    const { destination, source, size } = code.transfer;
    if (size !== 8) return this.#clobber(code, state, access);
    if (destination >= 0 && source >= 0) {
      const [a, b] = [state.register(destination >> 3), state.register(source >> 3)];
      this.#set(state, destination >> 3, b);
      return this.#set(state, source >> 3, a);
    }
    const register = (destination >= 0 ? destination : source) >> 3;
    const given = state.register(register);
    this.#set(state, register, access === undefined ? NUMBER : this.loads.load(code, state, access));
    this.#store(code, state, access, given, 8);
  }

  #call(code: Code, state: State, access: Access | undefined): void {
    if (code.operation.name !== 'call') {
      for (let index = 0; index < 16; index += 1)
        if (index !== RSP)
          state.registers[index] = { kind: 'dead', why: 'what runs there keeps no register' };
      return;
    }
    const { name, prototype } = this.#callee(code, state, access);
    if (prototype !== undefined && !this.prototypes.isDoubtful(name))
      hand(this.maker, prototype, state, code, name ?? 'an indirect call');
    comeBack(this.maker, prototype, state, code, name, this.prototypes.isDoubtful(name));
  }

  /** A jump that leaves the function: a call whose caller is the caller of this. */
  leave(code: Code, state: State): void {
    const { name, prototype } = this.#callee(code, state, this.access(code, state));
    if (prototype !== undefined && !this.prototypes.isDoubtful(name))
      hand(this.maker, prototype, state, code, name ?? 'an indirect call');
  }

  #callee(code: Code, state: State, access: Access | undefined) {
    const direct = calleeOf(code);
    const thunk = direct === undefined ? undefined : THUNK.exec(direct)?.[1];
    if (direct !== undefined && thunk === undefined)
      return { name: direct, prototype: this.prototypes.named(direct) };
    const [operand] = code.operation.operands;
    const register =
      thunk === undefined ? (operand?.kind === 'register' ? operand.register : undefined) : registerOf(thunk);
    const value = register === undefined ? undefined : state.register(register);
    if (value?.kind === 'pointer') return { name: undefined, prototype: this.prototypes.of(value.to) };
    if (register !== undefined || access === undefined) return { name: undefined, prototype: undefined };
    const loaded = this.loads.load(code, state, access);
    return {
      name: undefined,
      prototype: loaded.kind === 'pointer' ? this.prototypes.of(loaded.to) : undefined,
    };
  }

  #compute(code: Code, state: State, access: Access | undefined): void {
    const { name, operands, address } = code.operation;
    const [first, second] = operands;
    if (code.stores && first?.kind !== 'register') return this.#clobber(code, state, access);
    if (first?.kind !== 'register' || first.size !== 8) return this.#clobber(code, state, access);
    const to = first.register;
    const old = state.register(to);
    if (name === 'lea' && address !== undefined)
      return this.#set(state, to, this.arithmetic.lea(code, state));
    if (name === 'inc' || name === 'dec') return this.#set(state, to, plus(old, name === 'inc' ? 1 : -1));
    if ((name === 'add' || name === 'sub') && second !== undefined) {
      if (second.kind === 'immediate') {
        const symbol = this.names.constant(code);
        const by = Number(BigInt.asIntN(64, second.value)) * (name === 'sub' ? -1 : 1);
        if (symbol === undefined) return this.#set(state, to, plus(old, by));
        return this.#set(
          state,
          to,
          this.arithmetic.sum(old, this.loads.address(symbol.name, symbol.plus, placeOf(code)), code),
        );
      }
      const other =
        second.kind === 'register' ? state.register(second.register) : this.#addend(code, state, access);
      if (name === 'add') return this.#set(state, to, this.arithmetic.sum(old, other, code));
      return this.#set(
        state,
        to,
        old.kind === 'pointer' && other.kind === 'number' ? this.arithmetic.varied(old, 0, 1) : NUMBER,
      );
    }
    if (name === 'shl' && second?.kind === 'immediate' && second.value < 24n)
      return this.#set(state, to, this.arithmetic.times(old, 1 << Number(second.value)));
    if (name === 'imul' && operands[2]?.kind === 'immediate' && second?.kind === 'register') {
      const by = Number(BigInt.asIntN(64, operands[2].value));
      return this.#set(state, to, this.arithmetic.times(state.register(second.register), by));
    }
    if ((name === 'and' || name === 'or') && second?.kind === 'immediate')
      return this.#set(state, to, this.arithmetic.masked(name, old, BigInt.asIntN(64, second.value), code));
    this.#clobber(code, state, access);
  }

  #addend(code: Code, state: State, access: Access | undefined): Value {
    if (access === undefined) return NUMBER;
    if (access.kind !== 'per-cpu' && access.kind !== 'symbol' && access.kind !== 'stack') return NUMBER;
    return this.loads.load(code, state, access);
  }
}

const registerOf = (name: string): number => {
  const known = NAMES.indexOf(name);
  return known >= 0 ? known : Number(name.slice(1));
};
