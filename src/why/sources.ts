// What one step made a place from: the bytes it copied or computed with, the registers that made up an address, and
// the flags that it acted by. A place that was taken apart byte by byte comes back in as few pieces as it has.
// Over 300 lines because every kind of transfer has its sources here, over the same accesses.

import { conditionHolds } from '../x86/transfer.js';
import { MEMORY } from '../x86/transfer.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import { RIP_PLACE, type Place, bytesIn } from './place.js';
import type { RegisterBytes, Site } from './site.js';
import type { Touch, Trace } from './trace.js';

/** What a source is for the value: its bits, where it was found, whether it was taken, or how often. */
type Role = 'data' | 'address' | 'flags';

/** A place before the step, and what the step took it for. */
export interface Source {
  readonly place: Place;
  readonly role: Role;
}

const RSP = REGISTER_INDEX.rsp;
const RBP = REGISTER_INDEX.rbp;
const RAX = REGISTER_INDEX.rax;
const RCX = REGISTER_INDEX.rcx;
const RFLAGS = REGISTER_INDEX.rflags;

const register = (at: number, size = 1): Place => ({ kind: 'register', at, size });
const memory = (address: bigint, size = 1): Place => ({
  kind: 'memory',
  address: BigInt.asUintN(64, address),
  size,
});
const data = (place: Place): Source => ({ place, role: 'data' });

const covers = ({ address, size }: Touch, at: bigint): boolean =>
  at >= address && at < address + BigInt(size);

const within = ({ at, size }: RegisterBytes, byte: number): boolean => byte >= at && byte < at + size;

/** Results of which each byte is made of the same byte of the operands. */
const BYTEWISE = new Set(['and', 'or', 'xor', 'not', 'andn']);
/** Results of which each byte is made of that one and lower ones. */
const UPWARD = new Set(['add', 'sub', 'inc', 'dec', 'neg', 'adc', 'sbb', 'lea', 'imul', 'xadd']);

class Step {
  readonly site: Site;
  readonly #touches: ReturnType<Trace['touches']>;

  constructor(
    readonly trace: Trace,
    readonly step: number,
  ) {
    this.site = trace.siteOf(step);
    this.#touches = trace.touches(step);
  }

  get reads(): readonly Touch[] {
    return this.#touches.reads;
  }

  get writes(): readonly Touch[] {
    return this.#touches.writes;
  }

  get flags(): number {
    return Number(this.trace.register(this.step, RFLAGS) & 0xfffn);
  }

  addresses(): Source[] {
    return this.site.addresses.map(({ at, size }) => ({ place: register(at, size), role: 'address' }));
  }

  condition(): Source[] {
    const mask = this.site.flags?.effect(this.trace.register(this.step, RCX)).reads ?? 0;
    return mask === 0 ? [] : [{ place: { kind: 'flags', mask }, role: 'flags' }];
  }

  // Everything that a computed result is made from.
  operands(): Source[] {
    const { transfer, reads } = this.site;
    const loads = transfer.kind === 'compute' && transfer.loads === 0 ? [] : this.reads;
    return [
      ...reads.map(({ at, size }) => data(register(at, size))),
      ...loads.map(({ address, size }) => data(memory(address, size))),
      ...(loads.length > 0 ? this.addresses() : []),
      ...this.condition(),
      ...(transfer.kind === 'refused' ? [data({ kind: 'rest' })] : []),
    ];
  }

  // Byte `byte` of the operand that a copy takes.
  copied(byte: number): Source[] {
    const { source, size, signTo } = this.site.transfer;
    const at = byte < size ? byte : byte < signTo ? size - 1 : -1;
    if (at < 0) return [];
    if (source >= 0) return [data(register(source + at))];
    const read = this.reads[0];
    if (source !== MEMORY || read === undefined) return [];
    return [data(memory(read.address + BigInt(at))), ...this.addresses()];
  }

  // Byte `byte` of a result that is computed.
  computed(byte: number): Source[] {
    const { transfer } = this.site;
    const all = this.operands();
    if (transfer.kind !== 'compute') return all;
    const last = BYTEWISE.has(transfer.operation) || UPWARD.has(transfer.operation) ? byte : Infinity;
    const first = BYTEWISE.has(transfer.operation) ? byte : 0;
    return all.flatMap((source) => {
      const { place, role } = source;
      if (role !== 'data' || place.kind === 'flags' || place.kind === 'rest') return [source];
      return bytesIn(place)
        .slice(first, last === Infinity ? undefined : last + 1)
        .map(data);
    });
  }

  ofRegister(byte: number): Source[] {
    const { kind, destination, source, size, condition, writes } = this.site.transfer;
    const count = register(RCX * 8, 8);
    switch (kind) {
      case 'copy':
        return this.copied(byte - destination);
      case 'choose':
        return conditionHolds(condition, this.flags)
          ? [...this.copied(byte - destination), ...this.condition()]
          : [...(byte - destination < size ? [data(register(byte))] : []), ...this.condition()];
      case 'pop':
        return this.reads[0] === undefined
          ? []
          : [data(memory(this.reads[0].address + BigInt(byte - destination)))];
      case 'leave':
        if (byte >> 3 === RSP) return [data(register(RBP * 8, 8))];
        return this.reads[0] === undefined
          ? []
          : [data(memory(this.reads[0].address + BigInt(byte & 7))), data(register(RBP * 8, 8))];
      case 'exchange':
      case 'exchange-add': {
        const isSource = source >= 0 && within({ at: source, size }, byte);
        if (kind === 'exchange-add' && !isSource) return this.computed(byte - destination);
        const other = isSource ? destination : source;
        const offset = byte - (isSource ? source : destination);
        if (offset >= size) return [];
        if (other >= 0) return [data(register(other + offset))];
        const read = this.reads[0];
        return read === undefined ? [] : [data(memory(read.address + BigInt(offset))), ...this.addresses()];
      }
      case 'compare-exchange':
        return this.operands();
      case 'string-load':
        if (byte >> 3 === RAX) {
          const read = this.reads.at(-1);
          if (read === undefined || byte >= size) return [data(register(byte))];
          return [data(memory(read.address + BigInt(byte))), ...this.addresses()];
        }
        return [data(register((byte >> 3) * 8, 8)), data(count)];
      case 'string-move':
      case 'string-store':
        return [data(register((byte >> 3) * 8, 8)), data(count)];
      case 'string-scan':
        return [data(register((byte >> 3) * 8, 8)), data(count), ...this.operands()];
      default: {
        const written = writes.find((one) => within({ at: one.at, size: 8 }, byte));
        return this.computed(written === undefined ? Infinity : byte - written.at);
      }
    }
  }

  ofMemory(address: bigint): Source[] {
    const { kind, source, size } = this.site.transfer;
    const ordinal = this.writes.findLastIndex((one) => covers(one, address));
    const write = this.writes[ordinal];
    if (write === undefined) return [];
    const byte = Number(address - write.address);
    const where = this.addresses();
    switch (kind) {
      case 'copy':
        return [...this.copied(byte), ...where];
      case 'push':
        if (source >= 0) return [data(register(source + byte))];
        if (source === MEMORY && this.reads[0] !== undefined)
          return [data(memory(this.reads[0].address + BigInt(byte))), ...where];
        return [];
      case 'call':
        return [];
      case 'pop':
        return this.reads[0] === undefined
          ? where
          : [data(memory(this.reads[0].address + BigInt(byte))), ...where];
      case 'exchange':
        return [...(source >= 0 ? [data(register(source + byte))] : []), ...where];
      case 'string-store':
        return [data(register(RAX * 8 + byte)), ...where, ...this.counted()];
      case 'string-move':
        return [...this.moved(ordinal, byte, size), ...where, ...this.counted()];
      case 'compare-exchange':
      case 'exchange-add':
        return [...this.operands(), ...where];
      default:
        return [...this.computed(byte), ...where];
    }
  }

  // How often a repeated instruction ran decides whether it came to an element.
  counted(): Source[] {
    return this.writes.length > 1 ? [{ place: register(RCX * 8, 8), role: 'address' }] : [];
  }

  // A repeated move may read what it wrote before; then that was made from what it read there.
  moved(ordinal: number, byte: number, size: number): Source[] {
    let at = ordinal;
    let part = byte;
    for (let left = this.writes.length; left > 0; left -= 1) {
      const read = this.reads[at];
      if (read === undefined || part >= size) return [];
      const address = read.address + BigInt(part);
      const earlier = this.writes.findLastIndex((one, index) => index < at && covers(one, address));
      if (earlier < 0) return [data(memory(address))];
      part = Number(address - this.writes[earlier]!.address);
      at = earlier;
    }
    return [];
  }

  // Where execution went on.
  ofRip(): Source[] {
    const { flow, transfer } = this.site;
    if (flow === 'return') {
      const read = this.reads[0];
      return read === undefined ? [] : [data(memory(read.address, 8))];
    }
    if (flow === 'conditional jump')
      return [
        ...this.condition(),
        ...(transfer.kind === 'compute' ? [{ place: register(RCX * 8, 8), role: 'flags' as const }] : []),
      ];
    if (flow !== 'indirect call' && flow !== 'indirect jump') return [];
    const loaded = this.reads.map(({ address, size }) => data(memory(address, size)));
    return loaded.length > 0
      ? [...loaded, ...this.addresses()]
      : this.site.reads.map(({ at, size }) => data(register(at, size)));
  }
}

// Neighbouring bytes of one role as one place; the same place once.
const merged = (sources: readonly Source[]): Source[] => {
  const result: Source[] = [];
  for (const source of sources) {
    const { place, role } = source;
    const index = result.findIndex((one) => one.role === role && touching(one.place, place));
    if (index < 0) result.push(source);
    else result[index] = { place: union(result[index]!.place, place), role };
  }
  return result;
};

const rangeOf = (place: Place): { from: bigint; to: bigint } =>
  place.kind === 'register'
    ? { from: BigInt(place.at), to: BigInt(place.at + place.size) }
    : place.kind === 'memory'
      ? { from: place.address, to: place.address + BigInt(place.size) }
      : { from: 0n, to: 0n };

const touching = (a: Place, b: Place): boolean => {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'register' && b.kind === 'register' && a.at >> 3 !== b.at >> 3) return false;
  const [one, other] = [rangeOf(a), rangeOf(b)];
  return one.from <= other.to && other.from <= one.to;
};

const union = (a: Place, b: Place): Place => {
  if (a.kind === 'flags' && b.kind === 'flags') return { kind: 'flags', mask: a.mask | b.mask };
  const [one, other] = [rangeOf(a), rangeOf(b)];
  const from = one.from < other.from ? one.from : other.from;
  const size = Number((one.to > other.to ? one.to : other.to) - from);
  if (a.kind === 'register') return { kind: 'register', at: Number(from), size };
  return a.kind === 'memory' ? { kind: 'memory', address: from, size } : a;
};

// The bytes of a place whose sources are those of all: where each is made of all lower ones, or of everything, the last.
const neededOf = ({ transfer: { kind, operation } }: Site, place: Place): readonly Place[] => {
  if (place.kind !== 'register' || kind !== 'compute' || BYTEWISE.has(operation)) return bytesIn(place);
  return [{ ...place, at: place.at + place.size - 1, size: 1 }];
};

/**
 * What a step made the bytes of a place from; empty for a constant.
 *
 * @param place made by this step, all of it
 */
export const sourcesOf = (trace: Trace, step: number, place: Place): readonly Source[] => {
  const made = new Step(trace, step);
  if (place.kind === 'flags' || place.kind === 'rest') return merged(made.operands());
  if (place.kind === 'register' && place.at >> 3 === REGISTER_INDEX.rip) return merged(made.ofRip());
  return merged(
    neededOf(made.site, place).flatMap((byte) =>
      byte.kind === 'register'
        ? made.ofRegister(byte.at)
        : byte.kind === 'memory'
          ? made.ofMemory(byte.address)
          : [],
    ),
  );
};

/** What decided where a jump, a call or a return went. */
export const sourcesOfJump = (trace: Trace, step: number): readonly Source[] =>
  sourcesOf(trace, step, RIP_PLACE);
