// The bad value of a trap: what a BUG() went by, or the address that could not be used.

import { sourceAt } from '../kernel/symbols.js';
import type { Finding } from '../reading/findings.js';
import type { Comparing } from './comparing.js';
import { type Place, RIP_PLACE, placeText } from './place.js';
import type { RunView } from './view.js';

/** What ended a run. */
export interface Symptom {
  /** The instruction that trapped. */
  readonly step: number;
  /** What the chain is about: `rax`, or `rip`. */
  readonly name: string;
  /** The branch that led to a BUG(); absent for other traps. */
  readonly branch?: number;
  /** The jump, call or return that went where nothing can be executed. */
  readonly jump?: number;
  /** Registers that make up the address that could not be used. */
  readonly places: readonly Place[];
  /** The report's first words: `BUG() at ipc/shm.c:205`. */
  readonly says: string;
  /** What was found in a run that nothing ended. */
  readonly found?: Finding;
}

const faultText = (view: RunView): string => {
  const { outcome } = view.run.recording.header;
  if (outcome.kind !== 'fault') return '';
  if (outcome.trap !== undefined) return outcome.trap;
  const size = outcome.size === 1 ? '1 byte' : `${outcome.size} bytes`;
  return `fault: ${outcome.access} of ${size} at ${outcome.address}`;
};

// What the address of a faulting access was made from; the register that moved most comes first.
const faulting = (view: RunView, step: number, control: Comparing | undefined): Symptom => {
  const { outcome } = view.run.recording.header;
  const site = view.trace.siteOf(step);
  const isFetch = outcome.kind === 'fault' && outcome.access === 'fetch';
  if (isFetch && site.flow !== 'next')
    return { step, name: 'rip', jump: step, places: [RIP_PLACE], says: faultText(view) };
  const places: readonly Place[] = isFetch
    ? [RIP_PLACE]
    : site.addresses.length > 0
      ? site.addresses.map(({ at, size }) => ({ kind: 'register', at, size }))
      : site.reads.map(({ at, size }) => ({ kind: 'register', at, size }));
  const unusable = places.filter((place) => isUnusable(view, place, step));
  const bad =
    unusable.toSorted((a, b) => rankOf(view, b, step, control) - rankOf(view, a, step, control))[0] ??
    places[0];
  const name = bad === undefined ? 'rip' : placeText(bad);
  const sorted = bad === undefined ? [] : [bad, ...places.filter((one) => one !== bad)];
  return { step, name, places: sorted, says: faultText(view) };
};

// Of two registers that are no addresses: the one that is an address in the control, then one too large for an index,
// then NULL, which an index is added to.
const rankOf = (view: RunView, place: Place, step: number, control: Comparing | undefined): number => {
  if (control?.isUsableThere(place, step) === true) return 3;
  const value = view.value(place, step) ?? 0n;
  return value >= SMALLEST_POINTER ? 2 : value === 0n ? 1 : 0;
};

/** Source: mmap_min_addr, 4096 and up: no pointer is below. security/min_addr.c, v3.0.101 */
const SMALLEST_POINTER = 0x1000n;

const isUnusable = (view: RunView, place: Place, step: number): boolean => {
  const value = view.value(place, step);
  return value !== undefined && !view.memory.isMapped(value, 1);
};

// A run that does not end: by the branch that keeps it going.
const endless = (view: RunView): Symptom | undefined => {
  const { trace } = view;
  let branch = trace.recording.instructions - 1;
  while (branch >= 0 && trace.siteOf(branch).flow !== 'conditional jump') branch -= 1;
  if (branch < 0) return firstFinding(view);
  return { step: branch, name: 'rip', branch, places: [], says: `it does not end: ${view.at(branch)}` };
};

// A run that did not trap can have done damage all the same.
const firstFinding = (view: RunView): Symptom | undefined => {
  const found = view.run.findings.find(({ kind }) => kind !== 'memory-leak');
  if (found === undefined) return undefined;
  return { step: found.instruction, name: found.kind, places: [], says: found.says, found };
};

/** What ended a run, or what it did wrong; `undefined` when it returned and nothing was found. */
export const symptomOf = (view: RunView, control: Comparing | undefined): Symptom | undefined => {
  const { run, trace } = view;
  const step = run.trap;
  const { outcome } = run.recording.header;
  if (step === undefined) return outcome.kind === 'budget' ? endless(view) : firstFinding(view);
  const isBug = outcome.kind === 'bug';
  const isRefused = outcome.kind === 'fault' && outcome.access === 'execute';
  if (!isBug && !isRefused) return faulting(view, step, control);
  const says = isBug
    ? `BUG() at ${lineOf(view, step) ?? `${outcome.file}:${outcome.line}`}`
    : faultText(view);
  let branch = view.control.decidingStep(step);
  while (branch !== undefined && trace.siteOf(branch).flow === 'call')
    branch = view.control.decidingStep(branch);
  return { step, name: 'rip', ...(branch === undefined ? {} : { branch }), places: [], says };
};

const lineOf = (view: RunView, step: number): string | undefined => {
  const found = view.symbols.findLocation(view.trace.siteOf(step).address);
  return found === undefined ? undefined : sourceAt(found.symbol, found.offset);
};
