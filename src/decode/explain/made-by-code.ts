// Whether the visible code itself made a value: what it added or shifted was not damaged in memory.

import { REGISTERS } from '../../x86/registers.js';
import type { Analysis } from '../code/analysis.js';
import type { Value } from '../code/flow-value.js';

/** A displacement beyond a field of an object changes bits that a pointer has. */
const FIELD = 0x1000n;

const isMade = (value: Value): boolean => {
  switch (value.kind) {
    case 'entry':
    case 'load':
    case 'result':
    case 'left':
    case 'unknown':
      return false;
    case 'sum':
      return value.plus >= FIELD || value.plus <= -FIELD || isMade(value.of);
    default:
      return true;
  }
};

/**
 * Whether an instruction computed what a register holds at the trap, or may have, rather than loaded it or got it from
 * elsewhere; a field's offset apart.
 *
 * @param register its name
 */
export const isMadeByCode = (analysis: Analysis | undefined, register: string): boolean => {
  const held = analysis?.state?.registers[(REGISTERS as readonly string[]).indexOf(register)];
  if (analysis === undefined || held === undefined) return false;
  if (held.value.kind !== 'unknown') return isMade(held.value);
  return [...held.writers].some((id) => analysis.graph.nodes[id]?.code.transfer.kind === 'compute');
};
