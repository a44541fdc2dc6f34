// `readers`: whether later steps survive what the checked call left.

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
    ? `In the later step "${step}" the heap finds damage by the call: ${finding ?? 'it is not consistent'}.`
    : `The later step "${step}" does not survive the damage that the call left: it ends at ${instruction.at ?? instruction.address}.`;

/** Later steps that read the neighbours end well. */
export const readers: Property<Harm> = {
  name: 'readers',
  breaks: 'leaves damage that a later reader does not survive',
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
