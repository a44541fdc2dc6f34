// The moments of a run that are worth a jump.

import { LiveAllocations } from '../recording/live-allocations.js';
import type { Scene } from '../reading/scene.js';
import type { PageMark } from './page-data.js';

/** Most marks of one kind. */
export const MAX_MARKS = 100;

/** By state: where steps begin, allocations, frees, the guilty write, findings, the trap, the end. */
export const marksOf = (scene: Scene): PageMark[] => {
  const { recording, guilty, trap } = scene;
  const { instructions } = recording;
  const { steps, events } = recording.header;
  const during = (instruction: number): Pick<PageMark, 'at' | 'after'> => ({
    at: instruction,
    after: Math.min(instruction + 1, instructions),
  });
  const here = (state: number): Pick<PageMark, 'at' | 'after'> => ({ at: state, after: state });
  const allocations = new LiveAllocations(recording);
  const freed = new Map<string, string>(); // what lay where and is free, by address
  const heap: Record<'allocate' | 'free', PageMark[]> = { allocate: [], free: [] };
  for (const event of events) {
    if (event.kind !== 'allocate' && event.kind !== 'free') {
      allocations.apply(event);
      continue;
    }
    // Not by its address in a state: several may lie there one after another before the next instruction.
    const one = allocations.apply(event) ?? allocations.lastAt(BigInt(event.address));
    const what = one?.name == null || one.name === '' ? event.address : one.name;
    const was = freed.get(event.address);
    const isReuse = event.kind === 'allocate' && was !== undefined;
    if (event.kind === 'free') freed.set(event.address, what);
    else freed.delete(event.address);
    if (heap[event.kind].length === MAX_MARKS) continue;
    heap[event.kind].push({
      at: Math.max(0, event.at - 1),
      after: event.at,
      label: isReuse ? `allocate ${what}, where ${was} lay` : `${event.kind} ${what}`,
      kind: isReuse ? 'reuse' : event.kind,
    });
  }
  const marks: PageMark[] = [
    ...steps
      .slice(0, MAX_MARKS)
      .map(({ step, from }): PageMark => ({ ...here(from), label: step, kind: 'step' })),
    ...heap.allocate,
    ...heap.free,
    ...(guilty === undefined
      ? []
      : [{ ...during(guilty.instruction), label: `guilty write, ${guilty.by}`, kind: 'guilty' } as const]),
    ...scene.findings
      .filter(({ kind }) => kind !== 'out-of-bounds')
      .slice(0, MAX_MARKS)
      .map(({ instruction, kind, at }): PageMark => {
        const label = `${kind.replaceAll('-', ' ')}, ${at ?? 'the sandbox'}`;
        return { ...during(instruction), label, kind: 'finding' };
      }),
    ...(trap === undefined ? [] : [{ ...during(trap), label: 'trap', kind: 'trap' } as const]),
    { ...here(instructions), label: 'end', kind: 'end' },
  ];
  return marks.toSorted((a, b) => a.at - b.at);
};
