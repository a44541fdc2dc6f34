// `uninitialised-read`: whether what the checked call does depends on a byte that nobody wrote.

import type { Addr } from '../../base/address.js';
import type { Property } from './property.js';

/** Something that nobody wrote before the checked call read it. */
export type Unwritten =
  | { readonly kind: 'stack' | 'heap' | 'field'; readonly address: Addr }
  | { readonly kind: 'register' | 'flag'; readonly name: string };

/** Two runs of one world that differ in bytes that nobody wrote, and nowhere else, are not the same. */
export interface UninitialisedRead {
  readonly property: 'uninitialised-read';
  /** What is not the same. */
  readonly differs: 'end' | 'result' | 'memory' | 'allocations' | 'violations';
  /** What the difference comes from, once it was looked for. */
  readonly from?: Unwritten;
}

/** What the call does depends on no byte that nobody wrote. Found by comparing runs, so no single run is judged. */
export const uninitialisedRead: Property<UninitialisedRead> = {
  name: 'uninitialised-read',
  breaks: 'depends on bytes that nobody wrote',
  report: (scene) => ({
    kind: 'uninitialised-read',
    says: `What ${scene.subject.function}() does depends on bytes that nobody wrote.`,
    step: scene.subject.step,
  }),
};
