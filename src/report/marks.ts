// The moments of a run that are worth a jump.

import type { Scene } from '../reading/scene.js';
import type { PageMark } from './page-data.js';

/** Most marks of one kind. */
export const MAX_MARKS = 100;

/** By state: where steps begin, allocations, frees, the guilty write, findings, the trap, the end. */
export const marksOf = (scene: Scene): PageMark[] => {
  const { recording, guilty, trap } = scene;
  const { steps, events } = recording.header;
  const ofKind = (kind: 'allocate' | 'free'): PageMark[] =>
    events
      .flatMap((event): PageMark[] => {
        if (event.kind !== kind) return [];
        const name = scene.objects.nameOf(BigInt(event.address), event.at);
        const what = (name ?? event.address).replace(/ \(free\)$/u, '');
        return [{ at: event.at, label: `${kind} ${what}`, kind }];
      })
      .slice(0, MAX_MARKS);
  const marks: PageMark[] = [
    ...steps.slice(0, MAX_MARKS).map(({ step, from }): PageMark => ({ at: from, label: step, kind: 'step' })),
    ...ofKind('allocate'),
    ...ofKind('free'),
    ...(guilty === undefined
      ? []
      : [{ at: guilty.instruction, label: `guilty write, ${guilty.by}`, kind: 'guilty' } as const]),
    ...scene.findings
      .filter(({ kind }) => kind !== 'out-of-bounds')
      .slice(0, MAX_MARKS)
      .map(({ instruction, kind, at }): PageMark => {
        const label = `${kind.replaceAll('-', ' ')}, ${at ?? 'the sandbox'}`;
        return { at: instruction, label, kind: 'finding' };
      }),
    ...(trap === undefined ? [] : [{ at: trap, label: 'trap', kind: 'trap' } as const]),
    { at: recording.instructions, label: 'end', kind: 'end' },
  ];
  return marks.toSorted((a, b) => a.at - b.at);
};
