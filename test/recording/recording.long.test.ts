// A recording against independent witnesses: what an observer saw, and the emulator itself run one instruction further.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_ENGINE } from '../../src/machine/engines.js';
import type { CallOptions } from '../../src/machine/machine.js';
import { PagedMemory, type Region } from '../../src/kernel/memory.js';
import { RecordedState, recordedRegions } from '../../src/recording/state.js';
import { Recorder } from '../../src/run/recorder.js';
import { ROW } from '../../src/recording/accesses.js';
import { Recording } from '../../src/recording/recording.js';
import { hashRecording } from '../../src/recording/file.js';
import { REGISTER_COUNT, REGISTER_INDEX } from '../../src/x86/registers.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { cases } from '../helpers/effort.js';
import { CODE, DATA, callCode, machineWith, quad } from '../helpers/small-machine.js';
import { withUnicorn } from '../helpers/unicorn.js';

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
      { numRuns: cases(40) },
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
    const engine = DEFAULT_ENGINE.open(memory);
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

  const record = (
    code: readonly number[],
    options: Partial<CallOptions> = { arguments: [DATA + 0x100n] },
    regions: readonly Region[] = [],
  ) => {
    const seen: { registers: BigUint64Array; memory: Buffer }[] = [];
    // the recorder needs the machine's memory, which the machine makes: record through a forwarding observer
    let recorder: Recorder | undefined;
    using machine = machineWith(code, {
      regions,
      observer: {
        instruction: (registers) => {
          seen.push({ registers: registers.slice(), memory: Buffer.from(machine.memory.bytes) });
          recorder!.instruction(registers);
        },
        read: (...access) => recorder!.read(...access),
        write: (...access) => recorder!.write(...access),
        stub: () => recorder!.stub(),
        stubReturned: (symbol, result) => recorder!.stubReturned(symbol, result),
        trap: (trap, stop) => recorder!.trap(trap, stop),
      },
    });
    recorder = new Recorder(machine.memory);
    callCode(machine, options);
    const final = { registers: machine.registers.slice(), memory: Buffer.from(machine.memory.bytes) };
    const data = recorder.finish(machine.registers);
    const { header } = recording;
    const recorded = machine.memory.regions.map((region) => ({
      ...region,
      start: `0x${region.start.toString(16)}`,
    }));
    const made = new Recording({ ...header, regions: recorded, events: recorder.events, steps: [] }, data);
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

  // Pages with an edge of each kind: nothing | data | read-only | data | nothing.
  const EDGES = 0xffff880000500000n;
  const PAGE = 4096n;
  const edges: Region[] = (['read-write', 'read', 'read-write'] as const).map((protection, index) => ({
    start: EDGES + BigInt(index) * PAGE,
    size: 4096,
    protection,
    name: `edge ${index}`,
  }));
  const around = (code: readonly number[], at: bigint, rcx = 5n) => {
    const registers = { rcx, rsi: DATA, rax: 0x1122334455667788n, rbx: DATA + 8n, rdx: 1n };
    const recorded = record([0x48, 0xbf, ...quad(at), ...code, 0x0f, 0x0b], { registers }, edges);
    const end = new RecordedState(recorded.made).end();
    return { ...recorded, same: Buffer.compare(bytesOf(end), recorded.final.memory) === 0, end };
  };

  // What our own engine refuses.
  const OF_UNICORN = new Set(['cmpxchg16b', 'movups', 'movaps', 'maskmovdqu', 'fxsave', 'fnstenv', 'fnsave', 'fstpt', 'fbstp', 'sgdt', 'enter']); // prettier-ignore

  it.each<[string, readonly number[]]>([
    ['stos %al', [0xaa]],
    ['stos %ax', [0x66, 0xab]],
    ['stos %rax', [0x48, 0xab]],
    ['rep stos', [0xf3, 0x48, 0xab]],
    ['rep movsb', [0xf3, 0xa4]],
    ['movsq', [0x48, 0xa5]],
    ['mov', [0x48, 0x89, 0x07]],
    ['add', [0x48, 0x01, 0x07]],
    ['xchg', [0x48, 0x87, 0x07]],
    ['lock xadd', [0xf0, 0x48, 0x0f, 0xc1, 0x07]],
    ['cmpxchg', [0x48, 0x0f, 0xb1, 0x07]],
    ['cmpxchg16b', [0x48, 0x0f, 0xc7, 0x0f]],
    ['bts', [0x48, 0x0f, 0xab, 0x17]],
    ['shl', [0x48, 0xd1, 0x27]],
    ['sete', [0x0f, 0x94, 0x07]],
    ['pop to memory', [0x8f, 0x07]],
    ['movups', [0x0f, 0x11, 0x07]],
    ['movaps', [0x0f, 0x29, 0x07]],
    ['maskmovdqu', [0x66, 0x0f, 0x76, 0xc9, 0x66, 0x0f, 0xf7, 0xc9]],
    ['fxsave', [0x0f, 0xae, 0x07]],
    ['fnstenv', [0xd9, 0x37]],
    ['fnsave', [0xdd, 0x37]],
    ['fstpt', [0xd9, 0xe8, 0xdb, 0x3f]],
    ['fbstp', [0xd9, 0xe8, 0xdf, 0x37]],
    ['sgdt', [0x0f, 0x01, 0x07]],
    ['push', [0x48, 0x89, 0xfc, 0x50]], // after mov %rdi,%rsp, here and below
    ['pushf', [0x48, 0x89, 0xfc, 0x9c]],
    ['call', [0x48, 0x89, 0xfc, 0xe8, 0, 0, 0, 0]],
    ['enter', [0x48, 0x89, 0xfc, 0xc8, 0x10, 0, 0]],
  ])('ends with the memory of the machine where %s faults', (name, code) => {
    let faults = 0;
    for (const edge of [0n, PAGE, 2n * PAGE, 3n * PAGE]) {
      for (const offset of [-600, -100, -27, -16, -15, -9, -8, -7, -4, -2, -1, 0, 1, 2, 7, 8, 40]) {
        const run = () => around(code, EDGES + edge + BigInt(offset));
        const { same, made } = OF_UNICORN.has(name) ? withUnicorn(run) : run();
        expect([edge, offset, same]).toEqual([edge, offset, true]);
        faults += made.header.events.some((event) => event.kind === 'trap' && event.trap !== 'invalid opcode') ? 1 : 0;
      }
    }
    expect(faults).toBeGreaterThan(0);
  }); // prettier-ignore

  it('ends with the memory of the machine wherever random code faults', () => {
    const limits = DEFAULT_ENGINE.limits();
    const byte = fc.nat(255);
    const edge = fc.tuple(fc.nat(3), fc.integer({ min: -40, max: 40 }));
    const store = fc.constantFrom(0x01, 0x09, 0x29, 0x87, 0x89, 0xaa, 0xab, 0xa4, 0xa5, 0x0f, 0xd9, 0xdb, 0xdd, 0xfe, 0xff); // prettier-ignore
    const prefix = fc.constantFrom([], [0x66], [0x48], [0xf3], [0xf3, 0x48]);
    fc.assert(
      fc.property(prefix, store, fc.array(byte, { minLength: 3, maxLength: 9 }), edge, (before, first, rest, [page, offset]) => {
        const code = [...before, first, ...rest];
        fc.pre(limits.findProblems(Uint8Array.from(code), code.length).size === 0);
        expect(around(code, EDGES + BigInt(page) * PAGE + BigInt(offset)).same).toBe(true);
      }),
      { numRuns: cases(600) },
    ); // prettier-ignore
  });

  it('tells each store of an instruction that faulted as what it did', () => {
    const told = (code: readonly number[], at: bigint) => {
      const { made } = around(code, at);
      return Array.from({ length: made.accessCount }, (_, index) => made.access(index)).flatMap((access) =>
        access.instruction === 0 || access.host || access.kind === 'read'
          ? []
          : [`${access.address - at} ${access.size} ${access.faulted ? 'faulted' : access.new.toString(16)}`],
      );
    };
    expect(new Set(withUnicorn(() => told([0x0f, 0xae, 0x07], CODE)).map((text) => text.split(' ')[2]))).toEqual(new Set(['faulted'])); // prettier-ignore
    // the mapped part of a store over the edge is written, by this emulator
    const torn = told([0x48, 0xab], EDGES + 3n * PAGE - 3n);
    expect(torn.at(-1)).toBe('0 8 faulted');
    if (torn.length > 1) expect(torn).toEqual(['0 3 667788', '0 8 faulted']);
  });

  it('hashes all that it holds: one changed word is another hash', () => {
    const { made } = record(LOOP);
    const base = hashRecording(made);
    for (const [name, at] of [
      ['registers', 3],
      ['accesses', ROW.words + ROW.address],
      ['memory', 77],
    ] as const) {
      const data = { ...made.data, [name]: made.data[name].slice() };
      data[name][at]! ^= 1;
      expect(hashRecording(new Recording(made.header, data))).not.toBe(base);
    }
    expect(REGISTER_COUNT).toBe(18);
  });
});
