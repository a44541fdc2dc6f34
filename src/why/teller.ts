// The sentences of a chain's links.
// Over 300 lines because they share the names and values of one run, and are one list of sentences.

import { hex } from '../base/address.js';
import { byteText } from '../base/words.js';
import type { Finding } from '../reading/findings.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import type { MissingWrite } from './comparing.js';
import type { Compared } from './compare-text.js';
import type { Definition, Made } from './definition.js';
import type { Stale } from './freshness.js';
import { type Incident, type Incidents, isUseAfterFree } from './incidents.js';
import type { By, Link } from './link.js';
import { type Place, RIP_PLACE, registerPlace } from './place.js';
import type { Frame } from './trace.js';
import type { RunView } from './view.js';

const sizeOf = (place: Place): number =>
  place.kind === 'register' || place.kind === 'memory' ? place.size : 8;

const MORE = 'a control would show more: control: NAME in the scenario';

const OUTSIDE: Readonly<Record<'read' | 'write', By>> = { read: 'data', write: 'out-of-bounds write' };

const BY_KIND: Readonly<Partial<Record<Finding['kind'], By>>> = {
  'use-after-free': 'use after free',
  'double-free': 'double free',
  'invalid-free': 'double free',
  'out-of-bounds': 'out-of-bounds write',
  uninitialised: 'uninitialised',
};

export class Teller {
  constructor(
    private readonly view: RunView,
    private readonly incidents: Incidents,
    private readonly other: RunView | undefined,
  ) {}

  #link(step: number, place: Place, by: By, says: string, more: Partial<Link> = {}): Link {
    const { view } = this;
    return {
      step,
      at: view.at(step),
      line: view.line(step),
      place,
      name: view.placeName(place, step),
      value: view.value(place, step),
      says,
      by,
      ...more,
    };
  }

  #value(place: Place, state: number, view = this.view): string {
    const value = view.value(place, state);
    return value === undefined ? 'a value' : view.valueText(value, sizeOf(place), state);
  }

  #name(place: Place, state: number): string {
    const variable = this.view.variable(place, state);
    const name = this.view.placeName(place, state);
    return variable === undefined ? name : `${variable} (${name})`;
  }

  #text(step: number): string {
    return this.view.text(step);
  }

  /** A trap whose bad value is a place. */
  symptom(step: number, place: Place, says: string): Link {
    const value = place.kind === 'rest' ? '' : `; ${this.#name(place, step)} = ${this.#value(place, step)}`;
    return this.#link(step, place, 'address', `${says}${value}`);
  }

  /** A jump that went where nothing can be executed. */
  jumped(step: number, says: string): Link {
    const { outcome } = this.view.run.recording.header;
    const value = outcome.kind === 'fault' ? BigInt(outcome.address) : undefined;
    return this.#link(step, RIP_PLACE, 'address', `${says}: ${this.#text(step)} goes there`, { value });
  }

  /** What a step of the scenario did that the control does not have. */
  extra(step: number, place: Place): Link {
    const { view } = this;
    const name = this.#stepPlace(step).at ?? '';
    const says = `${view.placeName(place, step + 1)} = ${this.#value(place, step + 1)}, made in ${name}; the control has no such step`;
    return this.#link(step, place, 'initial state', says, {
      name: view.placeName(place, step + 1),
      value: view.value(place, step + 1),
    });
  }

  /** A call of the scenario that the control does not make. */
  extraCall(step: number): Link {
    const { header } = this.view.run.recording;
    const found = header.steps.findLast(({ from, call }) => call !== null && from <= step);
    const name = this.#stepPlace(step).at ?? 'the scenario';
    const says = `${name} calls ${found?.call ?? 'it'}; the control has no such step`;
    return {
      ...this.#link(found?.from ?? step, { kind: 'rest' }, 'initial state', says),
      at: name,
      line: undefined,
    };
  }

  /** A write that is here, and elsewhere in the control. */
  wrote(step: number, place: Place, pointer: Place): Link {
    const { view } = this;
    const says =
      `${view.at(step)} writes ${this.#value(place, step + 1)} to ${view.placeName(place, step)}, in the control elsewhere: ` +
      `${this.#name(pointer, step)} = ${this.#value(pointer, step)}`;
    return this.#link(step, pointer, 'address', says);
  }

  /** A write that went elsewhere in the control. */
  elsewhere(step: number, pointer: Place, place: Place, state: number): Link {
    const { view } = this;
    const [write] = view.trace.touches(step).writes;
    const here =
      write === undefined ? 'elsewhere' : `to ${view.placeName({ kind: 'memory', ...write }, step)}`;
    const says =
      `${view.at(step)} writes ${here}, in the control to ${view.placeName(place, state)}: ` +
      `${this.#name(pointer, step)} = ${this.#value(pointer, step)}`;
    return this.#link(step, pointer, 'address', says);
  }

  /** A branch as the symptom: the report that it led to comes first. */
  reported(link: Link, step: number, says: string): Link {
    const { view } = this;
    return { ...link, step, at: view.at(step), line: view.line(step), says: `${says}: ${link.says}` };
  }

  /** A value that a step computed. */
  made(step: number, place: Place): Link {
    const says = `${this.#name(place, step + 1)} = ${this.#value(place, step + 1)}, made by ${this.#text(step)}`;
    return this.#link(step, place, 'data', says, {
      name: this.view.placeName(place, step + 1),
      value: this.view.value(place, step + 1),
    });
  }

  /** A link of which an earlier step is a part; `undefined` where the two are not of one computation. */
  continued(last: Link, step: number): Link | undefined {
    const { view } = this;
    const isMade = / made (?:by|in) /u.test(last.says) && last.by === 'data';
    if (!isMade || view.functionName(last.step) !== view.functionName(step)) return undefined;
    const [start] = last.says.split(/, made (?:by|in) /u);
    const name = view.functionName(step);
    const [, since = view.at(last.step)] = /, made in \S+ from \S+ to (\S+)$/u.exec(last.says) ?? [];
    return { ...last, says: `${start}, made in ${name} from ${view.at(step)} to ${since}` };
  }

  /** A value that was read from memory with a name. */
  loaded(step: number, place: Place): Link {
    const says = `${this.view.placeName(place, step)} = ${this.#value(place, step)}`;
    return this.#link(step, place, 'data', says);
  }

  /** What a function returned. */
  returned({ to, entry }: Frame, place: Place): Link {
    const { view } = this;
    const step = to - 1;
    const symbol = view.symbols.findLocation(entry)?.symbol;
    const name = symbol?.address === entry ? symbol.name : view.symbols.formatLocation(entry);
    const value = view.value(place, to);
    const isPointer = symbol?.prototype?.returns.includes('*') === true;
    const text = isPointer && value === 0n ? 'NULL' : this.#value(place, to);
    const says =
      place.kind === 'register' && place.at >> 3 === 0 && symbol?.prototype?.returns !== 'void'
        ? `${name} returned ${text}`
        : `${name} left ${text} in ${view.placeName(place, to)}`;
    return this.#link(step, place, 'data', says, { name: `result@${name}`, value });
  }

  /** A conditional jump and what it compared. */
  branch(step: number, { text }: Compared, place: Place | undefined): Link {
    const chosen = place ?? { kind: 'rest' };
    return this.#link(step, chosen, 'branch', `${text}: ${this.#way(step)}`);
  }

  #way(step: number): string {
    const { trace, symbols } = this.view;
    const site = trace.siteOf(step);
    if (site.flow !== 'conditional jump') return this.#text(step);
    const next = trace.siteOf(step + 1).address;
    const isTaken = next !== site.address + BigInt(site.length);
    const { operation } = site.transfer;
    return isTaken ? `${operation} goes to ${symbols.formatLocation(next)}` : `${operation} is not taken`;
  }

  /** An indirect jump or call, and where its target came from. */
  jump(step: number, place: Place): Link {
    return this.#link(step, place, 'address', `${this.#text(step)} goes to ${this.#value(place, step)}`);
  }

  /** A read through a pointer that is not the one that it should be. */
  address(step: number, pointer: Place, read: Place): Link {
    const says = `${this.#name(pointer, step)} = ${this.#value(pointer, step)}, and ${this.view.at(step)} reads ${this.view.placeName(read, step)} through it`;
    return this.#link(step, pointer, 'address', says);
  }

  /** An access outside of an allocation, or to freed memory. */
  foreign(step: number, place: Place, found: Incident): Link {
    const { view } = this;
    const { access, allocation, requested, victim, owner } = found;
    const own =
      owner?.name ?? (allocation === null ? 'any object' : `the ${requested} bytes at ${allocation}`);
    const isNamed = victim.object !== null && !isUseAfterFree(found);
    const target = isNamed ? view.memoryName(BigInt(found.address), step) : undefined;
    const where = target ?? found.address;
    const what =
      access === 'read'
        ? `reads ${found.old ?? 'nothing'} at ${where}`
        : `writes ${hexBytes(found.new, found.size)} over ${hexBytes(found.old, found.size)} in ${where}`;
    const state = access === 'write' ? step + 1 : step;
    const more = { name: view.placeName(place, step), value: view.value(place, state) };
    const says = isUseAfterFree(found)
      ? `${view.at(step)} ${what} ${this.#lifeOf(found)}`
      : `${view.at(step)} ${what}, out of bounds of ${own}`;
    return this.#link(step, place, isUseAfterFree(found) ? 'use after free' : OUTSIDE[access], says, more);
  }

  // Whose the memory was, who freed it, and whose it is now.
  #lifeOf({ owner, now, address }: Incident): string {
    if (owner === undefined) return 'in memory that is free';
    const offset = Number(BigInt(address) - owner.start);
    const of = owner.name ?? `an object of ${owner.cache}`;
    const freed = this.#freedAt(owner.freed);
    const other =
      now === undefined || now === owner
        ? ''
        : `; the memory belongs to ${now.name ?? `another object of ${now.cache}`} now`;
    return `through a pointer to ${of}+${hex(offset)}, which was freed${freed}${other}`;
  }

  #freedAt(index: number | undefined): string {
    const freed = index === undefined ? undefined : this.incidents.freeAt(index);
    if (freed === undefined) return '';
    return freed.step === undefined
      ? ` in step "${freed.scenarioStep}"`
      : ` by ${this.view.at(freed.step)}, step ${freed.step}`;
  }

  /** The free of an object that the control keeps. */
  freed(step: number, { owner }: Incident): Link {
    const place: Place = registerPlace(REGISTER_INDEX.rdi);
    const says = `${this.view.at(step)} frees ${owner?.name ?? 'the object'}; at that moment the control does not`;
    return this.#link(step, place, 'use after free', says, { name: owner?.name ?? 'rdi' });
  }

  /** What was found in a run that did not trap. */
  found({ kind, instruction, says, at, step }: Finding, place: Place | undefined): Link {
    const link = this.#link(instruction, place ?? { kind: 'rest' }, BY_KIND[kind] ?? 'data', says);
    return at === null ? { ...link, at: `step "${step}"`, line: undefined } : link;
  }

  /** A write that the control has. */
  missing(
    { by, place }: Made,
    state: number,
    { step, value, byHost }: MissingWrite,
    stale: Stale | undefined,
  ): Link {
    const other = this.other!;
    const writer = this.#writerOf(other, step, byHost);
    const size = sizeOf(place);
    const where = this.view.placeName(place, state);
    const here =
      stale === undefined
        ? this.#value(place, state)
        : `${this.#value(place, state)}, ${this.#age(by, place, stale)}`;
    const says = `in the control, ${writer.who} writes ${other.valueText(value, size, step)} to ${where} before; here it holds ${here}`;
    return {
      ...this.#link(Math.max(0, state), place, 'missing write', says),
      step: writer.step,
      at: writer.at,
      line: writer.line,
      inControl: true,
    };
  }

  // Who wrote in the control: an instruction, a stub that one called, or a step of the scenario.
  #writerOf(
    other: RunView,
    step: number,
    byHost: boolean,
  ): { step: number; at: string; line: string | undefined; who: string } {
    const own = (at: number) => ({ step: at, at: other.at(at), line: other.line(at) });
    if (!byHost) return { ...own(step), who: other.at(step) };
    const stub = other.trace.boundaries.find(({ at, event }) => at === step && event.kind === 'stub')?.event;
    if (stub?.kind === 'stub')
      return { ...own(step - 1), who: `${stub.symbol}, called at ${other.at(step - 1)},` };
    const { steps } = other.run.recording.header;
    const name = steps.findLast(({ from }) => from <= step)?.step ?? '';
    return { step, at: `step "${name}"`, line: undefined, who: `step "${name}"` };
  }

  #age(by: Definition, place: Place, stale: Stale): string {
    const former = this.#formerOwner(by, place);
    const writer =
      by.kind === 'instruction' ? `, written by ${this.view.at(by.step)} at step ${by.step}` : '';
    if (former !== undefined) return `stale bytes of ${former}${writer}`;
    if (by.kind === 'start') return `as it was before ${stale.object} was allocated`;
    return `older than ${stale.object}${writer}`;
  }

  #formerOwner(by: Definition, place: Place): string | undefined {
    if (place.kind !== 'memory' || by.kind === 'start') return undefined;
    const state = by.kind === 'instruction' || by.kind === 'stub' ? by.step : by.at;
    const found = this.view.run.objects.all.findLast(
      ({ address, size, from, freed }) =>
        from <= state &&
        (freed === undefined || freed >= state) &&
        place.address >= address &&
        place.address < address + BigInt(size),
    );
    if (found === undefined) return undefined;
    const name = found.name === '' ? 'an object without a name' : found.name;
    return `${name} at +${Number(place.address - found.address)}`;
  }

  /** Bytes that an allocation got as they were. */
  stale({ by, place }: Made, state: number, stale: Stale, hasControl: boolean): Link {
    const { view } = this;
    const by2: By = by.kind === 'start' ? 'uninitialised' : 'stale memory';
    const says =
      `${view.placeName(place, state)} = ${this.#value(place, state)}, ${this.#age(by, place, stale)}: ` +
      `nothing wrote it since ${stale.object} was allocated${hasControl ? '' : `; ${MORE}`}`;
    return this.#link(state, place, by2, says);
  }

  /** Where a chain ends: at what a step of the scenario, a stub or nobody did. */
  ended(made: Made, state: number, stale: Stale | undefined, hasControl: boolean, there?: string): Link {
    const { view } = this;
    const { by, place } = made;
    if (stale !== undefined) return this.stale(made, state, stale, hasControl);
    const what = `${this.#name(place, state)} = ${this.#value(place, state)}`;
    const differs = there === undefined ? '' : `; in the control it is ${there}`;
    switch (by.kind) {
      case 'stub':
        return this.#link(
          by.step,
          place,
          'data',
          `${what}: ${by.symbol}, which the sandbox stands in for, ${this.#stubDid(place)}`,
          {
            name: view.placeName(place, state),
            value: view.value(place, state),
          },
        );
      case 'call':
        return this.#link(
          by.at,
          place,
          'initial state',
          `${this.#whole(place, state)}: the scenario calls ${by.symbol} with it${differs}`,
          { ...this.#stepPlace(by.at), name: view.placeName(place, state), value: view.value(place, state) },
        );
      case 'host':
        return this.#link(
          by.at,
          place,
          'initial state',
          `${what}: ${this.#hostDid(by.access, by.at)}${differs}`,
          {
            ...this.#scenarioPlace(by.access, by.at),
            name: view.placeName(place, state),
            value: view.value(place, state),
          },
        );
      case 'trap':
        return this.#link(
          Math.max(0, by.at - 1),
          place,
          'data',
          `${what}: the CPU set it when it delivered the trap`,
        );
      default:
        return this.#link(0, place, 'initial state', `${what}, from the start${differs}`, {
          at: 'the start',
          line: undefined,
          name: view.placeName(place, state),
          value: view.value(place, state),
        });
    }
  }

  // An argument as it was passed, also where a part of it is meant.
  #whole(place: Place, state: number): string {
    if (place.kind !== 'register') return `${this.#name(place, state)} = ${this.#value(place, state)}`;
    const whole = registerPlace(place.at >> 3);
    const value = this.view.value(whole, state) ?? 0n;
    const size = value < 1n << 32n ? 4 : 8;
    return `${this.#name(place, state)} = ${this.view.valueText(value, size, state)}`;
  }

  #stubDid(place: Place): string {
    return place.kind === 'register' && place.at >> 3 === 0 ? 'returned it' : 'left it there';
  }

  #eventOf(access: number, at: number): { index: number; step: string | undefined } {
    const { events, steps } = this.view.run.recording.header;
    const index = events.findIndex((event) => event.accesses > access && event.at >= at);
    const step = steps.find(({ events: range }) => index >= range.from && index < range.to)?.step;
    return { index, step };
  }

  // Where an access of the sandbox was made: by a stub, or in a step of the scenario.
  #scenarioPlace(access: number, at: number): Partial<Link> {
    const { index, step } = this.#eventOf(access, at);
    const event = this.view.run.recording.header.events[index];
    if (event?.kind === 'stub' && event.at === at)
      return { step: at - 1, at: this.view.at(at - 1), line: this.view.line(at - 1) };
    return { at: step === undefined ? 'the scenario' : `step "${step}"`, line: undefined };
  }

  // The step of the scenario that makes the call whose first step this is.
  #stepPlace(at: number): Partial<Link> {
    const step = this.view.run.recording.header.steps.findLast(
      ({ from, call }) => call !== null && from <= at,
    );
    return { at: step === undefined ? 'the scenario' : `step "${step.step}"`, line: undefined };
  }

  #hostDid(access: number, at: number): string {
    const { index, step } = this.#eventOf(access, at);
    const event = this.view.run.recording.header.events[index];
    if (event?.kind === 'stub' && event.at === at)
      return `${event.symbol}, which the sandbox stands in for, wrote it`;
    if (step === undefined) return 'the scenario wrote it';
    return event?.kind === 'host' ? `step "${step}" ${event.what}` : `step "${step}" wrote it`;
  }
}

const hexBytes = (value: string | null, size: number): string => {
  if (value === null) return 'nothing';
  const number = BigInt(value);
  return Array.from({ length: size }, (_, byte) =>
    byteText(Number((number >> BigInt(byte * 8)) & 0xffn)),
  ).join(' ');
};
