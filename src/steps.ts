// Runs the steps of a scenario on a world: what the sandbox does, and calls into the guest.
// No recording here: an observer, if there is one, sees everything pass.

import { type Addr, u64 } from './address.js';
import { type FieldType, decodeScalar, encodeScalar } from './layout.js';
import { type CallOptions, type CallResult, DEFAULT_BUDGET, type Machine } from './machine.js';
import { type Parameters } from './parameters.js';
import { isRegisterName } from './registers.js';
import type { AllocationSpec, CallSpec, FieldPath, OperationSpec, Value } from './scenario.js';
import { kmallocCache } from './slab-geometry.js';
import { storeValue } from './store-value.js';
import { findStruct } from './structs/all.js';
import { CURRENT_TASK_OFFSET } from './structs/task.js';
import { type Names, type PlacedObject, resolveField, resolveValue } from './values.js';
import type { World } from './world.js';

/** What a recording sees of steps. */
export interface StepObserver {
  stepStarts(step: string): void;
  /** The guest is called; comes after the step's own operations. */
  called(symbol: string, entry: Addr, argumentValues: readonly bigint[]): void;
  stepEnds(step: string, call: string | null, result: CallResult | undefined): void;
  /** The scenario gives this name to the object that was just allocated at `address`. */
  named(name: string, address: Addr, struct: string | null): void;
}

/** How a run of steps ended. */
export interface StepsResult {
  /** The last step that ran. */
  readonly step: string;
  /** How its call ended; `undefined` when it called nothing. */
  readonly result: CallResult | undefined;
}

/** One scenario's steps on one world and machine. Keeps the names of objects that steps allocate. */
export class StepRunner {
  readonly objects: Map<string, PlacedObject>;
  readonly #world: World;
  readonly #machine: Machine;
  readonly #names: Names;
  readonly #observer: StepObserver | undefined;

  constructor(world: World, machine: Machine, parameters: Parameters, observer?: StepObserver) {
    this.#world = world;
    this.#machine = machine;
    this.#observer = observer;
    this.objects = new Map(world.objects);
    this.#names = {
      scenario: world.scenario,
      symbols: world.symbols,
      objects: this.objects,
      parameters,
      cacheAddress: (name) => world.heap.cacheAddress(name),
    };
  }

  get names(): Names {
    return this.#names;
  }

  /**
   * Run steps in order; stop after the first whose call does not return.
   *
   * @param range names of the first step, and of the one to stop before; all without it
   * @throws {InputError} when a step cannot be done
   */
  run(range: { readonly from?: string; readonly before?: string } = {}): StepsResult | undefined {
    let last: StepsResult | undefined;
    let started = range.from === undefined;
    for (const [name, step] of Object.entries(this.#world.scenario.spec.steps)) {
      started ||= name === range.from;
      if (name === range.before) break;
      if (!started) continue;
      this.#observer?.stepStarts(name);
      step.do?.forEach((operation, index) => this.#do(operation, ['steps', name, 'do', index]));
      const result = step.call === undefined ? undefined : this.#call(step.call, ['steps', name, 'call']);
      this.#observer?.stepEnds(name, step.call?.function ?? null, result);
      last = { step: name, result };
      if (result !== undefined && result.kind !== 'returned') break;
    }
    return last;
  }

  #do(operation: OperationSpec, path: FieldPath): void {
    if (operation.kmalloc !== undefined) this.#allocate(operation.kmalloc, false, [...path, 'kmalloc']);
    if (operation.kzalloc !== undefined) this.#allocate(operation.kzalloc, true, [...path, 'kzalloc']);
    if (operation.free !== undefined) {
      this.#world.heap.kfree(resolveField(this.#names, operation.free, [...path, 'free']).address);
    }
    if (operation.set !== undefined) {
      for (const [field, value] of Object.entries(operation.set))
        this.#set(field, value, [...path, 'set', field]);
    }
    if (operation.add !== undefined) {
      for (const [field, amount] of Object.entries(operation.add))
        this.#add(field, amount, [...path, 'add', field]);
    }
    if (operation.stale !== undefined)
      this.#stale(operation.stale.texts, operation.stale.with, [...path, 'stale']);
  }

  #text(reference: string, path: FieldPath): Uint8Array {
    const parameter = this.#names.parameters.get(reference.replace(/^\$/u, ''));
    if (!reference.startsWith('$') || parameter?.type !== 'text') {
      return this.#world.scenario.fail(path, `should name a text parameter as $name, found "${reference}"`);
    }
    return parameter.bytes;
  }

  // An empty text takes no memory and its address is NULL.
  #allocate(spec: AllocationSpec, zero: boolean, path: FieldPath): void {
    const { heap, memory, scenario } = this.#world;
    const struct = spec.struct === undefined ? undefined : findStruct(spec.struct);
    if (spec.struct !== undefined && struct === undefined) {
      scenario.fail([...path, 'struct'], `there is no struct "${spec.struct}"`);
    }
    const text = spec.text === undefined ? undefined : this.#text(spec.text, [...path, 'text']);
    const size = text === undefined ? (struct?.size ?? spec.size) : text.length + 1;
    if (size === undefined) return scenario.fail(path, 'needs a "struct", a "size" or a "text"');
    const empty = text?.length === 0;
    const address = empty ? 0n : zero ? heap.kzalloc(size) : heap.kmalloc(size);
    if (address === 0n && !empty) {
      return scenario.fail(
        path,
        `no memory for ${size} bytes: give ${kmallocCache(size) ?? 'a cache'} more page frames`,
      );
    }
    this.#name(spec.as, address, empty ? 0 : size, spec.struct ?? null);
    if (text !== undefined && !empty) memory.write(address, Uint8Array.of(...text, 0));
    for (const [field, value] of Object.entries(spec.set ?? {})) {
      this.#set(`${spec.as}.${field}`, value, [...path, 'set', field]);
    }
  }

  #name(name: string, address: Addr, size: number, struct: string | null): void {
    const cache = address === 0n ? null : (this.#world.heap.cacheOfFrame(address) ?? null);
    this.objects.set(name, { name, address, size, header: 0, struct, cache, source: 'allocated' });
    this.#observer?.named(name, address, struct);
  }

  #set(field: string, value: Value, path: FieldPath): void {
    const { place, address } = resolveField(this.#names, field, path);
    storeValue(this.#names, this.#world.memory, address, place?.type, value, path);
  }

  #add(field: string, amount: number, path: FieldPath): void {
    const { place, address } = resolveField(this.#names, field, path);
    const type: FieldType | undefined = place?.type;
    if (type?.kind !== 'integer') return this.#world.scenario.fail(path, 'only a number can be added to');
    const old = this.#world.memory.read(address, type.size);
    const value = BigInt(decodeScalar(type, new DataView(old.buffer), 0)) + BigInt(amount);
    this.#world.memory.write(address, encodeScalar(type, value));
  }

  // The slot is found by asking the allocator what it would hand out next; nothing is allocated.
  #stale(texts: readonly string[], contents: string, path: FieldPath): void {
    const parameter = this.#names.parameters.get(contents.replace(/^\$/u, ''));
    if (parameter?.type !== 'contents') {
      return this.#world.scenario.fail([...path, 'with'], `should name a contents parameter as $name`);
    }
    if (parameter.fill === undefined) return;
    const lengths = texts.map((text, index) => this.#text(text, [...path, 'texts', index]).length);
    // As cifs_build_path_to_root() asks for it: without a prefix path it makes an empty string.
    const size = lengths.at(-1) === 0 ? 1 : lengths.reduce((sum, length) => sum + length, 1);
    const cache = kmallocCache(size);
    const slot = this.#world.heap.prime(size);
    if (cache === undefined || slot === 0n) return;
    const bytes = new Uint8Array(this.#world.heap.objectSize(cache));
    for (let offset = 0; offset < bytes.length; offset += 1) {
      bytes[offset] = parameter.fill[offset % parameter.fill.length]!;
    }
    this.#world.memory.write(slot, bytes);
  }

  #call(spec: CallSpec, path: FieldPath): CallResult {
    const { symbols, memory, gsBase, scenario } = this.#world;
    const value = (text: Value, ...field: (string | number)[]): bigint =>
      resolveValue(this.#names, text, [...path, ...field]);
    const symbol = symbols.findSymbol(spec.function);
    if (symbol === undefined) scenario.fail([...path, 'function'], `there is no function "${spec.function}"`);
    if (spec.current !== undefined)
      memory.writeU64(gsBase + CURRENT_TASK_OFFSET, value(spec.current, 'current'));
    const rsp = value(spec.rsp, 'rsp');
    if (!memory.isMapped(u64(rsp - 8n), 8))
      scenario.fail([...path, 'rsp'], 'there is no memory below this address');
    const registers: CallOptions['registers'] = Object.fromEntries(
      Object.entries(spec.registers ?? {}).map(([name, text]) => {
        if (!isRegisterName(name))
          scenario.fail([...path, 'registers', name], `there is no register "${name}"`);
        return [name, value(text, 'registers', name)];
      }),
    );
    const argumentValues = (spec.arguments ?? []).map((text, index) => value(text, 'arguments', index));
    const entry = symbol!.address;
    this.#observer?.called(spec.function, entry, argumentValues);
    const result = this.#machine.call(entry, {
      rsp,
      returnTo: value(spec.returnTo, 'returnTo'),
      arguments: argumentValues,
      registers,
      budget: scenario.spec.budget ?? DEFAULT_BUDGET,
    });
    if (spec.as !== undefined && result.kind === 'returned') this.#nameResult(spec.as, result.value);
    return result;
  }

  #nameResult(name: string, address: Addr): void {
    const { heap } = this.#world;
    const cache = address === 0n ? undefined : heap.cacheOfFrame(address);
    this.#name(name, address, cache === undefined ? 0 : heap.objectSize(cache), null);
  }
}
