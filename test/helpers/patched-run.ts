// A scenario run with bytes of memory changed before one of its instructions: which instructions it executed, and what it
// ended with.
import { outcomeOf } from '../../src/run/outcome-of.js';
import { makeMachine } from '../../src/run/replay.js';
import { StepRunner } from '../../src/run/steps.js';
import { buildWorld } from '../../src/run/world.js';
import { readParameters } from '../../src/scenario/parameters.js';
import type { Release } from '../../src/release/snippet.js';
import type { Scenario } from '../../src/scenario/scenario.js';
import { REGISTER_INDEX } from '../../src/x86/registers.js';

/** Bytes to write before an instruction, which is counted over the whole run. */
export interface Patch {
  readonly step: number;
  readonly bytes: readonly (readonly [address: bigint, value: number])[];
}

/** What came of it. */
export interface PatchedRun {
  /** Where every instruction was, in order. */
  readonly path: readonly bigint[];
  /** The addresses of every access, in halves, in order. */
  readonly touched: readonly number[];
  /** The registers before the instruction `until`, if it came to it. */
  readonly registers: BigUint64Array | undefined;
  readonly outcome: string;
}

/** @param until the instruction whose registers are wanted */
export const patchedRun = (
  scenario: Scenario,
  release: Release,
  patch: Patch | undefined,
  until: number,
): PatchedRun => {
  const parameters = readParameters(scenario);
  const world = buildWorld(scenario, release, parameters);
  const path: bigint[] = [];
  const touched: number[] = [];
  let registers: BigUint64Array | undefined;
  const observer = {
    instruction: (now: BigUint64Array): void => {
      if (path.length === patch?.step)
        for (const [address, value] of patch.bytes) world.memory.writeU8(address, value);
      if (path.length === until) registers = now.slice();
      path.push(now[REGISTER_INDEX.rip]!);
    },
    read: (low: number, high: number): void => void touched.push(low, high),
    write: (low: number, high: number): void => void touched.push(low, high),
    stub: (): void => {},
    stubReturned: (): void => {},
    trap: (): void => {},
  };
  using machine = makeMachine(world, { observer });
  const last = new StepRunner(world, machine, parameters).run();
  const outcome = outcomeOf(last?.result, world.memory, world.symbols);
  return { path, touched, registers, outcome: `${outcome.kind} ${'at' in outcome ? outcome.at : ''}` };
};
