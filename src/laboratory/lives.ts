// What a place holds, as the lineage knows it: the values in it, and every place where each of them lived and died.

import { hex } from '../base/address.js';
import { InputError } from '../base/errors.js';
import { leavesOf } from '../kernel/layout.js';
import type { Case } from '../reading/case.js';
import { errorText } from '../reading/objects.js';
import type { Content } from '../lineage/value.js';
import { type NameOf, pageValue } from '../report/ledger.js';
import { pageField } from '../report/objects.js';
import type { Asked } from '../why/asked.js';
import type { Place } from '../why/place.js';
import type { RunView } from '../why/view.js';
import { partName } from '../x86/register-parts.js';
import { REGISTERS, isRegisterName } from '../x86/registers.js';
import type { Bench } from './bench.js';
import type { Questions } from './questions.js';

type Lives = Questions['lives']['answer'];

/** Most values of one place that are told; eight bytes can be of eight. */
const MAX_TOLD = 8;

// What the lineage takes for a place; `undefined` for flags and RIP, which it does not follow.
const whereOf = (place: Place): { readonly where: string | bigint; readonly size: number } | undefined => {
  if (place.kind === 'memory') return { where: place.address, size: place.size };
  if (place.kind !== 'register') return undefined;
  const register = REGISTERS[place.at >> 3]!;
  if (!isRegisterName(register) || register === 'rip' || register === 'rflags') return undefined;
  return { where: partName(register, place.at & 7, place.size), size: place.size };
};

// Named values first, then those that have more of the place, each once.
const ordered = (contents: readonly Content[]): number[] => {
  const sorted = contents.toSorted(
    (a, b) => Number(b.name !== undefined) - Number(a.name !== undefined) || b.place.size - a.place.size,
  );
  return [...new Set(sorted.map(({ place }) => place.value))].slice(0, MAX_TOLD);
};

const valuesOf = (run: Case, nameOf: NameOf, { place, state }: Asked): Pick<Lives, 'values' | 'problem'> => {
  const found = whereOf(place);
  if (found === undefined) return { values: [], problem: null };
  try {
    const lineage = run.lineageIn('run');
    const ids = ordered(lineage.contentOf(found.where, state, found.size));
    const values = ids.map((id) => {
      const named = lineage.expression(id) !== undefined;
      return pageValue({ ...lineage.value(id), ...(named ? {} : { name: '' }) }, nameOf);
    });
    return { values, problem: null };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { values: [], problem: error.message };
  }
};

const sizeOf = (place: Place): number => ('size' in place ? place.size : 0);

const meaningOf = (run: Case, bits: bigint, state: number): string | null =>
  errorText(bits) ?? run.objects.describe(run.stateAt(state), bits, state) ?? null;

const offsetIn = (offset: bigint): string =>
  offset === 0n ? '' : `${offset < 0n ? '-' : '+'}${hex(offset < 0n ? -offset : offset)}`;

// Where memory lies, and the type of its field where it is one.
const placedIn = (run: Case, view: RunView, { place, state }: Asked): Pick<Lives, 'what' | 'type'> => {
  if (place.kind !== 'memory') return { what: null, type: null };
  const { address } = place;
  const { objects } = run;
  const owner = view.owner(address, state);
  // An object without a name may lie where one with a name was.
  if (owner?.name === '' && (owner.freed === undefined || owner.freed > state))
    return { what: `an object without a name${offsetIn(address - owner.address)}`, type: null };
  const what = view.memoryName(address, state) ?? meaningOf(run, address, state);
  const found = objects.find(address, state);
  const struct = found?.struct == null ? undefined : objects.typeOf(found.struct);
  const offset = found === undefined ? -1 : Number(address - found.address);
  if (struct === undefined) return { what, type: null };
  for (const leaf of leavesOf(struct))
    if (leaf.offset <= offset && offset < leaf.offset + leaf.type.size)
      return { what, type: pageField(leaf).type };
  return { what, type: null };
};

/** @throws {InputError} when the place is none, or the run never came there */
export const answerLives = (bench: Bench, { run: name, place }: Questions['lives']['asks']): Lives => {
  const { run, why } = bench.open(name);
  const asked = why.place(place);
  const bits = why.view.value(asked.place, asked.state);
  return {
    of: asked.name,
    state: asked.state,
    bits: bits === undefined ? null : hex(bits),
    ...placedIn(run, why.view, asked),
    means: bits === undefined || sizeOf(asked.place) < 8 ? null : meaningOf(run, bits, asked.state),
    ...valuesOf(run, (address, state) => why.view.memoryName(address, state), asked),
  };
};
