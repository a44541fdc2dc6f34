// The sign of what the next instruction does to a place: reads it, writes it, or both.

import type { Touch } from '../model/touched.js';

const SIGNS: Readonly<Record<Touch, string>> = { reads: 'r', writes: 'w', 'reads and writes': 'rw' };

/** The sign; nothing where the place is not touched. */
export const TouchSign = ({ touch }: { touch: Touch | undefined }) =>
  touch === undefined ? null : (
    <span class={`touch ${SIGNS[touch]}`} title={`the next instruction ${touch} it`}>
      <span aria-hidden="true">{SIGNS[touch]}</span>
      <span class="hidden">, the next instruction {touch} it</span>
    </span>
  );
