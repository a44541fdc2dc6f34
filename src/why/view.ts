// One run as the chain asks it: values of places at a state, their names, and what memory they belong to.

import { type Addr, hex } from '../base/address.js';
import { InputError } from '../base/errors.js';
import type { SymbolTable } from '../kernel/symbols.js';
import { sourceAt } from '../kernel/symbols.js';
import type { Case } from '../reading/case.js';
import { Names } from '../reading/names.js';
import { type KnownObject, errorText } from '../reading/objects.js';
import { RecordedState } from '../recording/state.js';
import { decodeOne } from '../x86/disasm.js';
import { fetchCode } from '../x86/fetch.js';
import { REGISTERS, REGISTER_INDEX } from '../x86/registers.js';
import type { Side } from './align.js';
import { Control } from './control.js';
import { type Place, placeText } from './place.js';
import { Trace } from './trace.js';

/** Runs with more instructions than this have no names of variables: following every value takes too long. */
const MAX_NAMED = 200_000;

/** Numbers up to this are told in decimal, too. */
const SMALL = 1n << 32n;

/** Names as they stand in C, without those of computed values. */
const VARIABLE = /^&?[A-Za-z_][\w.[\]]*(?:->[\w.[\]]+)*$/u;

interface SiteText {
  readonly at: string;
  readonly line: string | undefined;
  readonly text: string;
}

export class RunView implements Side {
  readonly trace: Trace;
  readonly control: Control;
  readonly memory: RecordedState;
  readonly symbols: SymbolTable;
  readonly #names: Names | undefined;
  readonly #texts: (SiteText | undefined)[] = [];

  /** @param like another run, with the same code for the most part */
  constructor(
    readonly run: Case,
    like?: RunView,
  ) {
    this.symbols = run.symbols;
    this.memory = new RecordedState(run.recording);
    this.trace = new Trace(run.recording, this.memory, like?.trace);
    this.control = new Control(this.trace, this.memory, run.symbols);
    this.#names = run.recording.instructions > MAX_NAMED ? undefined : new Names(run);
  }

  /** The value in a place before a step, as a little-endian number; `undefined` where it is not recorded. */
  value(place: Place, state: number): bigint | undefined {
    switch (place.kind) {
      case 'register': {
        const whole = this.trace.register(state, place.at >> 3) >> BigInt((place.at & 7) * 8);
        return BigInt.asUintN(place.size * 8, whole);
      }
      case 'flags':
        return this.trace.register(state, REGISTER_INDEX.rflags) & BigInt(place.mask);
      case 'memory': {
        const memory = this.memory.seek(state);
        if (place.size > 8 || !memory.isMapped(place.address, place.size)) return undefined;
        return memory
          .read(place.address, place.size)
          .reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
      }
      case 'rest':
        return undefined;
    }
  }

  // Words on a step's instruction, made once for each.
  #textOf(step: number): SiteText {
    const number = this.trace.siteAt[step]!;
    const known = this.#texts[number];
    if (known !== undefined) return known;
    const { address } = this.trace.sites[number]!;
    const found = this.symbols.findLocation(address);
    const source = found === undefined ? undefined : sourceAt(found.symbol, found.offset);
    const line = source?.includes(':') === true ? source : undefined;
    const code = fetchCode(this.memory, address);
    const text =
      code.length === 0 ? '(bad)' : decodeOne(code, address, this.symbols).text.replace(/\s+/gu, ' ');
    return (this.#texts[number] = { at: this.symbols.formatLocation(address), line, text });
  }

  /** `shm_close+0x3e` */
  at(step: number): string {
    return this.#textOf(step).at;
  }

  /** `ipc/shm.c:205`, where a line is known. */
  line(step: number): string | undefined {
    return this.#textOf(step).line;
  }

  /** The instruction of a step. */
  text(step: number): string {
    return this.#textOf(step).text;
  }

  /** The function that a step is in. */
  functionName(step: number): string {
    const { address } = this.trace.siteOf(step);
    return this.symbols.findLocation(address)?.symbol.name ?? hex(address);
  }

  /** `sfd.id`, `init_ipc_ns+0x98`; `undefined` for memory without a name: most of the stack. */
  memoryName(address: Addr, state: number): string | undefined {
    const { symbols, run } = this;
    if (this.#isUnnamed(address, state)) return undefined;
    const named = run.objects.nameOf(address, state, true);
    if (named !== undefined) return named;
    const location = symbols.findLocation(address);
    return location?.symbol.kind === 'data' ? symbols.formatLocation(address) : undefined;
  }

  /** The object that covers an address, of the scenario or of the heap, with a name or without; the last one where it is free. */
  owner(address: Addr, state: number): KnownObject | undefined {
    return this.run.objects.all.findLast(
      ({ address: start, size, header, from }) =>
        from <= state && address >= start - BigInt(header) && address < start + BigInt(size),
    );
  }

  // Whether a live object without a name lies where one with a name was.
  #isUnnamed(address: Addr, state: number): boolean {
    const found = this.owner(address, state);
    return found?.name === '' && (found.freed === undefined || found.freed > state);
  }

  /** A place by the name of what lies there, otherwise as it is written: `sfd.id`, `vma`, `rax`. */
  placeName(place: Place, state: number): string {
    if (place.kind === 'memory') return this.memoryName(place.address, state) ?? placeText(place);
    return placeText(place);
  }

  /** The variable that a register holds, where its name is known: `id`, `sfd->ns`. */
  variable(place: Place, state: number): string | undefined {
    if (place.kind !== 'register' || this.#names === undefined) return undefined;
    const register = REGISTERS[place.at >> 3]!;
    if (register === 'rip' || register === 'rsp' || register === 'rflags') return undefined;
    try {
      const name = this.#names.meaning('run', register, state)?.name;
      return name !== undefined && VARIABLE.test(name) ? name : undefined;
    } catch (error) {
      if (error instanceof InputError) return undefined;
      throw error;
    }
  }

  /** `-EINVAL`, `&sfd`, `13008988 (0xc6805c)`, `0x7f2945000000` */
  valueText(value: bigint, size: number, state: number): string {
    const signed = BigInt.asIntN(size * 8, value);
    const error = size >= 4 ? errorText(BigInt.asUintN(64, signed)) : undefined;
    if (error !== undefined) return `${signed} (${error})`;
    if (size === 8) {
      const object = this.#isUnnamed(value, state) ? undefined : this.run.objects.nameOf(value, state);
      const name = object ?? this.symbolName(value);
      if (name !== undefined) return `${hex(value)} (${name})`;
    }
    if (value < 10n) return String(value);
    if (value < SMALL && size > 1) return `${hex(value)} (${value})`;
    return hex(value);
  }

  /** A symbol at an address, or near it. */
  symbolName(address: Addr): string | undefined {
    const found = this.symbols.findLocation(address);
    if (found === undefined) return undefined;
    return found.offset === 0 ? found.symbol.name : this.symbols.formatLocation(address);
  }
}
