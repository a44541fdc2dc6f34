// `no-leak`: which allocations the checked call leaves, and which it frees.

import type { Addr } from '../../base/address.js';
import { plural } from '../../base/words.js';
import { REGISTER_INDEX } from '../../x86/registers.js';
import type { ReportedAllocation } from '../scene/report-facts.js';
import type { Property } from './property.js';

/** Allocations whose addresses are lost, or a free that the heap complained about. */
export interface Leak {
  readonly property: 'no-leak';
  readonly leaked: readonly Addr[];
  readonly finding?: string;
}

const says = (leaked: readonly ReportedAllocation[], finding: string | null, called: string): string =>
  leaked.length > 0
    ? `When ${called}() has returned, the address of ${plural(leaked.length, 'allocation')} that it made is lost: ${leaked.length === 1 ? 'it' : 'they'} can never be freed.`
    : `${called}() frees something it may not: ${finding ?? 'the heap complains'}.`;

/** Nothing is left allocated besides the result, nothing is freed twice. */
export const noLeak: Property<Leak> = {
  name: 'no-leak',
  breaks: 'leaks an allocation, or frees something it did not allocate',
  judge: ({ world, live, findings: [finding] }, { phase, result }) => {
    if (phase !== 'checked' || result?.kind !== 'returned') return undefined;
    const kept = world.allocations.failed ? undefined : result.value;
    const leaked = [...live.keys()].filter((address) => address !== kept);
    if (leaked.length === 0 && finding === undefined) return undefined;
    return { property: 'no-leak', leaked, ...(finding === undefined ? {} : { finding }) };
  },
  report: (scene, { leaked, finding = null }) => {
    const reports = scene.own.filter(({ start }) => leaked.includes(start)).map(({ report }) => report());
    const { from, to } = scene.step.events;
    const found = scene.recording.header.events.slice(from, to).find(({ kind }) => kind === 'finding');
    const rip = found === undefined ? undefined : scene.recording.registersAt(found.at)[REGISTER_INDEX.rip];
    return {
      kind: leaked.length > 0 ? 'memory-leak' : 'bad-free',
      says: says(reports, finding, scene.subject.function),
      step: scene.subject.step,
      trace:
        found === undefined || rip === undefined ? [] : [scene.place(rip, true), ...scene.callers(found.at)],
      leaked: reports,
      finding,
    };
  },
};
