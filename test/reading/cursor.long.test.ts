// The stepper's cursor against brute force: call depth from a shadow stack, writes from every access, changes from rows.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Recording, recordingOf } from '../helpers/step-recordings.js';
import { ARGUMENT_REGISTERS, REGISTERS, REGISTER_INDEX } from '../../src/x86/registers.js';
import { Case } from '../../src/reading/case.js';
import { Navigator } from '../../src/reading/cursor.js';
import { findStates } from '../../src/reading/search.js';

const SCENARIOS = ['shm-close-bug', 'shm-close-control', 'slabinfo-bug', 'lookup-two-layers-no-leaf'];

/** Open calls in each state, from return addresses: entered where a call is, left where a return goes to one. */
const shadowDepths = (recording: Recording): number[] => {
  const { rsp } = REGISTER_INDEX;
  const starts = new Set(recording.header.steps.map(({ from }) => from));
  const navigator = new Navigator(new Case(recording));
  const rows = Array.from(recording.registerRows(), (row) => row.slice());
  let open: bigint[] = []; // where the return addresses lie
  return rows.map((row, state) => {
    if (state === recording.instructions || starts.has(state)) {
      open = [];
      return 0;
    }
    const before = rows[state - 1]!;
    const text = navigator.siteBefore(state - 1)!.text;
    if (text.startsWith('call') && row[rsp]! < before[rsp]!) open.push(row[rsp]!);
    while (open.length > 0 && open.at(-1)! < row[rsp]! && /^(?:repz )?ret/u.test(text)) open.pop();
    return open.length;
  });
};

describe.each(SCENARIOS)('the cursor in %s', (name) => {
  const recording = recordingOf(name);
  const navigator = new Navigator(new Case(recording));
  const { instructions: end } = recording;
  const depths = shadowDepths(recording);
  const states = Array.from({ length: end + 1 }, (_, state) => state);
  const starts = [...new Set([0, ...recording.header.steps.map(({ from }) => from), end])];
  const segmentEnd = (state: number): number => starts.find((start) => start > state) ?? end;
  const segmentStart = (state: number): number =>
    starts.findLast((start) => start <= state && start < end) ?? 0;
  const after = (state: number, move: (one: Navigator) => boolean): number => {
    navigator.goTo(state);
    const moved = move(navigator);
    expect(moved, `${state}: says whether it moved`).toBe(navigator.at !== state);
    return navigator.at;
  };

  it('knows how many calls are open', () => {
    expect(states.map((state) => navigator.depthAt(state))).toEqual(depths);
    expect(Math.max(...depths)).toBeGreaterThan(0);
  });

  it('is where it was after a step and a step back, and the other way round', () => {
    for (const state of states) {
      const there = after(state, (one) => one.step());
      expect(there).toBe(Math.min(end, state + 1));
      if (there !== state) expect(after(there, (one) => one.back())).toBe(state);
      const back = after(state, (one) => one.back());
      expect(back).toBe(Math.max(0, state - 1));
      if (back !== state) expect(after(back, (one) => one.step())).toBe(state);
    }
  });

  it('goes over a call, and out of a function, where brute force over depths says', () => {
    const first = (state: number, holds: (depth: number) => boolean): number => {
      const found = states.find((one) => one > state && one < segmentEnd(state) && holds(depths[one]!));
      return state === end ? end : (found ?? segmentEnd(state));
    };
    for (const state of states) {
      expect(after(state, (one) => one.stepOver()), `over ${state}`).toBe(first(state, (depth) => depth <= depths[state]!));
      expect(after(state, (one) => one.finish()), `finish ${state}`).toBe(first(state, (depth) => depth < depths[state]!));
    }
  }); // prettier-ignore

  it('goes back to the call, and back over calls', () => {
    const last = (state: number, holds: (depth: number) => boolean): number =>
      states.findLast((one) => one < state && one >= segmentStart(state) && holds(depths[one]!)) ?? segmentStart(state);
    for (const state of states) {
      expect(after(state, (one) => one.reverseFinish()), `call of ${state}`).toBe(last(state, (depth) => depth < depths[state]!));
      const over = state === segmentStart(state) ? Math.max(0, state - 1) : last(state, (depth) => depth <= depths[state]!);
      expect(after(state, (one) => one.backOver()), `back over ${state}`).toBe(over);
    }
  }); // prettier-ignore

  it('comes back from a call to where it was made', () => {
    for (const state of states) {
      if (state >= end || depths[state + 1]! <= depths[state]!) continue;
      expect(after(state + 1, (one) => one.reverseFinish())).toBe(state);
      const past = after(state, (one) => one.stepOver());
      expect(after(state + 1, (one) => one.finish())).toBe(past);
    }
  });

  it('finds the writes of any range that brute force over all accesses finds', () => {
    const writes = Array.from({ length: recording.accessCount }, (_, index) => recording.access(index)).filter(
      ({ kind, faulted }) => kind === 'write' && !faulted,
    );
    const near = fc
      .tuple(fc.nat(writes.length - 1), fc.integer({ min: -16, max: 16 }), fc.integer({ min: 1, max: 9000 }))
      .map(([index, distance, size]) => ({ address: writes[index]!.address + BigInt(distance), size }));
    const small = near.map(({ address, size }) => ({ address, size: (size % 16) + 1 }));
    fc.assert(
      fc.property(fc.oneof(small, near), fc.nat(end), ({ address, size }, state) => {
        const hits = writes.filter(
          (one) => one.address < address + BigInt(size) && one.address + BigInt(one.size) > address,
        );
        const places = hits.map(({ instruction }) => instruction);
        expect(after(state, (one) => one.nextWrite(address, size))).toBe(places.find((one) => one > state) ?? state);
        expect(after(state, (one) => one.previousWrite(address, size))).toBe(places.findLast((one) => one < state) ?? state);
        const done = hits.findLast(({ instruction, host }) => (host ? instruction <= state : instruction < state));
        expect(navigator.lastWrite(address, size, state)?.index).toBe(done?.index);
      }),
    );
  }); // prettier-ignore

  it('finds what changes a register', () => {
    const rows = Array.from(recording.registerRows(), (row) => row.slice());
    for (const register of ['rax', 'rbx', ...ARGUMENT_REGISTERS] as const) {
      const index = REGISTER_INDEX[register];
      const changes = states.filter((state) => state < end && rows[state]![index] !== rows[state + 1]![index]);
      for (const state of states.filter((one) => one % 7 === 0)) {
        expect(after(state, (one) => one.nextChange(register))).toBe(changes.find((one) => one > state) ?? state);
        expect(after(state, (one) => one.previousChange(register))).toBe(changes.findLast((one) => one < state) ?? state);
      }
    }
  }); // prettier-ignore

  it('runs to code, forward and back', () => {
    const at = (state: number) => navigator.siteBefore(state)?.address;
    for (const { address } of navigator.sites) {
      const runs = states.filter((state) => at(state) === address);
      for (const state of states.filter((one) => one % 31 === 0)) {
        expect(after(state, (one) => one.runTo(address))).toBe(runs.find((one) => one > state) ?? state);
        expect(after(state, (one) => one.runBackTo(address))).toBe(
          runs.findLast((one) => one < state) ?? state,
        );
      }
    }
    expect(after(0, (one) => one.runTo(1n))).toBe(0);
  });

  it('stays inside the recording', () => {
    for (const wrong of [-1, end + 1, 0.5, Number.NaN])
      expect(() => navigator.goTo(wrong)).toThrow(RangeError);
  });
});

describe('a search in the published crash', () => {
  const recording = recordingOf('shm-close-bug');
  const navigator = new Navigator(new Case(recording));
  const textAt = (state: number) => navigator.siteBefore(state)?.text;

  it('finds where a function is entered, and one instruction of it', () => {
    const entries = findStates(navigator, 'shm_close');
    expect(entries.map((state) => navigator.symbols.formatLocation(navigator.siteBefore(state)!.address))).toEqual([
      'shm_close+0x0',
      'shm_close+0x0',
    ]);
    expect(findStates(navigator, 'shm_close+0x3e')).toEqual([838]);
    expect(findStates(navigator, 'shm_close+62')).toEqual([838]);
  });

  it('finds instructions by their text, in any case, with any blanks', () => {
    expect(findStates(navigator, 'UD2')).toEqual([838]);
    expect(findStates(navigator, 'mov  (%rbx),%esi').map(textAt)).toEqual(['mov (%rbx),%esi', 'mov (%rbx),%esi']);
    // A stub has no instructions: its calls have its name.
    expect(findStates(navigator, 'kmalloc').map(textAt)).toEqual([expect.stringMatching(/^call.*<__kmalloc>$/u)]);
  });

  it('finds where a value is put into a register or into memory', () => {
    const found = findStates(navigator, '0xc6805c');
    expect(found.map(textAt)).toContain('mov (%rbx),%esi');
    for (const state of findStates(navigator, '0xffff8803f382cc60'))
      expect([...recording.registersAt(state), ...recording.registersAt(Math.min(839, state + 1))].includes(0xffff8803f382cc60n) ||
        navigator.accessesOf(state).some(({ kind }) => kind === 'write') || state === 0).toBe(true);
    expect(findStates(navigator, '13008988')).toEqual(found);
  }); // prettier-ignore

  it('finds nothing where there is nothing', () => {
    for (const query of ['', '  ', 'no such text', '0xdeadbeef12345678']) expect(findStates(navigator, query)).toEqual([]);
    expect(REGISTERS).toHaveLength(18);
  });
}); // prettier-ignore
