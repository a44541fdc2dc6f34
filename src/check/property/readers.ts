// `readers`: what the checked call leaves to those that run after it.

import type { CallResult } from '../../machine/machine.js';
import type { ReportedInstruction } from '../scene/report-facts.js';
import { endFacts } from './ends.js';
import type { Property } from './property.js';

/** A later step that met damage. */
export interface Harm {
  readonly property: 'readers';
  readonly step: string;
  readonly result: CallResult | undefined;
  readonly finding?: string;
}

const says = (step: string, instruction: ReportedInstruction | null, finding: string | null): string =>
  instruction === null
    ? `In the later step "${step}" the heap finds what the call left: ${finding ?? 'damage'}.`
    : `The later step "${step}" does not survive what the call left: it ends at ${instruction.at ?? instruction.address}.`;

/** Whoever reads the neighbours later ends well. */
export const readers: Property<Harm> = {
  name: 'readers',
  breaks: 'leaves something behind that a later reader does not survive',
  isLater: true,
  judge: ({ findings }, { step, phase, result }) => {
    if (phase === 'checked') return undefined;
    if (result !== undefined && result.kind !== 'returned') return { property: 'readers', step, result };
    const [finding] = phase === 'later' ? findings : [];
    return finding === undefined ? undefined : { property: 'readers', step, result, finding };
  },
  report: (scene, { step: name, result, finding = null }) => {
    const facts = endFacts(scene, scene.findStep(name));
    const isBad = result !== undefined && result.kind !== 'returned';
    return {
      ...facts,
      kind: isBad ? facts.kind : 'damaged-heap',
      says: says(name, isBad ? facts.instruction : null, finding),
      ended: isBad ? facts.ended : null,
      finding,
    };
  },
};
