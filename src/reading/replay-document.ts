// A recording as the one JSON document of `replay --json`.

import { hex } from '../base/address.js';
import { formatOops } from '../oops/collect.js';
import { Case } from './case.js';
import { type OutOfBounds, withoutPlace } from './out-of-bounds.js';
import { hashRecording } from '../recording/file.js';
import type { Outcome, Recording } from '../recording/recording.js';
import { REGISTERS } from '../x86/registers.js';

/** What `replay --json` prints; schema/replay.schema.json describes it for programs. */
export interface ReplayDocument {
  readonly scenario: string;
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly asExpected: boolean;
  /** What differs from the scenario's expectations, a sentence each. */
  readonly unexpected: readonly string[];
  readonly outcome: Outcome;
  readonly steps: readonly {
    readonly step: string;
    readonly call: string | null;
    readonly returned: string | null;
    readonly instructions: number;
  }[];
  readonly outOfBounds: readonly OutOfBounds[];
  /** Named objects at the end, with their bytes in hexadecimal digits. */
  readonly objects: Readonly<Record<string, { readonly address: string; readonly bytes: string }>>;
  /** At the trap, or at the end. */
  readonly registers: Readonly<Record<string, string>>;
  readonly oops: string | null;
  readonly hash: string;
}

/** Make the document of a recording. */
export const replayDocument = (recording: Recording): ReplayDocument => {
  const { header } = recording;
  const run = new Case(recording);
  const { end: memory, finalRegisters: registers } = run;
  const report = run.oops();
  return {
    scenario: header.scenario,
    parameters: header.parameters,
    asExpected: header.asExpected,
    unexpected: header.unexpected,
    outcome: header.outcome,
    steps: header.steps.map(({ step, call, returned, from, to }) => ({
      step,
      call,
      returned,
      instructions: to - from,
    })),
    outOfBounds: run.outOfBounds.map(withoutPlace),
    objects: Object.fromEntries(
      header.objects
        .filter(({ address, size }) => memory.isMapped(BigInt(address), size))
        .map(({ name, address, size }) => [
          name,
          { address, bytes: Buffer.from(memory.read(BigInt(address), size)).toString('hex') },
        ]),
    ),
    registers: Object.fromEntries(REGISTERS.map((name, index) => [name, hex(registers[index]!)])),
    oops: report === undefined ? null : formatOops(report),
    hash: hashRecording(recording),
  };
};
