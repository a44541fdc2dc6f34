// What the functions of a module do with a `void *` field, a list or a variable, taken together: where three of them say one
// type, and none says another, it is that one. Of a kernel this would be wrong too often: its fields are shared by strangers.

import type { Btf, TypeId } from '../../image/btf.js';
import { FunctionTypes } from './function-types.js';
import type { Shared } from './maker.js';
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

/** Bytes of code that are looked at when only some functions are, a second's work; and how many functions end a search. */
const MOST_CODE = 96 << 10;
const AGREED = 4;

/** Finds functions of a module that may use a field: those that have its offset among their bytes. */
interface Users {
  using(offset: number): Iterable<FunctionCode>;
}

/** The votes of the functions of one module. */
export class SharedTypes {
  readonly #votes = new Map<string, Map<string, Vote>>();
  readonly #asked = new Set<string>();
  readonly #looked = new Set<string>();
  #code = 0; // bytes that were looked at

  /**
   * @param btf the types of the module
   * @param users set to look at functions when they are needed: those that may use the field that is asked for
   */
  constructor(
    readonly btf: Btf,
    readonly users?: Users,
  ) {}

  #agreed(key: string): boolean {
    const votes = [...(this.#votes.get(key)?.values() ?? [])];
    return votes.length > 1 || (votes[0]?.functions ?? 0) >= AGREED;
  }

  #look(key: string): void {
    const [, offset] = /\+(\d+)$/u.exec(key) ?? [];
    if (this.users === undefined || offset === undefined || this.#looked.has(key)) return;
    this.#looked.add(key);
    for (const code of this.users.using(Number(offset))) {
      if (this.#code > MOST_CODE || this.#agreed(key)) return;
      this.add(code);
    }
  }

  /**
   * What a field or variable is.
   *
   * @param key as {@link FunctionTypes.votes} gives it
   * @param isWanted whether other functions are worth a look: the field itself has no type
   */
  readonly of: Shared = (key, isWanted) => {
    if (isWanted) this.#look(key);
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
    for (const { bytes } of code.pieces) this.#code += bytes.length;
    const own = new Set<string>();
    for (const { key, to, offset, container } of new FunctionTypes(code, this.btf, {
      rounds: this.users === undefined ? undefined : 1,
    }).votes()) {
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
