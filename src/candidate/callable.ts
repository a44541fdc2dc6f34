// What a candidate may refer to, and how C declares it: functions with bytes or a stub, and data that is in every world.

import type { Addr } from '../base/address.js';
import { defined } from '../base/defined.js';
import { nearest } from '../base/did-you-mean.js';
import type { Release } from '../release/snippet.js';
import { declareAs } from '../kernel/declaration.js';
import type { KernelSymbol, Prototype } from '../kernel/symbols.js';
import { inlineNames, inlineText } from './header-inlines.js';

/** Something that a candidate may call, or whose address it may take. */
export interface Callable {
  readonly name: string;
  readonly address: Addr;
  /** `code`: its machine code runs. `stub`: the sandbox does it. `data`: it is not a function. */
  readonly how: 'code' | 'stub' | 'data';
  readonly prototype?: Prototype;
  /** Of data: its type in C, where it is known. */
  readonly type?: string;
  /** Of a stub: the modelled behaviour. */
  readonly models?: string;
}

/** All that a candidate of this release may refer to, by name. */
export const callablesOf = (release: Release): Callable[] => {
  const stubs = new Map(release.stubs.map(({ symbol, models }) => [symbol, models]));
  const withBytes = new Set(release.select().map(({ function: name }) => name));
  const howOf = ({ name, kind }: KernelSymbol): Callable['how'] | undefined => {
    if (kind === 'data') return 'data';
    return withBytes.has(name) ? 'code' : stubs.has(name) ? 'stub' : undefined;
  };
  return release.symbols
    .all()
    .flatMap((symbol): Callable[] => {
      const how = howOf(symbol);
      if (how === undefined) return [];
      const { name, address, prototype } = symbol;
      const models = how === 'stub' ? stubs.get(name) : undefined;
      const type = how === 'data' ? release.typeOf(name) : undefined;
      return [{ name, address, how, ...defined({ prototype, type, models }) }];
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
};

// Names that compilers refer to by themselves, and how to make them stop.
const HINTS: Readonly<Record<string, string>> = {
  _GLOBAL_OFFSET_TABLE_: 'position-independent code; compile with -fno-pic -fno-pie',
  __fentry__: 'tracing; compile without -pg',
  mcount: 'tracing; compile without -pg',
  __stack_chk_fail: 'stack protection; compile with -fno-stack-protector',
};

/** Why a name cannot be resolved: a phrase. */
export const explainUnresolved = (name: string, release: Release, callables: readonly Callable[]): string => {
  const hint = HINTS[name];
  if (hint !== undefined) return `${name} (${hint})`;
  if (release.symbols.findSymbol(name) !== undefined)
    return `${name} (the release knows its address, but has neither its bytes nor a stub)`;
  const meant = nearest(name, [
    ...callables.map((callable) => callable.name),
    // no object refers to an inline function under its right name
    'kmalloc',
    'kzalloc',
    'kcalloc',
    ...inlineNames(inlineText(new Set(callables.map((callable) => callable.name)))),
    ...inlineNames(release.header),
  ]);
  return meant === undefined ? name : `${name} (did you mean ${meant}?)`;
};

// Functions of the kernel whose last argument is followed by more, which manifests do not say.
const VARIADIC = new Set(['printk', 'seq_printf']);

const declareFunction = (name: string, { returns, arguments: parameters }: Prototype): string => {
  const list = parameters.map(({ type, name: argument }) => declareAs(type, argument));
  const all = VARIADIC.has(name) ? [...list, '...'] : list;
  return `${declareAs(returns, name)}(${all.join(', ') || 'void'});`;
};

// Bytes where its type is not known.
const declareData = (name: string, type: string | undefined): string =>
  `extern ${type === undefined ? `const unsigned char ${name}[]` : declareAs(type, name)};`;

/** One thing that a candidate may refer to, as `headers --json` has it. */
export interface ListedCallable {
  readonly name: string;
  readonly how: 'code' | 'stub' | 'data';
  /** Its declaration in C; null for a function of unknown prototype. */
  readonly declaration: string | null;
  /** The modelled behaviour of a stub; null for code and data. */
  readonly models: string | null;
}

/** The declaration of each; `null` where there is none. */
export const listCallable = (callable: Callable): ListedCallable => {
  const { name, how, prototype, type, models } = callable;
  const declared = prototype === undefined ? null : declareFunction(name, prototype);
  return {
    name,
    how,
    declaration: how === 'data' ? declareData(name, type) : declared,
    models: models ?? null,
  };
};
