// From a value back to its cause, link by link: plain copies are folded, of several sources the one is followed that
// differs from the control, and where the control took another way, the branch at which the two parted.
// Over 300 lines because every kind of maker decides which question is asked next, and all share the links so far.

import type { Definition, Made } from './definition.js';
import { makersOf } from './definition.js';
import type { Comparing } from './comparing.js';
import { type Compared, comparedAt } from './compare-text.js';
import { type Incident, type Incidents, isUseAfterFree } from './incidents.js';
import { Teller } from './teller.js';
import type { Link } from './link.js';
import { type Place, registerPlace } from './place.js';
import type { Finding } from '../reading/findings.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import { type Source, sourcesOf, sourcesOfJump } from './sources.js';
import { staleAt } from './freshness.js';
import type { Symptom } from './symptom.js';
import type { RunView } from './view.js';

/** Most makers that one chain goes through, folded ones included. */
const MAX_FOLLOWED = 20_000;

// A place that is asked for, before a step.
interface Question {
  readonly place: Place;
  readonly state: number;
}

/** Where the argument of kfree() is. */
const ARGUMENT: Place = registerPlace(REGISTER_INDEX.rdi);

const isCopy = (kind: string): boolean =>
  ['copy', 'push', 'pop', 'exchange', 'string-move', 'string-load', 'string-store', 'leave'].includes(kind);

const isData = ({ role }: Source): boolean => role === 'data';

export class Chain {
  readonly links: Link[] = [];
  readonly #teller: Teller;
  readonly #seen = new Set<string>();
  #next: Question | undefined;

  constructor(
    private readonly view: RunView,
    private readonly incidents: Incidents,
    private readonly control: Comparing | undefined,
  ) {
    this.#teller = new Teller(view, incidents, control?.other);
  }

  /** Follow a place. */
  ask(place: Place, state: number): void {
    this.#go(place, state);
    this.#run();
  }

  /** Follow what ended a run. */
  begin({ step, branch, jump, places, says, found }: Symptom): void {
    if (found !== undefined) return this.#found(found);
    if (jump !== undefined) {
      this.#add(this.#teller.jumped(step, says));
      const target = sourcesOfJump(this.view.trace, jump);
      if (target.length > 0) this.#target(target, jump);
      else this.#reached(jump);
    } else if (branch === undefined) {
      const [bad] = places;
      if (bad === undefined) this.#add(this.#teller.symptom(step, { kind: 'rest' }, says));
      else {
        this.#add(this.#teller.symptom(step, bad, says));
        this.#go(bad, step);
      }
    } else {
      this.#branch(branch);
      const [first] = this.links;
      if (first !== undefined) this.links[0] = this.#teller.reported(first, step, says);
      // The control may not have come to that branch either: then by the one at which they parted.
      const parting = this.control?.partingOf(step);
      if (this.links.length === 1 && parting?.kind === 'branch' && parting.step !== branch) {
        this.#next = undefined;
        this.#branch(parting.step);
      }
    }
    this.#run();
  }

  // Nothing trapped, but something was found.
  #found(found: Finding): void {
    const step = found.instruction;
    if (found.address === null || found.at === null) {
      this.#add(this.#teller.found(found, undefined));
      return;
    }
    if (found.kind === 'double-free' || found.kind === 'invalid-free') {
      this.#add(this.#teller.found(found, ARGUMENT));
      if (this.#isOnlyHere(step)) this.#reached(step);
      else this.#go(ARGUMENT, step);
    } else if (found.access === null) {
      this.#add(
        this.#teller.found(found, {
          kind: 'memory',
          address: BigInt(found.address),
          size: Math.min(8, Math.max(1, found.size)),
        }),
      );
    } else {
      const foreign = this.incidents.at(step, found.access, BigInt(found.address));
      const place: Place = { kind: 'memory', address: BigInt(found.address), size: Math.max(1, found.size) };
      if (foreign === undefined) return;
      this.#add(this.#teller.foreign(step, place, foreign));
      this.#outside(step, foreign);
    }
    this.#run();
  }

  #run(): void {
    for (let left = MAX_FOLLOWED; this.#next !== undefined && left > 0; left -= 1) {
      const question: Question = this.#next;
      this.#next = undefined;
      this.#answer(question);
    }
  }

  // An end that is about the place of the link before it takes that one's place.
  #add(link: Link): void {
    const last = this.links.at(-1);
    const ends = ['missing write', 'stale memory', 'uninitialised', 'initial state'].includes(link.by);
    if (ends && last?.by === 'data' && last.name === link.name) this.links.pop();
    this.links.push(link);
  }

  #go(place: Place, state: number): void {
    this.#next = { place, state };
  }

  #answer({ place, state }: Question): void {
    const made = this.#pieceOf(makersOf(this.view.trace, place, state), state);
    const key = `${JSON.stringify(made.by)} ${JSON.stringify(made.place, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const missing = this.control?.missingWrite(made, state);
    if (missing !== undefined) {
      const address = missing.elsewhere === undefined ? undefined : this.#addressOf(missing.elsewhere);
      if (address === undefined)
        return this.#add(this.#teller.missing(made, state, missing, this.#staleOf(made, state)));
      this.#add(this.#teller.elsewhere(missing.elsewhere!, address, made.place, state));
      return this.#go(address, missing.elsewhere!);
    }
    const skipped = this.control?.skippedAt(made, state);
    if (skipped !== undefined) return this.#branch(skipped);
    if (made.by.kind === 'instruction') return this.#madeBy(made.by.step, made.place, state);
    return this.#ended(made, state);
  }

  // What made up the address of a step's write, and differs from the control.
  #addressOf(step: number): Place | undefined {
    const [write] = this.view.trace.touches(step).writes;
    if (write === undefined) return undefined;
    const sources = sourcesOf(this.view.trace, step, { kind: 'memory', address: write.address, size: 1 });
    return sources.find(
      ({ place, role }) => role === 'address' && this.control?.differs(place, step) === true,
    )?.place;
  }

  // Of the pieces of a place the one that somebody else wrote, or that differs, or the one that was made last.
  #pieceOf(pieces: readonly Made[], state: number): Made {
    if (pieces.length === 1) return pieces[0]!;
    const rank = ({ by, place }: Made): number => {
      const differs = this.control?.differs(place, state);
      const foreign =
        by.kind === 'instruction' &&
        place.kind === 'memory' &&
        this.incidents.at(by.step, 'write', place.address) !== undefined;
      return (differs === true ? 8 : differs === false ? -8 : 0) + (foreign ? 4 : 0);
    };
    const age = ({ by }: Made): number =>
      by.kind === 'instruction' || by.kind === 'stub' ? by.step : by.kind === 'start' ? -1 : by.at;
    return pieces.reduce((best, one) => {
      const difference = rank(one) - rank(best);
      return difference > 0 || (difference === 0 && age(one) > age(best)) ? one : best;
    });
  }

  #staleOf({ by, place }: Made, state: number) {
    return place.kind === 'memory' ? staleAt(this.view.run, place.address, by, state) : undefined;
  }

  // Nobody in the run made it: the scenario, a stub, or the start.
  #ended(made: Made, state: number): void {
    const { control } = this;
    const there = control?.valueThere(made.place, state);
    const stale = this.#staleOf(made, state);
    this.#add(this.#teller.ended(made, state, stale, control !== undefined, there));
  }

  #madeBy(step: number, place: Place, state: number): void {
    const { trace } = this.view;
    if (place.kind === 'memory') {
      const foreign = this.incidents.at(step, 'write', place.address);
      if (foreign !== undefined) {
        this.#add(this.#teller.foreign(step, place, foreign));
        return this.#outside(step, foreign);
      }
      const stale = this.#staleOf({ by: { kind: 'instruction', step }, place }, state);
      if (stale !== undefined) {
        this.#add(
          this.#teller.stale(
            { by: { kind: 'instruction', step }, place },
            state,
            stale,
            this.control !== undefined,
          ),
        );
        return undefined;
      }
    }
    if (place.kind === 'flags') return this.#flags(step);
    this.#returned(step, place, state);
    const site = trace.siteOf(step);
    const sources = sourcesOf(trace, step, place);
    const data = sources.filter(isData);
    const parting = this.control?.partingOf(step);
    if (parting?.kind === 'branch') {
      if (!isCopy(site.transfer.kind) && site.transfer.kind !== 'choose')
        this.#add(this.#teller.made(step, place));
      return this.#branch(parting.step);
    }
    if (parting?.kind === 'extra call') return this.#add(this.#teller.extra(step, place));
    if (place.kind === 'memory' && this.control?.wroteElsewhere(step) === true) {
      const address = this.#addressOf(step);
      if (address !== undefined) {
        this.#add(this.#teller.wrote(step, place, address));
        return this.#go(address, step);
      }
    }
    if (data.length === 0) return this.#constant(step, place, sources);
    const flags = sources.find(({ role }) => role === 'flags');
    if (flags !== undefined && data.every((one) => this.control?.differs(one.place, step) === false))
      return this.#flagsBefore(step, flags.place);
    const loaded = this.#loadedBy(step, place, sources);
    if (loaded) return undefined;
    if (isCopy(site.transfer.kind) || site.transfer.kind === 'choose')
      return this.#copied(step, place, sources);
    const chosen = this.#absorbing(step, data) ?? this.#choose(data, step);
    if (!this.#isKept(step, place, chosen.place)) this.#fold(step, place);
    return this.#go(chosen.place, step);
  }

  // A load through a pointer to freed memory, or to another object than the control's.
  #loadedBy(step: number, place: Place, sources: readonly Source[]): boolean {
    const memory = sources.find(({ place: source, role }) => role === 'data' && source.kind === 'memory');
    const addresses = sources.filter(({ role }) => role === 'address');
    if (memory?.place.kind !== 'memory' || addresses.length === 0) return false;
    const foreign = this.incidents.at(step, 'read', memory.place.address);
    if (foreign !== undefined && isUseAfterFree(foreign)) {
      this.#add(this.#teller.foreign(step, memory.place, foreign));
      this.#stale(step, foreign, addresses);
      return true;
    }
    const differing = addresses.find((source) => this.control?.differs(source.place, step) === true);
    if (differing === undefined) return false;
    this.#add(this.#teller.address(step, differing.place, memory.place));
    this.#go(differing.place, step);
    return true;
  }

  // A pointer that outlived its object: why the object was freed where the control keeps it, otherwise the pointer.
  #stale(step: number, foreign: Incident, addresses: readonly Source[]): void {
    const freed = this.incidents.freeOf(foreign);
    if (freed?.step !== undefined && this.#isOnlyHere(freed.step)) {
      this.#add(this.#teller.freed(freed.step, foreign));
      return this.#reached(freed.step);
    }
    return addresses.length === 0 ? undefined : this.#go(this.#choose(addresses, step).place, step);
  }

  // Whether the control never came to a step.
  #isOnlyHere(step: number): boolean {
    const there = this.control?.counterpart(step).kind;
    return there !== undefined && there !== 'same' && there !== 'other code';
  }

  #copied(step: number, place: Place, sources: readonly Source[]): void {
    const data = sources.filter(isData);
    const flags = sources.find(({ role }) => role === 'flags');
    const chosen = this.#choose(data, step);
    if (flags !== undefined && this.control?.differs(chosen.place, step) === false)
      return this.#flagsBefore(step, flags.place);
    if (chosen.place.kind === 'memory' && this.view.memoryName(chosen.place.address, step) !== undefined)
      this.#add(this.#teller.loaded(step, chosen.place));
    return this.#go(chosen.place, step);
  }

  // A product or a mask that is 0 is so because of an operand that is 0: no other one would change it.
  #absorbing(step: number, data: readonly Source[]): Source | undefined {
    const { operation } = this.view.trace.siteOf(step).transfer;
    if (!/^(?:i?mul|and)$/u.test(operation)) return undefined;
    const zero = data.filter(({ place }) => this.view.value(place, step) === 0n);
    return zero.length === 1 ? zero[0] : undefined;
  }

  // Whether a sum left the value as it was: a mask that takes nothing away.
  #isKept(step: number, place: Place, source: Place): boolean {
    const value = this.view.value(place, step + 1);
    return value !== undefined && value !== 0n && value === this.view.value(source, step);
  }

  // The value came out of a function that was called after the place was last looked at from outside.
  #returned(step: number, place: Place, state: number): void {
    if (place.kind !== 'register') return;
    const { trace } = this.view;
    const home = trace.frameOf(state);
    let frame = trace.frameOf(step);
    while (frame?.parent !== undefined && frame.parent !== home) frame = frame.parent;
    if (frame === undefined || frame === home || frame.parent !== home || !frame.returned || frame.to > state)
      return;
    this.#add(this.#teller.returned(frame, place));
  }

  #constant(step: number, place: Place, sources: readonly Source[]): void {
    const flags = sources.find(({ role }) => role === 'flags');
    if (flags !== undefined) return this.#flagsBefore(step, flags.place);
    if (this.links.at(-1)?.step !== step) this.#fold(step, place);
    return this.#reached(step);
  }

  // Why a step was reached: the branch at which the control went another way, otherwise the last one that decided it.
  #reached(step: number): void {
    const parting = this.control?.partingOf(step);
    if (parting?.kind === 'branch') return this.#branch(parting.step);
    if (parting?.kind === 'extra call') return this.#add(this.#teller.extraCall(step));
    let at: number | undefined = step;
    for (let left = MAX_FOLLOWED; at !== undefined && left > 0; left -= 1) {
      at = this.view.control.decidingStep(at);
      if (at === undefined) break;
      const { flow } = this.view.trace.siteOf(at);
      if (flow === 'conditional jump' || flow === 'indirect jump' || flow === 'indirect call')
        return this.#branch(at);
    }
    return undefined;
  }

  #branch(step: number): void {
    const { trace } = this.view;
    const { flow } = trace.siteOf(step);
    const sources = sourcesOfJump(trace, step);
    if (flow !== 'conditional jump') {
      if (sources.length === 0) return this.#reached(step);
      this.#add(this.#teller.jump(step, sources[0]!.place));
      return this.#target(sources, step);
    }
    const flags = sources.find(({ place }) => place.kind === 'flags');
    if (flags === undefined) {
      const [count] = sources;
      if (count !== undefined) this.#go(count.place, step);
      return undefined;
    }
    const setter = makersOf(trace, flags.place, step).find(({ by }) => by.kind === 'instruction')?.by;
    if (setter?.kind !== 'instruction') return undefined;
    const compared = comparedAt(this.view, step, setter.step);
    const chosen = this.#operandOf(compared);
    this.#add(this.#teller.branch(step, compared, chosen?.place));
    if (chosen !== undefined) this.#through(chosen.place, compared.step);
    return undefined;
  }

  #operandOf({ step }: Compared): Source | undefined {
    const sources = sourcesOf(this.view.trace, step, { kind: 'flags', mask: 0x8d5 }).filter(isData);
    return sources.length === 0 ? undefined : this.#choose(sources, step);
  }

  // A compared place: one in memory may have been read through a wrong pointer.
  #through(place: Place, step: number): void {
    if (place.kind !== 'memory') return this.#go(place, step);
    const sources = sourcesOf(this.view.trace, step, { kind: 'flags', mask: 0x8d5 });
    if (this.#loadedBy(step, place, sources)) return undefined;
    return this.#go(place, step);
  }

  // Where a jump went: its target may have been read through a wrong pointer.
  #target(sources: readonly Source[], step: number): void {
    const data = sources.filter(isData);
    const target = this.#choose(data.length === 0 ? sources : data, step).place;
    if (this.#loadedBy(step, target, sources)) return undefined;
    if (target.kind === 'memory' && this.view.memoryName(target.address, step) !== undefined)
      this.#add(this.#teller.loaded(step, target));
    return this.#go(target, step);
  }

  #flags(step: number): void {
    const chosen = this.#operandOf({ step, places: [], text: '' });
    this.#fold(step, { kind: 'flags', mask: 0x8d5 });
    if (chosen !== undefined) this.#through(chosen.place, step);
  }

  #flagsBefore(step: number, place: Place): void {
    const setter = makersOf(this.view.trace, place, step).find(({ by }) => by.kind === 'instruction')?.by;
    if (setter?.kind !== 'instruction') return undefined;
    const compared = comparedAt(this.view, step, setter.step);
    const chosen = this.#operandOf(compared);
    this.#add(this.#teller.branch(step, compared, chosen?.place));
    if (chosen !== undefined) this.#through(chosen.place, compared.step);
    return undefined;
  }

  // How a write came to lie outside: by the branch that let it go on, or by its address.
  #outside(step: number, foreign: Incident): void {
    const parting = this.control?.partingOf(step);
    if (parting?.kind === 'branch') return this.#branch(parting.step);
    const { trace, control } = this.view;
    const frame = trace.frameOf(step);
    const addresses = sourcesOf(trace, step, {
      kind: 'memory',
      address: BigInt(foreign.address),
      size: 1,
    }).filter(({ role }) => role === 'address');
    const differing = addresses.find(({ place }) => this.control?.differs(place, step) === true);
    if (differing !== undefined) return this.#go(differing.place, step);
    if (isUseAfterFree(foreign)) return this.#stale(step, foreign, addresses);
    const first = frame === undefined ? step : this.incidents.firstOf(foreign, frame.from, step);
    const deciding = control.decidingStep(first);
    const isLoop =
      deciding !== undefined && this.#ranBefore(first) && trace.siteOf(deciding).flow === 'conditional jump';
    if (isLoop) return this.#branch(deciding);
    const index = addresses.toReversed().find(({ place }) => !this.#isPointer(place, step)) ?? addresses[0];
    return index === undefined ? this.#reached(step) : this.#go(index.place, step);
  }

  // The last time before a step that its frame executed the same instruction.
  #ranBefore(step: number): number | undefined {
    const { trace } = this.view;
    const frame = trace.frameOf(step);
    for (let at = step - 1; at >= (frame?.from ?? 0); at -= 1)
      if (trace.siteAt[at] === trace.siteAt[step] && trace.frameAt[at] === frame?.number) return at;
    return undefined;
  }

  // A register that every round of a loop makes anew counts its rounds; what it is compared with is the reason.
  #changesInLoop(place: Place, step: number): boolean {
    if (place.kind !== 'register') return false;
    const before = this.#ranBefore(step);
    const by = before === undefined ? undefined : makersOf(this.view.trace, place, step)[0]?.by;
    return by?.kind === 'instruction' && before !== undefined && by.step > before;
  }

  #isPointer(place: Place, step: number): boolean {
    const value = this.view.value(place, step);
    return value !== undefined && this.view.memory.isMapped(value, 1);
  }

  // A computed value: neighbouring ones of one function are one link.
  #fold(step: number, place: Place): void {
    const last = this.links.at(-1);
    const folded = last === undefined ? undefined : this.#teller.continued(last, step);
    if (folded === undefined) this.#add(this.#teller.made(step, place));
    else this.links[this.links.length - 1] = folded;
  }

  /** The source to follow: one that differs from the control, otherwise one that does not come from the code itself. */
  #choose(sources: readonly Source[], step: number): Source {
    if (sources.length === 1) return sources[0]!;
    const rank = ({ place, role }: Source): number => {
      const differs = this.control?.differs(place, step);
      if (differs !== undefined) return differs ? 100 : -100;
      const foreign = makersOf(this.view.trace, place, step).some(({ by }) => this.#isForeign(by, place));
      const counts = this.#changesInLoop(place, step);
      return (
        (foreign ? 10 : 0) + (counts ? -5 : 0) + (role === 'data' ? 2 : 0) + (place.kind === 'memory' ? 1 : 0)
      );
    };
    return sources.reduce((best, one) => (rank(one) > rank(best) ? one : best));
  }

  #isForeign(by: Definition, place: Place): boolean {
    return (
      by.kind === 'instruction' &&
      place.kind === 'memory' &&
      this.incidents.at(by.step, 'write', place.address) !== undefined
    );
  }
}
