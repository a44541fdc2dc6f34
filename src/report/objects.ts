// The named objects of a run, the layouts of their structs, and what the pointers in them point to.

import { hex } from '../base/address.js';
import { type Leaf, type Struct, leavesOf } from '../kernel/layout.js';
import type { Case } from '../reading/case.js';
import type { Recording } from '../recording/recording.js';
import type { KnownObject } from '../reading/objects.js';
import type { Structs } from '../kernel/structs/all.js';
import type { ShownMemory } from './memory.js';
import type { PageField, PageObject } from './page-data.js';

/** Most fields of a struct, and most pointers, that a page lists. */
export const MAX_FIELDS = 400;
export const MAX_POINTERS = 4000;

// Where each object's address comes from, by name.
const sourcesOf = ({ header }: Recording): ReadonlyMap<string, string> =>
  new Map([...header.objects, ...header.world].map(({ name, source }) => [name, source]));

export const pageObjects = (recording: Recording, known: readonly KnownObject[]): PageObject[] => {
  const sources = sourcesOf(recording);
  return known
    .filter(({ name }) => name !== '')
    .map(({ name, struct, address, size, header, from, freed }) => ({
      name,
      struct,
      address: hex(address),
      size,
      header,
      from,
      freed: freed ?? null,
      source: sources.get(name) ?? 'allocated',
    }));
};

/** A field as the page shows it. */
export const pageField = ({ path, offset, type }: Leaf): PageField => ({
  path,
  offset,
  size: type.size,
  type: type.kind === 'bytes' ? `char [${type.size}]` : type.name,
  kind: type.kind !== 'integer' ? type.kind : type.signed ? 'signed' : 'unsigned',
});

/** The fields of every struct that an object is. */
export const pageStructs = (objects: readonly PageObject[], structs: Structs): Record<string, PageField[]> =>
  Object.fromEntries(
    [...new Set(objects.flatMap(({ struct }) => (struct === null ? [] : [struct])))]
      .map((name) => structs.find(name))
      .filter((struct): struct is Struct => struct !== undefined)
      .map((struct) => [struct.name, [...leavesOf(struct)].slice(0, MAX_FIELDS).map(pageField)]),
  );

/** What the words of shown memory point to, those at the start and those at the end. */
export const pagePointers = (run: Case, shown: ShownMemory): Record<string, string> => {
  const found = new Map<string, string>();
  for (const at of new Set([0, run.recording.instructions])) {
    const state = run.stateAt(at);
    for (const { start, size } of shown.regions) {
      for (let offset = 0; offset + 8 <= size && found.size < MAX_POINTERS; offset += 8) {
        const value = state.readU64(start + BigInt(offset));
        if (value < 0x1000n || found.has(hex(value))) continue;
        const text = run.objects.describe(state, value, at);
        if (text !== undefined) found.set(hex(value), text.replace(/ \(free\)$/u, ''));
      }
    }
  }
  return Object.fromEntries(found);
};
