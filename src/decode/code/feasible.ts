// The ways to the trap that agree with the registers of the report: backward from the trap, with the known registers
// before each instruction; ways that contradict them are left out.

import { isCanonical, isCanonicalWide, u64 } from '../../base/address.js';
import { append } from '../../base/long-lists.js';
import { CALLER_SAVED, REGISTER_INDEX } from '../../x86/registers.js';
import { IMMEDIATE, MEMORY } from '../../x86/transfer.js';
import { keepsNothing } from './code-piece.js';
import type { CodeGraph, Node } from './code-graph.js';
import { type Known, addressOf, decide, evaluate, undo, valueOf } from './evaluate.js';

const RSP = REGISTER_INDEX.rsp;
const LOST: readonly number[] = CALLER_SAVED.map((name) => REGISTER_INDEX[name]);

/** Which nodes and edges can be part of a way to the trap. */
export interface Feasible {
  /** Registers known before each node that can lead to the trap; no entry: it cannot. */
  readonly before: ReadonlyMap<number, Known>;
  isEdge(from: number, to: number): boolean;
}

/** The result for a way that contradicts the report. */
const CONTRADICTION = Symbol('contradiction');
type Backward = Map<number, bigint> | typeof CONTRADICTION;

// Addresses that are never mapped: non-canonical ones, the first page, and the last, where error pointers point.
const faults = (address: bigint, bits: 48 | 57): boolean =>
  !(bits === 48 ? isCanonical : isCanonicalWide)(address) ||
  address < 0x1000n ||
  address >= 0xfffffffffffff000n;

const isSame = (a: Known, b: Known): boolean =>
  a.size === b.size && [...a].every(([register, value]) => b.get(register) === value);

const backCopy = (node: Node, known: Map<number, bigint>): Backward => {
  const { destination, source, size, width, constant, signTo } = node.code.transfer;
  if (destination === MEMORY || (destination & 7) !== 0) return known;
  const register = destination >> 3;
  const now = known.get(register);
  if (width < 8) {
    known.delete(register);
    return known;
  }
  if (now === undefined) return known;
  if (source === IMMEDIATE) {
    if (now !== BigInt.asUintN(64, constant)) return CONTRADICTION;
    known.delete(register);
    return known;
  }
  const extended = signTo > size;
  const fill = extended
    ? BigInt.asUintN(signTo * 8, BigInt.asIntN(size * 8, now))
    : BigInt.asUintN(size * 8, now);
  if (fill !== now) return CONTRADICTION;
  if (source >= 0 && (source & 7) === 0) {
    const from = source >> 3;
    const old = from === register ? undefined : known.get(from);
    if (old !== undefined && BigInt.asUintN(size * 8, old) !== BigInt.asUintN(size * 8, now))
      return CONTRADICTION;
    if (from !== register) known.delete(register);
    if (size === 8) known.set(from, now);
    else if (from === register) known.delete(register);
    return known;
  }
  known.delete(register);
  return known;
};

const backCompute = (node: Node, known: Map<number, bigint>): Backward => {
  const { operation, writes } = node.code;
  const [first] = operation.operands;
  const target = first?.kind === 'register' && writes.length === 1 ? first : undefined;
  const now = target === undefined ? undefined : known.get(target.register);
  if (target === undefined || now === undefined || (!writes[0]!.whole && target.size < 4)) {
    for (const { register } of writes) known.delete(register);
    return known;
  }
  const old = target.size === 8 ? undo(operation, now, known) : undefined;
  known.delete(target.register);
  if (target.size === 4 && now > 0xffffffffn) return CONTRADICTION;
  // The inputs are left in `known`, as they were before.
  const result = evaluate(operation, known);
  if (result !== undefined && result !== now) return CONTRADICTION;
  if (old !== undefined) known.set(target.register, old);
  return known;
};

/** Registers before a node, from those after it. */
const back = (node: Node, after: Known, bits: 48 | 57): Backward => {
  const { code, call } = node;
  const { transfer, operation, writes, instruction } = code;
  const known = new Map(after);
  const rsp = known.get(RSP);
  const moveStack = (by: bigint): void => {
    if (rsp !== undefined) known.set(RSP, u64(rsp + by));
  };
  if (call === 'opaque') {
    for (const register of keepsNothing(code) ? [...known.keys()] : LOST)
      if (register !== RSP) known.delete(register);
    return known;
  }
  let result: Backward;
  switch (transfer.kind) {
    case 'call':
    case 'push':
      moveStack(8n);
      return known;
    case 'return':
      moveStack(-8n);
      return known;
    case 'pop':
      moveStack(-8n);
      if (transfer.destination >= 0) known.delete(transfer.destination >> 3);
      if (transfer.destination >> 3 === RSP) known.delete(RSP);
      return known;
    case 'none':
      return known;
    case 'copy':
      result = backCopy(node, known);
      break;
    case 'compute':
      result = backCompute(node, known);
      break;
    default:
      for (const { register } of writes) known.delete(register);
      return known;
  }
  if (result === CONTRADICTION) return result;
  const { address } = operation;
  const touches = operation.name !== 'lea' && operation.name !== 'nop' && instruction.flow === 'next';
  if (address !== undefined && touches && address.segment === undefined) {
    const at = addressOf(address, result);
    if (at !== undefined && faults(at, bits)) return CONTRADICTION;
  }
  return result;
};

/** The comparison whose flags a conditional jump looks at, when nothing in between changes flags or leads in. */
const setterOf = (graph: CodeGraph, node: Node): { setter: Node; between: readonly Node[] } | undefined => {
  const between: Node[] = [];
  let at = node;
  for (let steps = 0; steps < 16; steps += 1) {
    if (at.before.length !== 1 || graph.entries.has(at.id)) return undefined;
    const previous = graph.nodes[at.before[0]!]!;
    if (previous.call !== undefined || previous.code.instruction.flow !== 'next') return undefined;
    if (previous.code.operation.writesFlags) return { setter: previous, between };
    between.push(previous);
    at = previous;
  }
  return undefined;
};

// Whether a conditional jump can have gone this way, and the registers that follow from it.
const refine = (graph: CodeGraph, node: Node, to: number, after: Known, bits: 48 | 57): Backward => {
  const known = new Map(after);
  const { operation, instruction } = node.code;
  const { condition } = operation;
  if (condition < 0 || instruction.flow !== 'conditional jump') return known;
  const target = node.taken === undefined ? undefined : graph.nodes[node.taken]!.code;
  if (target?.at === node.code.at + instruction.length) return known;
  const found = setterOf(graph, node);
  if (found === undefined) return known;
  const { setter, between } = found;
  // Operands as they were at the comparison.
  const then = new Map(after);
  for (const one of between) {
    const changed = back(one, then, bits);
    if (changed === CONTRADICTION) return CONTRADICTION;
    then.clear();
    for (const [register, value] of changed) then.set(register, value);
  }
  const jumped = target === graph.nodes[to]!.code;
  const decided = decide(setter.code.operation, condition, then);
  if (decided !== undefined) return decided === jumped ? known : CONTRADICTION;
  const isEqual = (condition === 4 && jumped) || (condition === 5 && !jumped);
  const [first, second] = setter.code.operation.operands;
  if (!isEqual || first?.kind !== 'register' || first.size !== 8) return known;
  const overwritten = (register: number): boolean =>
    between.some(({ code }) => code.writes.some((write) => write.register === register));
  const { name } = setter.code.operation;
  if (name === 'test' && second?.kind === 'register' && second.register === first.register) {
    if (!overwritten(first.register)) known.set(first.register, 0n);
  } else if (name === 'cmp') {
    const value = valueOf(second, then, 8);
    if (value !== undefined && !overwritten(first.register)) known.set(first.register, value);
  }
  return known;
};

/**
 * Leave out the ways that cannot have been taken.
 *
 * @param atTrap the registers that the report shows
 * @param bits that addresses have, or may have
 */
export const findFeasible = (graph: CodeGraph, atTrap: Known, bits: 48 | 57): Feasible => {
  const before = new Map<number, Known>([[graph.trap, new Map(atTrap)]]);
  const edges = new Map<number, Set<number>>();
  const work = [...graph.nodes[graph.trap]!.before];
  const step = (node: Node): Known | undefined => {
    let joined: Map<number, bigint> | undefined;
    const open = new Set<number>();
    for (const to of node.next) {
      const after = before.get(to);
      if (after === undefined) continue;
      const refined = refine(graph, node, to, after, bits);
      const known = refined === CONTRADICTION ? refined : back(node, refined, bits);
      if (known === CONTRADICTION) continue;
      open.add(to);
      if (joined === undefined) joined = known;
      else for (const [register, value] of joined) if (known.get(register) !== value) joined.delete(register);
    }
    edges.set(node.id, open);
    return joined;
  };
  while (work.length > 0) {
    const node = graph.nodes[work.pop()!]!;
    const known = step(node);
    const old = before.get(node.id);
    if (known === undefined || (old !== undefined && isSame(old, known))) continue;
    before.set(node.id, known);
    append(work, node.before);
  }
  return { before, isEdge: (from, to) => edges.get(from)?.has(to) === true };
};
