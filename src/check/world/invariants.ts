// Invariants of a check: read once, when the check is opened, then looked at in world after world.

import { type Addr, frameOf, hex, u64 } from '../../base/address.js';
import type { FieldPath } from '../../base/check-form.js';
import { type Scalar, decodeScalar } from '../../kernel/layout.js';
import { walkList } from '../../kernel/list.js';
import type { World } from '../../run/world.js';
import type { InvariantSpec, Value } from '../../scenario/form.js';
import { type Parameters, numberOf, readParameters } from '../../scenario/parameters.js';
import { type Names, type PlacedObject, resolveField, resolveValue } from '../../scenario/values.js';
import type { Subject } from './subject.js';

/** An invariant that does not hold. */
interface BrokenInvariant {
  /** Where the scenario states it. */
  readonly path: FieldPath;
  /** What is not so, as a sentence without its end. */
  readonly says: string;
  /** The memory that is not as it should be; undefined where no place can be named. */
  readonly address: Addr | undefined;
}

/** What the invariants of a run are looked at with. */
interface InvariantView {
  readonly objects: ReadonlyMap<string, PlacedObject>;
  readonly parameters: Parameters;
  /** Whether the result of the checked call said that it failed. */
  readonly failed: boolean;
}

type Look = (view: InvariantView) => BrokenInvariant | undefined;

/** Most nodes of a list that are walked. */
const MOST_NODES = 4096;

const NOWHERE: Addr = 0n;

// The names of a world, with the objects of a moment.
const namesOf = (
  { scenario, symbols, structs, heap }: World,
  { objects, parameters }: Pick<InvariantView, 'objects' | 'parameters'>,
): Names => ({
  scenario,
  symbols,
  structs,
  objects,
  parameters,
  cacheAddress: (name) => heap.cacheAddress(name),
});

// The objects that the call will meet, at no address yet: enough to say whether names and fields exist.
const declaredNames = (world: World, subject: Subject): Names => {
  const objects = new Map(
    [...subject.declared].map(([name, { struct }]): [string, PlacedObject] => [
      name,
      { name, address: NOWHERE, size: 0, header: 0, struct, cache: null, source: '' },
    ]),
  );
  return namesOf(world, { objects, parameters: readParameters(world.scenario) });
};

const objectOf = (reference: string): string => /^&?([^.[+]*)/u.exec(reference)![1]!;

class Reader {
  readonly #declared: Names;

  constructor(
    private readonly world: World,
    subject: Subject,
  ) {
    this.#declared = declaredNames(world, subject);
  }

  #fail(path: FieldPath, problem: string): never {
    return this.world.scenario.fail(path, problem);
  }

  // Whether the slab object around an address is free; false outside the heap.
  #isFree(address: Addr): boolean {
    const { heap } = this.world;
    const cache = heap.cacheOfFrame(address);
    if (cache === undefined) return false;
    const size = BigInt(heap.objectSize(cache));
    const start = heap.objectsIn(frameOf(address)).find((one) => address >= one && address < one + size);
    return start !== undefined && !heap.isAllocated(start);
  }

  // The address of an object or field; undefined while its object does not exist or is free.
  #addressIn(view: InvariantView, reference: string, path: FieldPath): Addr | undefined {
    const object = view.objects.get(objectOf(reference));
    if (object === undefined || object.size === 0 || this.#isFree(object.address)) return undefined;
    return resolveField(namesOf(this.world, view), reference, path).address;
  }

  #number(value: Value, path: FieldPath): (view: InvariantView) => bigint {
    resolveValue(this.#declared, value, path);
    const name = typeof value === 'string' && value.startsWith('$') ? value.slice(1) : undefined;
    return (view) => {
      const parameter = name === undefined ? undefined : view.parameters.get(name);
      return u64(
        (parameter === undefined ? undefined : numberOf(parameter)) ??
          resolveValue(namesOf(this.world, view), value, path),
      );
    };
  }

  /** The looks of one invariant, each with its `when`. */
  invariant({ when, list, fields, unlocked }: InvariantSpec, path: FieldPath): Look[] {
    if (list === undefined && fields === undefined && unlocked === undefined)
      this.#fail(path, 'says nothing: it needs "list", "fields" or "unlocked"');
    const looks = [
      ...(list === undefined ? [] : [this.#list(list, [...path, 'list'])]),
      ...Object.entries(fields ?? {}).map(([field, value]) =>
        this.#field(field, value, [...path, 'fields', field]),
      ),
      ...(unlocked ?? []).map((lock, index) => this.#lock(lock, [...path, 'unlocked', index])),
    ];
    if (when === undefined || when === 'always') return looks;
    const failing = when === 'on failure';
    return looks.map((look) => (view) => (view.failed === failing ? look(view) : undefined));
  }

  #needList(reference: string, path: FieldPath): void {
    const { object, place } = resolveField(this.#declared, reference, path);
    const struct =
      place === undefined ? object.struct : place.type.kind === 'struct' ? place.type.name : null;
    if (struct !== 'list_head')
      this.#fail(
        path,
        `${reference} is no struct list_head${struct === null ? '' : `, but a struct ${struct}`}`,
      );
  }

  #list({ head, members, ordered = false }: NonNullable<InvariantSpec['list']>, path: FieldPath): Look {
    this.#needList(head, [...path, 'head']);
    members?.forEach((member, index) => this.#needList(member, [...path, 'members', index]));
    if (ordered && members === undefined) this.#fail([...path, 'ordered'], 'means nothing without "members"');
    const { memory } = this.world;
    return (view) => {
      const at = this.#addressIn(view, head, [...path, 'head']);
      if (at === undefined) return undefined;
      const broken = (says: string, address: Addr | undefined): BrokenInvariant => ({ path, says, address });
      const { nodes, findings } = walkList(memory, at, MOST_NODES);
      const [finding] = findings;
      if (finding !== undefined) {
        const { address, expected, found } = finding;
        return broken(
          `the list ${head} is not intact: at ${hex(address)} should be ${expected}, found ${found}`,
          address,
        );
      }
      const named = new Map(
        (members ?? []).flatMap((member, index) => {
          const address = this.#addressIn(view, member, [...path, 'members', index]);
          return address === undefined ? [] : [[address, member] as const];
        }),
      );
      const free = nodes.find((node) => this.#isFree(node));
      if (free !== undefined) return broken(`the list ${head} leads to ${hex(free)}, which is free`, free);
      if (members === undefined) return undefined;
      const found = nodes.map((node) => named.get(node) ?? hex(node));
      const same = (left: readonly string[], right: readonly string[]): boolean =>
        left.length === right.length && left.every((one, index) => one === right[index]);
      const fits = ordered ? same(found, members) : same(found.toSorted(), members.toSorted());
      const words = (all: readonly string[]): string => (all.length === 0 ? 'nothing' : all.join(', '));
      return fits
        ? undefined
        : broken(`the list ${head} has ${words(found)}; it should have ${words(members)}`, at);
    };
  }

  #field(field: string, value: NonNullable<InvariantSpec['fields']>[string], path: FieldPath): Look {
    const type = resolveField(this.#declared, field, path).place?.type;
    if (type?.kind === 'bytes' && typeof value === 'string') return this.#text(field, type.size, value, path);
    if (type?.kind !== 'integer' && type?.kind !== 'pointer')
      return this.#fail(path, 'should be a number, a pointer, or a field of bytes with a text parameter');
    const rule = typeof value === 'object' ? this.#bounds(type, value, path) : this.#equal(type, value, path);
    const { memory } = this.world;
    return (view) => {
      const address = this.#addressIn(view, field, path);
      if (address === undefined || !memory.isMapped(address, type.size)) return undefined;
      const bytes = memory.read(address, type.size);
      const found = BigInt(decodeScalar(type, new DataView(bytes.buffer), 0));
      const wanted = rule(found, view);
      if (wanted === undefined) return undefined;
      return { path, says: `${field} is ${shown(type, found)}; it should be ${wanted}`, address };
    };
  }

  // What a field should be, in words, where it is not.
  #equal(
    type: Scalar,
    value: Value,
    path: FieldPath,
  ): (found: bigint, view: InvariantView) => string | undefined {
    const bits = type.size * 8;
    const number = this.#number(value, path);
    return (found, view) => {
      const wanted = number(view);
      if (BigInt.asUintN(bits, found) === BigInt.asUintN(bits, wanted)) return undefined;
      return shown(type, type.signed ? BigInt.asIntN(bits, wanted) : BigInt.asUintN(bits, wanted));
    };
  }

  #bounds(
    type: Scalar,
    { min, max }: { readonly min?: Value; readonly max?: Value },
    path: FieldPath,
  ): (found: bigint, view: InvariantView) => string | undefined {
    if (min === undefined && max === undefined) this.#fail(path, 'needs "min" or "max"');
    const read = (value: Value | undefined, name: string) =>
      value === undefined ? undefined : this.#number(value, [...path, name]);
    const least = read(min, 'min');
    const most = read(max, 'max');
    const exact = (value: bigint): bigint => (type.signed ? BigInt.asIntN(64, value) : value);
    return (found, view) => {
      const low = least === undefined ? undefined : exact(least(view));
      const high = most === undefined ? undefined : exact(most(view));
      if ((low === undefined || found >= low) && (high === undefined || found <= high)) return undefined;
      if (low === undefined) return `at most ${shown(type, high!)}`;
      return high === undefined
        ? `at least ${shown(type, low)}`
        : `from ${shown(type, low)} to ${shown(type, high)}`;
    };
  }

  #text(field: string, size: number, value: string, path: FieldPath): Look {
    const name = value.startsWith('$') ? value.slice(1) : '';
    if (this.world.scenario.spec.parameters?.[name]?.type !== 'text')
      this.#fail(path, 'holds bytes: its value should be a text parameter, as $name');
    const { memory } = this.world;
    return (view) => {
      const address = this.#addressIn(view, field, path);
      const parameter = view.parameters.get(name);
      if (address === undefined || parameter?.type !== 'text') return undefined;
      const bytes = memory.read(address, size);
      const end = bytes.indexOf(0);
      const found = end < 0 ? bytes : bytes.subarray(0, end);
      const same =
        found.length === parameter.bytes.length && found.every((byte, at) => byte === parameter.bytes[at]);
      return same ? undefined : { path, says: `${field} does not hold the text ${value}`, address };
    };
  }

  // A ticket lock is free when the ticket that is served is the next one to be given out.
  // Source: __ticket_spin_is_locked(), arch/x86/include/asm/spinlock.h, v3.0.101, NR_CPUS of 256 or more: halves of 16 bits
  #lock(lock: string, path: FieldPath): Look {
    const type = resolveField(this.#declared, lock, path).place?.type;
    if (type?.kind !== 'integer' || type.size !== 4)
      this.#fail(path, `${lock} is no spin lock, which is a field of 4 bytes`);
    const { memory } = this.world;
    return (view) => {
      const address = this.#addressIn(view, lock, path);
      if (address === undefined || !memory.isMapped(address, 4)) return undefined;
      const value = memory.readU32(address);
      if (value >>> 16 === (value & 0xffff)) return undefined;
      return { path, says: `the lock ${lock} is held: ${hex(value)}`, address };
    };
  }
}

const shown = (type: Scalar, value: bigint): string =>
  type.kind === 'pointer' || value > 0xffffn ? hex(value) : String(value);

/**
 * Read the invariants of a check.
 *
 * @returns looks at all of them, and gives the first that does not hold
 * @throws {InputError} at the field that names something that does not exist, or is of another kind
 */
export const readInvariants = (world: World, subject: Subject): Look => {
  const reader = new Reader(world, subject);
  const looks = subject.invariants.flatMap((spec, index) =>
    reader.invariant(spec, ['check', 'invariants', index]),
  );
  return (view) => {
    for (const look of looks) {
      const broken = look(view);
      if (broken !== undefined) return broken;
    }
    return undefined;
  };
};
