// Texts that stand in quotes as arguments of calls: C strings in memory of their own, which the guest may read.

import type { Addr } from '../base/address.js';
import type { FieldPath } from '../base/check-form.js';
import type { PagedMemory } from '../kernel/memory.js';
import { readTextBytes } from '../scenario/parameters.js';
import type { Scenario } from '../scenario/scenario.js';
import type { Places } from './places.js';

/** Where they lie; invented. */
const TEXTS: Addr = 0xffffffffa0780000n;

/** Most bytes of all texts of a scenario. */
export const MAX_TEXTS = 0x10000;

/** The texts of a scenario, by how they stand there. */
interface Texts {
  readonly addresses: ReadonlyMap<string, Addr>;
  readonly claim: (places: Places) => void;
  readonly write: (memory: PagedMemory) => void;
}

/** @throws {InputError} where one is not a text, or all are too long */
export const textsOf = (scenario: Scenario): Texts => {
  const addresses = new Map<string, Addr>();
  const parts: { readonly at: Addr; readonly bytes: Uint8Array }[] = [];
  let end = TEXTS;
  let first: FieldPath = ['steps'];
  for (const [step, { call }] of Object.entries(scenario.spec.steps))
    for (const [index, value] of (call?.arguments ?? []).entries()) {
      if (typeof value !== 'string' || !value.startsWith('"') || addresses.has(value)) continue;
      const path: FieldPath = ['steps', step, 'call', 'arguments', index];
      if (parts.length === 0) first = path;
      const text = /^"((?:[^"\\]|\\.)*)"$/su.exec(value)?.[1];
      const bytes = text === undefined ? 'a text in quotes ends with a quote' : readTextBytes(text);
      if (typeof bytes === 'string') return scenario.fail(path, bytes);
      addresses.set(value, end);
      parts.push({ at: end, bytes });
      end += BigInt(bytes.length + 1);
      if (end > TEXTS + BigInt(MAX_TEXTS))
        return scenario.fail(path, `the texts of all calls have more than ${MAX_TEXTS} bytes`);
    }
  const what = 'texts of the scenario';
  const fail = (problem: string): never => scenario.fail(first, problem);
  return {
    addresses,
    claim: (places) => {
      if (parts.length === 0) return;
      places.claim({ owner: 'data', start: TEXTS, size: Number(end - TEXTS), what, fail }, 'read', what);
    },
    write: (memory) => {
      for (const { at, bytes } of parts) memory.write(at, bytes); // zeros are there
    },
  };
};
