// Runs the steps of a scenario on a world: what the sandbox does, and calls into the guest.
// Over 300 lines because every kind of operation reads the same names and writes the same memory.

import { plural } from '../base/words.js';
import { type Addr, hex, u64 } from '../base/address.js';
import { nearest } from '../base/did-you-mean.js';
import { UnmappedError } from '../base/errors.js';
import { type FieldPlace, type FieldType, decodeScalar, encodeScalar } from '../kernel/layout.js';
import { type CallOptions, type CallResult, DEFAULT_BUDGET, type Machine } from '../machine/machine.js';
import { type ParameterValue, type Parameters, numberOf } from '../scenario/parameters.js';
import { ARGUMENT_REGISTERS, type RegisterName, isRegisterName } from '../x86/registers.js';
import type { FieldPath } from '../base/check-form.js';
import { SLOT_POSITIONS } from './ruled-allocations.js';
import type {
  AllocationSpec,
  AllocationsSpec,
  CallSpec,
  ContentsSpec,
  OperationSpec,
  StaleSpec,
  StepSpec,
  Value,
} from '../scenario/form.js';
import { storeNumber, storeValue } from './store-value.js';
import { CURRENT_TASK_OFFSET } from '../kernel/structs/task.js';
import { type Names, type PlacedObject, noStruct, resolveField, resolveValue } from '../scenario/values.js';
import { type Twist, Unwritten } from './unwritten.js';
import type { SymbolTable, Prototype } from '../kernel/symbols.js';
import type { World } from './world.js';

/** What a recording sees of steps. */
export interface StepObserver {
  stepStarts(step: string): void;
  /** The guest is called; comes after the step's own operations. */
  called(symbol: string, entry: Addr, argumentValues: readonly bigint[]): void;
  /**
   * The scenario's name of an object gave an address: in a register of the call that was just told of, in the word of
   * memory that was just written, or, without a place, for the free that comes next.
   */
  used?(name: string, place: { readonly register?: RegisterName; readonly address?: Addr }): void;
  stepEnds(step: string, call: string | null, result: CallResult | undefined): void;
  /** The sandbox wrote memory, other than by an allocation or a free; `what` completes a sentence: `sets a.b`. */
  did(what: string): void;
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

/** How a run of steps is bounded. */
export interface StepRange {
  /** Name of the first step; the scenario's first without it. */
  readonly from?: string;
  /** Name of the step to stop before; none without it. */
  readonly before?: string;
}

// Types of 32 bits: the upper half of their register means nothing (System V ABI, AMD64 supplement, 3.2.3). Those of fewer
// bits are left alone: compilers disagree about who extends them.
const NARROW =
  /^(?:const )?(?:unsigned|signed|(?:unsigned |signed )?int|[su]32|__[su]32|pid_t|gfp_t|[ug]id_t)$/u;

interface Step {
  readonly name: string;
  /** What lies where nobody wrote. */
  readonly unwritten: (() => Extract<ParameterValue, { type: 'contents' }>) | undefined;
  readonly operations: readonly (() => void)[];
  readonly function: string | null;
  readonly call: (() => CallResult) | undefined;
}

/** What steps changed besides memory. */
export type StepState = ReadonlyMap<string, PlacedObject | undefined>;

// What is wrong with how many arguments a call of compiled C has; one that is given in its register counts.
const countProblem = (spec: CallSpec, prototype: Prototype | undefined): string | undefined => {
  if (prototype === undefined) return undefined;
  const given = spec.arguments?.length ?? 0;
  const taken = prototype.arguments.map(({ name }) => name);
  const missing = ARGUMENT_REGISTERS.slice(given, taken.length).filter(
    (name) => spec.registers?.[name] === undefined,
  );
  if (given <= taken.length && missing.length === 0) return undefined;
  const list = taken.length === 0 ? '' : ` (${taken.join(', ')})`;
  return `${spec.function} takes ${plural(taken.length, 'argument')}${list}, found ${given}`;
};

/**
 * One scenario's steps on one world and machine. Keeps the names of objects that steps allocate.
 * The scenario is interpreted once: names that no step gives to an object keep their address.
 */
export class StepRunner {
  readonly objects: Map<string, PlacedObject>;
  readonly #world: World;
  readonly #machine: Machine;
  readonly #names: Names;
  readonly #observer: StepObserver | undefined;
  readonly #steps: readonly Step[];
  // Names that steps give to objects: their objects change from step to step, or from run to run.
  readonly #given: ReadonlySet<string>;
  #parameters: Parameters;
  readonly #unwritten: Unwritten;
  /** Instructions per run of the engine; the scenario's budget unless it is set. */
  budget: number;

  constructor(world: World, machine: Machine, parameters: Parameters, observer?: StepObserver) {
    this.#world = world;
    this.#machine = machine;
    this.#observer = observer;
    this.#parameters = parameters;
    this.objects = new Map(world.objects);
    this.#unwritten = new Unwritten(world);
    this.budget = world.scenario.spec.budget ?? DEFAULT_BUDGET;
    const { scenario, symbols, structs, heap, relocate, texts } = world;
    const current = (): Parameters => this.#parameters;
    this.#names = {
      scenario,
      symbols,
      structs,
      objects: this.objects,
      get parameters() {
        return current();
      },
      textAddress: (text) => texts.get(text),
      cacheAddress: (name) => heap.cacheAddress(name),
      relocate,
    };
    const steps = Object.entries(scenario.spec.steps);
    this.#given = new Set(steps.flatMap(([, step]) => namesGivenBy(step)));
    this.#steps = steps.map(([name, step]) => ({
      name,
      unwritten:
        step.call?.stack === undefined
          ? undefined
          : this.#parameter(step.call.stack, 'contents', ['steps', name, 'call', 'stack']),
      operations: (step.do ?? []).flatMap((operation, index) =>
        this.#operation(operation, ['steps', name, 'do', index]).map((done) =>
          this.#mapped(done, ['steps', name, 'do', index]),
        ),
      ),
      function: step.call?.function ?? null,
      call: step.call === undefined ? undefined : this.#call(step.call, ['steps', name, 'call']),
    }));
  }

  get names(): Names {
    return this.#names;
  }

  /** Which of the things that nobody wrote hold the complement of what the step says. */
  set twist(twist: Twist | undefined) {
    this.#unwritten.twist = twist;
  }

  /** The values that steps use next. */
  set parameters(parameters: Parameters) {
    this.#parameters = parameters;
  }

  /** The names as they stand, to come back to. Memory is not in it. */
  state(): StepState {
    return new Map([...this.#given].map((name) => [name, this.objects.get(name)]));
  }

  /** Come back to names as `state` gave them. */
  restore(state: StepState): void {
    this.#world.allocations.reset();
    for (const [name, object] of state) {
      if (object === undefined) this.objects.delete(name);
      else this.objects.set(name, object);
    }
  }

  /**
   * Run steps in order; stop after the first whose call does not return.
   *
   * @throws {InputError} when a step cannot be done
   */
  run({ from, before }: StepRange = {}): StepsResult | undefined {
    let last: StepsResult | undefined;
    let started = from === undefined;
    for (let index = 0; index < this.#steps.length; index += 1) {
      const { name } = this.#steps[index]!;
      started ||= name === from;
      if (name === before) break;
      if (!started) continue;
      last = this.runOne(index);
      if (last.result !== undefined && last.result.kind !== 'returned') break;
    }
    return last;
  }

  /** How many steps there are. */
  get count(): number {
    return this.#steps.length;
  }

  /** Run one step, by its index. @throws {InputError} when it cannot be done */
  runOne(index: number): StepsResult {
    const { name, unwritten, operations, function: called, call } = this.#steps[index]!;
    this.#observer?.stepStarts(name);
    this.#unwritten.begin(unwritten?.().fill);
    for (let number = 0; number < operations.length; number += 1) operations[number]!();
    const result = call?.();
    this.#observer?.stepEnds(name, called, result);
    return { step: name, result };
  }

  // Each of these reads a part of the scenario and gives a closure that does it.

  // Whether the object that `reference` names can change.
  #changes(reference: string): boolean {
    return reference.startsWith('$') || this.#given.has(/^&?([^.[+]*)/u.exec(reference)![1]!);
  }

  #value(value: Value, path: FieldPath): () => bigint {
    const names = this.#names;
    if (typeof value === 'string' && this.#changes(value)) {
      const plain = value.slice(1);
      if (value.startsWith('$'))
        return () => {
          const parameter = this.#parameters.get(plain);
          const number = parameter === undefined ? undefined : numberOf(parameter);
          return number ?? resolveValue(names, value, path);
        };
      const object = value.startsWith('&') ? plain : '';
      return () => this.objects.get(object)?.address ?? resolveValue(names, value, path);
    }
    let known: bigint | undefined;
    return () => (known ??= resolveValue(names, value, path));
  }

  #field(reference: string, path: FieldPath): () => { place: FieldPlace | undefined; address: Addr } {
    const names = this.#names;
    if (this.#changes(reference)) return () => resolveField(names, reference, path);
    let known: { place: FieldPlace | undefined; address: Addr } | undefined;
    return () => (known ??= resolveField(names, reference, path));
  }

  // The object that a reference names.
  #object(reference: string, path: FieldPath): () => PlacedObject {
    const names = this.#names;
    if (this.#changes(reference)) return () => resolveField(names, reference, path).object;
    let known: PlacedObject | undefined;
    return () => (known ??= resolveField(names, reference, path).object);
  }

  // A field of an object without memory, such as an empty text, cannot be written.
  #mapped(operation: () => void, path: FieldPath): () => void {
    return () => {
      try {
        operation();
      } catch (error) {
        if (!(error instanceof UnmappedError)) throw error;
        this.#world.scenario.fail(
          path,
          `accesses an object without memory, such as an empty text: ${error.message}`,
        );
      }
    };
  }

  #operation(operation: OperationSpec, path: FieldPath): (() => void)[] {
    const { kmalloc, kzalloc, free, set, add, stale, allocations } = operation;
    const steps: (() => void)[] = [];
    if (kmalloc !== undefined) steps.push(this.#allocate(kmalloc, false, [...path, 'kmalloc']));
    if (kzalloc !== undefined) steps.push(this.#allocate(kzalloc, true, [...path, 'kzalloc']));
    if (free !== undefined) steps.push(this.#free(free, [...path, 'free']));
    for (const [field, value] of Object.entries(set ?? {}))
      steps.push(this.#set(field, value, [...path, 'set', field]));
    for (const [field, amount] of Object.entries(add ?? {}))
      steps.push(this.#add(field, amount, [...path, 'add', field]));
    const what = describeWrites(operation);
    const observer = this.#observer;
    if (what !== undefined && observer !== undefined) steps.push(() => observer.did(what));
    if (stale !== undefined) steps.push(this.#stale(stale, [...path, 'stale']));
    if (allocations !== undefined) steps.push(this.#rule(allocations, [...path, 'allocations']));
    return steps;
  }

  // The parameter of a type that `reference` names.
  #parameter<Type extends ParameterValue['type']>(
    reference: string,
    type: Type,
    path: FieldPath,
  ): () => Extract<ParameterValue, { type: Type }> {
    const name = reference.startsWith('$') ? reference.slice(1) : '';
    return () => {
      const parameter = this.#parameters.get(name);
      if (parameter?.type === type) return parameter as Extract<ParameterValue, { type: Type }>;
      const problem = `should name a ${type} parameter as $name, found "${reference}"`;
      return this.#world.scenario.fail(path, problem);
    };
  }

  #text(reference: string, path: FieldPath): () => Uint8Array {
    const parameter = this.#parameter(reference, 'text', path);
    return () => parameter().bytes;
  }

  // A damaged heap may hand out any address; a step cannot write where the guest cannot.
  #needWritable(address: Addr, size: number, path: FieldPath): void {
    const { memory, scenario } = this.#world;
    if (memory.isWritable(address, size)) return;
    scenario.fail(path, `the ${size} bytes at ${hex(address)} are not memory that the guest can write`);
  }

  // An empty text takes no memory and its address is NULL, unless the parameter tells them apart.
  #allocate(spec: AllocationSpec, zero: boolean, path: FieldPath): () => void {
    const { heap, memory, scenario } = this.#world;
    const struct = spec.struct === undefined ? undefined : this.#world.structs.find(spec.struct);
    const textOf =
      spec.text === undefined ? undefined : this.#parameter(spec.text, 'text', [...path, 'text']);
    const mayBeNull = scenario.spec.parameters?.[spec.text?.slice(1) ?? '']?.null === true;
    const fields = Object.entries(spec.set ?? {}).map(([field, value]) =>
      this.#set(`${spec.as}.${field}`, value, [...path, 'set', field]),
    );
    return () => {
      if (spec.struct !== undefined && struct === undefined) {
        scenario.fail([...path, 'struct'], noStruct(this.#world.structs, spec.struct));
      }
      const value = textOf?.();
      const text = value?.bytes;
      const size = text === undefined ? (struct?.size ?? spec.size) : text.length + 1;
      if (size === undefined) return scenario.fail(path, 'needs a "struct", a "size" or a "text"');
      const empty = text?.length === 0 && (!mayBeNull || value?.isNull === true);
      const address = empty ? 0n : zero ? heap.kzalloc(size) : heap.kmalloc(size);
      if (address === 0n && !empty) {
        return scenario.fail(
          path,
          `no memory for ${size} bytes: give ${heap.cacheFor(size) ?? 'a cache'} more page frames`,
        );
      }
      this.#name(spec.as, address, empty ? 0 : size, spec.struct ?? null);
      if (spec.slab !== undefined) this.#nameSlab(spec.slab, address, [...path, 'slab']);
      if (!zero && !empty) this.#unwritten.fillObject(address);
      if (text !== undefined && !empty) {
        const terminated = new Uint8Array(size);
        terminated.set(text);
        this.#needWritable(address, size, path);
        memory.write(address, terminated);
      }
      for (const store of fields) store();
    };
  }

  #name(name: string, address: Addr, size: number, struct: string | null): void {
    const cache = address === 0n ? null : (this.#world.heap.cacheOfFrame(address) ?? null);
    this.objects.set(name, { name, address, size, header: 0, struct, cache, source: 'allocated' });
    this.#observer?.named(name, address, struct);
  }

  // The struct slab of the slab that an object lies in, an object itself.
  #nameSlab(name: string, address: Addr, path: FieldPath): void {
    const { heap, scenario } = this.#world;
    const found = heap.managementOf(address);
    if (found === undefined) {
      const cache = heap.cacheOfFrame(address) ?? 'no cache';
      return scenario.fail(path, `the struct slab of ${cache} lies in the slab's own page and has no name`);
    }
    return this.#name(name, found.address, found.size, found.struct);
  }

  #free(reference: string, path: FieldPath): () => void {
    return () => {
      const object = this.objects.get(reference) ?? resolveField(this.#names, reference, path);
      this.#observer?.used?.(reference, {});
      this.#world.heap.kfree(object.address);
    };
  }

  #set(field: string, value: Value, path: FieldPath): () => void {
    const { memory } = this.#world;
    const fieldOf = this.#field(field, path);
    const number = this.#value(value, path);
    const text = this.#textFor(value);
    const pointedTo = objectNamed(value);
    return () => {
      const { place, address } = fieldOf();
      const type = place?.type;
      this.#needWritable(address, type?.size ?? 1, path);
      const bytes = type?.kind === 'bytes' ? text(type.size) : undefined;
      if (bytes !== undefined) {
        memory.write(address, bytes);
        this.#unwritten.fillField(address, bytes);
      } else if (value !== 'self' && (type?.kind === 'integer' || type?.kind === 'pointer')) {
        storeNumber(this.#names, memory, address, type, number(), path);
      } else {
        storeValue(this.#names, memory, address, type, value, path);
      }
      if (pointedTo !== undefined) this.#observer?.used?.(pointedTo, { address });
    };
  }

  // A text parameter, padded to a field of `size` bytes and kept; `undefined` for values that storeValue() must check.
  #textFor(value: Value): (size: number) => Uint8Array | undefined {
    const name = typeof value === 'string' && value.startsWith('$') ? value.slice(1) : undefined;
    let known: { readonly of: ParameterValue; readonly bytes: Uint8Array } | undefined;
    return (size) => {
      const parameter = name === undefined ? undefined : this.#parameters.get(name);
      if (parameter?.type !== 'text' || parameter.bytes.length > size) return undefined;
      if (known?.of !== parameter || known.bytes.length !== size) {
        known = { of: parameter, bytes: new Uint8Array(size) };
        known.bytes.set(parameter.bytes);
      }
      return known.bytes;
    };
  }

  #add(field: string, amount: number, path: FieldPath): () => void {
    const { memory, scenario } = this.#world;
    const fieldOf = this.#field(field, path);
    return () => {
      const { place, address } = fieldOf();
      const type: FieldType | undefined = place?.type;
      if (type?.kind !== 'integer') return scenario.fail(path, 'only an integer field can be added to');
      this.#needWritable(address, type.size, path);
      const old = memory.read(address, type.size);
      const value = BigInt(decodeScalar(type, new DataView(old.buffer), 0)) + BigInt(amount);
      return memory.write(address, encodeScalar(type, value));
    };
  }

  // The slot is found by asking the allocator what it would hand out next; nothing is allocated.
  #stale({ texts, needs, with: contents }: StaleSpec, path: FieldPath): () => void {
    const { heap, memory } = this.#world;
    const contentsOf = this.#parameter(contents, 'contents', [...path, 'with']);
    const textsOf = texts.map((text, index) => this.#text(text, [...path, 'texts', index]));
    const needed = needs === undefined ? undefined : this.#text(needs, [...path, 'needs']);
    return () => {
      const { fill } = contentsOf();
      if (fill === undefined || heap.ownsFreeBytes) return;
      const isEmpty = needed?.().length === 0;
      const size = isEmpty ? 1 : textsOf.reduce((sum, text) => sum + text().length, 1);
      const cache = heap.cacheFor(size);
      const slot = heap.prime(size);
      if (cache === undefined || slot === 0n) return;
      const bytes = new Uint8Array(heap.objectSize(cache));
      for (let offset = 0; offset < bytes.length; offset += 1) {
        bytes[offset] = fill[offset % fill.length]!;
      }
      this.#needWritable(slot, bytes.length, path);
      memory.write(slot, this.#unwritten.twisted('heap', slot, bytes));
      this.#observer?.did(`fills the next slot of ${cache}, ${hex(slot)}, ${describeFill(fill)}`);
    };
  }

  // The bytes of a contents parameter; those of the object that it is like, where it keeps its default.
  #contents(
    { with: reference, like }: ContentsSpec,
    path: FieldPath,
  ): () => { bytes: Uint8Array; isLike: boolean } {
    const { memory } = this.#world;
    const parameter = this.#parameter(reference, 'contents', [...path, 'with']);
    const likeOf = this.#object(like, [...path, 'like']);
    return () => {
      const { fill } = parameter();
      if (fill !== undefined) return { bytes: fill, isLike: false };
      const object = likeOf();
      return { bytes: memory.read(object.address, object.size), isLike: true };
    };
  }

  #rule(spec: AllocationsSpec, path: FieldPath): () => void {
    const { allocations, scenario } = this.#world;
    const position = this.#parameter(spec.position, 'choice', [...path, 'position']);
    const behind = this.#parameter(spec.behind, 'choice', [...path, 'behind']);
    const previous = this.#contents(spec.previous, [...path, 'previous']);
    const neighbour = this.#contents(spec.neighbour, [...path, 'neighbour']);
    const fail = spec.fail === undefined ? undefined : this.#value(spec.fail, [...path, 'fail']);
    const likeOf = this.#object(spec.neighbour.like, [...path, 'neighbour', 'like']);
    const observer = this.#observer;
    return () => {
      const chosen = SLOT_POSITIONS.find((one) => one === position().key);
      if (chosen === undefined)
        return scenario.fail([...path, 'position'], `should be one of ${SLOT_POSITIONS.join(', ')}`);
      const contents = neighbour();
      const like = likeOf();
      this.objects.set(spec.neighbour.as, { ...like, name: spec.neighbour.as });
      const below = spec.management === undefined ? undefined : this.objects.get(spec.management);
      if (spec.management !== undefined && below?.cache == null)
        return scenario.fail([...path, 'management'], `there is no slab object "${spec.management}"`);
      return allocations.start({
        position: chosen,
        allocatedBehind: behind().key === 'allocated',
        previous: previous().bytes,
        neighbour: contents.bytes,
        fail: fail === undefined ? 0 : Number(BigInt.asIntN(32, fail())),
        management: below?.cache == null ? undefined : { address: below.address, cache: below.cache },
        ...(contents.isLike
          ? { onNeighbour: (address) => this.#name(spec.neighbour.as, address, like.size, like.struct) }
          : {}),
        ...(observer === undefined ? {} : { onDone: (what) => observer.did(what) }),
      });
    };
  }

  #call(spec: CallSpec, path: FieldPath): () => CallResult {
    const { symbols, memory, gsBase, scenario, heap } = this.#world;
    const value = (text: Value, ...field: (string | number)[]): (() => bigint) =>
      this.#value(text, [...path, ...field]);
    const symbol = symbols.findSymbol(spec.function);
    const returnType = symbol?.prototype?.returns;
    const returned = /^(?:const )?struct (\w+) \*$/u.exec(returnType ?? '')?.[1];
    const current = spec.current === undefined ? undefined : value(spec.current, 'current');
    const rspOf = value(spec.rsp, 'rsp');
    const registersOf = Object.entries(spec.registers ?? {}).map(
      ([name, text]) =>
        [isRegisterName(name) ? name : undefined, value(text, 'registers', name), name] as const,
    );
    const argumentsOf = (spec.arguments ?? []).map((text, index) => value(text, 'arguments', index));
    const returnTo = value(spec.returnTo, 'returnTo');
    const registers: Partial<Record<RegisterName, bigint>> = {}; // filled anew by each call
    const isNarrow = symbol?.prototype?.arguments.map(({ type }) => NARROW.test(type)) ?? [];
    const pointers = [
      ...(spec.arguments ?? []).map((text, index) => [ARGUMENT_REGISTERS[index], objectNamed(text)] as const),
      ...Object.entries(spec.registers ?? {}).map(
        ([name, text]) => [isRegisterName(name) ? name : undefined, objectNamed(text)] as const,
      ),
    ];
    const currentAt = gsBase + CURRENT_TASK_OFFSET;
    const isOwn = scenario.code.some(({ functions }) =>
      functions.some(({ manifest }) => manifest.function === spec.function),
    );
    const miscounted = isOwn ? countProblem(spec, symbol?.prototype) : undefined;
    return () => {
      if (symbol === undefined)
        return scenario.fail([...path, 'function'], unknownFunction(symbols, spec.function));
      if (miscounted !== undefined) return scenario.fail([...path, 'arguments'], miscounted);
      // Of a case the prototypes are its own; elsewhere a scenario may name a number.
      if (isOwn && spec.as !== undefined && returnType !== undefined && !returnType.includes('*'))
        return scenario.fail(
          [...path, 'as'],
          `${spec.function} returns ${returnType}: a pointer gets a name`,
        );
      if (current !== undefined) memory.writeU64(currentAt, current());
      const rsp = u64(rspOf());
      const top = u64(rsp - 8n);
      if (!memory.isWritable(top, 8)) {
        if (!memory.isMapped(top, 8))
          scenario.fail([...path, 'rsp'], 'there is no memory below this address');
        this.#needWritable(top, 8, [...path, 'rsp']);
      }
      for (const [name, valueOf, text] of registersOf) {
        if (name === undefined)
          return scenario.fail([...path, 'registers', text], `there is no register "${text}"`);
        registers[name] = valueOf();
      }
      const values = argumentsOf.map((valueOf, index) => {
        const exact = u64(valueOf());
        return isNarrow[index] === true ? this.#unwritten.widen(exact, index) : exact;
      });
      const filled = this.#unwritten.fillCpu();
      this.#unwritten.fillStack(top);
      this.#observer?.called(spec.function, symbol.address, values);
      for (const [register, name] of pointers)
        if (register !== undefined && name !== undefined) this.#observer?.used?.(name, { register });
      const options: CallOptions = {
        rsp,
        returnTo: u64(returnTo()),
        arguments: values,
        filled,
        registers,
        budget: this.budget,
      };
      const result = this.#machine.call(symbol.address, options);
      this.#world.allocations.stop();
      this.#unwritten.end();
      if (spec.as !== undefined && result.kind === 'returned') {
        const cache = result.value === 0n ? undefined : heap.cacheOfFrame(result.value);
        const struct = returned === undefined ? undefined : this.#world.structs.find(returned);
        const room = cache === undefined ? 0 : heap.objectSize(cache);
        const isStruct =
          struct !== undefined &&
          (cache === undefined ? memory.isMapped(result.value, struct.size) : room >= struct.size);
        if (isStruct) this.#name(spec.as, result.value, struct.size, struct.name);
        else this.#name(spec.as, result.value, room, null);
      }
      return result;
    };
  }
}

// The object whose address a value is: `&a`, `&a.field`.
const objectNamed = (value: Value): string | undefined =>
  typeof value === 'string' ? /^&([^.[+]+)/u.exec(value)?.[1] : undefined;
// Those of user-supplied code are meant more often than the kernel's.
const unknownFunction = (symbols: SymbolTable, name: string): string => {
  const known = symbols.all().filter(({ kind }) => kind === 'function');
  const near = nearest(
    name,
    known.map((one) => one.name),
  );
  return `there is no function "${name}"${near === undefined ? '' : `; did you mean ${near}?`}`;
};

const describeWrites = ({ set, add }: OperationSpec): string | undefined => {
  if (set !== undefined) return `sets ${Object.keys(set).join(', ')}`;
  if (add === undefined) return undefined;
  return Object.entries(add)
    .map(([field, amount]) => (amount < 0 ? `takes ${-amount} from ${field}` : `adds ${amount} to ${field}`))
    .join(', ');
};

const describeFill = (fill: Uint8Array): string =>
  fill.every((byte) => byte === 0)
    ? 'with zeros'
    : `with ${Buffer.from(fill).toString('hex')}, repeated to its end`;

const namesGivenBy = ({ do: operations = [], call }: StepSpec): string[] =>
  [
    ...operations.flatMap(({ kmalloc, kzalloc, allocations }) => [
      kmalloc?.as,
      kmalloc?.slab,
      kzalloc?.as,
      kzalloc?.slab,
      allocations?.neighbour.as,
    ]),
    call?.as,
  ].filter((name) => name !== undefined);
