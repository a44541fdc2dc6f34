// The value of a C expression in the state of a made oops: arguments as they were at the entry of the function, memory as it
// is. What an expression names is so found out by the run and not by how the name was concluded.
import type { Btf, TypeId } from '../../src/image/btf.js';
import { u64 } from '../../src/base/address.js';

/** What it knows of names and memory. */
export interface CState {
  readonly btf: Btf;
  /** An argument of the function: its value at the entry, and its type. */
  argument(name: string): { readonly value: bigint; readonly type: TypeId } | undefined;
  /** A register at the fault. */
  register(name: string): bigint | undefined;
  /** 8 bytes of memory; `undefined` where nothing is mapped. */
  read(address: bigint): bigint | undefined;
}

/** A value in memory, or one that is only known. */
interface CValue {
  readonly address: bigint | undefined;
  readonly value: bigint | undefined;
  readonly type: TypeId | undefined;
}

interface MemberPlace {
  readonly offset: number;
  readonly type: TypeId;
}

const MAX_NESTING = 16;

/** A member by its name, also one of an anonymous struct or union. */
const memberNamed = (btf: Btf, id: TypeId, name: string, depth = 0): MemberPlace | undefined => {
  const type = btf.plain(id);
  if ((type.kind !== 'struct' && type.kind !== 'union') || depth > MAX_NESTING) return undefined;
  for (const member of type.members) {
    if (member.name === name) return { offset: Math.floor(member.bit / 8), type: member.type };
    if (member.name !== '') continue;
    const inner = memberNamed(btf, member.type, name, depth + 1);
    if (inner !== undefined) return { offset: member.bit / 8 + inner.offset, type: inner.type };
  }
  return undefined;
};

const TOKEN = /\s*(?:(?<word>[A-Za-z_]\w*)|%(?<register>\w+)|(?<number>\d+)|(?<mark>->|…|[().,[\]&*]))/uy;

class Reader {
  readonly #tokens: string[] = [];
  #at = 0;

  constructor(
    text: string,
    readonly state: CState,
  ) {
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.length) {
      const from = TOKEN.lastIndex;
      const found = TOKEN.exec(text);
      if (found === null) throw new SyntaxError(`${text} at ${from}`);
      this.#tokens.push(found[0].trim());
    }
  }

  #next(): string | undefined {
    return this.#tokens[this.#at];
  }

  #take(token: string): boolean {
    if (this.#next() !== token) return false;
    this.#at += 1;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw new SyntaxError(`${token} was expected, not ${this.#next() ?? 'the end'}`);
  }

  whole(): CValue {
    const value = this.#unary();
    if (this.#next() !== undefined) throw new SyntaxError(`more after the end: ${this.#next()}`);
    return value;
  }

  // `(struct name *)`: its type.
  #cast(): TypeId | undefined {
    const [first, second, third, star, close] = this.#tokens.slice(this.#at, this.#at + 5);
    const words =
      second === 'const' ? [third, star, close, this.#tokens[this.#at + 5]] : [second, third, star, close];
    const [kind, name, pointer, end] = words;
    if (
      first !== '(' ||
      (kind !== 'struct' && kind !== 'union') ||
      name === undefined ||
      pointer !== '*' ||
      end !== ')'
    )
      return undefined;
    const id = this.state.btf.find(kind, name);
    if (id === undefined) throw new SyntaxError(`no ${kind} ${name}`);
    this.#at += second === 'const' ? 6 : 5;
    return id;
  }

  #unary(): CValue {
    if (this.#take('&')) {
      const of = this.#unary();
      return { address: undefined, value: of.address, type: undefined };
    }
    if (this.#take('*')) return this.#load({ address: this.#valueOf(this.#unary()), type: undefined });
    const cast = this.#cast();
    if (cast !== undefined) return { ...this.#unary(), type: -cast };
    return this.#postfix();
  }

  #load({
    address,
    type,
  }: {
    readonly address: bigint | undefined;
    readonly type: TypeId | undefined;
  }): CValue {
    return { address, value: undefined, type };
  }

  #valueOf({ value, address }: CValue): bigint | undefined {
    return value ?? (address === undefined ? undefined : this.state.read(address));
  }

  #primary(): CValue {
    if (this.#take('(')) {
      const inner = this.#unary();
      this.#expect(')');
      return inner;
    }
    const token = this.#next() ?? '';
    this.#at += 1;
    if (token === 'container_of' && this.#take('(')) return this.#container();
    if (token.startsWith('%'))
      return { address: undefined, value: this.state.register(token.slice(1)), type: undefined };
    const argument = this.state.argument(token);
    if (argument === undefined) throw new SyntaxError(`${token} is not an argument`);
    return { address: undefined, ...argument };
  }

  // `container_of(pointer, struct name, member)`, behind its parenthesis.
  #container(): CValue {
    const value = this.#valueOf(this.#unary());
    this.#expect(',');
    const kind = this.#next();
    const name = this.#tokens[this.#at + 1] ?? '';
    const outer = kind === 'struct' || kind === 'union' ? this.state.btf.find(kind, name) : undefined;
    if (outer === undefined) throw new SyntaxError(`no struct ${name}`);
    this.#at += 2;
    this.#expect(',');
    let place: MemberPlace = { offset: 0, type: outer };
    do {
      const member = memberNamed(this.state.btf, place.type, this.#next() ?? '');
      if (member === undefined) throw new SyntaxError(`no member ${this.#next()}`);
      this.#at += 1;
      place = { offset: place.offset + member.offset, type: member.type };
    } while (this.#take('.'));
    this.#expect(')');
    const moved = value === undefined ? undefined : u64(value - BigInt(place.offset));
    return { address: undefined, value: moved, type: -outer };
  }

  // The struct that a pointer points to; a type that is cast to is written with a minus.
  #pointee(type: TypeId | undefined): TypeId {
    if (type === undefined) throw new SyntaxError('a pointer without a type');
    if (type < 0) return -type;
    const plain = this.state.btf.plain(type);
    if (plain.kind === 'pointer') return plain.to;
    if (plain.kind === 'array') return plain.of;
    throw new SyntaxError('no pointer');
  }

  #postfix(): CValue {
    let value = this.#primary();
    const { btf } = this.state;
    for (;;) {
      const isArrow = this.#next() === '->';
      if (isArrow || this.#next() === '.') {
        this.#at += 1;
        const name = this.#next() ?? '';
        this.#at += 1;
        const struct = isArrow ? this.#pointee(value.type) : value.type;
        const base = isArrow ? this.#valueOf(value) : value.address;
        if (struct === undefined || struct < 0) throw new SyntaxError('a member of what has no type');
        const member = memberNamed(btf, struct, name);
        if (member === undefined) throw new SyntaxError(`no member ${name}`);
        value = {
          address: base === undefined ? undefined : u64(base + BigInt(member.offset)),
          value: undefined,
          type: member.type,
        };
      } else if (this.#take('[')) {
        const index = this.#next() ?? '';
        this.#at += 1;
        this.#expect(']');
        if (!/^\d+$/u.test(index)) throw new SyntaxError('an index that is not known');
        const of = this.#pointee(value.type);
        const isArray = value.type !== undefined && value.type >= 0 && btf.plain(value.type).kind === 'array';
        const base = isArray ? value.address : this.#valueOf(value);
        const plus = BigInt(Number(index) * btf.sizeOf(of));
        value = { address: base === undefined ? undefined : u64(base + plus), value: undefined, type: of };
      } else return value;
    }
  }

  /** Value of the whole as a pointer, and where it lies. */
  result(): { readonly address: bigint | undefined; readonly value: bigint | undefined } {
    const whole = this.whole();
    return { address: whole.address, value: this.#valueOf(whole) };
  }
}

/**
 * Where an expression lies in memory.
 *
 * @throws {SyntaxError} when it cannot be read: then nothing is said of it
 */
export const addressOfExpression = (text: string, state: CState): bigint | undefined =>
  new Reader(text, state).whole().address;

/** Whether a struct has another one at an offset, as itself, a member, or an element. */
export const hasAt = (btf: Btf, outer: TypeId, offset: number, inner: string, depth = 0): boolean => {
  const type = btf.plain(outer);
  if (depth > MAX_NESTING || offset < 0) return false;
  if (type.kind === 'array') {
    const each = btf.sizeOf(type.of);
    return each > 0 && offset < each * type.count && hasAt(btf, type.of, offset % each, inner, depth + 1);
  }
  if (type.kind !== 'struct' && type.kind !== 'union') return false;
  if (offset === 0 && type.name === inner) return true;
  return type.members.some(
    (member) =>
      member.bits === 0 &&
      offset >= member.bit / 8 &&
      offset < member.bit / 8 + btf.sizeOf(member.type) &&
      hasAt(btf, member.type, offset - member.bit / 8, inner, depth + 1),
  );
};
