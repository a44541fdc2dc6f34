// Is a slice true? The same program is run again with bytes of memory changed: bytes that the slice leaves out change
// nothing while the run takes the same path, and the cause that a chain names has a value that changes the symptom.
import { describe, expect, it } from 'vitest';
import { Case } from '../../src/reading/case.js';
import { replay } from '../../src/run/replay.js';
import { GENERAL_REGISTERS, REGISTER_INDEX } from '../../src/x86/registers.js';
import { WhyCase } from '../../src/why/why.js';
import { numbers } from '../helpers/any-code.js';
import { FULL, cases } from '../helpers/effort.js';
import { inTemporaryFolder } from '../helpers/guest-library.js';
import { type Patch, type PatchedRun, patchedRun } from '../helpers/patched-run.js';
import { DATA, DATA_SIZE, slicedProgram } from '../helpers/sliced-programs.js';

const SEED = 16;
const PROGRAMS = cases(20, 1000);
const BYTES = 8; // that are tried for each program
const ASKED = ['rax', 'rbx', 'r8', 'r9', 'r10', 'r11'];

const values = (old: number, below: (bound: number) => number): number[] => [
  old ^ 0xff,
  (old + 1) & 0xff,
  below(256),
];

const isSamePath = (a: PatchedRun, b: PatchedRun, until: number): boolean =>
  a.path.length >= until &&
  b.path.length >= until &&
  a.path.every((at, step) => step >= until || at === b.path[step]);

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((one, index) => one === b[index]);

describe('a slice', () => {
  it(
    'leaves out what changes nothing, and ends where a change is felt',
    () => {
      const below = numbers(SEED);
      const count = {
        programs: 0,
        left: 0,
        leftOtherPath: 0,
        elsewhere: 0,
        kept: 0,
        felt: 0,
        causes: 0,
        causesFelt: 0,
      };
      const wrong: string[] = [];
      const unfelt: string[] = [];
      for (let number = 0; number < PROGRAMS; number += 1) {
        inTemporaryFolder((library) => {
          const scenario = slicedProgram(library, below);
          const recording = replay(scenario, { libraries: [library] });
          const why = new WhyCase(new Case(recording, [library]));
          const { trap } = why.view.run;
          if (trap === undefined) return;
          count.programs += 1;
          const name = ASKED[below(ASKED.length)]!;
          const index = REGISTER_INDEX[GENERAL_REGISTERS.find((one) => one === name)!];
          const asked = why.place(name);
          const since = below(2) === 0 ? 0 : below(trap + 1);
          const needed = new Set(why.slice(asked, since).start);
          const release = scenario.release([library]);
          const run = (patch?: Patch) => patchedRun(scenario, release, patch, trap);
          const base = run();
          expect(base.registers?.[index]).toBe(recording.registersAt(trap)[index]);
          const changes = (other: PatchedRun): boolean =>
            !isSamePath(base, other, trap) || other.registers?.[index] !== base.registers![index];
          for (let tried = 0; tried < BYTES; tried += 1) {
            const inside = [...needed].filter((at) => at >= DATA && at < DATA + BigInt(DATA_SIZE));
            const isKept = tried % 2 === 0 && inside.length > 0;
            const address = isKept ? inside[below(inside.length)]! : DATA + BigInt(below(DATA_SIZE));
            const old = why.view.memory.seek(since).readU8(address);
            const runs = values(old, below).map((value) => run({ step: since, bytes: [[address, value]] }));
            if (needed.has(address)) {
              count.kept += 1;
              if (runs.some(changes)) count.felt += 1;
              continue;
            }
            count.left += 1;
            for (const other of runs) {
              if (!isSamePath(base, other, trap)) count.leftOtherPath += 1;
              else if (other.registers![index] === base.registers![index]) continue;
              else if (!isSame(base.touched, other.touched)) count.elsewhere += 1;
              else wrong.push(`program ${number}, ${name}, byte 0x${address.toString(16)} before ${since}`);
            }
          }
          const cause = why.explain(asked).links.at(-1);
          if (cause?.place.kind !== 'memory' || cause.at !== 'the start') return;
          count.causes += 1;
          const { address, size } = cause.place;
          const bytes = Array.from({ length: size }, (_, byte) => address + BigInt(byte));
          const felt = [0, 1, 2, 3, 4, 5].some(() =>
            changes(run({ step: 0, bytes: bytes.map((at) => [at, below(256)] as const) })),
          );
          if (felt) count.causesFelt += 1;
          else
            unfelt.push(
              `program ${number}, ${name}: ${why
                .explain(asked)
                .links.map((link) => link.says)
                .join(' <- ')}`,
            );
        });
      }
      if (FULL) process.stderr.write(`${JSON.stringify(count)}\n${unfelt.join('\n')}\n`);
      expect(wrong).toEqual([]);
      expect(count.programs).toBeGreaterThan(PROGRAMS * 0.7);
      if (PROGRAMS < 20) return; // a part of few says little
      expect(count.felt).toBeGreaterThan(count.kept * 0.4);
      expect(count.causesFelt).toBeGreaterThan(count.causes * 0.6);
    },
    cases(120_000, 3_600_000),
  );
});
