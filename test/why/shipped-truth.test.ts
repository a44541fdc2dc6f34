// The chains and slices of the shipped scenarios, tried on the machine: what a chain names has a value that changes the
// symptom, and what a slice leaves out changes nothing on the same path.
import { describe, expect, it } from 'vitest';
import { Case } from '../../src/reading/case.js';
import { replay } from '../../src/run/replay.js';
import { loadControl, loadScenario } from '../../src/scenario/scenario.js';
import { WhyCase } from '../../src/why/why.js';
import { numbers } from '../helpers/any-code.js';
import { cases } from '../helpers/effort.js';
import { type PatchedRun, patchedRun } from '../helpers/patched-run.js';

const SCENARIOS = [
  'shm-close-bug', 'slabinfo-bug', 'lookup-empty-slot', 'lookup-segment-removed', 'lookup-empty-registry',
  'empty-queue', 'fence-file', 'hdlc-buffers', 'pipe-flags', 'program-map', 'timer-list',
]; // prettier-ignore
const BYTES = cases(12, 100);

const opened = (name: string) => {
  const scenario = loadScenario(name);
  const control = loadControl(scenario);
  const why = new WhyCase(new Case(replay(scenario)), control && new Case(replay(control)));
  const trap = why.view.run.trap!;
  const release = scenario.release([]);
  const run = (step: number, bytes: readonly (readonly [bigint, number])[]) =>
    patchedRun(scenario, release, { step, bytes }, trap);
  return { why, trap, run, base: run(0, []) };
};

const samePath = (a: PatchedRun, b: PatchedRun, until: number): boolean =>
  b.path.length > until && a.path.every((at, step) => step > until || at === b.path[step]);

describe.each(SCENARIOS)('%s', (name) => {
  const { why, trap, run, base } = opened(name);
  const { links } = why.explain();
  const felt = (other: PatchedRun): boolean =>
    other.outcome !== base.outcome ||
    !samePath(base, other, trap) ||
    String(other.registers) !== String(base.registers);

  it('has causes in memory that the symptom feels', () => {
    const below = numbers(161);
    // The first link is told at the trap, a missing write at a step of the control.
    for (const { place, by, step, at: where, inControl, says } of links.slice(1)) {
      if (place.kind !== 'memory' || inControl === true) continue;
      // A branch is told at its jump, after the comparison; what an instruction wrote is undone after it.
      const isWrite = by === 'out-of-bounds write' || (by === 'initial state' && where.includes('+0x'));
      const at = isWrite ? step + 1 : by === 'branch' ? step - 1 : step;
      const values = [
        () => 0,
        (byte: number) => (byte === 0 ? 1 : 0),
        ...Array.from({ length: 6 }, () => () => below(256)),
      ];
      const isFelt = values.some((valueOf) =>
        felt(
          run(
            at,
            Array.from(
              { length: place.size },
              (_, byte) => [place.address + BigInt(byte), valueOf(byte)] as const,
            ),
          ),
        ),
      );
      expect(isFelt, says).toBe(true);
    }
  });

  it('has a slice that leaves out what nobody feels', () => {
    const below = numbers(162);
    const [first] = links;
    const asked = { place: first!.place, state: trap, name: first!.name };
    const { accesses } = why.view.run.recording;
    let left = 0;
    for (let tries = 0; tries < BYTES; tries += 1) {
      const since = below(trap);
      const needed = new Set(why.slice(asked, since).start);
      const index = below(accesses.count);
      const address = accesses.address(index) + BigInt(below(Math.max(1, accesses.size(index))));
      const memory = why.view.memory.seek(since);
      if (needed.has(address) || !memory.isMapped(address, 1)) continue;
      left += 1;
      const old = memory.readU8(address);
      for (const value of [old ^ 0xff, below(256)]) {
        const other = run(since, [[address, value]]);
        if (!samePath(base, other, trap) || String(other.touched) !== String(base.touched)) continue;
        const index2 = first!.place.kind === 'register' ? first!.place.at >> 3 : 16;
        expect(other.registers![index2], `byte 0x${address.toString(16)} before ${since}`).toBe(
          base.registers![index2],
        );
      }
    }
    expect(left).toBeGreaterThan(0);
  });
});
