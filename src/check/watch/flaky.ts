// An instruction that makes two equal runs differ.

/** Where two runs of one world, the same in every byte, part. */
export interface Flaky {
  /** The instruction that gave something else, in assembly language. */
  readonly instruction: string;
  /** Where it is, as symbol+0x…. */
  readonly at: string;
  /** What the engine says against it by name, completing "the instruction at …"; absent where it says nothing. */
  readonly problem?: string;
}

/** Why a candidate is flaky, a sentence. */
export const flakyReason = ({ instruction, at, problem }: Flaky): string =>
  problem === undefined
    ? `two equal runs of one world differ: they part at ${at}, ${instruction}`
    : `the instruction at ${at}, ${instruction}, ${problem}`;

/** Why a candidate is flaky whose violation does not come again, without an instruction that was found. */
export const NOT_AGAIN = 'a world that broke something does not break it when it is run again the same way';
