// A recording against independent witnesses: what an observer saw, and the emulator itself run one instruction further.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from '../src/engine.js';
import { PagedMemory } from '../src/memory.js';
import { RecordedState, recordedRegions } from '../src/recorded-state.js';
import { Recorder } from '../src/recorder.js';
import { ACCESS_WORDS, Recording } from '../src/recording.js';
import { hashRecording } from '../src/recording-file.js';
import { REGISTER_COUNT, REGISTER_INDEX } from '../src/registers.js';
import { replay } from '../src/replay.js';
import { loadScenario } from '../src/scenario.js';
import { CODE, DATA, callCode, machineWith } from './small-machine.js';

const recording = replay(loadScenario('shm-close-bug'));
const { instructions } = recording;

/** All of a state's memory, region after region. */
const bytesOf = (state: RecordedState): Buffer =>
  Buffer.concat(recordedRegions(state.recording).map(({ start, size }) => state.read(start, size)));

describe('the recording of shm-close-bug', () => {
  it('ends in the state that the machine was in, step by step forward', () => {
    const walker = new RecordedState(recording);
    const direct = new RecordedState(recording);
    for (let at = 0; at <= instructions; at += 97) {
      expect(Buffer.compare(bytesOf(walker.seek(at)), bytesOf(new RecordedState(recording).seek(at)))).toBe(
        0,
      );
    }
    expect(Buffer.compare(bytesOf(walker.end()), bytesOf(direct.end()))).toBe(0);
  });

  it('goes back to exactly the initial memory', () => {
    const state = new RecordedState(recording);
    const first = bytesOf(state.seek(0));
    state.end();
    for (let at = instructions; at >= 0; at -= 1) state.seek(at);
    expect(Buffer.compare(bytesOf(state), first)).toBe(0);
  });

  it('gives the same state at a place, from wherever one comes', () => {
    const state = new RecordedState(recording);
    fc.assert(
      fc.property(fc.array(fc.nat(instructions), { minLength: 1, maxLength: 8 }), (path) => {
        for (const at of path) state.seek(at);
        const fresh = new RecordedState(recording).seek(path.at(-1)!);
        expect(Buffer.compare(bytesOf(state), bytesOf(fresh))).toBe(0);
        expect(state.registers).toEqual(fresh.registers);
      }),
      { numRuns: 40 },
    );
  });

  it('has register files that its rows give one after another', () => {
    let at = 0;
    for (const row of recording.registerRows()) {
      expect(recording.registersAt(at)).toEqual(row);
      at += 1;
    }
    expect(at).toBe(instructions + 1);
    expect(() => recording.registersAt(at)).toThrow(RangeError);
    expect(() => new RecordedState(recording).seek(-1)).toThrow(RangeError);
  });

  // The strongest witness: from each recorded state the emulator makes the next one.
  it('has at each instruction the state from which the emulator makes the next', () => {
    const state = new RecordedState(recording);
    const memory = new PagedMemory(recordedRegions(recording));
    const engine = new Engine(memory);
    engine.setSegmentBase('gs', BigInt(recording.header.gsBase));
    const next = new RecordedState(recording);
    let checked = 0;
    for (let at = 0; at < instructions; at += 1) {
      state.seek(at);
      const before = state.registers;
      const { rip } = REGISTER_INDEX;
      const after = recording.registersAt(at + 1);
      // what follows a call into a stub, a return to the sandbox or the trap is not the instruction's doing
      const isLastOfCall = recording.header.steps.some(({ to }) => to === at + 1);
      const hostActs = recording.header.events.some((event) => event.at === at + 1);
      if (isLastOfCall || hostActs) continue;
      memory.bytes.set(Buffer.concat(memory.regions.map(({ start, size }) => state.read(start, size))));
      engine.registers.set(before);
      engine.writeRegisters();
      engine.run(before[rip]!, 0n, 1);
      expect([at, engine.registers]).toEqual([at, after]);
      if (at % 16 === 0 || at > instructions - 70) {
        next.seek(at + 1);
        expect(
          Buffer.compare(
            Buffer.from(memory.bytes),
            Buffer.concat(memory.regions.map(({ start, size }) => next.read(start, size))),
          ),
        ).toBe(0);
      }
      checked += 1;
    }
    engine.close();
    expect(checked).toBeGreaterThan(instructions - 20);
  });

  it('knows host writes from guest writes, and old from new bytes', () => {
    const state = new RecordedState(recording);
    let hosts = 0;
    for (let index = 0; index < recording.accessCount; index += 1) {
      const access = recording.access(index);
      if (access.host) hosts += 1;
      if (access.kind === 'read' || access.faulted || access.host) continue;
      const value = (bytes: Uint8Array): bigint =>
        bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
      state.seek(access.instruction);
      expect(value(state.read(access.address, access.size))).toBe(access.old);
      state.seek(access.instruction + 1);
    }
    expect(hosts).toBeGreaterThan(50); // allocator, fields, the trap frame
  });
});

describe('a recorded run', () => {
  // mov $3,%ecx; 1: mov %ecx,(%rdi); add (%rdi),%rax; push %rax; pop %rdx; dec %ecx; jne 1b; ret
  const LOOP = [0xb9, 3, 0, 0, 0, 0x89, 0x0f, 0x48, 0x03, 0x07, 0x50, 0x5a, 0xff, 0xc9, 0x75, 0xf5, 0xc3];

  const record = (code: readonly number[]) => {
    const seen: { registers: BigUint64Array; memory: Buffer }[] = [];
    const bare = machineWith([]);
    bare.close();
    // the recorder needs the machine's memory, which the machine makes: record through a forwarding observer
    let recorder: Recorder | undefined;
    using machine = machineWith(code, {
      observer: {
        instruction: (registers) => {
          seen.push({ registers: registers.slice(), memory: Buffer.from(machine.memory.bytes) });
          recorder!.instruction(registers);
        },
        read: (address, size) => recorder!.read(address, size),
        write: (address, size, value) => recorder!.write(address, size, value),
        stub: () => recorder!.stub(),
        stubReturned: (symbol, result) => recorder!.stubReturned(symbol, result),
        trap: (trap, stop) => recorder!.trap(trap, stop),
      },
    });
    recorder = new Recorder(machine.memory);
    callCode(machine, { arguments: [DATA + 0x100n] });
    const final = { registers: machine.registers.slice(), memory: Buffer.from(machine.memory.bytes) };
    const data = recorder.finish(machine.registers);
    const { header } = recording;
    const regions = machine.memory.regions.map((region) => ({
      ...region,
      start: `0x${region.start.toString(16)}`,
    }));
    const made = new Recording({ ...header, regions, events: recorder.events, steps: [] }, data);
    return { made, seen, final };
  };

  it('has at each instruction what an observer saw there', () => {
    const { made, seen, final } = record(LOOP);
    expect(made.instructions).toBe(seen.length);
    const state = new RecordedState(made);
    [...seen, final].forEach(({ registers, memory }, at) => {
      state.seek(at);
      expect(state.registers).toEqual(registers);
      expect(Buffer.compare(bytesOf(state), memory)).toBe(0);
    });
  });

  it('marks the access that faulted, and does not apply it', () => {
    // mov %rax,(%rdi); mov %rax,CODE: the second write is refused
    const { made, final } = record([0x48, 0x89, 0x07, 0x48, 0x89, 0x05, 0, 0, 0, 0]);
    const accesses = Array.from({ length: made.accessCount }, (_, index) => made.access(index));
    const faulted = accesses.filter((access) => access.faulted);
    expect(faulted).toMatchObject([{ kind: 'write', instruction: 1, address: CODE + 10n, size: 8 }]);
    expect(Buffer.compare(bytesOf(new RecordedState(made).end()), final.memory)).toBe(0);
  });

  it('hashes all that it holds: one changed word is another hash', () => {
    const { made } = record(LOOP);
    const base = hashRecording(made);
    for (const [name, at] of [
      ['registers', 3],
      ['accesses', ACCESS_WORDS + 2],
      ['memory', 77],
    ] as const) {
      const data = { ...made.data, [name]: made.data[name].slice() };
      data[name][at]! ^= 1;
      expect(hashRecording(new Recording(made.header, data))).not.toBe(base);
    }
    expect(REGISTER_COUNT).toBe(18);
  });
});
