// What registers and stack words hold at the trap, as expressions, and which instruction wrote them last: forward
// over the ways to the trap. How sure the graph itself is, is not judged here.
// Over 300 lines because each kind of instruction has its effect here.

import { type Addr, u64 } from '../../base/address.js';
import { CALLER_SAVED, REGISTER_INDEX } from '../../x86/registers.js';
import { IMMEDIATE, MEMORY } from '../../x86/transfer.js';
import { hasResult, keepsNothing } from './code-piece.js';
import type { CodeGraph, Node } from './code-graph.js';
import type { Address } from './evaluate.js';
import type { Feasible } from './feasible.js';
import { UNKNOWN, type Value, computed, forget, isMadeFrom, join, part, plus } from './flow-value.js';

const RSP = REGISTER_INDEX.rsp;
const RBP = REGISTER_INDEX.rbp;
const RAX = REGISTER_INDEX.rax;
const LOST: readonly number[] = CALLER_SAVED.map((name) => REGISTER_INDEX[name]);
const GENERAL = 16;
const ALL: readonly number[] = Array.from({ length: GENERAL }, (_, register) => register).filter(
  (register) => register !== RSP,
);

/** A value with the nodes that may have written it last; -1 stands for code before the graph's entry. */
export interface Held {
  readonly value: Value;
  readonly writers: ReadonlySet<number>;
}

/** A stack word that was written. */
interface Slot extends Held {
  readonly pushed: boolean;
  /** Writers of the register that was pushed or stored, at that time. */
  readonly source: ReadonlySet<number>;
  /** Set when other code may have written it through an address that it was given. */
  readonly weak: boolean;
}

/** Registers by index and stack words by their distance from RSP at the graph's entry. */
export interface FlowState {
  readonly registers: readonly Held[];
  readonly slots: ReadonlyMap<number, Slot>;
  /** Whether an address of a stack word was passed on: other code may have written words. */
  readonly escaped: boolean;
}

const BEFORE: ReadonlySet<number> = new Set([-1]);

const entryState = (): FlowState => ({
  registers: Array.from({ length: GENERAL }, (_, register) => ({
    value: { kind: 'entry', register },
    writers: BEFORE,
  })),
  slots: new Map(),
  escaped: false,
});

const union = (a: ReadonlySet<number>, b: ReadonlySet<number>): ReadonlySet<number> => {
  if (a === b || [...b].every((one) => a.has(one))) return a;
  return new Set([...a, ...b]);
};

// What both have; `a` itself where that is all that it has: so a state that does not change any more is the same object.
const joinHeld = <Kind extends Held>(a: Kind, b: Held): Kind => {
  const value = join(a.value, b.value);
  const writers = union(a.writers, b.writers);
  return value === a.value && writers === a.writers ? a : { ...a, value, writers };
};

const joinSlots = (a: Slot, b: Slot): Slot => {
  const pushed = a.pushed && b.pushed;
  const weak = a.weak || b.weak;
  const source = union(a.source, b.source);
  const held = joinHeld(a, b);
  const isAll = pushed === a.pushed && weak === a.weak && source === a.source;
  return isAll ? held : { ...held, pushed, weak, source };
};

const joinStates = (a: FlowState, b: FlowState): FlowState => {
  const slots = new Map<number, Slot>();
  for (const [at, slot] of a.slots) {
    const other = b.slots.get(at);
    if (other !== undefined) slots.set(at, joinSlots(slot, other));
  }
  const registers = a.registers.map((held, register) => joinHeld(held, b.registers[register]!));
  const escaped = a.escaped || b.escaped;
  const isAll =
    escaped === a.escaped &&
    slots.size === a.slots.size &&
    registers.every((held, register) => held === a.registers[register]) &&
    [...slots].every(([at, slot]) => slot === a.slots.get(at));
  return isAll ? a : { registers, slots, escaped };
};

/** The distance of an address from RSP at the entry; `undefined` when it is not known to be on the stack. */
export const stackOffset = (value: Value): number | undefined => {
  if (value.kind === 'entry') return value.register === RSP ? 0 : undefined;
  if (value.kind !== 'sum' || value.of.kind !== 'entry' || value.of.register !== RSP) return undefined;
  return Number(value.plus);
};

/** An address in code or next to it, counted from what is not known where there is an origin. */
const codeAddress = (origin: string | undefined, address: Addr): Value =>
  origin === undefined
    ? { kind: 'constant', value: u64(address) }
    : plus({ kind: 'base', of: origin }, BigInt.asIntN(64, address));

/** One execution of a node. */
class Step {
  readonly registers: Held[];
  readonly slots: Map<number, Slot>;
  escaped: boolean;

  constructor(
    state: FlowState,
    readonly node: Node,
  ) {
    const { id } = node;
    const renew = <Kind extends Held>(held: Kind): Kind => {
      const value = forget(held.value, id);
      return value === held.value ? held : { ...held, value };
    };
    this.registers = state.registers.map(renew);
    this.slots = new Map([...state.slots].map(([at, slot]) => [at, renew(slot)]));
    this.escaped = state.escaped;
  }

  value(register: number): Value {
    return this.registers[register]!.value;
  }

  set(register: number, value: Value, may = false): void {
    const writers = new Set([this.node.id]);
    const old = this.registers[register]!;
    this.registers[register] = may
      ? { value: join(old.value, value), writers: union(old.writers, writers) }
      : { value, writers };
    const isFrame = register === RSP || register === RBP;
    if (!isFrame && isMadeFrom(value, RSP)) this.escaped = true;
  }

  address(address: Address): Value {
    const sum = this.sum(address);
    return address.narrow === true ? part(sum, 4, false) : sum;
  }

  sum({ base, index, scale, displacement, segment, origin, open }: Address): Value {
    if (open === true) return UNKNOWN;
    if (origin !== undefined) return segment === undefined ? codeAddress(origin, displacement) : UNKNOWN;
    if (segment !== undefined)
      return base < 0 && index < 0 ? { kind: 'constant', value: displacement } : UNKNOWN;
    if (index >= 0) {
      const made = base < 0 ? [this.value(index)] : [this.value(base), this.value(index)];
      return scale === 0 ? UNKNOWN : computed(this.node.id, -1, made);
    }
    if (base < 0) return { kind: 'constant', value: displacement };
    return plus(this.value(base), BigInt.asIntN(64, displacement));
  }

  load(size: number, signed = false): Value {
    const { address } = this.node.code.operation;
    if (address === undefined) return UNKNOWN;
    const at = this.address(address);
    const offset = address.segment === undefined ? stackOffset(at) : undefined;
    const slot = offset === undefined || this.escaped ? undefined : this.slots.get(offset);
    if (slot !== undefined) return part(slot.value, size, signed);
    const { segment } = address;
    return { kind: 'load', by: this.node.id, address: at, size, signed, segment };
  }

  store(at: Value, size: number, value: Value, pushed: boolean): void {
    const offset = stackOffset(at);
    if (offset === undefined) {
      if (isMadeFrom(value, RSP)) this.escaped = true;
      // A pointer that came in at the entry points to older words than those of this frame.
      const older = at.kind === 'entry' || (at.kind === 'sum' && at.of.kind === 'entry');
      const { address } = this.node.code.operation;
      const frame = address?.base === RSP || address?.base === RBP;
      if (pushed || (!older && frame)) this.slots.clear();
      else if (!older && this.escaped) this.weaken();
      return;
    }
    for (const other of this.slots.keys())
      if (other > offset - 8 && other < offset + Math.max(size, 1)) this.slots.delete(other);
    if (size === 8)
      this.slots.set(offset, {
        value,
        writers: new Set([this.node.id]),
        pushed,
        weak: false,
        source: this.source(),
      });
  }

  // Who wrote the register that this instruction copies.
  source(): ReadonlySet<number> {
    const { kind, source } = this.node.code.transfer;
    const copies = (kind === 'push' || kind === 'copy') && source >= 0;
    return copies ? this.registers[source >> 3]!.writers : new Set();
  }

  // Code that has an address of the stack may have written: saved registers are less certain.
  weaken(): void {
    for (const [at, slot] of this.slots) {
      if (slot.pushed) this.slots.set(at, { ...slot, weak: true });
      else this.slots.delete(at);
    }
  }

  push(value: Value): void {
    const rsp = plus(this.value(RSP), -8n);
    this.set(RSP, rsp);
    this.store(rsp, 8, value, true);
  }

  pop(): Value {
    const rsp = this.value(RSP);
    const offset = stackOffset(rsp);
    const slot = offset === undefined || this.escaped ? undefined : this.slots.get(offset);
    this.set(RSP, plus(rsp, 8n));
    const address = rsp;
    return (
      slot?.value ?? { kind: 'load', by: this.node.id, address, size: 8, signed: false, segment: undefined }
    );
  }

  // What a call that is not followed does, by the ABI where that binds it.
  callOpaque(): void {
    const { id, code } = this.node;
    const isResult = hasResult(code);
    for (const register of keepsNothing(code) ? ALL : LOST) {
      const value: Value =
        register === RAX && isResult
          ? { kind: 'result', by: id }
          : { kind: 'left', by: id, register, before: UNKNOWN };
      // It may have left it alone.
      const writers = union(this.registers[register]!.writers, new Set([id]));
      this.registers[register] = { value, writers };
    }
    const rsp = stackOffset(this.value(RSP));
    // Below RSP everything is the called function's; the word right below it is the return address.
    for (const at of this.slots.keys()) if (rsp === undefined || at < rsp) this.slots.delete(at);
    if (this.escaped) this.weaken();
  }
}

const copy = (step: Step): void => {
  const { transfer, operation } = step.node.code;
  const { destination, source, size, width, constant, signTo } = transfer;
  const signed = signTo > size;
  let value: Value;
  if (source === IMMEDIATE) value = { kind: 'constant', value: BigInt.asUintN(64, constant) };
  else if (source === MEMORY) value = step.load(size, signed);
  else if ((source & 7) !== 0) value = computed(step.node.id, destination >> 3, [step.value(source >> 3)]);
  else value = size === 8 ? step.value(source >> 3) : part(step.value(source >> 3), size, signed);
  if (signed && signTo < 8 && source !== IMMEDIATE) value = part(value, signTo, false);
  if (destination === MEMORY) {
    const { address } = operation;
    if (address === undefined) return void step.slots.clear();
    if (address.segment === undefined) step.store(step.address(address), size, value, false);
    return undefined;
  }
  const register = destination >> 3;
  if (width === 8) step.set(register, value);
  else step.set(register, computed(step.node.id, register, [step.value(register), value]));
  return undefined;
};

const compute = (step: Step): void => {
  const { transfer, writes, operation } = step.node.code;
  const { reads, stores, loads, offset } = transfer;
  const sources = reads.map(({ at }) => step.value(at >> 3));
  if (operation.name === 'lea' && operation.address !== undefined && writes[0]?.whole === true) {
    const { address } = operation;
    const value = step.address({ ...address, segment: undefined });
    step.set(writes[0].register, operation.size === 4 ? part(value, 4, false) : value);
    return;
  }
  if (loads > 0) sources.push(step.load(loads));
  const [only] = reads;
  const single = writes.length === 1 && reads.length === 1 && only!.size === 8 && loads === 0;
  for (const { register, may } of writes) {
    const value =
      offset !== undefined && single ? plus(sources[0]!, offset) : computed(step.node.id, register, sources);
    step.set(register, value, may);
  }
  if (stores > 0) storeUnknown(step, stores);
};

const storeUnknown = (step: Step, size: number): void => {
  const { address } = step.node.code.operation;
  if (address === undefined) step.slots.clear();
  else if (address.segment === undefined) step.store(step.address(address), size, UNKNOWN, false);
};

const apply = (state: FlowState, node: Node): FlowState => {
  const step = new Step(state, node);
  const { code, call } = node;
  const { transfer, writes } = code;
  const { piece } = code;
  if (call === 'opaque') {
    step.callOpaque();
    return step;
  }
  switch (transfer.kind) {
    case 'none':
      break;
    case 'call': {
      const next = code.at - piece.offset + code.instruction.length;
      step.push(codeAddress(piece.origin, piece.address + BigInt(next)));
      break;
    }
    case 'return':
      step.pop();
      break;
    case 'push': {
      const { source, constant } = transfer;
      if (source === IMMEDIATE) step.push({ kind: 'constant', value: constant });
      else if (source === MEMORY) step.push(step.load(8));
      else step.push(source < 0 ? UNKNOWN : step.value(source >> 3));
      break;
    }
    case 'pop': {
      const value = step.pop();
      if (transfer.destination >= 0) step.set(transfer.destination >> 3, value);
      else if (transfer.destination === MEMORY) storeUnknown(step, 8);
      break;
    }
    case 'leave':
      step.set(RSP, step.value(RBP));
      step.set(RBP, step.pop());
      break;
    case 'copy':
      copy(step);
      break;
    case 'compute':
      compute(step);
      break;
    default:
      for (const { register, may } of writes) step.set(register, computed(node.id, register, []), may);
      if (code.stores) storeUnknown(step, Math.max(8, code.operation.address?.size ?? 8));
  }
  return step;
};

interface Flow {
  /** The state before the trapping instruction; `undefined` when no way leads to it. */
  readonly state: FlowState | undefined;
  /** Nodes that are on a way to it. */
  readonly reached: ReadonlySet<number>;
}

/** Follow every way to the trap that is feasible. */
export const flowTo = (graph: CodeGraph, feasible: Feasible): Flow => {
  const before = new Map<number, FlowState>();
  const work: number[] = [];
  const merge = (id: number, state: FlowState): void => {
    const old = before.get(id);
    const now = old === undefined ? state : joinStates(old, state);
    if (now === old) return;
    before.set(id, now);
    if (!work.includes(id)) work.push(id);
  };
  for (const id of graph.entries) if (feasible.before.has(id)) merge(id, entryState());
  while (work.length > 0) {
    const id = work.shift()!;
    const node = graph.nodes[id]!;
    const state = before.get(id)!;
    const targets = node.next.filter((to) => feasible.before.has(to) && feasible.isEdge(id, to));
    if (targets.length === 0) continue;
    const after = apply(state, node);
    for (const to of targets) merge(to, after);
  }
  return { state: before.get(graph.trap), reached: new Set(before.keys()) };
};
