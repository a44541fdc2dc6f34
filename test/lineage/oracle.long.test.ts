// The ledger against brute force, for generated code.
import { describe, expect, it } from 'vitest';
import { type Lineage, lineageOf } from '../../src/lineage/lineage.js';
import { REGISTER_BYTES } from '../../src/lineage/tags.js';
import { DATA_USED, RSP, STACK_USED, generate, recordCode } from '../helpers/lineage-machine.js';
import { type Range, compareWithBruteForce } from '../helpers/lineage-oracle.js';
import { DATA } from '../helpers/small-machine.js';

const SEQUENCES = 1000;

/** Registers, the data and the stack, but not the return address. */
const uniqueLocations = ({ walk: { memory } }: Lineage): Range[] => {
  const data = memory.locate(DATA) + REGISTER_BYTES;
  const stack = memory.locate(RSP) + REGISTER_BYTES;
  return [
    [0, REGISTER_BYTES],
    [data, data + DATA_USED],
    [stack - STACK_USED, stack],
    [stack + 8, stack + STACK_USED],
  ];
};

describe('the ledger of generated code', () => {
  it(
    `agrees with brute force after every instruction of ${SEQUENCES} sequences`,
    { timeout: 120_000 },
    () => {
      let copies = 0;
      let chances = 0;
      let instructions = 0;
      for (let seed = 1; seed <= SEQUENCES; seed += 1) {
        const { code, random } = generate(seed);
        const recording = recordCode(code, random);
        const lineage = lineageOf(recording);
        const result = compareWithBruteForce(lineage, uniqueLocations(lineage));
        expect({ seed, problems: result.problems }).toEqual({ seed, problems: [] });
        copies += result.copies;
        chances += result.chances;
        instructions += recording.instructions;
      }
      // Enough happened for this to mean something.
      expect(instructions).toBeGreaterThan(20 * SEQUENCES);
      expect(chances / copies).toBeLessThan(1 / 256);
      expect(copies).toBeGreaterThan(100 * SEQUENCES);
    },
  );
});
