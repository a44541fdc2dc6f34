import { describe, expect, it } from 'vitest';
import { Case } from '../../src/reading/case.js';
import { Scene } from '../../src/reading/scene.js';
import { locateOutOfBounds } from '../../src/reading/out-of-bounds.js';
import { formatOops } from '../../src/oops/collect.js';
import { Recording } from '../../src/recording/recording.js';
import { RecordedState } from '../../src/recording/state.js';
import { finalRegisters, reportOf } from '../../src/recording/trap.js';
import { listScenarios } from '../../src/scenario/scenario.js';
import { recordingOf } from '../helpers/step-recordings.js';

const BUG = 'shm-close-bug';
const CONTROL = 'shm-close-control';

const nameOf = ({ name }: { readonly name: string }) => name;

describe('a case', () => {
  it('is the state before the trap that readers look at first, and the end of a run without a trap', () => {
    for (const name of listScenarios().map(nameOf)) {
      const recording = recordingOf(name);
      const run = new Case(recording);
      const { kind } = recording.header.outcome;
      expect(run.trap === undefined, name).toBe(kind !== 'bug' && kind !== 'fault');
      expect(run.last, name).toBe(run.trap ?? recording.instructions);
      if (run.trap !== undefined) expect(run.trap, name).toBe(Math.max(0, recording.instructions - 1));
    }
  });

  it('has one memory that moves, and one at the end that stays', () => {
    const run = new Case(recordingOf(BUG));
    const { end } = run;
    const atStart = run.stateAt(0);
    expect(atStart.at).toBe(0);
    expect(run.stateAt(7)).toBe(atStart);
    expect([atStart.at, end.at]).toEqual([7, run.recording.instructions]);
    expect(run.end).toBe(end);
    expect(() => run.stateAt(run.recording.instructions + 1)).toThrow(RangeError);
  });

  it('reads the same memory as a state of its own', () => {
    const { recording } = new Case(recordingOf(BUG));
    const run = new Case(recording);
    for (const at of [recording.instructions, 0, recording.instructions >> 1]) {
      const state = new RecordedState(recording).seek(at);
      for (const { start, size } of run.regions)
        expect(Buffer.compare(run.stateAt(at).read(start, size), state.read(start, size))).toBe(0);
    }
  });

  it('makes each view once', () => {
    const run = new Case(recordingOf(BUG));
    expect(run.symbols).toBe(run.symbols);
    expect(run.objects).toBe(run.objects);
    expect(run.outOfBounds).toBe(run.outOfBounds);
    expect(run.lineageIn('run')).toBe(run.lineageIn('run'));
    expect(run.lineageIn('analyst')).not.toBe(run.lineageIn('run'));
    expect(run.release).toBe(run.release);
    expect(run.release?.findSnippet('shm_close')?.symbol.name).toBe('shm_close');
  });

  it('gives the report and the registers that the recording alone gives', () => {
    const recording = recordingOf(BUG);
    const run = new Case(recording);
    expect(formatOops(run.oops()!)).toBe(formatOops(reportOf(recording)!));
    expect(run.finalRegisters).toEqual(finalRegisters(recording));
    expect(new Case(recordingOf(CONTROL)).oops()).toBeUndefined();
  });

  it('finds the out-of-bounds accesses of a range of instructions', () => {
    const recording = recordingOf('mount-arena');
    const all = locateOutOfBounds(recording);
    const run = new Case(recording);
    expect(run.outOfBounds).toEqual(all);
    const [first, last] = [all[0]!.instruction, all.at(-1)!.instruction];
    expect(all.length).toBeGreaterThan(1);
    expect(run.outOfBoundsIn(0, first)).toEqual([]);
    expect(run.outOfBoundsIn(0, last)).toEqual(all.filter(({ instruction }) => instruction < last));
    expect(run.outOfBoundsIn(first, last + 1)).toEqual(all);
  });

  it('names an address by the last allocation before an event, and before that by the world', () => {
    const recording = recordingOf('mount-arena');
    const run = new Case(recording);
    const { events, world } = recording.header;
    for (const [index, event] of events.entries()) {
      if (event.kind !== 'allocate') continue;
      const earlier = events
        .slice(0, index)
        .findLast((one) => one.kind === 'allocate' && one.address === event.address);
      const before =
        earlier?.kind === 'allocate'
          ? earlier.name
          : (world.find(({ address }) => address === event.address)?.name ?? null);
      expect(run.nameAt(event.address, index)).toBe(before);
      expect(run.nameAt(event.address, index + 1)).toBe(event.name);
    }
    expect(run.nameAt('0xdead', events.length)).toBeNull();
  });

  it('has no release where that is not installed, and everything else all the same', () => {
    const { header, data } = recordingOf(BUG);
    const run = new Case(new Recording({ ...header, release: '9.9.9-none' }, data));
    expect(run.release).toBeUndefined();
    expect(run.heapAt(run.last).caches.length).toBeGreaterThan(0);
    expect(run.heapIn(run.end).findings).toEqual(run.heapAt(run.recording.instructions).findings);
  });
});

describe('a scene', () => {
  it('is a case at a cursor: its memory and registers are those of the state there', () => {
    const scene = new Scene(recordingOf(BUG));
    for (const at of [0, scene.last, scene.navigator.end]) {
      scene.navigator.goTo(at);
      expect([scene.at, scene.memory.at]).toEqual([at, at]);
      expect(scene.registers).toEqual(scene.recording.registersAt(at));
      expect(scene.trapFrame === undefined).toBe(at < scene.recording.instructions);
    }
  });
});
