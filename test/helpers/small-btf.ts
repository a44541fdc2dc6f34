// BTF written by hand, a few types: what the types of small pieces of code are made of.
import { Btf, type TypeId } from '../../src/image/btf.js';

/** A member: its name, its type, its offset in bytes. */
export type SmallMember = readonly [name: string, type: TypeId, at: number];

/** Writes the types in the order in which they are named. Numbers begin after those of `base`. */
export class SmallBtf {
  readonly #words: number[] = [];
  readonly #names = new Map<string, number>();
  #text = '\0';
  #next: TypeId;

  constructor(readonly base?: Btf) {
    this.#next = base?.end ?? 1;
  }

  // A module's names go on where the kernel's end; these tests have no kernel with more than this.
  #name(name: string): number {
    if (name === '') return 0;
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const at = this.#text.length;
    this.#text += `${name}\0`;
    this.#names.set(name, at);
    return at;
  }

  #type(kind: number, name: string, word: number, more: readonly number[] = [], count = 0): TypeId {
    this.#words.push(this.#name(name), ((kind << 24) | count) >>> 0, word, ...more);
    return this.#next++;
  }

  int(name: string, size: number): TypeId {
    return this.#type(1, name, size, [size * 8]);
  }
  pointer(to: TypeId): TypeId {
    return this.#type(2, '', to);
  }
  array(of: TypeId, count: number): TypeId {
    return this.#type(3, '', 0, [of, 1, count]);
  }
  struct(
    name: string,
    size: number,
    members: readonly SmallMember[],
    kind: 'struct' | 'union' = 'struct',
  ): TypeId {
    const words = members.flatMap(([member, type, at]) => [this.#name(member), type, at * 8]);
    return this.#type(kind === 'struct' ? 4 : 5, name, size, words, members.length);
  }
  prototype(returns: TypeId, parameters: readonly (readonly [name: string, type: TypeId])[]): TypeId {
    const words = parameters.flatMap(([name, type]) => [this.#name(name), type]);
    return this.#type(13, '', returns, words, parameters.length);
  }
  function(
    name: string,
    returns: TypeId,
    parameters: readonly (readonly [name: string, type: TypeId])[],
  ): TypeId {
    return this.#type(12, name, this.prototype(returns, parameters));
  }

  /** The number that the next type gets: for structs that point to themselves. */
  get next(): TypeId {
    return this.#next;
  }

  make(): Btf {
    const types = Buffer.from(Uint32Array.from(this.#words).buffer);
    const header = Buffer.alloc(24);
    header.writeUInt16LE(0xeb9f, 0);
    header.writeUInt8(1, 2);
    header.writeUInt32LE(24, 4);
    header.writeUInt32LE(types.length, 12);
    header.writeUInt32LE(types.length, 16);
    header.writeUInt32LE(this.#text.length, 20);
    return new Btf(Buffer.concat([header, types, Buffer.from(this.#text, 'latin1')]), 'small', this.base);
  }
}
