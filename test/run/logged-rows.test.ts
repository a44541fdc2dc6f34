// Rows that our engine writes down by itself are those that a recorder makes of its calls: whatever runs, wherever a block
// is full, however it ends, and at every limit. OOPSLAB_FULL=1 tries more of them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { worldArbitrary } from '../../src/check/world/worlds.js';
import type { Region } from '../../src/kernel/memory.js';
import type { EngineKind } from '../../src/machine/engine.js';
import type { Stub } from '../../src/machine/machine.js';
import { Recorder } from '../../src/run/recorder.js';
import { replay } from '../../src/run/replay.js';
import { formatParameters } from '../../src/scenario/parameters.js';
import { listScenarios, loadScenario } from '../../src/scenario/scenario.js';
import { numbers } from '../helpers/any-code.js';
import { QUICK, cases } from '../helpers/effort.js';
import { CALLING, logging } from '../helpers/logged.js';
import { CODE, DATA, STACK, callAbsolute, callCode, machineWith } from '../helpers/small-machine.js';

const PROGRAMS = Math.max(40, cases(200, 3000));
const WORLDS = cases(20, 300);
const SEED = 153;

// One row of an instruction fits, or a few; not one; eight rows of accesses and one of an instruction; all of them.
const BLOCKS = [37, 45, 8, 64, 300, 1 << 15];

type Limits = NonNullable<ConstructorParameters<typeof Recorder>[1]>;
type Below = (bound: number) => number;

// After DATA, which is writable: nothing, then writable, read-only, nothing. And both ends of all addresses.
const EDGES = DATA + 0x4000n;
const REGIONS: readonly Region[] = [
  { start: EDGES + 0x1000n, size: 4096, protection: 'read', name: 'constants' },
  { start: EDGES, size: 4096, protection: 'read-write', name: 'data before constants' },
  { start: 0xffff_ffff_ffff_f000n, size: 4096, protection: 'read-write', name: 'the last page' },
  { start: 0n, size: 4096, protection: 'read-write', name: 'the first page' },
];

const CONTENT = Uint8Array.from({ length: 65536 }, (_, index) => 1 + ((index * 7) % 251));

const STUB = 0xffffffff81e80000n;

const stubs: readonly Stub[] = [
  {
    symbol: 'stub_one',
    models: 'a write',
    leavesOut: 'the rest',
    run: ({ memory, argument }) => {
      if (memory.isMapped(argument(0), 13)) memory.write(argument(0), new Uint8Array(13).fill(0x5a));
      return argument(1);
    },
  },
];

/** Code that reaches memory in many ways, often beside an edge. */
const drawProgram = (below: Below) => {
  const one = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const size = (): number[] => one([[], [0x66], [0x48]]);
  const near = (): number => one([0, 1, 4, 7, 8, 0xf8, 0xff, 0xfc]); // a displacement of one byte
  const base = (): number => one([3, 6, 7]); // rbx, rsi, rdi
  const memory = (reg: number): number[] => [0x40 | (reg << 3) | base(), near()];
  const any = (): number => one([0, 1, 2, 5]); // rax, rcx, rdx, rbp
  const kinds: readonly (() => number[])[] = [
    () => [...size(), one([0x89, 0x8b, 0x01, 0x03, 0x39, 0x87, 0x31]), ...memory(any())],
    () => [one([0x88, 0x8a, 0x00, 0x86]), ...memory(any())],
    () => [...size(), 0x0f, one([0xc1, 0xb1, 0xab, 0xb3, 0xa3]), ...memory(any())],
    () => [...size(), 0xff, ...memory(one([0, 1]))],
    () => [0xff, ...memory(6)], // push
    () => [0x8f, ...memory(0)], // pop
    () => [one([0x50, 0x58]) + any()],
    () => [one([[], [0xf3]]), size(), [one([0xa5, 0xab, 0xad, 0xa7, 0xaf])]].flat(),
    () => [0xf3, one([0xa4, 0xaa])],
    () => [0xb9, below(24), 0, 0, 0], // mov $n,%ecx
    () => [0x48, 0x8d, 0x40 | (base() << 3) | base(), near()], // lea
    () => [one([0xfc, 0xfc, 0xfd, 0x9c])], // cld, std, pushf
    () => [0xe8, 0, 0, 0, 0], // call of the next instruction
    () => callAbsolute(STUB),
    () => [0x48, 0xf7, ...memory(one([3, 6]))], // not, div
    () => one([[0x0f, 0x0b], [0xf4], [0xcc]]),
  ];
  const weights = [6, 2, 3, 2, 1, 1, 2, 3, 1, 1, 1, 1, 1, 1, 1];
  const bag = weights.flatMap((weight, index) => Array.from({ length: weight }, () => kinds[index]!));
  const body = Array.from({ length: 3 + below(20) }, () => (below(40) === 0 ? kinds.at(-1)! : one(bag))());
  const loop = [0x49, 0xff, 0xc9, 0x75]; // dec %r9; jnz
  const back = body.flat().length + loop.length + 1;
  const code = [...body.flat(), ...(back < 128 ? [...loop, 256 - back] : []), 0xc3];
  const edges = [DATA, DATA + 0x800n, DATA + 0xff8n, EDGES, EDGES + 0xff4n, EDGES + 0x1ff6n, STACK + 0xffcn, 0xffff_ffff_ffff_fffan, CODE + 0xffcn]; // prettier-ignore
  const pointer = (): bigint =>
    BigInt.asUintN(
      64,
      below(25) === 0 ? 0x6b6b_6b6b_6b6b_6b6bn : one(below(3) === 0 ? edges : [DATA + 0x800n]) + BigInt(below(9) - 4),
    ); // prettier-ignore
  const registers = () => ({ rbx: pointer(), rsi: pointer(), rdi: pointer(), rax: BigInt(below(300)), rbp: pointer(), rcx: BigInt(below(30)), r9: BigInt(1 + below(4)) }); // prettier-ignore
  return {
    code,
    calls: Array.from({ length: 1 + below(3) }, registers),
    budget: one([5000, 5000, 1 + below(60)]),
  };
};

type Program = ReturnType<typeof drawProgram>;

const attempt = <T>(work: () => T): T | string => {
  try {
    return work();
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
};

const digits = (array: Uint8Array | Uint32Array): string =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');

/** Everything that a run of the program leaves. */
const runOf = ({ code, calls, budget }: Program, engine: EngineKind, limits: Limits = {}) => {
  let recorder!: Recorder;
  using machine = machineWith(code, {
    engine,
    regions: REGIONS,
    stubs,
    observer: (memory) => {
      for (const { start, size, protection } of memory.regions)
        if (protection !== 'read-execute') memory.write(start, CONTENT.subarray(0, size));
      return (recorder = new Recorder(memory, limits));
    },
  });
  const { memory } = machine;
  const first = machine.saveContext();
  const ends = calls.map((registers, index) =>
    attempt(() => {
      recorder.event({ kind: 'host', what: `call ${index}` });
      memory.writeU64(DATA + 0x800n + BigInt(index * 8), BigInt(index));
      if (index === 2) machine.restoreContext(first);
      const { kind } = callCode(machine, { registers, budget });
      return `${kind} after ${recorder.instructions}`;
    }),
  );
  machine.registers[0] = 0x1234_5678_9abc_def0n; // by the host, after all
  const data = attempt(() => recorder.finish(machine.registers));
  return {
    ends,
    events: recorder.events,
    instructions: recorder.instructions,
    registers: [...machine.registers],
    memory: digits(memory.bytes),
    accesses: typeof data === 'string' ? data : digits(data.accesses),
    rows: typeof data === 'string' ? data : digits(data.registers),
    counts: typeof data === 'string' ? undefined : { words: data.registers.length, accesses: data.accesses.length / 8 }, // prettier-ignore
  };
};

describe('a recording in blocks', () => {
  const seen = new Map<string, number>();
  const count = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);

  it('is the one that calls make, of code that reaches over edges', () => {
    const below = numbers(SEED);
    for (let index = 0; index < PROGRAMS; index += 1) {
      const program = drawProgram(below);
      const called = runOf(program, CALLING);
      for (const end of called.ends) count(end.split(' ')[0]!);
      expect(called.counts).toBeDefined();
      const { words, accesses } = called.counts!;
      if (accesses > 40) count('long');
      for (const block of [BLOCKS[index % BLOCKS.length]!, BLOCKS[below(BLOCKS.length)]!])
        expect(runOf(program, logging(block)), JSON.stringify(program.code)).toEqual(called);
      const limits: Limits[] = [
        { accesses: below(accesses + 2) },
        { registerWords: 37 + below(words + 40) },
        { instructions: below(called.instructions + 2) },
        { accesses: below(accesses + 2), registerWords: 37 + below(words + 40) },
      ];
      const block = BLOCKS[below(BLOCKS.length)]!;
      for (const limit of limits) {
        const refused = runOf(program, CALLING, limit);
        for (const end of refused.ends) if (end.includes('too long')) count(end.split(' takes ')[1]!.replace(/\d+/u, 'too many').split(';')[0]!); // prettier-ignore
        expect(runOf(program, logging(block), limit), JSON.stringify(program.code)).toEqual(refused);
      }
    }
    for (const what of ['returned', 'trap', 'exception', 'budget', 'long', 'too many accesses to memory', 'too many words of registers']) // prettier-ignore
      expect([what, seen.get(what) ?? 0]).toEqual([what, expect.toSatisfy((times: number) => times > PROGRAMS / 50)]); // prettier-ignore
  }, 3_600_000);

  const recordings = (name: string, set: ReadonlyMap<string, string>) =>
    [CALLING, logging(64)].map((engine) => {
      const { header, data } = replay(loadScenario(name), { engine, set });
      const { memory, registers, accesses } = data;
      return { header, memory: digits(memory), registers: digits(registers), accesses: digits(accesses) };
    });

  const names = listScenarios().map(({ name }) => name);
  it.each(QUICK ? names.slice(0, 2) : names)('is the one that calls make, of %s', (name) => {
    const [called, logged] = recordings(name, new Map());
    expect(logged).toEqual(called);
  });

  it('is the one that calls make, of worlds that were drawn', () => {
    const worlds = fc.sample(worldArbitrary(loadScenario('mount-arena')), { numRuns: WORLDS, seed: SEED });
    for (const world of worlds) {
      const set = Object.entries(formatParameters(world)).map(
        ([name, value]) => [name, String(value)] as const,
      );
      const [called, logged] = recordings('mount-arena', new Map(set));
      expect(logged).toEqual(called);
    }
  }, 3_600_000);
});
