// What a checked call did, as far as its caller can tell: to compare two runs of one world that differ in bytes which nobody
// wrote. A right function does the same in both.

import type { CallResult } from '../../machine/machine.js';
import type { World } from '../../run/world.js';
import type { PlacedObject } from '../../scenario/values.js';
import type { Violation } from '../property/properties.js';
import type { AllocationRequest, FirstResult, ForeignFree } from '../property/property.js';
import type { UninitialisedRead } from '../property/uninitialised-read.js';
import { comparedParts, sameBytes } from '../world/effect.js';
import { type ResultType, resultValue } from '../world/result-type.js';
import type { Subject } from '../world/subject.js';

// An object that the call may change: its bytes before and after, and which of them mean something.
interface Changed {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly isField: (offset: number) => boolean;
}

/** What one of the runs did. */
export interface Twin {
  readonly end: string;
  /** The result in its type, and the text that it points to where one is promised. */
  readonly result: bigint | undefined;
  readonly text: Uint8Array | undefined;
  readonly memory: readonly Changed[];
  readonly allocations: string;
  readonly violations: string;
}

interface SeenRun {
  readonly first: FirstResult | undefined;
  readonly requests: readonly AllocationRequest[];
  readonly foreign: readonly ForeignFree[];
}

const everything = (): boolean => true;

/** Of one machine. */
export class TwinRecorder {
  readonly #world: World;
  readonly #subject: Subject;
  readonly #type: ResultType;
  #objects: (Omit<Changed, 'after'> & { readonly object: PlacedObject })[] = [];

  constructor(world: World, subject: Subject, type: ResultType) {
    this.#world = world;
    this.#subject = subject;
    this.#type = type;
  }

  /** The call comes. */
  begin(objects: ReadonlyMap<string, PlacedObject>): void {
    const { memory } = this.#world;
    // Against a trusted version, memory is compared with what that one leaves in the same world.
    const names = this.#subject.like === undefined ? this.#subject.writes : [];
    this.#objects = names.flatMap((name) => {
      const object = objects.get(name);
      if (object === undefined || !memory.isMapped(object.address, object.size)) return [];
      return [{ object, before: memory.read(object.address, object.size), isField: this.#fieldsOf(object) }];
    });
  }

  // Padding means nothing.
  #fieldsOf({ struct, size }: PlacedObject): Changed['isField'] {
    const known = struct === null ? undefined : this.#world.structs.find(struct);
    if (known === undefined) return everything;
    const named = new Uint8Array(size);
    for (const { offset, size: length } of comparedParts(known)) named.fill(1, offset, offset + length);
    return (offset) => named[offset] === 1;
  }

  /** The call has ended. */
  end(run: SeenRun, result: CallResult | undefined, violations: readonly Violation[]): Twin {
    const { memory } = this.#world;
    const value = result?.kind === 'returned' ? resultValue(this.#type, result.value) : undefined;
    const freed = new Set(run.foreign.map(({ address }) => address));
    return {
      end: result === undefined ? '' : endOf(result),
      result: value,
      text: run.first?.text?.slice(),
      memory: this.#objects.flatMap(({ object, before, isField }) =>
        freed.has(object.address)
          ? []
          : [{ before, after: memory.read(object.address, object.size), isField }],
      ),
      allocations: JSON.stringify([
        run.requests.map(({ size, flags, failed }) => [size, flags, failed]),
        run.foreign.map(({ address }) => String(address)),
      ]),
      violations: violations.map(({ property }) => property).join(),
    };
  }
}

const endOf = (result: CallResult): string => {
  switch (result.kind) {
    case 'returned':
      return 'returned';
    case 'budget':
      return 'budget';
    case 'exception':
      return `exception at ${result.at}`;
    case 'trap':
      return `${result.trap.kind} at ${result.trap.at}`;
  }
};

const sameText = (left: Uint8Array | undefined, right: Uint8Array | undefined): boolean =>
  left === undefined || right === undefined ? left === right : sameBytes(left, right);

// A byte that neither run changed may differ: nobody wrote it.
const sameMemory = (left: Changed, right: Changed): boolean => {
  if (left.after.length !== right.after.length) return false;
  for (let index = 0; index < left.after.length; index += 1) {
    if (left.after[index] === right.after[index] || !left.isField(index)) continue;
    const isUntouched =
      left.after[index] === left.before[index] && right.after[index] === right.before[index];
    if (!isUntouched) return false;
  }
  return true;
};

/** What differs between two effects; undefined where nothing does. */
export const twinsDiffer = (left: Twin, right: Twin): UninitialisedRead['differs'] | undefined => {
  if (left.end !== right.end) return 'end';
  if (left.violations !== right.violations) return 'violations';
  if (left.result !== right.result || !sameText(left.text, right.text)) return 'result';
  if (left.allocations !== right.allocations) return 'allocations';
  const differs =
    left.memory.length !== right.memory.length ||
    left.memory.some((one, index) => !sameMemory(one, right.memory[index]!));
  return differs ? 'memory' : undefined;
};
