// Instructions that no feasible way to the trap goes around.

import type { Analysis } from './analysis.js';
import type { Code } from './code-piece.js';

type Ways = Pick<Analysis, 'graph' | 'feasible' | 'reached'>;

/** The instructions of one feasible way to the trap that has no copy of `avoided`; `undefined` where there is none. */
const wayAround = ({ graph, feasible, reached }: Ways, avoided?: Code): ReadonlySet<Code> | undefined => {
  const from = new Map<number, number>();
  const work: number[] = [];
  const enter = (id: number, before: number): void => {
    if (from.has(id) || !reached.has(id) || graph.nodes[id]!.code === avoided) return;
    from.set(id, before);
    work.push(id);
  };
  if (graph.entries.has(graph.trap)) return new Set();
  for (const id of graph.entries) enter(id, -1);
  for (let next = 0; next < work.length; next += 1) {
    const id = work[next]!;
    for (const to of graph.nodes[id]!.next) {
      if (!feasible.isEdge(id, to)) continue;
      if (to !== graph.trap) {
        enter(to, id);
        continue;
      }
      const way = new Set<Code>();
      for (let at = id; at >= 0; at = from.get(at)!) way.add(graph.nodes[at]!.code);
      return way;
    }
  }
  return undefined;
};

/**
 * The instructions among `asked` that every feasible way from every entry of the graph to the trap passes, in whichever
 * copy of their function. Without a way to the trap, none.
 */
export const alwaysPassed = (analysis: Ways, asked: Iterable<Code>): ReadonlySet<Code> => {
  const [shown, left] = [wayAround(analysis), new Set(asked)];
  const passed = new Set<Code>();
  const keep = (way: ReadonlySet<Code>): void => {
    for (const code of left) if (!way.has(code)) left.delete(code);
  };
  keep(shown ?? new Set());
  // Each way found strikes out all that it does not pass: few ways are looked for.
  for (const code of left) {
    const way = wayAround(analysis, code);
    if (way === undefined) passed.add(code);
    else keep(way);
  }
  return passed;
};
