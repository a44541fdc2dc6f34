// What lies at a place of a kernel or a module: the symbol, its type, and what the tables say of that instruction.

import type { Btf } from './btf.js';
import { declare, declareFunction } from './declare.js';
import type { KernelImage } from './kernel-image.js';
import type { Place } from './places.js';
import type { ImageSymbol } from './symbols.js';
import type { Bug, Site } from './tables.js';

/** A place, by the symbol that it lies in. */
interface Near {
  readonly symbol: string;
  readonly offset: number; // bytes
  readonly size: number; // bytes of the symbol; 0 where that is not known
}

/** What is known of a place. */
export interface PlaceFacts extends Near {
  readonly place: Place;
  /** Other symbols at the same place. */
  readonly also: readonly string[];
  readonly section: string | undefined;
  readonly kind: 'function' | 'data' | 'per-CPU variable';
  /** In C: the prototype of a function, or a variable with its type; BTF has those of per-CPU variables alone. */
  readonly declaration: string | undefined;
  /** The BUG() or WARN() whose trap is there. */
  readonly bug: Bug | undefined;
  /** Where a fault of that instruction goes on. */
  readonly handler: Near | undefined;
  /** Where the kernel may have changed these bytes. */
  readonly changed: Site['kind'] | undefined;
}

const near = (image: KernelImage, place: Place): Near | undefined => {
  const symbol = image.symbols().containing(place);
  return symbol && { symbol: symbol.name, offset: Number(place - symbol.at), size: symbol.size };
};

const variableOf = (btf: Btf | undefined, name: string): string | undefined => {
  const id = btf?.find('variable', name);
  return btf !== undefined && id !== undefined ? declare(btf, id) : undefined;
};

/**
 * What lies at a place.
 *
 * @param types those of the image, where it has any
 * @param of the symbol that was asked for; otherwise the one that the place lies in
 */
export const whatIs = (
  image: KernelImage,
  types: Btf | undefined,
  place: Place,
  of = image.symbols().containing(place),
): PlaceFacts | undefined => {
  if (of === undefined) return undefined;
  const handler = image.handlers().get(place);
  const site = image.sites().find(({ at, size }) => place >= at && place < at + BigInt(size));
  const variable = of.isCode ? undefined : variableOf(types, of.name);
  return {
    symbol: of.name,
    offset: Number(place - of.at),
    size: of.size,
    place,
    also: alsoAt(image, of),
    section: image.sectionOf(place)?.name,
    kind: of.isCode ? 'function' : variable === undefined ? 'data' : 'per-CPU variable',
    declaration: of.isCode ? types && declareFunction(types, of.name) : variable,
    bug: image.bugs().get(place),
    handler: handler === undefined ? undefined : near(image, handler.at),
    changed: site?.kind,
  };
};

const alsoAt = (image: KernelImage, { at, name }: ImageSymbol): string[] =>
  image
    .symbols()
    .startingAt(at)
    .map((one) => one.name)
    .filter((other) => other !== name);
