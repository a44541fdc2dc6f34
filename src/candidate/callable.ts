// What a candidate may refer to: functions that have bytes or a stub, and the kernel's data that lies in every world.
// No object files here; addresses and prototypes are those of the release.

import type { Addr } from '../base/address.js';
import { nearest } from '../base/did-you-mean.js';
import type { Release } from '../release/snippet.js';
import type { KernelSymbol, Prototype } from '../kernel/symbols.js';

/** Something that a candidate may call, or whose address it may take. */
export interface Callable {
  readonly name: string;
  readonly address: Addr;
  /** `code`: its machine code runs. `stub`: the sandbox does it. `data`: it is no function. */
  readonly how: 'code' | 'stub' | 'data';
  readonly prototype?: Prototype;
  /** For a stub: what it does. */
  readonly models?: string;
}

const callableOf = (symbol: KernelSymbol, how: Callable['how'], models?: string): Callable => ({
  name: symbol.name,
  address: symbol.address,
  how,
  ...(symbol.prototype === undefined ? {} : { prototype: symbol.prototype }),
  ...(models === undefined ? {} : { models }),
});

/** What a candidate of this release may refer to, by name. */
export const callablesOf = (release: Release): Callable[] => {
  const stubs = new Map(release.stubs.map(({ symbol, models }) => [symbol, models]));
  const withBytes = new Set(release.select().map(({ function: name }) => name));
  return release.symbols
    .all()
    .flatMap((symbol): Callable[] => {
      if (symbol.kind === 'data') return [callableOf(symbol, 'data')];
      if (withBytes.has(symbol.name)) return [callableOf(symbol, 'code')];
      return stubs.has(symbol.name) ? [callableOf(symbol, 'stub', stubs.get(symbol.name))] : [];
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
};

// What compilers refer to by themselves, and how to make them stop.
const HINTS: Readonly<Record<string, string>> = {
  _GLOBAL_OFFSET_TABLE_: 'position-independent code; compile with -fno-pic -fno-pie',
  __fentry__: 'tracing; compile without -pg',
  mcount: 'tracing; compile without -pg',
  __stack_chk_fail: 'stack protection; compile with -fno-stack-protector',
};

// What oopslab.h defines besides, so that no object refers to it under its right name.
const INLINE = ['kmalloc', 'kzalloc', 'CIFS_DIR_SEP'] as const;

/** What is wrong with a name that nothing callable has: a phrase. */
export const explainUnresolved = (name: string, release: Release, callables: readonly Callable[]): string => {
  const hint = HINTS[name];
  if (hint !== undefined) return `${name} (${hint})`;
  if (release.symbols.findSymbol(name) !== undefined)
    return `${name} (the release knows its address, but has neither its bytes nor a stub)`;
  const meant = nearest(name, [...callables.map((callable) => callable.name), ...INLINE]);
  return meant === undefined ? name : `${name} (did you mean ${meant}?)`;
};
