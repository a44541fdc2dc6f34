// Tells what happened in a recording to a reader who does not know the case. Reads a recording only.
// Over 300 lines because its sections share one view of the recording.

import { type Addr, PAGE_SIZE, hex, isCanonical } from './address.js';
import { decodeScalar, findField } from './layout.js';
import { type LocatedOutOfBounds, locateOutOfBounds } from './out-of-bounds.js';
import { formatOops } from './oops.js';
import { RecordedState } from './recorded-state.js';
import type {
  NamedObject,
  Outcome,
  RecordedAccess,
  RecordedEvent,
  RecordedStep,
  Recording,
} from './recording.js';
import { REGISTER_INDEX } from './registers.js';
import { formatSlabFinding, walkHeap } from './slab-view.js';
import { findStruct } from './structs/all.js';
import type { SymbolTable } from './symbols.js';
import { recordedSymbols, reportOf } from './trap-report.js';
import { wrap } from './wrap.js';

/** An outcome in a line. */
export const formatOutcome = (outcome: Outcome): string => {
  switch (outcome.kind) {
    case 'returned':
      return `returned ${outcome.value}`;
    case 'bug':
      return `BUG at ${outcome.at} (${outcome.file}:${outcome.line})`;
    case 'fault':
      return `fault at ${outcome.at}: ${outcome.access} of ${outcome.size} byte${outcome.size === 1 ? '' : 's'} at ${outcome.address}`;
    case 'budget':
      return `out of budget at ${outcome.at}, after ${outcome.instructions} instructions`;
  }
};

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

const printable = (byte: number): string =>
  byte >= 0x20 && byte < 0x7f ? ` (${String.fromCharCode(byte)})` : '';

/** A scalar field at one moment. */
interface FieldValue {
  readonly text: string;
  readonly number: bigint; // unsigned
  readonly address: Addr;
  readonly size: number;
}

/** What the sections of a story share. */
class Teller {
  readonly symbols: SymbolTable;
  readonly state: RecordedState;
  readonly found: readonly LocatedOutOfBounds[];
  readonly names = new Map<string, NamedObject>();

  constructor(readonly recording: Recording) {
    this.symbols = recordedSymbols(recording);
    this.state = new RecordedState(recording);
    this.found = locateOutOfBounds(recording);
    for (const object of [...recording.header.world, ...recording.header.objects]) {
      this.names.set(object.name, object);
    }
  }

  // The name that an allocation before event `index`, or the world, gives an address.
  nameAt(address: string, index: number): string | null {
    const { events, world } = this.recording.header;
    const allocation = events
      .slice(0, index)
      .findLast((event) => event.kind === 'allocate' && event.address === address);
    if (allocation?.kind === 'allocate') return allocation.name;
    return world.find((object) => object.address === address)?.name ?? null;
  }

  // The field that an access hit, read before instruction `at`.
  field(found: LocatedOutOfBounds, at: number): FieldValue | undefined {
    const { object, field } = found.victim;
    const known = object === null ? undefined : this.names.get(object);
    const struct = known?.struct == null ? undefined : findStruct(known.struct);
    const path = field?.slice(field.indexOf('.') + 1);
    const place = struct === undefined || path === undefined ? undefined : findField(struct, path);
    if (known === undefined || (place?.type.kind !== 'integer' && place?.type.kind !== 'pointer')) {
      return undefined;
    }
    const address = BigInt(known.address) + BigInt(place.offset);
    this.state.seek(at);
    if (!this.state.isMapped(address, place.type.size)) return undefined;
    const bytes = this.state.read(address, place.type.size);
    const value = decodeScalar(place.type, new DataView(bytes.buffer), 0);
    const number = BigInt.asUintN(place.type.size * 8, BigInt(value));
    const text = place.type.kind === 'pointer' ? hex(number) : `${value} (${hex(number)})`;
    return { text, number, address, size: place.type.size };
  }

  // Functions in the order in which a range of instructions enters them.
  functions(from: number, to: number): string[] {
    const entered = new Set<string>();
    let row = 0;
    for (const registers of this.recording.registerRows()) {
      if (row >= to) break;
      if (row >= from) {
        const location = this.symbols.findLocation(registers[REGISTER_INDEX.rip]!);
        if (location?.offset === 0) entered.add(location.symbol.name);
      }
      row += 1;
    }
    return [...entered];
  }
}

const describeVictim = ({ victim }: LocatedOutOfBounds): string => {
  const { object, field } = victim;
  const cache = victim.cache === null ? '' : ` of ${victim.cache}`;
  switch (victim.kind) {
    case 'object':
      return `${object ?? 'an object without a name'}, a live object${cache}`;
    case 'slack':
      return `the rest of the same slab object${cache}, which nobody asked for`;
    case 'free':
      return `a free object${cache}`;
    case 'management':
      return field === null
        ? `the slab's own management data${cache}`
        : `${object === null ? '' : `${object}, `}the management of another slab (struct slab), in a live object${cache}`;
    case 'unmapped':
      return 'unmapped memory';
  }
};

const describeDistance = ({ beyond, requested, allocation }: LocatedOutOfBounds): string => {
  if (allocation === null || beyond === null || requested === null) return 'outside every live allocation';
  const end = `the ${count(requested, 'byte')} asked for at ${allocation}`;
  if (beyond < 0) return `${count(-beyond, 'byte')} before ${end}`;
  return beyond === 0 ? `right behind ${end}` : `${count(beyond, 'byte')} past the end of ${end}`;
};

const tellWrite = (teller: Teller, found: LocatedOutOfBounds): string[] => {
  const before = teller.field(found, found.instruction);
  const after = teller.field(found, found.instruction + 1);
  const show = (value: string | null): string =>
    value === null
      ? 'nothing'
      : found.size === 1
        ? `${value.slice(2).padStart(2, '0')}${printable(Number(value))}`
        : value;
  const bytes = `${show(found.old)} becomes ${show(found.new)}`;
  return [
    `${found.by} writes ${count(found.size, 'byte')} out of bounds at ${found.address}, ${describeDistance(found)}: ${bytes}.`,
    `There lies ${describeVictim(found)}${
      before === undefined || after === undefined
        ? '.'
        : `: its ${found.victim.field} goes from ${before.text} to ${after.text}.`
    }`,
  ];
};

// Reads by one instruction, one line.
const tellReads = (reads: readonly LocatedOutOfBounds[]): string => {
  const [first] = reads;
  const victims = [...new Set(reads.map(describeVictim))].join('; then ');
  const total = reads.reduce((sum, { size }) => sum + size, 0);
  return `${first!.by} reads ${count(total, 'byte')} out of bounds from ${first!.address} on, ${describeDistance(first!)}: ${victims}.`;
};

// Each of the instructions that read outside once, each write, in the order of their first access.
const tellOutOfBounds = (teller: Teller, step: RecordedStep): string[] => {
  const here = teller.found.filter(({ instruction }) => instruction >= step.from && instruction < step.to);
  const told = new Set<string>();
  return here.flatMap((found) => {
    if (found.access === 'write') return tellWrite(teller, found);
    if (told.has(found.by)) return [];
    told.add(found.by);
    return [tellReads(here.filter(({ by, access }) => by === found.by && access === 'read'))];
  });
};

const tellEvent = (teller: Teller, event: RecordedEvent, index: number): string[] => {
  switch (event.kind) {
    case 'allocate': {
      const name = event.name ?? 'unnamed';
      return [`allocates ${name}: ${count(event.requested, 'byte')} at ${event.address} (${event.cache})`];
    }
    case 'free': {
      const name = teller.nameAt(event.address, index);
      return [`frees ${name ?? 'an object'} at ${event.address} (${event.cache})`];
    }
    case 'finding':
      return [`the heap finds: ${event.message}`];
    case 'call': {
      const values = event.arguments.map((value) => {
        const name = teller.nameAt(value, index);
        return name === null ? value : `${value} (${name})`;
      });
      return [`calls ${event.symbol}(${values.join(', ')})`];
    }
    default:
      return [];
  }
};

const tellStep = (teller: Teller, step: RecordedStep, number: number, width: number): string[] => {
  const { events } = teller.recording.header;
  const { from, to } = step.events;
  const did = events.slice(from, to).flatMap((event, index) => tellEvent(teller, event, from + index));
  const ran = teller.functions(step.from, step.to);
  const instructions = step.to - step.from;
  const lines = [
    ...did,
    ...(step.call === null
      ? []
      : [
          `${count(instructions, 'instruction')} in ${ran.join(', ')}; ${
            step.returned === null ? 'it does not return' : `returns ${step.returned}`
          }`,
        ]),
  ];
  return [
    `${number}. ${step.step}`,
    ...(step.says === '' ? [] : wrap(step.says, width, '   ')),
    ...lines.flatMap((line) => wrap(line, width, '   - ', '     ')),
    ...tellOutOfBounds(teller, step).flatMap((line) => wrap(line, width, '   ! ', '     ')),
    '',
  ];
};

// The first read of what an out-of-bounds write left; not that of the overrun itself.
const firstReadOf = (teller: Teller, found: LocatedOutOfBounds): RecordedAccess | undefined => {
  const { recording } = teller;
  const address = BigInt(found.address);
  const end = address + BigInt(found.size);
  for (
    let index = recording.accessesBefore(found.instruction + 1);
    index < recording.accessCount;
    index += 1
  ) {
    const access = recording.access(index);
    const inOverrun = teller.found.some(({ instruction }) => instruction === access.instruction);
    const touches = access.address < end && address < access.address + BigInt(access.size);
    if (!access.host && access.kind === 'read' && !inOverrun && touches) return access;
  }
  return undefined;
};

/** How far a fault may lie from the address in a pointer to be called a use of it: no struct here is larger. */
const NEAR = BigInt(PAGE_SIZE);

// Whether the run ended at an address that a damaged pointer led to.
const tellFault = ({ recording, state }: Teller, value: FieldValue): string[] => {
  const { outcome } = recording.header;
  if (outcome.kind !== 'fault' || outcome.access === 'execute' || value.size !== 8) return [];
  const address = BigInt(outcome.address);
  const distance = address - value.number;
  if (distance < 0n || distance >= NEAR) return [];
  const from = distance === 0n ? '' : `, ${count(Number(distance), 'byte')} behind that address`;
  const what = `a ${outcome.access} of ${count(outcome.size, 'byte')} at ${outcome.address}${from}`;
  if (!isCanonical(address)) return [`${outcome.at} follows it: ${what}, which is not canonical.`];
  const mapped = state.isMapped(address, outcome.size);
  return [
    `${outcome.at} follows it: ${what}, ${mapped ? 'which is not allowed there' : 'where nothing is mapped'}.`,
  ];
};

/** Where a corrupted field was read afterwards for the first time, and what came of it. */
const tellSurfacing = (teller: Teller): string[] => {
  const { recording, symbols } = teller;
  const lines: string[] = [];
  const told = new Set<string>();
  for (const found of teller.found) {
    const { kind, object, field } = found.victim;
    if (found.access !== 'write' || (kind !== 'object' && field === null)) continue;
    const name = object === null && field === null ? found.address : `${object}: ${field}`;
    const access = told.has(name) ? undefined : firstReadOf(teller, found);
    told.add(name);
    if (access === undefined) continue;
    const by = symbols.formatLocation(recording.registersAt(access.instruction)[REGISTER_INDEX.rip]!);
    const step = recording.header.steps.find(({ to }) => access.instruction < to)?.step ?? '';
    const value = teller.field(found, access.instruction);
    const later = count(access.instruction - found.instruction, 'instruction');
    lines.push(
      `${by} (step "${step}", ${later} after the write) reads ${name}${value === undefined ? '' : ` and finds ${value.text}`}.`,
      ...(value === undefined ? [] : tellFault(teller, value)),
    );
  }
  return lines;
};

// What a check of the whole heap finds at the end.
const tellHeap = ({ recording }: Teller): string[] =>
  walkHeap(new RecordedState(recording).end(), BigInt(recording.header.cacheChain)).findings.map(
    formatSlabFinding,
  );

/**
 * The story of a recording, in lines.
 *
 * @param width columns to wrap prose at
 */
export const tellStory = (recording: Recording, hash: string, width = 100): string[] => {
  const teller = new Teller(recording);
  const { header } = recording;
  const surfacing = tellSurfacing(teller);
  const heap = tellHeap(teller);
  const report = reportOf(recording);
  return [
    `${header.scenario}: ${header.title}`,
    '',
    ...(header.claim === '' ? [] : [...wrap(header.claim, width), '']),
    ...Object.entries(header.parameters).map(([name, value]) => `  ${name} = ${value}`),
    ...(Object.keys(header.parameters).length === 0 ? [] : ['']),
    ...header.steps.flatMap((step, index) => tellStep(teller, step, index + 1, width)),
    ...(surfacing.length === 0
      ? []
      : ['How it surfaced', ...surfacing.flatMap((line) => wrap(line, width, '  ')), '']),
    ...(heap.length === 0
      ? []
      : ['What a check of the heap finds', ...heap.flatMap((line) => wrap(line, width, '  ')), '']),
    `Outcome: ${formatOutcome(header.outcome)}`,
    ...(header.asExpected
      ? ['  as the scenario expects']
      : ['  not as the scenario expects:', ...header.unexpected.map((line) => `  - ${line}`)]),
    '',
    ...(report === undefined
      ? ['The kernel reports nothing.']
      : ['What the kernel reports:', '', ...formatOops(report).trimEnd().split('\n')]),
    '',
    `${count(recording.instructions, 'instruction')} recorded, ${hash}`,
  ];
};
