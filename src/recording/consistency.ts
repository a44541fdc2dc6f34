// What the parts of a recording say about one another: what a recorder guarantees and the views rely on. A file in which
// it does not hold is refused, so that no view meets an index, an address or a range that leads nowhere.

import { type Addr, PAGE_SIZE, hex, isCanonical } from '../base/address.js';
import { StructProblem } from '../kernel/struct-form.js';
import { pt_regs } from '../kernel/structs/task.js';
import { MAX_ACCESSES, MAX_EVENTS, MAX_INSTRUCTIONS, MAX_REGISTER_WORDS } from './bounds.js';
import { ACCESS } from './accesses.js';
import { recordedStructs } from './structs.js';
import type { NamedObject, RecordedEvent, RecordedStep, Recording, RecordingHeader } from './recording.js';

const PAGE = BigInt(PAGE_SIZE);
const END = 1n << 64n; // one past the last address

/** A sentence without its end: what is wrong, and where. */
type Problem = string | undefined;

const first = <T>(items: readonly T[], check: (item: T, index: number) => Problem): Problem => {
  for (let index = 0; index < items.length; index += 1) {
    const problem = check(items[index]!, index);
    if (problem !== undefined) return problem;
  }
  return undefined;
};

const field = (path: string, problem: string): string => `the header's field "${path}" ${problem}`;

/** The pages that the regions of a recording have. */
class Pages {
  readonly #pages = new Set<number>();

  /** @returns whether no region had the page before */
  add(page: bigint): boolean {
    const size = this.#pages.size;
    return this.#pages.add(Number(page)).size > size;
  }

  has(address: Addr, size: number): boolean {
    const last = Number((address + BigInt(Math.max(1, size)) - 1n) / PAGE);
    for (let page = Number(address / PAGE); page <= last; page += 1) if (!this.#pages.has(page)) return false;
    return true;
  }
}

// Regions that can be changed come first: memory is laid out so.
const regionsProblem = ({ regions }: RecordingHeader, pages: Pages): Problem => {
  let readOnly = false;
  return first(regions, ({ start, size, protection }, index) => {
    if (protection === 'read-write' && readOnly)
      return field(`regions[${index}]`, 'can be written, and comes after one that cannot');
    readOnly ||= protection !== 'read-write';
    const from = BigInt(start) / PAGE;
    for (let page = from; page < from + BigInt(size) / PAGE; page += 1n)
      if (!pages.add(page)) return field('regions', `has ${hex(page * PAGE)} twice`);
    return undefined;
  });
};

const structsProblem = (header: RecordingHeader): Problem => {
  try {
    recordedStructs(header);
    return undefined;
  } catch (error) {
    if (error instanceof StructProblem) return field(`code.structs.${error.struct}`, error.problem);
    throw error;
  }
};

const isSorted = (rules: readonly { readonly offset: number }[] = []): boolean =>
  rules.every(({ offset }, index) => index === 0 || rules[index - 1]!.offset <= offset);

const symbolsProblem = ({ symbols }: RecordingHeader): Problem =>
  first(symbols, ({ address, size, lines, frame }, index) => {
    const start = BigInt(address);
    if (
      !isCanonical(start) ||
      start + BigInt(size) > END ||
      !isCanonical(start + BigInt(Math.max(1, size)) - 1n)
    )
      return field(`symbols[${index}]`, `has ${size} bytes at ${address}, which are not canonical addresses`);
    if (!isSorted(lines) || !isSorted(frame))
      return field(`symbols[${index}]`, 'has offsets that are not in order');
    return undefined;
  });

// Objects of the heap lie in a page; the others in memory that the scenario gave them.
const objectProblem = (
  { address, size, header, cache }: NamedObject,
  path: string,
  pages: Pages | undefined,
): Problem => {
  const start = BigInt(address) - BigInt(header);
  if (start < 0n || BigInt(address) + BigInt(size) > END)
    return field(path, `has ${header} and ${size} bytes around ${address}, which are not addresses`);
  if (cache !== null && header + size > PAGE_SIZE)
    return field(path, `has ${header + size} bytes of cache ${cache}; an object lies in a page`);
  if (pages !== undefined && !pages.has(start, header + size))
    return field(path, `lies at ${address}, where the recording has no memory`);
  return undefined;
};

// Steps follow one another without a gap, up to the last instruction and the last event.
const stepsProblem = ({ steps, events }: RecordingHeader, instructions: number): Problem => {
  const names = new Set<string>();
  let [lastTo, lastEvent] = [0, 0];
  const problem = first(steps, (step: RecordedStep, index) => {
    const inOrder = step.from === lastTo && step.from <= step.to && step.to <= instructions;
    const range = step.events;
    const eventsInOrder = lastEvent <= range.from && range.from <= range.to && range.to <= events.length;
    if (!inOrder || !eventsInOrder)
      return field(
        `steps[${index}]`,
        `does not follow the one before, or ends after the run's ${instructions} instructions or ${events.length} events`,
      );
    if (names.has(step.step)) return field(`steps[${index}].step`, 'is the name of an earlier step');
    if (step.call === null && (step.from !== step.to || step.returned !== null))
      return field(`steps[${index}]`, 'has instructions or a result, and no call');
    names.add(step.step);
    [lastTo, lastEvent] = [step.to, range.to];
    for (let event = range.from; event < range.to; event += 1) {
      const { at } = events[event]!;
      if (at < step.from || at > step.to)
        return field(`events[${event}].at`, `is ${at}, outside of its step, steps[${index}]`);
    }
    return undefined;
  });
  if (problem !== undefined || lastTo === instructions) return problem;
  return field('steps', `ends at instruction ${lastTo}; the run has ${instructions}`);
};

const eventProblem = (event: RecordedEvent, path: string, pages: Pages): Problem => {
  if (event.kind === 'allocate') {
    const { address, requested, objectSize } = event;
    if (requested > objectSize || objectSize > PAGE_SIZE)
      return field(path, `requests ${requested} of ${objectSize} bytes; an object lies in a page`);
    if (!pages.has(BigInt(address), objectSize))
      return field(path, `allocates at ${address}, where the recording has no memory`);
  }
  if (event.kind === 'trap' && event.regs !== null && !pages.has(BigInt(event.regs), pt_regs.size))
    return field(`${path}.regs`, `is ${event.regs}, where the recording has no memory`);
  if (event.kind === 'trap' && event.errorCode > 0xffff_ffff)
    return field(`${path}.errorCode`, `is ${event.errorCode}, more than 32 bits`);
  return undefined;
};

const eventsProblem = (
  { events }: RecordingHeader,
  { instructions, accessCount }: Recording,
  pages: Pages,
): Problem => {
  let [lastAt, lastAccesses] = [0, 0];
  return first(events, (event, index) => {
    const { at, accesses } = event;
    if (at < lastAt || at > instructions || accesses < lastAccesses || accesses > accessCount)
      return field(
        `events[${index}]`,
        `lies at instruction ${at} after ${accesses} accesses: before the event before it, or past the run's ${instructions} instructions or ${accessCount} accesses`,
      );
    [lastAt, lastAccesses] = [at, accesses];
    // A trap ends the run.
    if (event.kind === 'trap' && index < events.length - 1)
      return field(`events[${index}]`, 'is a trap, and events follow it');
    return eventProblem(event, `events[${index}]`, pages);
  });
};

// Places in code are `symbol+0x3e`, of a symbol that the recording has, or addresses.
const isLocation = (text: string, names: ReadonlySet<string>): boolean => {
  if (/^0x[0-9a-f]{1,16}$/u.test(text)) return true;
  const [, name] = /^(.*)\+0x[0-9a-f]{1,16}$/su.exec(text) ?? [];
  return name !== undefined && names.has(name);
};

// What ran is named by the recording's symbols.
const namesProblem = ({ symbols, steps, events, outcome }: RecordingHeader): Problem => {
  const names = new Set(symbols.map(({ name }) => name));
  const known = (path: string, name: string | null): Problem =>
    name === null || names.has(name) ? undefined : field(path, `is not among the symbols: ${name}`);
  if (outcome.kind !== 'returned' && !isLocation(outcome.at, names))
    return field('outcome.at', 'is neither an address nor an offset in a symbol of the recording');
  return (
    first(steps, ({ call }, index) => known(`steps[${index}].call`, call)) ??
    first(events, (event, index) =>
      event.kind === 'call' || event.kind === 'stub'
        ? known(`events[${index}].symbol`, event.symbol)
        : undefined,
    )
  );
};

const outcomeProblem = ({ outcome, events, steps }: RecordingHeader): Problem => {
  const trap = events.at(-1)?.kind === 'trap';
  if (outcome.kind === 'bug' && !trap) return field('outcome', 'is a BUG, and no trap is among the events');
  if (trap && (outcome.kind === 'returned' || outcome.kind === 'budget'))
    return field('outcome', `is "${outcome.kind}", and the last event is a trap`);
  if (trap && steps.at(-1)?.call == null)
    return field('outcome', 'is a trap, and the last step calls nothing');
  return undefined;
};

const FLAGS = 0xff | ACCESS.write | ACCESS.host | ACCESS.faulted;
const WIDEST = 8; // bytes

// Accesses lie in the order of the instructions that did them; what the sandbox did lies before the next instruction.
const accessesProblem = ({ accesses, instructions }: Recording, pages: Pages): Problem => {
  let last = 0;
  for (let index = 0; index < accesses.count; index += 1) {
    const size = accesses.size(index);
    if ((accesses.flags(index) & ~FLAGS) !== 0 || size < 1 || size > WIDEST)
      return `access ${index} has the size ${size} and flags ${hex(accesses.flags(index))}`;
    const isHost = accesses.isHost(index);
    const instruction = accesses.instruction(index);
    const state = instruction + (isHost ? 0 : 1); // the first one that has it
    if (state < last || state > instructions)
      return `access ${index} is of instruction ${instruction}: before the access before it, or past the run's ${instructions} instructions`;
    last = state;
    if (isHost && !accesses.isDone(index)) return `access ${index} is of the sandbox, and is not a write`;
    if (accesses.isDone(index) && !pages.has(accesses.address(index), size))
      return `access ${index} wrote to ${hex(accesses.address(index))}, where the recording has no memory`;
  }
  return undefined;
};

/** The first claim of a recording that is more than what a recorder writes. */
const sizeProblem = ({ header: { events }, data, instructions, accessCount }: Recording): Problem => {
  const most = (count: number, max: number, what: string): Problem =>
    count > max ? `the recording has ${count} ${what}; at most ${max} are read` : undefined;
  return (
    most(instructions, MAX_INSTRUCTIONS, 'instructions') ??
    most(data.registers.length, MAX_REGISTER_WORDS, 'words of registers') ??
    most(accessCount, MAX_ACCESSES, 'accesses') ??
    most(events.length, MAX_EVENTS, 'events')
  );
};

/**
 * The first contradiction between the parts of a recording.
 *
 * @param recording whose header has the right form and whose regions are whole pages
 * @returns what is wrong, and where; `undefined` when the recording is one that a recorder could have written
 */
export const findContradiction = (recording: Recording): string | undefined => {
  const { header, instructions } = recording;
  const pages = new Pages();
  return (
    sizeProblem(recording) ??
    regionsProblem(header, pages) ??
    symbolsProblem(header) ??
    structsProblem(header) ??
    first(header.world, (object, index) => objectProblem(object, `world[${index}]`, pages)) ??
    first(header.objects, (object, index) => objectProblem(object, `objects[${index}]`, undefined)) ??
    eventsProblem(header, recording, pages) ??
    stepsProblem(header, instructions) ??
    outcomeProblem(header) ??
    namesProblem(header) ??
    accessesProblem(recording, pages)
  );
};
