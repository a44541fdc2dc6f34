// What the checks of a detector see of a run in progress, and the reports that they make.

import { type Addr, frameOf } from '../base/address.js';
import type { Allocator } from '../run/allocator.js';
import type { DetectorReport, DetectorSight, HeapVariant } from '../run/detector.js';
import type { SymbolTable } from '../kernel/symbols.js';

/** A report, and when it was made. */
export interface TimedReport {
  readonly lines: readonly string[];
  /** Index of the event that follows: the allocation, or the free. */
  readonly event: number;
}

/** Reports that are kept of one run; of more only the number is. */
export const MOST_REPORTS = 1000;

// The kernel's text, where its allocator might have been called from: what a heap notes where no guest code runs.
const SOMEWHERE: Addr = 0xffffffff81157310n;

/** `symbol+0x12/0x34`, as %pS prints an address. */
export const printedSymbol = (symbols: SymbolTable, address: Addr): string => {
  const found = symbols.findLocation(address);
  if (found === undefined) return `0x${address.toString(16)}`;
  return `${found.symbol.name}+0x${found.offset.toString(16)}/0x${found.symbol.size.toString(16)}`;
};

/** The eyes of one run's detector. */
export class RunSight {
  readonly reports: TimedReport[] = [];
  /** How many reports there were. */
  count = 0;
  /** Of each check, the instructions executed by then. */
  readonly checks: number[] = [];
  #run: Parameters<NonNullable<HeapVariant['begin']>>[0] | undefined;

  begin(run: Parameters<NonNullable<HeapVariant['begin']>>[0]): void {
    this.#run = run;
  }

  /** The sight of a heap. @param heap the heap, once it is built */
  of(heap: () => Allocator | undefined): DetectorSight {
    const inGuest = (): Addr => this.#run?.machine.stubReturnsTo ?? 0n;
    return {
      caller: () => {
        const back = inGuest();
        return back === 0n ? SOMEWHERE : back;
      },
      symbol: (address) =>
        this.#run === undefined
          ? `0x${address.toString(16)}`
          : printedSymbol(this.#run.world.symbols, address),
      indexOf: (address) => {
        const index = heap()?.objectsIn(frameOf(address)).indexOf(address) ?? -1;
        return index < 0 ? undefined : index;
      },
      checked: () => {
        if (this.checks.length < MOST_REPORTS * 100) this.checks.push(this.#run?.instructions() ?? 0);
      },
      report: ({ lines }: DetectorReport) => {
        this.count += 1;
        if (this.reports.length < MOST_REPORTS) this.reports.push({ lines, event: this.#run?.events() ?? 0 });
      },
    };
  }
}
