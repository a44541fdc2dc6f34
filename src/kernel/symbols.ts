// Names of guest addresses, with what is known of each function: size, source lines, prototype, stack frame.

import { type Addr, hex } from '../base/address.js';
import { firstWhere, lastUpTo } from '../base/bisect.js';

/** A place in code or data: the one form inside the program; the printers below make the outer forms. */
export interface Location {
  readonly symbol: KernelSymbol;
  readonly offset: number; // bytes from the symbol's start
}

/** From `offset` on, the canonical frame address (RSP before the call) is RSP + `cfa` bytes. */
export interface FrameRule {
  readonly offset: number;
  readonly cfa: number;
}

/** From `offset` on, the code comes from this source line; `line` is absent where no source pins it. */
export interface LineRule {
  readonly offset: number;
  readonly file: string;
  readonly line?: number;
}

/** The source line that the code at an offset of a function comes from. */
export const lineAt = ({ lines }: KernelSymbol, offset: number): LineRule | undefined =>
  lines === undefined ? undefined : lastUpTo(lines, offset, (rule) => rule.offset);

/** `mm/slab.c:205`, from the top of the kernel tree; the file alone where no source pins the line. */
export const sourceAt = (symbol: KernelSymbol, offset: number): string | undefined => {
  const rule = lineAt(symbol, offset);
  if (rule === undefined) return undefined;
  const file = rule.file.replace(/^.*\/linux-[^/]*\//u, '');
  return rule.line === undefined ? file : `${file}:${rule.line}`;
};

interface PrototypePart {
  readonly type: string;
  readonly name: string;
}

/** A function's C prototype; arguments in order. */
export interface Prototype {
  readonly returns: string;
  readonly arguments: readonly PrototypePart[];
}

/** A kernel symbol. */
export interface KernelSymbol {
  readonly name: string;
  readonly address: Addr;
  /** Bytes; 0 where it is not known: then only its first byte belongs to it. */
  readonly size: number;
  readonly kind: 'function' | 'data';
  /** The module it lives in; absent for the kernel itself. */
  readonly module?: string;
  /** Where name and address come from: `slide 5`, or `invented`. */
  readonly source: string;
  readonly prototype?: Prototype;
  /** Sorted by offset. */
  readonly lines?: readonly LineRule[];
  /** How to find the caller; sorted by offset. */
  readonly frame?: readonly FrameRule[];
  /** The function that system calls enter at: its frame is a pt_regs, this many bytes below RSP at its calls. */
  readonly userFrame?: number;
  /** Of compiled C: variables, and where each is set from, as manifests of snippets have them. */
  readonly variables?: readonly CVariable[];
}

/** A variable of the C source, with an expression that it is set from, or a register at an offset that holds it. */
interface CVariable {
  readonly name: string;
  readonly type: string;
  readonly from?: string;
  readonly at?: string;
}

/** Symbols by name and by address. */
export class SymbolTable {
  readonly #byName = new Map<string, KernelSymbol>();
  #sorted: KernelSymbol[] = [];

  constructor(symbols: Iterable<KernelSymbol> = []) {
    // Of two with one name at one place the later one counts; helpers of two files may share a name and both lie there.
    const places = new Map<string, KernelSymbol>();
    for (const symbol of symbols) {
      this.#byName.set(symbol.name, symbol);
      places.set(`${symbol.name} ${symbol.address}`, symbol);
    }
    this.#sorted = [...places.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
  }

  /** All symbols, in the order of their addresses. */
  all(): readonly KernelSymbol[] {
    return this.#sorted;
  }

  findSymbol(name: string): KernelSymbol | undefined {
    return this.#byName.get(name);
  }

  /** @throws {TypeError} when there is no such symbol: for names that the project's own files must define */
  symbol(name: string): KernelSymbol {
    const symbol = this.#byName.get(name);
    if (symbol === undefined) throw new TypeError(`no symbol ${name}`);
    return symbol;
  }

  /** The symbol that covers `address`, or `undefined`. */
  findLocation(address: Addr): Location | undefined {
    const after = firstWhere(this.#sorted.length, (index) => this.#sorted[index]!.address > address);
    const symbol = this.#sorted[after - 1];
    if (symbol === undefined) return undefined;
    const distance = address - symbol.address;
    return distance < BigInt(Math.max(1, symbol.size)) ? { symbol, offset: Number(distance) } : undefined;
  }

  /** `do_exit+0x3e`, the form of JSON; the bare address in `0x…` where no symbol covers it. */
  formatLocation(address: Addr): string {
    const found = this.findLocation(address);
    return found === undefined ? hex(address) : `${found.symbol.name}+${hex(found.offset)}`;
  }

  /** The form of crash(8): `do_exit+62`, or the bare name at its start; `undefined` where no symbol covers it. */
  crashName(address: Addr): string | undefined {
    const found = this.findLocation(address);
    return found === undefined ? undefined : formatCrashLocation(found);
  }

  /** The address that `formatLocation` made a text of; `undefined` when the text has another symbol, or is not that. */
  addressOf(location: string): Addr | undefined {
    const bare = /^0x[0-9a-f]{1,16}$/u.exec(location);
    if (bare !== null) return BigInt(location);
    const [, name, offset] = /^(.*)\+(0x[0-9a-f]{1,16})$/su.exec(location) ?? [];
    const symbol = name === undefined ? undefined : this.#byName.get(name);
    return symbol === undefined ? undefined : symbol.address + BigInt(offset!);
  }

  /** Read `symbol` or `symbol+0x3e` or `symbol+62`; `undefined` when the symbol is unknown or the text is not that. */
  parseLocation(text: string): Addr | undefined {
    const match = /^([A-Za-z_.][\w.]*)(?:\+(0x[0-9a-f]+|\d+))?$/iu.exec(text);
    const symbol = match?.[1] === undefined ? undefined : this.#byName.get(match[1]);
    return symbol === undefined ? undefined : symbol.address + BigInt(match?.[2] ?? 0);
  }
}

/** `do_exit+62`, or the bare name at its start: crash's form. */
export const formatCrashLocation = ({
  symbol,
  offset,
}: {
  readonly symbol: Pick<KernelSymbol, 'name'>;
  readonly offset: number;
}): string => (offset === 0 ? symbol.name : `${symbol.name}+${offset}`);
