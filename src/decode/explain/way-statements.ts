// The way that led to the trap: the conditional jumps that can only have gone one way.

import { alwaysPassed } from '../code/always-passed.js';
import { type Analysis, weaker } from '../code/analysis.js';
import type { Node } from '../code/code-graph.js';
import type { Code } from '../code/code-piece.js';
import { type CodePlace, type Statement, type Subject, statement } from '../code/statement.js';

const TRAP: Subject = { kind: 'trap' };

/** The comparison whose flags a jump reads, where only moves are between them. */
const compareOf = ({ graph, origins }: Analysis, jump: Node): CodePlace | null => {
  let at = jump;
  for (let steps = 0; steps < 4 && at.before.length === 1; steps += 1) {
    at = graph.nodes[at.before[0]!]!;
    const { operation, instruction } = at.code;
    if (at.call !== undefined || instruction.flow !== 'next') return null;
    if (operation.writesFlags) return origins.place(at.id);
  }
  return null;
};

const isTaken = ({ graph }: Analysis, jump: Node, to: number): boolean =>
  jump.taken !== undefined && graph.nodes[jump.taken]!.code === graph.nodes[to]!.code;

// A jump to the next instruction goes the same way in both cases.
const isPointless = ({ graph }: Analysis, { code, taken }: Node): boolean =>
  taken !== undefined && graph.nodes[taken]!.code.at === code.at + code.instruction.length;

/** The conditional jump right before the trap, when nothing else leads to it. */
export const guardOf = (analysis: Analysis): Statement[] => {
  const { graph, feasible, origins, sure, sureOf, reached, state } = analysis;
  const trap = graph.nodes[graph.trap]!;
  const from = trap.before.filter((id) => reached.has(id) && feasible.isEdge(id, graph.trap));
  const [only] = from;
  if (only === undefined || state === undefined || from.length !== 1 || graph.entries.has(graph.trap))
    return [];
  const jump = graph.nodes[only]!;
  if (jump.code.instruction.flow !== 'conditional jump' || isPointless(analysis, jump)) return [];
  const taken = isTaken(analysis, jump, graph.trap);
  const compare = compareOf(analysis, jump);
  return [
    statement(TRAP, weaker(sure, sureOf(jump)), {
      kind: 'guarded',
      by: origins.place(jump.id),
      taken,
      compare,
    }),
  ];
};

/** The other conditional jumps that every way to the trap passes in the same direction, in the order of the code. */
export const wayStatements = (analysis: Analysis): Statement[] => {
  const { graph, feasible, origins, sure, reached, state } = analysis;
  // Where not all of the code is known, this would prove little.
  if (state === undefined || !graph.complete) return [];
  // A function that is called several times has several copies of a jump: only one direction in all of them counts.
  const jumps = new Map<Code, { node: Node; directions: Set<boolean> }>();
  for (const node of graph.nodes) {
    if (node.code.instruction.flow !== 'conditional jump' || !reached.has(node.id)) continue;
    if (isPointless(analysis, node) || node.next.includes(graph.trap)) continue;
    const jump = jumps.get(node.code) ?? { node, directions: new Set() };
    jumps.set(node.code, jump);
    for (const to of node.next)
      if (feasible.isEdge(node.id, to)) jump.directions.add(isTaken(analysis, node, to));
  }
  const oneWay = [...jumps.values()].filter(({ directions }) => directions.size === 1);
  const passed = alwaysPassed(
    analysis,
    oneWay.map(({ node }) => node.code),
  );
  return oneWay.flatMap(({ node, directions }): Statement[] => {
    const [taken] = directions;
    // Another way may lead around it: in a loop before its first end, or by a jump over it.
    if (taken === undefined || !passed.has(node.code)) return [];
    const { at, text } = origins.place(node.id);
    const claim = { kind: 'went', by: { at, text }, taken, compare: compareOf(analysis, node) } as const;
    return [statement(TRAP, sure, claim)];
  });
};
