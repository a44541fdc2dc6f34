// Which step decided that a step was reached: the last one of the branches that it depends on, in its own frame, or the
// call of the frame.

import type { Addr } from '../base/address.js';
import type { SymbolTable } from '../kernel/symbols.js';
import type { RecordedState } from '../recording/state.js';
import { Branches, MAX_ANALYSED } from './branches.js';
import type { Trace } from './trace.js';

/** Finds deciding steps of one run. */
export class Control {
  readonly #functions = new Map<Addr, Branches | undefined>();
  readonly #homes: Addr[] = []; // by number of the site
  #entries: Map<Addr, Set<Addr>> | undefined;

  constructor(
    private readonly trace: Trace,
    private readonly memory: RecordedState,
    private readonly symbols: SymbolTable,
  ) {}

  /** Start of the function that an address belongs to; the address itself where no symbol covers it. */
  functionOf(address: Addr): Addr {
    return this.symbols.findLocation(address)?.symbol.address ?? address;
  }

  /** Bytes of the function at an address; 0 where they are not known. */
  sizeOf(home: Addr): number {
    return this.symbols.findLocation(home)?.symbol.size ?? 0;
  }

  /** Start of the function that a step is in. */
  homeOf(step: number): Addr {
    const site = this.trace.siteAt[step]!;
    return (this.#homes[site] ??= this.functionOf(this.trace.sites[site]!.address));
  }

  #branchesOf(start: Addr): Branches | undefined {
    if (this.#functions.has(start)) return this.#functions.get(start);
    const size = this.symbols.findLocation(start)?.symbol.size ?? 0;
    const known = size > 0 && size <= MAX_ANALYSED && this.memory.isMapped(start, size);
    const made = known
      ? new Branches(this.memory.read(start, size), start, [...(this.#entriesOf(start) ?? [])])
      : undefined;
    this.#functions.set(start, made);
    return made;
  }

  // Where indirect jumps went, by function.
  #entriesOf(start: Addr): ReadonlySet<Addr> | undefined {
    if (this.#entries === undefined) {
      this.#entries = new Map();
      const { siteAt, sites } = this.trace;
      const indirect = sites.map(({ flow }) => flow === 'indirect jump');
      for (let step = 0; step + 1 < siteAt.length; step += 1) {
        if (!indirect[siteAt[step]!]) continue;
        const { address } = this.trace.siteOf(step + 1);
        const place = this.functionOf(address);
        const known = this.#entries.get(place);
        if (known === undefined) this.#entries.set(place, new Set([address]));
        else known.add(address);
      }
    }
    return this.#entries.get(start);
  }

  /** The branches of a step's function that decide whether its instruction is reached; absent where they are not known. */
  decidingAddresses(step: number): ReadonlySet<Addr> | undefined {
    const { address } = this.trace.siteOf(step);
    return this.#branchesOf(this.homeOf(step))?.decidingFor(address);
  }

  /**
   * The step that decided that another was reached: a conditional or indirect jump in the same frame, otherwise the
   * call of the frame; `undefined` for the first function of a call by the scenario.
   *
   * @param step at the end of the run, the instruction that would come next
   */
  decidingStep(step: number): number | undefined {
    const { trace } = this;
    const home = this.homeOf(step);
    const deciding = this.decidingAddresses(step);
    const frame = trace.frameOf(step);
    if (frame === undefined) return undefined;
    for (let at = step - 1; at >= frame.from; at -= 1) {
      const number = trace.frameAt[at]!;
      if (number !== frame.number) {
        at = this.#callOf(number, frame.number) ?? at; // past what it called
        if (trace.frameAt[at] !== frame.number) continue;
      }
      const site = trace.siteOf(at);
      if (this.homeOf(at) !== home) return at; // a jump from another function
      if (deciding === undefined ? site.flow === 'conditional jump' : deciding.has(site.address)) return at;
    }
    return frame.parent === undefined ? undefined : frame.callStep;
  }

  // The call step, in a frame, of the frame below it that leads to another.
  #callOf(number: number, home: number): number | undefined {
    let frame = this.trace.frames[number];
    while (frame?.parent !== undefined && frame.parent.number !== home) frame = frame.parent;
    return frame?.parent === undefined ? undefined : frame.callStep;
  }
}
