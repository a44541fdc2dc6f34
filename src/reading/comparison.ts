// Two recordings side by side: where they part, and what differs at the end.

import { type Addr, PAGE_SIZE, hex } from '../base/address.js';
import type { TypeOf } from '../base/form.js';
import type { diffForm, memoryDifferenceForm, namedPairForm, partingForm } from './diff-form.js';
import { fieldAt } from '../kernel/layout.js';
import { Case } from './case.js';
import type { RecordedState } from '../recording/state.js';
import { hashRecording } from '../recording/file.js';
import type { NamedObject, Recording } from '../recording/recording.js';
import { REGISTERS, REGISTER_INDEX } from '../x86/registers.js';

/** A value in A and in B; null where one has none. */
export interface Pair<Value = string> {
  readonly a: Value | null;
  readonly b: Value | null;
}

/** A difference with its name: a parameter, a register. */
type NamedPair = TypeOf<typeof namedPairForm>;

/** A run of bytes that differ. */
export type MemoryDifference = TypeOf<typeof memoryDifferenceForm>;

/** The same instruction of both runs, with registers that differ before it. */
type Parting = TypeOf<typeof partingForm>;

/** What `oopslab diff --json` prints. Lists of memory hold at most MAX_LISTED runs; the counts hold all. */
export type Comparison = TypeOf<typeof diffForm>;

export const MAX_LISTED = 200;

const stepAt = ({ header }: Recording, instruction: number): string =>
  header.steps.find(({ to }) => instruction < to)?.step ?? header.steps.at(-1)?.step ?? '';

const registerPairs = (a: BigUint64Array, b: BigUint64Array): NamedPair[] =>
  REGISTERS.flatMap((name, index) =>
    a[index] === b[index] ? [] : [{ name, a: hex(a[index]!), b: hex(b[index]!) }],
  );

const findPartings = (
  { recording: a, symbols: symbolsA }: Case,
  { recording: b, symbols: symbolsB }: Case,
): Pick<Comparison, 'firstDifference' | 'fork'> => {
  const rowsA = a.registerRows();
  const rowsB = b.registerRows();
  const RIP = REGISTER_INDEX.rip;
  let first: Parting | null = null;
  for (let instruction = 0; ; instruction += 1) {
    const rowA = rowsA.next();
    const rowB = rowsB.next();
    const bothEnd = instruction >= a.instructions && instruction >= b.instructions;
    if (rowA.done === true || rowB.done === true || bothEnd) return { firstDifference: first, fork: null };
    const [valuesA, valuesB] = [rowA.value, rowB.value];
    const parting = (): Parting => ({
      step: stepAt(instruction < a.instructions ? a : b, instruction),
      instruction,
      at: {
        a: instruction < a.instructions ? symbolsA.formatLocation(valuesA[RIP]!) : null,
        b: instruction < b.instructions ? symbolsB.formatLocation(valuesB[RIP]!) : null,
      },
      registers: registerPairs(valuesA, valuesB),
    });
    if (first === null && valuesA.some((value, index) => value !== valuesB[index])) first = parting();
    const ends = instruction >= a.instructions || instruction >= b.instructions;
    if (ends || valuesA[RIP] !== valuesB[RIP]) {
      const fork = parting();
      return { firstDifference: first ?? fork, fork };
    }
  }
};

/** Names addresses by the objects, symbols and regions of a recording. */
class Places {
  readonly #objects: { start: Addr; end: Addr; object: NamedObject }[];

  constructor(private readonly run: Case) {
    const { objects, world } = run.recording.header;
    this.#objects = [...objects, ...world].map((object) => {
      const start = BigInt(object.address);
      return { start, end: start + BigInt(object.size), object };
    });
  }

  // Where a description that starts at `address` must end at the latest, so that a run has one place.
  describe(address: Addr): { place: string; end: Addr } {
    const found = this.#objects.find(({ start, end }) => address >= start && address < end);
    if (found !== undefined) return this.#inObject(found, address);
    const { recording, symbols } = this.run;
    const location = symbols.findLocation(address);
    if (location !== undefined) {
      const { symbol } = location;
      return {
        place: symbols.formatLocation(address),
        end: symbol.address + BigInt(Math.max(1, symbol.size)),
      };
    }
    const region = recording.header.regions.find(
      ({ start, size }) => address >= BigInt(start) && address < BigInt(start) + BigInt(size),
    );
    return { place: region?.name ?? 'memory', end: address + BigInt(PAGE_SIZE) };
  }

  #inObject(
    { start, end, object }: { start: Addr; end: Addr; object: NamedObject },
    address: Addr,
  ): { place: string; end: Addr } {
    const struct = object.struct === null ? undefined : this.run.structs.find(object.struct);
    const offset = Number(address - start);
    const field = struct === undefined ? undefined : fieldAt(struct, offset);
    if (struct === undefined || field === undefined) return { place: `${object.name}+${hex(offset)}`, end };
    let last = offset + 1;
    while (last < struct.size && fieldAt(struct, last)?.path === field.path) last += 1;
    return { place: `${object.name}.${field.path}`, end: start + BigInt(last) };
  }
}

const MAX_VALUE = 32; // bytes of a run that are shown

const showBytes = (bytes: Uint8Array): string =>
  Buffer.from(bytes.subarray(0, MAX_VALUE)).toString('hex') + (bytes.length > MAX_VALUE ? '…' : '');

// Bytes that differ in what both have mapped, in runs that end where their place ends.
const compareMemory = (
  places: Places,
  a: RecordedState,
  b: RecordedState,
): { readonly bytes: number; readonly memory: readonly MemoryDifference[] } => {
  const memory: MemoryDifference[] = [];
  let bytes = 0;
  for (const region of a.recording.header.regions) {
    for (let done = 0; done < region.size; done += PAGE_SIZE) {
      const page = BigInt(region.start) + BigInt(done);
      if (!b.isMapped(page, PAGE_SIZE)) continue;
      const [left, right] = [a.read(page, PAGE_SIZE), b.read(page, PAGE_SIZE)];
      if (Buffer.compare(left, right) === 0) continue;
      for (let offset = 0; offset < PAGE_SIZE;) {
        if (left[offset] === right[offset]) {
          offset += 1;
          continue;
        }
        const { place, end } = places.describe(page + BigInt(offset));
        const limit = Math.min(PAGE_SIZE, Number(end - page));
        let next = offset + 1;
        while (next < limit && left[next] !== right[next]) next += 1;
        bytes += next - offset;
        if (memory.length < MAX_LISTED) {
          memory.push({
            address: hex(page + BigInt(offset)),
            size: next - offset,
            place,
            a: showBytes(left.subarray(offset, next)),
            b: showBytes(right.subarray(offset, next)),
          });
        }
        offset = next;
      }
    }
  }
  return { bytes, memory };
};

const parameterPairs = (a: Recording, b: Recording): NamedPair[] => {
  const names = new Set([...Object.keys(a.header.parameters), ...Object.keys(b.header.parameters)]);
  const text = ({ header }: Recording, name: string): string | null => {
    const value = header.parameters[name];
    return value === undefined ? null : String(value);
  };
  return [...names].flatMap((name) => {
    const pair = { name, a: text(a, name), b: text(b, name) };
    return pair.a === pair.b ? [] : [pair];
  });
};

const summary = (recording: Recording): Comparison['a'] => ({
  scenario: recording.header.scenario,
  hash: hashRecording(recording),
  instructions: recording.instructions,
});

/** Compare two recordings. Equal hashes mean equal recordings; nothing is looked at then. */
export const compareRecordings = (a: Recording, b: Recording): Comparison => {
  const [first, second] = [summary(a), summary(b)];
  const [outcomeA, outcomeB] = [a.header.outcome, b.header.outcome];
  const [runA, runB] = [new Case(a), new Case(b)];
  const places = new Places(runA);
  const outcomesDiffer = JSON.stringify(outcomeA) !== JSON.stringify(outcomeB);
  return {
    same: first.hash === second.hash,
    a: first,
    b: second,
    parameters: parameterPairs(a, b),
    before: compareMemory(places, runA.stateAt(0), runB.stateAt(0)),
    ...findPartings(runA, runB),
    end: {
      outcome: outcomesDiffer ? { a: outcomeA, b: outcomeB } : null,
      registers: registerPairs(runA.finalRegisters, runB.finalRegisters),
      ...compareMemory(places, runA.end, runB.end),
    },
  };
};
