// The plans of faults.cjs, typed, for commands in this process.
import { createRequire } from 'node:module';

/** What happens to the n-th call of a kind. `freeze`: it and all calls after it fail, which leaves files as a kill does. */
export interface Fault {
  readonly kind: string;
  readonly nth: number; // from 1
  readonly what: 'freeze' | 'kill' | 'short' | `E${string}`;
  /** Of the built program: which of its processes; all without it. */
  readonly where?: 'main' | 'child' | 'thread';
}

interface Faults {
  readonly KINDS: readonly string[];
  arm(fault: Fault): void;
  disarm(): Readonly<Record<string, number>>;
}

const { KINDS, arm, disarm } = createRequire(import.meta.url)('./faults.cjs') as Faults;

export { KINDS as FAULT_KINDS };

/** Run with a fault. @returns what the run gave, and how many calls of each kind it made */
export const withFault = async <T>(fault: Fault, run: () => Promise<T>) => {
  arm(fault);
  try {
    const found = await run();
    return { found, counts: disarm() };
  } finally {
    disarm();
  }
};
