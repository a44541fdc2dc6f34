// What Unicorn calls during a run. Nothing that an observer throws crosses the library's frames: it waits until the run has
// returned.

import type { Addr } from '../base/address.js';
import { type AccessObserver, type EngineObserver, StartOver } from './engine.js';
import type { UnicornCpu } from './unicorn-cpu.js';
import type { UnicornStops } from './unicorn-stops.js';

/** The observers of one CPU, and what one of them threw. */
export class UnicornObservers {
  readonly #cpu: UnicornCpu;
  readonly #pc: () => Addr;
  #failure: { error: unknown } | undefined;

  constructor(cpu: UnicornCpu) {
    this.#cpu = cpu;
    this.#pc = () => cpu.readPc();
  }

  /** @throws what an observer threw during the last run */
  rethrow(): void {
    if (this.#failure === undefined) return;
    const { error } = this.#failure;
    this.#failure = undefined;
    throw error;
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#cpu.stop();
  }

  /** Tell of every instruction and access. */
  observe(observer: EngineObserver): void {
    const cpu = this.#cpu;
    const { registers } = cpu;
    cpu.onInstruction(() => {
      if (this.#failure !== undefined) return;
      try {
        cpu.readRegisters();
        observer.instruction(registers);
      } catch (error) {
        this.#fail(error);
      }
    });
    cpu.onAccess({
      read: (low, high, size) => {
        if (this.#failure !== undefined) return;
        try {
          observer.read(low, high, size);
        } catch (error) {
          this.#fail(error);
        }
      },
      write: (low, high, size, valueLow, valueHigh) => {
        if (this.#failure !== undefined) return;
        try {
          observer.write(low, high, size, valueLow, valueHigh);
        } catch (error) {
          this.#fail(error);
        }
      },
    });
  }

  /** Tell of accesses to some memory. */
  watch(accesses: AccessObserver): void {
    const pc = this.#pc;
    this.#cpu.onAccessIn(accesses.ranges, {
      read: (low, high, size) => {
        try {
          accesses.read(low, high, size, pc);
        } catch (error) {
          this.#fail(error);
        }
      },
      write: (low, high, size, valueLow, valueHigh) => {
        try {
          accesses.write(low, high, size, valueLow, valueHigh, pc);
        } catch (error) {
          this.#fail(error);
        }
      },
    });
  }

  /** Look at code before it runs for the first time, and start over where it was translated as it must not run. */
  lookAhead(stops: UnicornStops): void {
    this.#cpu.onNewBlock(() => {
      if (this.#failure !== undefined) return;
      try {
        if (stops.comesTo(this.#pc)) throw new StartOver('code that is other than it seemed');
      } catch (error) {
        this.#fail(error);
      }
    });
  }
}
