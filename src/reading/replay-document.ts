// A recording as the one JSON document of `replay --json`.

import { hex } from '../base/address.js';
import type { TypeOf } from '../base/form.js';
import type { replayForm } from './replay-form.js';
import { formatOops } from '../oops/collect.js';
import { Case } from './case.js';
import { withoutPlace } from './out-of-bounds.js';
import { withoutInstruction } from './undefined-flags.js';
import { hashRecording } from '../recording/file.js';
import type { Recording } from '../recording/recording.js';
import { REGISTERS } from '../x86/registers.js';

/** What `replay --json` prints. */
export type ReplayDocument = TypeOf<typeof replayForm>;

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
    findings: [...run.findings],
    undefinedFlags: run.undefinedFlags.map(withoutInstruction),
    objects: Object.fromEntries(
      header.objects
        .filter(({ address, size }) => memory.isMapped(BigInt(address), size))
        .map(({ name, address, size }) => [
          name,
          { address, bytes: Buffer.from(memory.read(BigInt(address), size)).toString('hex') },
        ]),
    ),
    registers: Object.fromEntries(
      REGISTERS.map((name, index) => [name, hex(registers[index]!)]),
    ) as ReplayDocument['registers'],
    oops: report === undefined ? null : formatOops(report),
    hash: hashRecording(recording),
  };
};
