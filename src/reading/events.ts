// The events of a run, a line each: steps, calls, allocations, frees, out-of-bounds accesses, undefined flags,
// the trap.

import { plural } from '../base/words.js';
import { append } from '../base/long-lists.js';
import { findingText } from './findings.js';
import { type LocatedOutOfBounds, isUseAfterFree } from './out-of-bounds.js';
import type { Case } from './case.js';
import { tellUndefinedFlag } from './undefined-flags.js';
import { formatOutcome } from '../recording/outcome.js';

export interface RunEvent {
  /** The first state that has it. */
  readonly at: number;
  readonly text: string;
  /** `step` begins a step of the scenario; `alarm`: something is wrong. */
  readonly kind: 'step' | 'event' | 'alarm';
}

const outOfBoundsText = ({
  access,
  by,
  size,
  address,
  old,
  new: made,
  victim,
}: LocatedOutOfBounds): string => {
  const what = victim.object ?? victim.cache ?? victim.kind;
  const field = victim.field === null ? '' : `.${victim.field.slice(victim.field.indexOf('.') + 1)}`;
  const bytes = access === 'write' ? `: ${old} becomes ${made}` : '';
  return `${by} ${access}s ${plural(size, 'byte')} out of bounds at ${address}, ${what}${field}${bytes}`;
};

/** Every event of a recording, in order. */
export const runEvents = ({
  recording,
  outOfBounds,
  findings,
  undefinedFlags,
  objects,
}: Case): RunEvent[] => {
  const { header, instructions } = recording;
  const events: RunEvent[] = [];
  const nameOf = (address: string, state: number): string => {
    const name = objects.nameOf(BigInt(address), state);
    return name === undefined ? address : `${name} ${address}`;
  };
  header.steps.forEach(({ step, from, to, events: range }, index) => {
    events.push({ at: from, text: `${index + 1}. ${step}`, kind: 'step' });
    const own: RunEvent[] = [];
    const add = (at: number, text: string, kind: RunEvent['kind'] = 'event') => own.push({ at, text, kind });
    for (const event of header.events.slice(range.from, range.to)) {
      const { at } = event;
      if (event.kind === 'allocate')
        add(
          at,
          `allocate ${event.name ?? ''} ${event.address} ${event.requested} bytes (${event.cache})`.replace(
            '  ',
            ' ',
          ),
        );
      else if (event.kind === 'free')
        add(
          at,
          `free ${nameOf(event.address, at - 1 < from ? at : at - 1).replace(' (free)', '')} (${event.cache})`,
        );
      else if (event.kind === 'host') add(at, event.what);
      else if (event.kind === 'call')
        add(at, `call ${event.symbol}(${event.arguments.map((value) => nameOf(value, at)).join(', ')})`);
      else if (event.kind === 'finding') add(at, `the heap finds: ${event.message}`, 'alarm');
      else if (event.kind === 'trap')
        add(at, `trap: ${event.trap}; ${formatOutcome(header.outcome)}`, 'alarm');
    }
    for (const found of outOfBounds) {
      if (isUseAfterFree(found)) continue;
      const at = found.instruction + 1;
      if (found.instruction >= from && found.instruction < to) add(at, outOfBoundsText(found), 'alarm');
    }
    for (const found of findings) {
      if (found.kind === 'out-of-bounds' || found.step !== step) continue;
      const at = found.at === null ? found.instruction : found.instruction + 1;
      add(at, findingText(found), 'alarm');
    }
    for (const found of undefinedFlags)
      if (found.instruction >= from && found.instruction < to)
        add(found.instruction + 1, tellUndefinedFlag(found), 'alarm');
    append(
      events,
      own.sort((a, b) => a.at - b.at),
    );
  });
  if (!header.events.some(({ kind }) => kind === 'trap'))
    events.push({ at: instructions, text: formatOutcome(header.outcome), kind: 'event' });
  return events;
};
