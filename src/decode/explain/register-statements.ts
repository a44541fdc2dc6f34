// What the registers at the trap still show: the instructions that wrote them, the origins and the looks of their values.

import { hex } from '../../base/address.js';
import { append } from '../../base/long-lists.js';
import { OOPS_REGISTERS } from '../../oops/fields.js';
import { CALLER_SAVED, REGISTERS } from '../../x86/registers.js';
import { type Analysis, weaker } from '../code/analysis.js';
import type { Node } from '../code/code-graph.js';
import { placeOf } from '../code/code-piece.js';
import type { Held } from '../code/flow.js';
import {
  type Origin,
  type Statement,
  type Subject,
  type Sure,
  type WrittenPart,
  isKnown,
  statement,
} from '../code/statement.js';
import type { Surroundings } from './surroundings.js';
import { looksOf } from './value-kinds.js';

/** Why statements from a part of a function are not certain. */
export const GIVEN = 'assuming that nothing jumps into the visible bytes';

const SAVED = new Set(
  REGISTERS.slice(0, 16).filter(
    (name) => !(CALLER_SAVED as readonly string[]).includes(name) && name !== 'rsp',
  ),
);

const register = (index: number): Subject => ({ kind: 'register', name: REGISTERS[index]! });

/** Calls that are not followed, on the ways from the last writers of a register to the trap. */
const callsSince = ({ graph, feasible, reached }: Analysis, writers: ReadonlySet<number>): Node[] => {
  const calls: Node[] = [];
  const seen = new Set<number>();
  const work = [graph.trap];
  while (work.length > 0) {
    const at = work.pop()!;
    for (const from of graph.nodes[at]!.before) {
      if (seen.has(from) || !reached.has(from) || writers.has(from) || !feasible.isEdge(from, at)) continue;
      seen.add(from);
      work.push(from);
      const node = graph.nodes[from]!;
      if (node.call === 'opaque') calls.push(node);
    }
  }
  return calls.sort((a, b) => a.id - b.id);
};

const isTrivial = (origin: Origin, name: string): boolean =>
  origin.kind === 'entry' && origin.register === name;

/** What an instruction writes of a register; `undefined` for all of it. */
const partBy = ({ code: { writes, operation } }: Node, index: number): WrittenPart | undefined => {
  if (writes.find(({ register: at }) => at === index)?.whole !== false) return undefined;
  const operand = operation.operands.find((one) => one.kind === 'register' && one.register === index);
  if (operand?.kind !== 'register') return 'some';
  return operand.size === 2 ? 'low 2 bytes' : operand.first === 0 ? 'low byte' : 'second byte';
};

const partOf = (nodes: readonly Node[], index: number): { readonly part?: WrittenPart } => {
  const parts = new Set(nodes.map((node) => partBy(node, index)));
  const [part] = parts;
  if (parts.size > 1) return { part: 'some' };
  return part === undefined ? {} : { part };
};

const flowStatements = (analysis: Analysis, index: number, held: Held): Statement[] => {
  const { graph, origins, sureOf, root } = analysis;
  const about = register(index);
  const name = REGISTERS[index]!;
  const statements: Statement[] = [];
  const writers = [...held.writers].filter((id) => id >= 0).sort((a, b) => a - b);
  const orBefore = held.writers.has(-1);
  const nodes = writers.map((id) => graph.nodes[id]!);
  const sure = nodes.map(sureOf).reduce<Sure>(weaker, analysis.sure);
  const gaps = graph.complete ? [] : [GIVEN];
  if (nodes.length === 0) {
    // Without an instruction before the trap this would be empty.
    if (graph.nodes[graph.trap]!.before.length === 0) return [];
    const at = root.offset + (root.from ?? 0);
    statements.push(
      statement(
        about,
        sure,
        { kind: 'unwritten', since: root.whole ? placeOf({ piece: root, at }) : null },
        gaps,
      ),
    );
  } else {
    const placesOf = (some: readonly Node[]) => [
      ...new Map(some.map(({ id }) => [origins.place(id).at, origins.place(id)])).values(),
    ];
    const direct = nodes.filter(({ call }) => call !== 'opaque');
    const by = placesOf(direct);
    const calls = placesOf(nodes.filter(({ call }) => call === 'opaque'));
    statements.push(
      statement(about, sure, { kind: 'written', by, orBefore, ...partOf(direct, index), calls }, gaps),
    );
  }
  const origin = origins.of(held.value);
  if (isKnown(origin) && origin.kind !== 'left' && !isTrivial(origin, name)) {
    statements.push(statement(about, sure, { kind: 'holds', origin }, gaps));
  }
  if (SAVED.has(name) && nodes.length > 0) {
    const calls = callsSince(analysis, held.writers);
    const places = [...new Map(calls.map(({ id }) => [origins.place(id).at, origins.place(id)])).values()];
    if (places.length > 0)
      statements.push(
        statement(about, weaker(sure, 'likely'), { kind: 'kept', calls: places }, ['by the ABI']),
      );
  }
  return statements;
};

/** What the value of a register or word looks like. */
export const lookStatements = (about: Subject, value: bigint, around: Surroundings): Statement[] =>
  looksOf(value, around).map(({ what, sure, detail }) =>
    statement(about, sure, { kind: 'looks-like', what, detail }, [`its value is ${hex(value)}`]),
  );

/** Statements about all general registers but RSP, in the order of the report. */
export const registerStatements = (
  analysis: Analysis | undefined,
  values: ReadonlyMap<string, bigint>,
  around: Surroundings,
): Statement[] => {
  const order: readonly string[] = OOPS_REGISTERS;
  const state = analysis?.state;
  return order.flatMap((name): Statement[] => {
    const value = values.get(name);
    const index = (REGISTERS as readonly string[]).indexOf(name);
    const statements: Statement[] = [];
    const about = register(index);
    if (analysis !== undefined && state !== undefined)
      append(statements, flowStatements(analysis, index, state.registers[index]!));
    if (value === undefined) return statements;
    const looks = lookStatements(about, value, around);
    // A small distance from NULL can have the value of an error code.
    const isDistance = state?.registers[index]?.value.kind === 'sum';
    append(
      statements,
      looks.map((one) =>
        isDistance && one.claim.kind === 'looks-like' && one.claim.what === 'error code'
          ? { ...one, sure: weaker(one.sure, 'possible') }
          : one,
      ),
    );
    // Small numbers may be equal by chance.
    const others = order
      .filter((other) => other !== name && value > 0xfffn && values.get(other) === value)
      .map((other): Subject => ({ kind: 'register', name: other }));
    const first = others.every(
      (other) => other.kind === 'register' && order.indexOf(other.name) > order.indexOf(name),
    );
    if (others.length > 0 && first) statements.push(statement(about, 'certain', { kind: 'same-as', others }));
    return statements;
  });
};
