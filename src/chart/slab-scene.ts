// What the picture of a slab page shows: the page before a call and after it, object by object, and the bytes around
// the end of the allocation that the call wrote to.

import { type Addr, hex } from '../base/address.js';
import { InputError } from '../base/errors.js';
import { plural } from '../base/words.js';
import { fieldAt } from '../kernel/layout.js';
import type { Finding } from '../reading/findings.js';
import { whenText } from '../reading/moments.js';
import type { LocatedOutOfBounds } from '../reading/out-of-bounds.js';
import type { RecordedState } from '../recording/state.js';
import type { RecordedEvent, RecordedStep, Recording } from '../recording/recording.js';
import { type ObjectState, objectState, objectsOf } from '../kernel/slab.js';
import { identifySlabAddress } from '../kernel/slab-identify.js';
import type { Objects } from '../reading/objects.js';
import type { Case } from '../reading/case.js';
import { fieldValue } from '../reading/victim.js';

export interface SlabObject {
  readonly address: Addr;
  readonly index: number; // in its slab
  readonly state: ObjectState;
  /** The scenario's name for it, or for what was freed there; null where it has none. */
  readonly owner: string | null;
}

export interface SlabMoment {
  /** State of the recording. */
  readonly at: number;
  readonly objects: readonly SlabObject[];
}

/** A byte of the strip. */
export interface StripByte {
  readonly address: Addr;
  readonly before: number;
  readonly after: number;
  /** `id`: in the slot, a field of its former owner; elsewhere of the present owner. Null where none is known. */
  readonly field: string | null;
  /** `own`: the requested bytes of the allocation; `slack`: the rest of its slot. */
  readonly part: 'own' | 'slack' | 'other';
}

export interface SlabScene {
  readonly scenario: string;
  readonly step: RecordedStep;
  readonly cache: string;
  readonly page: Addr;
  readonly objectSize: number;
  /** The allocation that the picture is about. */
  readonly slot: Addr;
  readonly slotName: string;
  readonly requested: number;
  /** The former owner of the slot; null where it had none with a name. */
  readonly formerOwner: string | null;
  readonly before: SlabMoment;
  readonly after: SlabMoment;
  readonly strip: readonly StripByte[];
  /** Writes outside the allocation, in order. */
  readonly writes: readonly SlabWrite[];
  /** Where the picture is about a stale pointer: its use, the moments shown, and what happened, in sentences. */
  readonly use: SlabUse | undefined;
}

/** The use of a stale pointer. */
interface SlabUse {
  readonly title: string;
  readonly before: string;
  readonly after: string;
  readonly sentences: readonly string[];
}

/** A write outside the allocation. */
export interface SlabWrite extends LocatedOutOfBounds {
  /** The field's value before and after: `13008943 (0xc6802f)`; null where no field is known. */
  readonly field: { readonly name: string; readonly before: string; readonly after: string } | null;
}

type Allocate = Extract<RecordedEvent, { kind: 'allocate' }>;

// Bytes of a strip at most.
const STRIP = 64;

// The step of an event, by the recording's own account.
const stepOf = (steps: readonly RecordedStep[], event: number): RecordedStep | undefined =>
  steps.find(({ events }) => events.from <= event && event < events.to);

interface Subject {
  readonly allocation: Allocate;
  readonly step: RecordedStep;
}

// The subject of the picture: the allocation that was written past; otherwise the last one that a call made; otherwise
// the last one.
const subjectOf = (recording: Recording, found: readonly LocatedOutOfBounds[]): Subject => {
  const { events, steps } = recording.header;
  const all = events.flatMap((event, index) => {
    const step = event.kind === 'allocate' ? stepOf(steps, index) : undefined;
    return event.kind === 'allocate' && step !== undefined ? [{ allocation: event, step }] : [];
  });
  const guilty =
    found.find(({ access, allocation }) => access === 'write' && allocation !== null) ??
    found.find(({ allocation }) => allocation !== null);
  const subject =
    all.findLast(
      ({ allocation }) => allocation.address === guilty?.allocation && allocation.at <= guilty.instruction,
    ) ??
    all.findLast(({ allocation, step }) => step.call !== null && allocation.at > step.from) ??
    all.at(-1);
  if (subject === undefined)
    throw new InputError('no step of this run allocates anything: there is no slab page to show', {
      field: 'scenario',
    });
  return subject;
};

const momentOf = (
  run: Case,
  at: number,
  slot: Addr,
): SlabMoment & { readonly cache: string; readonly page: Addr; readonly size: number } => {
  const place = identifySlabAddress(run.stateAt(at), slot);
  const heap = run.heapAt(at);
  const cache = heap.caches.find((one) => one.cache === place?.cache);
  const slab = cache?.slabs.find((one) => one.slab === place?.slab);
  if (place === undefined || cache === undefined || slab === undefined)
    throw new InputError(`the heap's data at instruction ${at} no longer lead to ${hex(slot)}`, {
      field: 'scenario',
    });
  return {
    at,
    cache: cache.name,
    page: place.page,
    size: cache.objectSize,
    objects: objectsOf(cache, slab).map((address, index) => {
      const known = run.objects.find(address, at);
      return {
        address,
        index,
        state: objectState(heap, address),
        owner: known?.name ?? null,
      };
    }),
  };
};

// The field of the struct that lies at an address; of a freed object too, whose bytes are still there.
const fieldOf = (objects: Objects, address: Addr, at: number): string | null => {
  const found = objects.find(address, at);
  const type = found?.struct === null || found === undefined ? undefined : objects.typeOf(found.struct);
  if (found === undefined || type === undefined || address < found.address) return null;
  return fieldAt(type, Number(address - found.address))?.path ?? null;
};

const writeOf = (run: Case, write: LocatedOutOfBounds): SlabWrite => {
  const [before, after] = [write.instruction, write.instruction + 1].map(
    (at) => fieldValue(run, write, at)?.text,
  );
  const name = write.victim.field;
  const isKnown = name !== null && before !== undefined && after !== undefined;
  return { ...write, field: isKnown ? { name, before, after } : null };
};

// How many bytes from an address on are mapped, up to a strip.
const mappedSize = (state: RecordedState, first: Addr, most = STRIP): number => {
  let size = 0;
  while (size < most && state.isMapped(first, size + 1)) size += 1;
  return size;
};

/**
 * The scene of a stale pointer where one is used, otherwise of an overrun.
 *
 * @throws {InputError} when no step allocates anything, or the heap's data are too damaged to find the page
 */
export const slabScene = (run: Case): SlabScene => {
  const stale = staleUse(run);
  return stale === undefined ? overrunScene(run) : useScene(run, stale);
};

// The first use of a stale pointer, a write before others, where no live object was overrun by a write before it.
const staleUse = ({ findings }: Case): Finding | undefined => {
  const uses = findings.filter(
    ({ kind, object }) => object !== null && (kind === 'use-after-free' || kind === 'double-free'),
  );
  const use = uses.find(({ access, kind }) => access === 'write' || kind === 'double-free') ?? uses[0];
  const overrun = findings.find(({ kind, access }) => kind === 'out-of-bounds' && access === 'write');
  return overrun === undefined || (use !== undefined && use.instruction < overrun.instruction)
    ? use
    : undefined;
};

// Before its free, and when a stale pointer to it is used.
const useScene = (run: Case, use: Finding): SlabScene => {
  const { recording, objects } = run;
  const { address, requested, name, freed } = use.object!;
  const slot = BigInt(address);
  const step = recording.header.steps.find((one) => one.step === use.step)!;
  const done = Math.min(recording.instructions, use.at === null ? use.instruction : use.instruction + 1);
  const at = Math.max(0, (freed?.instruction ?? use.instruction) - (freed?.at === null ? 1 : 0));
  const before = momentOf(run, at, slot);
  const after = momentOf(run, done, slot);
  const size = Math.min(before.size, STRIP);
  const held = run.stateAt(use.instruction).read(slot, mappedSize(run.end, slot, size));
  const now = run.stateAt(done).read(slot, held.length);
  const slotName = name ?? 'the allocation';
  const owner =
    use.now === null ? 'its slot is free' : `its slot belongs to ${use.now.name ?? 'another object'}`;
  const verb = use.kind === 'double-free' ? 'frees' : `${use.access}s`;
  return {
    scenario: recording.header.scenario,
    step,
    cache: before.cache,
    page: before.page,
    objectSize: before.size,
    slot,
    slotName,
    requested,
    formerOwner: null,
    before,
    after,
    writes: [],
    use: {
      title: `${use.at ?? 'the sandbox'} ${verb} ${slotName} through a stale pointer`,
      before: `Before its free: ${slotName} is in use`,
      after: `The stale pointer is used: ${owner}`,
      sentences: [
        ...(freed === null ? [] : [`${slotName} is freed ${whenText(freed)}.`]),
        ...(use.now?.allocated == null
          ? []
          : [`${use.now.name ?? 'Another object'} gets its slot ${whenText(use.now.allocated)}.`]),
        // Short: a picture has one line for it.
        `${use.at ?? 'The sandbox'} ${verb} ${
          use.access === null
            ? 'it again'
            : `${plural(use.size, 'byte')}, ${plural(use.offset ?? 0, 'byte')} into it, through a pointer from before`
        }.`,
      ],
    },
    strip: [...held].map((byte, index) => ({
      address: slot + BigInt(index),
      before: byte,
      after: now[index]!,
      field: fieldOf(objects, slot + BigInt(index), done),
      part: 'other',
    })),
  };
};

const overrunScene = (run: Case): SlabScene => {
  const { recording, outOfBounds: found, objects } = run;
  const { allocation, step } = subjectOf(recording, found);
  const slot = BigInt(allocation.address);
  const writes = found.filter(
    ({ access, allocation: of, instruction }) =>
      access === 'write' && of === allocation.address && instruction >= step.from && instruction < step.to,
  );
  // Before the call's last instruction: what the sandbox does next belongs to the next step.
  const lastWrite = writes.reduce((last, { instruction }) => Math.max(last, instruction + 1), 0);
  const end = Math.max(step.to - 1, lastWrite, allocation.at);
  const before = momentOf(run, allocation.at, slot);
  const { requested, objectSize } = allocation;
  const reach = writes.reduce(
    (last, { address, size }) => Math.max(last, Number(BigInt(address) - slot) + size),
    2 * objectSize,
  );
  // The end of the slot in the middle, unless all of it fits, or something was written far past it.
  const start = Math.max(
    0,
    Math.min(objectSize - STRIP / 2, reach - STRIP / 2),
    reach > 2 * objectSize ? reach - STRIP : 0,
  );
  const first = slot + BigInt(start);
  const size = mappedSize(run.end, first);
  const old = run.stateAt(allocation.at).read(first, size);
  const after = momentOf(run, end, slot);
  const now = run.stateAt(end).read(first, size);
  const former = allocation.at === 0 ? undefined : objects.find(slot, allocation.at - 1);
  return {
    scenario: recording.header.scenario,
    step,
    cache: before.cache,
    page: before.page,
    objectSize,
    slot,
    slotName: allocation.name ?? 'the allocation',
    requested,
    formerOwner: former?.name ?? null,
    before,
    after,
    writes: writes.map((write) => writeOf(run, write)),
    use: undefined,
    strip: [...old].map((byte, index) => {
      const address = first + BigInt(index);
      const offset = Number(address - slot);
      const part = offset < requested ? 'own' : offset < objectSize ? 'slack' : 'other';
      const field = fieldOf(objects, address, part === 'other' ? end : Math.max(0, allocation.at - 1));
      return { address, before: byte, after: now[index]!, field, part };
    }),
  };
};
