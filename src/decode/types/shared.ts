// What the functions of a module do with a `void *` field, a list or a variable, taken together: where three of them say one
// type, and none says another, it is that one. Of a kernel this would be wrong too often: its fields are shared by strangers.

import type { Btf, TypeId } from '../../image/btf.js';
import { FunctionTypes } from './function-types.js';
import type { Hint } from './hints.js';
import type { FunctionCode } from './names.js';
import { Flag } from './value.js';

/** Functions that must say the same. With fewer, one name in ten was wrong. */
const ENOUGH = 3;

interface Vote {
  readonly to: TypeId;
  readonly offset: number;
  readonly container: boolean;
  functions: number;
}

/** Functions that are looked at when only some are: of those that are handed a struct, and in all. */
const MOST_OF_STRUCT = 40;
const MOST = 120;

/** The module's functions that are handed a pointer to a struct, by its name. */
const handed = (btf: Btf): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>();
  for (const [name, id] of btf.names('function')) {
    const type = btf.type(id);
    const prototype = type.kind === 'function' ? btf.plain(type.prototype) : undefined;
    if (prototype?.kind !== 'prototype') continue;
    for (const { type: of } of prototype.parameters) {
      const pointer = btf.plain(of);
      const struct = pointer.kind === 'pointer' ? btf.plain(pointer.to) : undefined;
      if (struct?.kind !== 'struct' || struct.name === '') continue;
      const names = found.get(struct.name) ?? [];
      if (names.at(-1) !== name) names.push(name);
      found.set(struct.name, names);
    }
  }
  return found;
};

/** The votes of the functions of one module. */
export class SharedTypes {
  readonly #votes = new Map<string, Map<string, Vote>>();
  readonly #asked = new Set<string>();
  readonly #looked = new Set<string>();

  #handed: ReadonlyMap<string, readonly string[]> | undefined;

  /**
   * @param btf the types of the module
   * @param functions set to look at functions when they are needed: those that are handed the struct that is asked for
   */
  constructor(
    readonly btf: Btf,
    readonly functions?: { named(name: string): FunctionCode | undefined },
  ) {}

  #look(struct: string): void {
    if (this.functions === undefined || this.#looked.has(struct)) return;
    this.#looked.add(struct);
    this.#handed ??= handed(this.btf);
    for (const name of (this.#handed.get(struct) ?? []).slice(0, MOST_OF_STRUCT)) {
      if (this.#asked.size >= MOST) return;
      const code = this.functions.named(name);
      if (code !== undefined) this.add(code);
    }
  }

  /** What a field or variable is. @param key as {@link FunctionTypes.votes} gives it */
  readonly of = (key: string): Hint | undefined => {
    this.#look(key.replace(/\+\d+$/u, ''));
    const votes = [...(this.#votes.get(key)?.values() ?? [])];
    const [vote] = votes;
    if (vote === undefined || votes.length > 1 || vote.functions < ENOUGH) return undefined;
    const { to, offset, container, functions } = vote;
    const how = { text: `as ${functions} functions of the module use it` };
    return { to, offset, container, flags: Flag.SHARED, how };
  };

  /** Take in what a function says. Saying it twice counts once. */
  add(code: FunctionCode): void {
    if (this.#asked.has(code.name)) return;
    this.#asked.add(code.name);
    const own = new Set<string>();
    for (const { key, to, offset, container } of new FunctionTypes(code, this.btf).votes()) {
      const type = this.btf.plain(to);
      const said = `${'name' in type && type.name !== '' ? type.name : to} ${offset}`;
      if (own.has(`${key} ${said}`)) continue;
      own.add(`${key} ${said}`);
      const votes = this.#votes.get(key) ?? new Map<string, Vote>();
      this.#votes.set(key, votes);
      const vote = votes.get(said);
      if (vote === undefined) votes.set(said, { to, offset, container, functions: 1 });
      else vote.functions += 1;
    }
  }
}
