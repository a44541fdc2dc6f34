// When something happened in a run, and who did it: an instruction of the guest, or the sandbox in a step.

import type { SymbolTable } from '../kernel/symbols.js';
import type { RecordedStep, Recording } from '../recording/recording.js';
import { REGISTER_INDEX } from '../x86/registers.js';

/** When, and who. */
interface When {
  /** Index in the recording; for what the sandbox did, of the next instruction. */
  readonly instruction: number;
  /** `shm_close+0x3e`; null: the sandbox did it. */
  readonly at: string | null;
  /** The step's name; empty in a recording without steps. */
  readonly step: string;
}

/** Answers for one recording. */
export class Moments {
  constructor(
    private readonly recording: Recording,
    private readonly symbols: SymbolTable,
  ) {}

  #at(instruction: number): string {
    return this.symbols.formatLocation(this.recording.registersAt(instruction)[REGISTER_INDEX.rip]!);
  }

  // The step that has an instruction: of several, the one that ran it.
  #stepAt(instruction: number): RecordedStep | undefined {
    const { steps } = this.recording.header;
    return steps.find(({ from, to }) => instruction >= from && instruction < to) ?? steps.at(-1);
  }

  /** What an instruction of the guest did. */
  ofInstruction(instruction: number): When {
    return { instruction, at: this.#at(instruction), step: this.#stepAt(instruction)?.step ?? '' };
  }

  /** An event: what a stub did is done by the instruction that called it. */
  ofEvent(index: number): When {
    const { events, steps } = this.recording.header;
    const { at } = events[index]!;
    const step = steps.find((one) => index >= one.events.from && index < one.events.to);
    const called = step === undefined ? -1 : this.#callOf(step);
    const isGuest = step !== undefined && called >= 0 && called < index && at > step.from;
    const instruction = isGuest ? at - 1 : at;
    return { instruction, at: isGuest ? this.#at(instruction) : null, step: step?.step ?? '' };
  }

  // Index of the event that calls into the guest in a step.
  #callOf({ events: { from, to } }: RecordedStep): number {
    const { events } = this.recording.header;
    for (let index = from; index < to; index += 1) if (events[index]!.kind === 'call') return index;
    return -1;
  }
}

/** `f+0x12`, or `the sandbox`. */
export const doer = ({ at }: When): string => at ?? 'the sandbox';

/** `at f+0x12 (step "close")`, or `by the sandbox in step "close"`. */
export const whenText = ({ at, step }: When): string =>
  at === null ? `by the sandbox in step "${step}"` : `at ${at} (step "${step}")`;
