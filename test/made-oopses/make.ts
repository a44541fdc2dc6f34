// Oopses of really executed functions with one bad pointer, whose truth is what was planted.
import type { Btf, TypeId } from '../../src/image/btf.js';
import type { KernelImage } from '../../src/image/kernel-image.js';
import { u64 } from '../../src/base/address.js';
import { REGISTERS } from '../../src/x86/registers.js';
import { Objects, type Slot, isStruct, placeholder } from './objects.js';
import type { LoadedSymbol, Unbooted } from './unbooted.js';

/** Kinds of bad pointers, and their values. */
const BAD = {
  NULL: 0n,
  'freed memory': 0x6b6b_6b6b_6b6b_6b6bn, // POISON_FREE, include/linux/poison.h
  LIST_POISON1: 0xdead_0000_0000_0100n,
  error: u64(-12n), // ERR_PTR(-ENOMEM)
  'user address': 0x0000_7f2b_8a1f_0000n,
  small: 0x20n,
} as const;
type BadKind = keyof typeof BAD;

/** A fault through a planted pointer. While it is the last one, the machine is in the state of the fault. */
export interface MadeOops {
  readonly kind: BadKind;
  readonly value: bigint;
  /** The planted pointer, in terms of the function that was called. */
  readonly slot: Slot;
  /** The struct that it points to. */
  readonly struct: string;
  /** Of the access, in the struct. */
  readonly offset: number;
  /** The registers that held the pointer, or an address in its object. */
  readonly holders: readonly string[];
  /** The function that was called, and the one that faulted. */
  readonly called: string;
  readonly symbol: LoadedSymbol;
  readonly pc: bigint;
  readonly address: bigint;
  readonly access: 'read' | 'write';
  readonly isCanonical: boolean;
  /** Run anew with another value in the pointer, up to the same fault. @returns how much more it is */
  again(): bigint;
  /** Run as at first, so that the machine is in the state of the fault again. */
  back(): void;
}

const MOST_OBJECTS = 12;
const FEW_TRIES = 200;
const LEFT_OUT =
  /^(?:__x64_|__ia32_|__pfx_|__cfi_|__bpf_|bpf_|trace_|perf_|__traceiter|__probestub|do_trace|native_|xen_|pv_|exc_|asm_|do_trap|die|panic|machine_|cpu_|kexec|__SC[TK]|trampoline|ftrace_)|event_(?:raw|define)|\.cold/u;

/** A function that can be called. */
interface Callable {
  readonly name: string;
  readonly at: bigint;
  readonly parameters: readonly { readonly name: string; readonly type: TypeId }[];
}

/** The functions of an image that have a prototype with a pointer to a struct, and a name of their own. */
const callables = (image: KernelImage, btf: Btf, machine: Unbooted): Callable[] => {
  const symbols = image.symbols();
  const own = new Map(btf.names('function'));
  return symbols.all.flatMap((symbol) => {
    const { name, at, size, isCode } = symbol;
    const id = own.get(name);
    if (!isCode || size < 24 || LEFT_OUT.test(name) || id === undefined || symbols.named(name).length !== 1)
      return [];
    if (image.sectionOf(at)?.name !== '.text') return [];
    const type = btf.type(id);
    const prototype = type.kind === 'function' ? btf.type(type.prototype) : type;
    if (prototype.kind !== 'prototype' || prototype.variadic || prototype.parameters.length > 6) return [];
    // Structs by value take places of their own.
    if (
      prototype.parameters.some(
        (one) => btf.sizeOf(one.type) > 8 || ['struct', 'union'].includes(btf.plain(one.type).kind),
      )
    )
      return [];
    if (
      !prototype.parameters.some((one) => {
        const to = btf.plain(one.type);
        return to.kind === 'pointer' && isStruct(btf, to.to);
      })
    )
      return [];
    const address = image.elf.isRelocatable ? machine.addressOf(at) : at;
    return address === undefined ? [] : [{ name, at: address, parameters: prototype.parameters }];
  });
};

const structOf = (btf: Btf, id: TypeId): string => {
  const type = btf.plain(id);
  return type.kind === 'struct' ? type.name : '';
};

const shuffled = <Value>(values: readonly Value[], draw: (below: number) => number): Value[] => {
  const mixed = [...values];
  for (let at = mixed.length - 1; at > 0; at -= 1) {
    const other = draw(at + 1);
    [mixed[at], mixed[other]] = [mixed[other]!, mixed[at]!];
  }
  return mixed;
};

/** Make an oops of a function; `undefined` where it does not come to a pointer that can be bad. */
const makeOne = (
  machine: Unbooted,
  btf: Btf,
  { name: called, at, parameters }: Callable,
  draw: (below: number) => number,
): MadeOops | undefined => {
  const objects = new Objects(machine, btf, draw);
  const seed = draw(1 << 16);
  const wanted = 1 + draw(3);
  interface Hit {
    readonly slot: Slot;
    readonly offset: number;
    readonly pc: bigint;
    readonly made: ReadonlySet<number>;
    readonly registers: BigUint64Array;
  }
  const hits: Hit[] = [];
  while (hits.length < MOST_OBJECTS) {
    const stop = machine.call(at, objects.make(parameters, new Map(), seed));
    if (stop.reason !== 'fault' || stop.cause !== 'unmapped' || stop.access === 'fetch') break;
    const found = objects.slotAt(stop.address);
    if (found === undefined || objects.made.has(found.slot.number)) break;
    const { slot, offset } = found;
    hits.push({
      slot,
      offset,
      pc: stop.pc,
      made: new Set(objects.made),
      registers: machine.registers.slice(),
    });
    objects.made.add(slot.number);
  }
  const hit = hits
    .filter(
      ({ slot, offset }) =>
        slot.depth === wanted && structOf(btf, slot.to) !== '' && offset >= 0 && offset < btf.sizeOf(slot.to),
    )
    .at(-1);
  if (hit === undefined) return undefined;
  const { slot, offset, pc, made, registers } = hit;
  objects.made.clear();
  for (const number of made) objects.made.add(number);
  for (const kind of shuffled(Object.keys(BAD) as BadKind[], draw)) {
    const value = BAD[kind];
    const stop = machine.call(at, objects.make(parameters, new Map([[slot.number, value]]), seed));
    const address = u64(value + BigInt(offset));
    // The same instruction faults at the same distance from another value: so the access is through the pointer.
    if (stop.reason !== 'fault' || stop.pc !== pc || stop.address !== address || stop.access === 'fetch')
      continue;
    if (stop.cause === 'protection') continue;
    const symbol = machine.symbolAt(pc);
    if (symbol === undefined) return undefined;
    const moved = u64(placeholder(slot) - value);
    const holders = REGISTERS.slice(0, 16).filter(
      (_, index) => u64(registers[index]! - machine.registers[index]!) === moved,
    );
    return {
      kind,
      value,
      slot,
      struct: structOf(btf, slot.to),
      offset,
      holders,
      called,
      symbol,
      pc,
      address,
      access: stop.access,
      isCanonical: stop.cause !== 'not canonical',
      again: () => {
        machine.call(at, objects.make(parameters, new Map(), seed));
        return moved;
      },
      back: () => void machine.call(at, objects.make(parameters, new Map([[slot.number, value]]), seed)),
    };
  }
  return undefined;
};

/**
 * Oopses of the functions of one image, which is loaded.
 *
 * @param count how many at most
 */
export function* makeOopses(
  machine: Unbooted,
  image: KernelImage,
  btf: Btf,
  draw: (below: number) => number,
  count: number,
): Generator<MadeOops> {
  const all = callables(image, btf, machine);
  let made = 0;
  for (let tries = 0; all.length > 0 && made < count && tries < FEW_TRIES + count * 40; tries += 1) {
    const oops = makeOne(machine, btf, all[draw(all.length)]!, draw);
    if (oops === undefined) continue;
    made += 1;
    yield oops;
  }
}
