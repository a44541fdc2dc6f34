// The expressions of a flow as origins: with the instructions that made them, and with C names where prototypes, struct
// layouts and manifests have some.

import { hex } from '../../base/address.js';
import { fieldAddress, loadedField, pointedStruct } from '../../lineage/types.js';
import { ARGUMENT_REGISTERS, REGISTERS } from '../../x86/registers.js';
import type { Variable } from '../../release/snippet.js';
import { readRegister } from '../../x86/register-parts.js';
import type { CodeGraph, Node } from './code-graph.js';
import { type CodePiece, placeOf } from './code-piece.js';
import type { Value } from './flow-value.js';
import type { CodePlace, Origin } from './statement.js';

interface Typed {
  readonly name: string;
  readonly type: string;
}

const withoutBlanks = (expression: string): string => expression.replaceAll(' ', '');

// The variables of a function that are set from an expression, by that expression; of several, the first.
const known = new WeakMap<CodePiece, ReadonlyMap<string, Variable>>();
const variablesOf = (piece: CodePiece): ReadonlyMap<string, Variable> => {
  const found = known.get(piece);
  if (found !== undefined) return found;
  const byExpression = new Map<string, Variable>();
  for (const variable of piece.variables ?? []) {
    const expression = variable.from === undefined ? undefined : withoutBlanks(variable.from);
    if (expression !== undefined && !byExpression.has(expression)) byExpression.set(expression, variable);
  }
  known.set(piece, byExpression);
  return byExpression;
};

// A variable that is set from an expression in one of these functions, in the order of the functions.
const variableOf = (pieces: Iterable<CodePiece>, typed: Typed): Typed => {
  const expression = withoutBlanks(typed.name);
  for (const piece of pieces) {
    const found = variablesOf(piece).get(expression);
    if (found !== undefined) return { name: found.name, type: found.type };
  }
  return typed;
};

export class Origins {
  readonly #copies = new Map<CodePiece, Set<number>>();

  /** @param root the function that the graph is entered at */
  constructor(
    private readonly graph: CodeGraph,
    private readonly root: CodePiece,
  ) {
    for (const { code, copy } of graph.nodes) {
      const copies = this.#copies.get(code.piece) ?? new Set();
      this.#copies.set(code.piece, copies.add(copy));
    }
  }

  node(id: number): Node {
    return this.graph.nodes[id]!;
  }

  place(id: number): CodePlace {
    const { code, site } = this.node(id);
    const text = code.instruction.text.replaceAll(/\s+/gu, ' ');
    const place = { at: placeOf(code), text };
    // A function that is called in several places has several copies of each instruction.
    if (site === undefined || (this.#copies.get(code.piece)?.size ?? 0) < 2) return place;
    return { ...place, call: placeOf(this.node(site).code) };
  }

  /** The C name of a value, where it is known. */
  named(value: Value, depth = 8): Typed | undefined {
    if (depth === 0) return undefined;
    switch (value.kind) {
      case 'entry': {
        const index = (ARGUMENT_REGISTERS as readonly string[]).indexOf(REGISTERS[value.register]!);
        const { from = 0, offset, whole, prototype } = this.root;
        return whole && offset + from === 0 && index >= 0 ? prototype?.arguments[index] : undefined;
      }
      case 'sum': {
        const pointer = this.named(value.of, depth - 1);
        const struct = pointedStruct(pointer?.type);
        if (pointer === undefined || struct === undefined) return undefined;
        const offset = Number(value.plus);
        if (offset < 0 || offset >= struct.size) return undefined;
        const field = fieldAddress(pointer.name, struct, offset);
        return field === undefined ? undefined : variableOf(this.#copies.keys(), field);
      }
      case 'part':
        return this.named(value.of, depth - 1);
      case 'load': {
        const { address, size, by, segment } = value;
        const [base, offset] = address.kind === 'sum' ? [address.of, Number(address.plus)] : [address, 0];
        const pointer = segment === undefined ? this.named(base, depth - 1) : undefined;
        const struct = pointedStruct(pointer?.type);
        if (pointer === undefined || struct === undefined || offset < 0 || offset >= struct.size)
          return undefined;
        const field = loadedField(pointer.name, struct, offset, size);
        return field === undefined ? undefined : variableOf([this.node(by).code.piece], field);
      }
      case 'computed': {
        const found = this.#variableAt(value);
        return found === undefined ? undefined : { name: found.name, type: found.type };
      }
      default:
        return undefined;
    }
  }

  // The variable that, by a manifest, is in the register after the instruction that computed it.
  #variableAt(value: Value & { readonly kind: 'computed' }): Variable | undefined {
    const { code } = this.node(value.by);
    const after = `+${hex(code.at + code.instruction.length)}`;
    return code.piece.variables?.find(({ from, at = from }) => {
      const [register = '', offset] = (at ?? '').split(' at ');
      return offset === after && readRegister(register)?.register === REGISTERS[value.register];
    });
  }

  // How many low bits an `and` leaves.
  #maskOf(id: number): number | undefined {
    const { name, operands } = this.node(id).code.operation;
    const [, mask] = operands;
    if (name !== 'and' || mask?.kind !== 'immediate') return undefined;
    const next = mask.value + 1n;
    return (next & mask.value) === 0n && mask.value !== 0n && mask.value >> 63n === 0n
      ? next.toString(2).length - 1
      : undefined;
  }

  of(value: Value, depth = 10): Origin {
    if (depth === 0) return { kind: 'unknown' };
    const name = this.named(value)?.name;
    const named = name === undefined ? {} : { name };
    switch (value.kind) {
      case 'unknown':
        return { kind: 'unknown' };
      case 'entry': {
        const register = REGISTERS[value.register]!;
        if (name !== undefined)
          return { kind: 'argument', name, register, of: this.root.symbol ?? 'the function' };
        const { piece, at } = { piece: this.root, at: this.root.offset + (this.root.from ?? 0) };
        return { kind: 'entry', register, at: piece.whole ? placeOf({ piece, at }) : null };
      }
      case 'constant':
        return { kind: 'constant', value: value.value };
      case 'base':
        return { kind: 'address', of: value.of, plus: 0n };
      case 'sum':
        if (value.of.kind === 'base') return { kind: 'address', of: value.of.of, plus: value.plus };
        return { kind: 'sum', ...named, of: this.of(value.of, depth - 1), plus: value.plus };
      case 'part': {
        const { size, signed } = value;
        return { kind: 'part', ...named, of: this.of(value.of, depth - 1), size, signed };
      }
      case 'load': {
        const { segment, size, address: at } = value;
        // What a segment register adds to it is not known: a constant alone is not an address there.
        const address: Origin =
          segment !== undefined && at.kind === 'constant'
            ? { kind: 'address', of: `%${segment}`, plus: at.value }
            : this.of(at, depth - 1);
        return { kind: 'load', ...named, by: this.place(value.by), size, address };
      }
      case 'computed': {
        const from = value.from.map((one) => this.of(one, depth - 1));
        const bits = this.#maskOf(value.by);
        const expression = this.#variableAt(value)?.from;
        return {
          kind: 'computed',
          ...named,
          ...(expression === undefined ? {} : { expression }),
          ...(bits === undefined ? {} : { bits }),
          by: this.place(value.by),
          from,
        };
      }
      case 'result':
        return { kind: 'result', ...named, by: this.place(value.by) };
      case 'left':
        return { kind: 'left', by: this.place(value.by), register: REGISTERS[value.register]! };
    }
  }
}
