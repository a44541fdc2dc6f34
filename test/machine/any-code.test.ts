// Whatever bytes run, they run twice alike, watched or not, entered or jumped to, and end as on this machine's own CPU: what it takes for no
// instruction raises #UD. A process that ends is a failure of this file. OOPSLAB_FULL=1 tries a hundred times as many.
import { createRequire } from 'node:module';
import type * as Iced from 'iced-x86';
import { expect, it } from 'vitest';
import { PagedMemory } from '../../src/kernel/memory.js';
import { type Engine, type EngineObserver, StartOver, type Stop } from '../../src/machine/engine.js';
import { DEFAULT_ENGINE } from '../../src/machine/engines.js';
import { codeStops } from '../../src/release/code-stops.js';
import type { Snippet } from '../../src/release/snippet.js';
import { fetchCode } from '../../src/x86/fetch.js';
import { findForbidden } from '../../src/x86/privileged.js';
import { REGISTERS, type RegisterName } from '../../src/x86/registers.js';
import { drawCode, numbers } from '../helpers/any-code.js';
import { native } from '../helpers/native-cpu.js';
import { CODE, type CpuState, DATA, NativeSteps, SLOT, type Step } from '../helpers/native-step.js';

const iced = createRequire(import.meta.url)('iced-x86') as typeof Iced;
const FULL = process.env['OOPSLAB_FULL'] === '1';
const BATCH = 1024;
const BATCHES = Number(process.env['OOPSLAB_BATCHES'] ?? (FULL ? 200 : 1));
const SEED = 14;

const NOTHING = 0x06;
const NOP = 0x90;
const limits = DEFAULT_ENGINE.limits();
const nothing = (): void => undefined;
const observer: EngineObserver = { instruction: nothing, read: nothing, write: nothing };

// What a process cannot do, or what would change the state that the child itself needs: never on the CPU.
const isUnsafe = (bytes: Uint8Array): boolean => {
  if (findForbidden(bytes) !== undefined) return true;
  const { name, far } = kindOf(bytes);
  return far || /^(?:Syscall|Sysenter|Int|Popf|Mov_Sreg|Mov_r\d+_(?:cr|dr)|Wr[fg]sbase|Wrpkru|Xrstor|Xbegin|Cli|Sti|Rdmsr|S[gil]dt|Smsw|Str_|Pushf)/u.test(name); // prettier-ignore
};

interface Kind {
  readonly name: string;
  readonly length: number;
  readonly general: boolean; // works on general registers, and on flags other than those
  readonly undefinedFlags: bigint;
  readonly far: boolean; // memory that can be outside of the data
}

const BITS = { OF: 0x800n, SF: 0x80n, ZF: 0x40n, AF: 0x10n, CF: 1n, PF: 4n } as const;
const OTHER_FLAGS = 0x10100n; // TF and RF

const kindOf = (bytes: Uint8Array): Kind => {
  const decoder = new iced.Decoder(64, bytes, iced.DecoderOptions.None);
  const instruction = decoder.decode();
  try {
    const features = [...instruction.cpuidFeatures()].map((one) => iced.CpuidFeature[one] ?? '');
    const left = instruction.rflagsUndefined;
    return {
      name: iced.Code[instruction.code] ?? '',
      length: instruction.length,
      general: features.every((one) => /^(?:INTEL|X64$|CMOV$|CX8$|BMI|LZCNT$|ADX$|CMPXCHG16B$)/u.test(one)),
      far: instruction.memoryDisplSize > 1,
      undefinedFlags: Object.entries(BITS).reduce(
        (flags, [name, bit]) => flags | ((left & iced.RflagsBits[name as 'OF']) === 0 ? 0n : bit),
        OTHER_FLAGS,
      ),
    };
  } finally {
    instruction.free();
    decoder.free();
  }
};

const drawState = (below: (bound: number) => number): CpuState => {
  const address = (): bigint => DATA + 0x400n + BigInt(below(0x80) * 8);
  const registers = Object.fromEntries(REGISTERS.map((name) => [name, address()])) as Record<RegisterName, bigint>;
  for (const name of ['r8', 'r10', 'r12', 'r14'] as const) registers[name] = BigInt(below(2 ** 32)) << BigInt(below(33));
  registers.rcx = BigInt(below(70));
  registers.rflags = 0x202n | BigInt([0, 1, 0x40, 0x80, 0x800, 0x8d5][below(6)]!);
  return { registers, data: Uint8Array.from({ length: 4096 }, () => below(256)) };
}; // prettier-ignore

interface Ended {
  readonly stop: Stop;
  readonly registers: readonly bigint[];
  readonly vectors: string;
  readonly data: string;
}

// Where a jump to each slot lies, as wide as a slot.
const JUMPS = CODE - 0x10_0000n;

const jumpsTo = (count: number): Uint8Array => {
  const jumps = Buffer.alloc(count * SLOT, NOTHING);
  for (let index = 0; index < count; index += 1) {
    jumps.set([0xff, 0x25, 0, 0, 0, 0], index * SLOT); // jmp *0(%rip)
    jumps.writeBigUInt64LE(CODE + BigInt(index * SLOT), index * SLOT + 6);
  }
  return jumps;
};

/** Alone, with an observer, or at the end of a jump in an engine that can start over, as a check has it. */
type Way = 'plain' | 'watched' | 'jumped';

const untilItStays = (engine: Engine, prepare: () => void, from: bigint, budget: number): Stop => {
  for (;;) {
    prepare();
    try {
      return engine.run(from, 0n, budget);
    } catch (error) {
      if (!(error instanceof StartOver)) throw error;
    }
  }
};

const runAll = (slots: Uint8Array, { registers, data }: CpuState, way: Way): Ended[] => {
  const memory = new PagedMemory([
    { start: JUMPS, size: slots.length, protection: 'read-execute', name: 'jumps' },
    { start: CODE, size: slots.length, protection: 'read-execute', name: 'text' },
    { start: DATA, size: data.length, protection: 'read-write', name: 'data' },
  ]);
  memory.write(CODE, slots);
  memory.write(JUMPS, jumpsTo(slots.length / SLOT));
  const trackWrites = way === 'jumped';
  using engine = DEFAULT_ENGINE.open(memory, way === 'watched' ? observer : undefined, { trackWrites });
  const snippet = { start: CODE, end: CODE, bytes: slots, manifest: {} } as Snippet; // all that is needed of it
  for (const stop of codeStops([snippet], limits, (at) => fetchCode(memory, at))) engine.stopBefore(...stop);
  const fresh = engine.saveContext();
  return Array.from({ length: slots.length / SLOT }, (_, index) => {
    const prepare = (): void => {
      engine.restoreContext(fresh);
      memory.write(DATA, data);
      for (const [place, name] of REGISTERS.entries()) engine.registers[place] = registers[name];
      engine.writeRegisters();
    };
    const start = way === 'jumped' ? JUMPS : CODE;
    const stop = untilItStays(engine, prepare, start + BigInt(index * SLOT), way === 'jumped' ? 2 : 1);
    engine.readVectors();
    return {
      stop,
      registers: [...engine.registers],
      vectors: Buffer.from(engine.vectors).toString('hex'),
      data: Buffer.from(memory.read(DATA, data.length)).toString('latin1'),
    };
  });
};

// How it ended, in the words of the CPU; a run that went past the instruction is done with it, whatever stopped it.
const endOf = ({ stop }: Ended, start: bigint): Step['end'] | 'exception' => {
  if (stop.pc !== start || stop.reason === 'budget') return 'done';
  if (stop.reason === 'invalid-opcode') return '#UD';
  return stop.reason === 'fault' ? 'fault' : 'exception';
};

const differences = (code: Uint8Array, start: bigint, ran: Ended, step: Step): string[] => {
  const { name, general, undefinedFlags } = kindOf(code);
  const end = endOf(ran, start);
  const refused = limits.findProblems(code, 1).get(0)?.kind === 'refused';
  if (refused) return end === 'exception' ? [] : ['not refused'];
  // what the engine does not check: alignment of SSE operands, and where a jump leads to
  const same = end === step.end || (end === 'exception' && step.end !== 'done') || (end === 'done' && step.end === 'fault') || (end === 'fault' && /^(?:J|Call|Ret|Loop)/u.test(name)); // prettier-ignore
  // CPUs differ: one ignores the highest bit of a mask register's number, which is reserved
  if (name === 'INVALID' && code[0] === 0xc5 && (code[2]! & 0xf0) === 0x40) return [];
  if (!same) return [`${name}: ${step.end} on the CPU, ${end} here`];
  if (
    end !== 'done' ||
    step.end !== 'done' ||
    !general ||
    /^(?:Bswap_r16|Cmpxchg_rm32|Push|Pop|Cpuid|Rdtsc)/u.test(name)
  )
    return [];
  return REGISTERS.flatMap((register, place) => {
    const mask = register === 'rflags' ? ~undefinedFlags : -1n;
    const [here, there] = [ran.registers[place]! & mask, step.registers[register]! & mask];
    return here === there ? [] : [`${name}: ${register} is ${there} on the CPU, ${here} here`];
  });
};

it.skipIf(!native)('any code runs twice alike, and ends as on the CPU of this machine', async () => {
  const below = numbers(SEED);
  const found = new Map<string, string>();
  const cpu = new NativeSteps();
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const slots = new Uint8Array(BATCH * SLOT).fill(NOTHING);
    const codes = Array.from({ length: BATCH }, () => Uint8Array.from(drawCode(below)));
    for (const [index, code] of codes.entries()) slots.set(code, index * SLOT);
    const state = drawState(below);
    const once = runAll(slots, state, 'plain');
    const again = runAll(slots, state, 'plain');
    const watched = runAll(slots, state, 'watched');
    const jumped = runAll(slots, state, 'jumped');
    const onCpu = slots.slice();
    const isRun = codes.map((code) => !isUnsafe(code) && limits.findProblems(code, 1).get(0)?.kind !== 'refused');
    for (const [index, runs] of isRun.entries()) if (!runs) onCpu[index * SLOT] = NOP;
    const steps = await cpu.step(state, onCpu);
    for (const [index, code] of codes.entries()) {
      const digits = Buffer.from(code).toString('hex');
      if (!equal(once[index]!, again[index]!)) found.set('not the same twice', digits);
      if (!equal(once[index]!, watched[index]!)) found.set(`other results with an observer: ${kindOf(code).name}`, digits);
      if (!equal(once[index]!, jumped[index]!)) found.set(`other results after a jump: ${kindOf(code).name}`, digits);
      if (!isRun[index]) continue;
      for (const one of differences(code, CODE + BigInt(index * SLOT), once[index]!, steps[index]!)) found.set(one, digits);
    }
  }
  cpu.close();
  expect([...found]).toEqual([]);
}, FULL ? 7_200_000 : 600_000); // prettier-ignore

const equal = (a: Ended, b: Ended): boolean =>
  a.stop.reason === b.stop.reason &&
  a.stop.pc === b.stop.pc &&
  a.vectors === b.vectors &&
  a.data === b.data &&
  a.registers.every((value, index) => value === b.registers[index]);
