// The types of one function: which struct and field each memory operand means, and what its registers and stack slots hold.
// Over 300 lines because the passes over a function and what is asked of it share their state.

import type { Btf, TypeId } from '../../image/btf.js';
import { declare } from '../../image/declare.js';
import { REGISTERS } from '../../x86/registers.js';
import { type Code, placeOf } from '../code/code-piece.js';
import type { Access } from './access.js';
import { type Block, blocksOf } from './blocks.js';
import { Prototypes } from './calls.js';
import { type TypeClass, classOf } from './classes.js';
import { Effect, type Stored } from './effect.js';
import { Collected } from './evidence.js';
import { Fields } from './fields.js';
import { Reach } from './reach.js';
import { follow, settled } from './flow-of-types.js';
import { type Hint, hintOf } from './hints.js';
import { Maker, type Shared } from './maker.js';
import type { FunctionCode } from './names.js';
import type { State } from './state.js';
import { Flag, type How, type Value } from './value.js';

/** How sure a type is. On types alone nothing is certain. */
type Sure = 'likely' | 'possible';

/** A value or a field in C, or why it has no type. */
export type TypedValue =
  | {
      /** C expression: `cifs_sb->mnt_cifs_flags`. */
      readonly text: string;
      /** `struct cifs_sb_info *` */
      readonly type: string;
      readonly sure: Sure;
      readonly class: TypeClass;
      /** The steps of the conclusion, the first one first: `argument vma of shm_close`. */
      readonly how: readonly string[];
    }
  | { readonly whyNot: string };

/** A memory operand. */
export interface TypedAccess {
  readonly code: Code;
  /** Register that points to the struct. */
  readonly base: string;
  readonly size: number; // bytes of the access
  /** Set where it is named: the field of a struct. */
  readonly named?: {
    readonly text: string;
    /** `cifs_sb_info`; of an anonymous struct, `struct {…}`. */
    readonly struct: string;
    /** Of the access, in the struct. */
    readonly offset: number;
    readonly field: string; // `mnt_cifs_flags`
    readonly type: string; // of the field
    /** How sure it is that the register points to the struct. */
    readonly sure: Sure;
    /** How sure it is that the field is meant: `possible` where a union has others there, or an index varies. */
    readonly fieldSure: Sure;
    /** Other fields that the same bytes are. */
    readonly others: readonly string[];
    readonly class: TypeClass;
    readonly how: readonly string[];
  };
  /** That struct, in the types of the image. */
  readonly struct?: TypeId;
  /** Why it is not. */
  readonly whyNot?: string;
}

const MOST_ROUNDS = 6;
const MOST_STEPS = 32; // of a conclusion
const NO_HINT = (): undefined => undefined;

/** @param how the last step @returns all steps, the first one first */
const stepsOf = (how: How | undefined): string[] => {
  const steps: string[] = [];
  for (let step = how; step !== undefined && steps.length < MOST_STEPS; step = step.before)
    steps.push(step.at === undefined ? step.text : `${step.text} at ${step.at}`);
  return steps.reverse();
};

const fieldsOf = new WeakMap<Btf, Fields>();

/** The fields of the structs of a BTF. */
const fieldsIn = (btf: Btf): Fields => {
  const known = fieldsOf.get(btf) ?? new Fields(btf);
  fieldsOf.set(btf, known);
  return known;
};

interface Options {
  /** What the functions of the module do with a field or a variable. */
  readonly shared?: Shared;
  /** Passes over the function; 1 for what it says of fields and no more. */
  readonly rounds?: number | undefined;
}

/** The types of a function. Everything is worked out when it is made, some milliseconds. */
export class FunctionTypes {
  readonly fields: Fields;
  readonly #blocks: readonly Block[];
  readonly #effect: Effect;
  readonly #before: ReadonlyMap<number, State>;
  readonly #blockOf = new Map<bigint, Block>();
  readonly #reach: Reach;
  readonly #hints = new Map<string, Hint>();
  readonly #stored = new Map<
    string,
    { readonly key: string; readonly to: number; readonly offset: number }
  >();

  /** @param btf the types of the image that the function is in */
  constructor(
    readonly code: FunctionCode,
    btf: Btf,
    { shared = NO_HINT, rounds = MOST_ROUNDS }: Options = {},
  ) {
    this.fields = fieldsIn(btf);
    this.#blocks = blocksOf(code);
    for (const block of this.#blocks)
      for (const { instruction } of block.codes) this.#blockOf.set(instruction.address, block);
    this.#reach = new Reach(this.#blocks);
    let pass = this.#pass(shared);
    for (let round = 1; round <= rounds; round += 1) {
      if (!this.#learn(pass.effect.maker.evidence) || round === rounds) break;
      pass = this.#pass(shared);
    }
    this.#effect = pass.effect;
    this.#before = pass.before;
  }

  #pass(shared: Shared) {
    const maker = new Maker(this.fields, new Collected(), this.#hints, shared);
    const stored: Stored = (key, { to, offset }) =>
      this.#stored.set(`${key} ${to} ${offset}`, { key, to, offset });
    const effect = new Effect(maker, this.code.names, new Prototypes(maker, this.code.names), stored);
    return { effect, before: follow(effect, this.code.name, this.#blocks) };
  }

  // What a pass found, for the next one. A larger struct may take the place of a smaller one that it begins with.
  #learn(evidence: Collected): boolean {
    let changed = false;
    for (const [origin, one] of evidence.byOrigin) {
      const known = this.#hints.get(origin);
      const hint = hintOf(this.fields, one, known);
      if (hint === undefined) continue;
      if (known !== undefined && known.to === hint.to && known.offset === hint.offset) continue;
      if (known !== undefined && !this.fields.holds(hint.to, hint.offset - known.offset, known.to)) continue;
      this.#hints.set(origin, hint);
      changed = true;
    }
    return changed;
  }

  /** What the function says of fields and variables without a type: by key, the type and the offset in it. */
  *votes(): Generator<{
    readonly key: string;
    readonly to: number;
    readonly offset: number;
    readonly container: boolean;
  }> {
    for (const [origin, { to, offset, flags, container }] of this.#hints) {
      const key = this.#effect.maker.evidence.byOrigin.get(origin)?.key;
      if (key !== undefined && (flags & Flag.SEVERAL) === 0) yield { key, to, offset, container };
    }
    for (const one of this.#stored.values()) yield { ...one, container: false };
  }

  // The state before an instruction.
  #stateAt(address: bigint): { readonly state: State; readonly code: Code } | undefined {
    const block = this.#blockOf.get(address);
    const before = block && this.#before.get(block.index);
    if (block === undefined || before === undefined) return undefined;
    const state = settled(this.#effect, block, before);
    for (const code of block.codes) {
      if (code.instruction.address === address) return { state, code };
      this.#effect.step(code, state);
    }
    return undefined;
  }

  // What a `void *` is used as on one way says nothing of another, where it may be something else.
  #apart(code: Code, how: How): number {
    let steps = 0;
    for (
      let step: How | undefined = how;
      step !== undefined && steps < MOST_STEPS;
      step = step.before, steps += 1
    )
      if (step.uses?.some((place) => this.#reach.shareWay(place, placeOf(code))) === false)
        return Flag.SEVERAL;
    return 0;
  }

  #typed(value: Value | undefined, code: Code, register?: number): TypedValue {
    if (value === undefined) return { whyNot: 'a stack slot that the function did not write' };
    if (value.kind === 'unknown' || value.kind === 'dead') return { whyNot: value.why };
    if (value.kind === 'stack') return { whyNot: 'an address on the stack' };
    if (value.kind === 'number')
      return { whyNot: value.wide === undefined ? 'a number' : `a number: ${value.wide.text}` };
    if (value.kind !== 'pointer') return { whyNot: 'an address of a CPU’s variables' };
    const { btf } = this.fields;
    const whole = this.#effect.maker.pointerType(value.to);
    const inner = value.offset === 0 ? undefined : this.fields.at(value.to, value.offset, 0);
    if (value.offset !== 0 && (inner === undefined || inner.from !== value.offset))
      return { whyNot: `${value.offset} bytes from the start of a ${whole}` };
    const name = register === undefined ? '' : `%${REGISTERS[register]}`;
    const base = value.text === '' ? `((${whole})${name === '' ? '…' : name})` : value.text;
    return {
      text: inner === undefined ? base : `&${base}->${inner.path}`,
      type: inner === undefined ? whole : declare(btf, inner.type, '*'),
      ...classOf(value.flags | this.#apart(code, value.how), value.text),
      how: stepsOf(value.how),
    };
  }

  /** What a register holds before an instruction. @param register index in REGISTERS */
  register(address: bigint, register: number): TypedValue {
    const found = this.#stateAt(address);
    if (found === undefined) return { whyNot: 'no way through the function leads here' };
    return this.#typed(found.state.register(register), found.code, register);
  }

  /** What a stack slot holds before an instruction. @param offset bytes from RSP before the instruction */
  slot(address: bigint, offset: number): TypedValue {
    const found = this.#stateAt(address);
    const stack = found?.state.register(4);
    if (found === undefined || stack?.kind !== 'stack')
      return { whyNot: 'the place of the stack is not known here' };
    return this.#typed(found.state.slots.get(stack.offset + offset), found.code);
  }

  /** What the memory operand of an instruction means; `undefined` where it has none, or one of the stack or a variable. */
  access(address: bigint): TypedAccess | undefined {
    const found = this.#stateAt(address);
    if (found === undefined) return this.#unreached(address);
    const access = this.#effect.access(found.code, found.state);
    return access === undefined ? undefined : this.#shown(found.code, access);
  }

  #unreached(address: bigint): TypedAccess | undefined {
    const code = this.#blockOf.get(address)?.codes.find(({ instruction }) => instruction.address === address);
    const operand = code?.operation.address;
    if (code === undefined || operand === undefined || operand.base < 0 || operand.base === 4)
      return undefined;
    if (operand.segment !== undefined || /^(?:lea|nop|endbr64|prefetch.*)$/u.test(code.operation.name))
      return undefined;
    const whyNot = 'no way through the function leads here';
    return { code, base: REGISTERS[operand.base]!, size: operand.size, whyNot };
  }

  #shown(code: Code, access: Access): TypedAccess | undefined {
    if (access.kind === 'stack' || access.kind === 'symbol' || access.kind === 'per-cpu') return undefined;
    const base = REGISTERS[access.base]!;
    const size = code.operation.address!.size;
    if (access.kind === 'unknown') return { code, base, size, whyNot: access.whyNot };
    const { btf } = this.fields;
    if (access.kind === 'plain')
      return { code, base, size, whyNot: `no struct: ${access.text} (${declare(btf, access.type)})` };
    const { struct, offset, field, text, flags, pointer } = access;
    const type = btf.plain(struct);
    const name =
      (type.kind === 'struct' || type.kind === 'union') && type.name !== ''
        ? type.name
        : declare(btf, struct);
    const { sure, class: of } = classOf(
      (flags & ~(Flag.UNION | Flag.ELEMENT)) |
        (pointer.flags & (Flag.UNION | Flag.ELEMENT)) |
        this.#apart(code, pointer.how),
      pointer.text,
    );
    const unsureField =
      field.others.length > 0 ||
      field.data ||
      (code.operation.address!.index >= 0 && (flags & Flag.ELEMENT) === 0);
    return {
      code,
      base,
      size,
      struct,
      named: {
        text,
        struct: name,
        offset,
        field: field.path,
        type: declare(btf, field.type),
        sure,
        fieldSure: unsureField ? 'possible' : sure,
        others: field.others,
        class: of,
        how: stepsOf(pointer.how),
      },
    };
  }

  /** All memory operands through registers but those of the stack, in the order of the code. */
  *accesses(): Generator<TypedAccess> {
    for (const block of this.#blocks) {
      const before = this.#before.get(block.index);
      if (before === undefined) {
        for (const { instruction } of block.codes) {
          const found = this.#unreached(instruction.address);
          if (found !== undefined) yield found;
        }
        continue;
      }
      const state = settled(this.#effect, block, before);
      for (const code of block.codes) {
        const access = this.#effect.access(code, state);
        const shown = access === undefined ? undefined : this.#shown(code, access);
        if (shown !== undefined) yield shown;
        this.#effect.step(code, state);
      }
    }
  }
}
