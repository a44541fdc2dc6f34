// Where a run must end, it ends the same whether the library knows of all such places from the start, or learns of them when
// code that leads there is translated, with traps on blocks that have not run, as a check has them. Programs jump into the
// middle of instructions, whose bytes hold what a CPU refuses. OOPSLAB_FULL=1 tries 25 times as many programs.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PagedMemory } from '../../src/kernel/memory.js';
import { type Engine, type EngineObserver, StartOver, type Stop } from '../../src/machine/engine.js';
import { DEFAULT_ENGINE } from '../../src/machine/engines.js';
import { codeStops } from '../../src/release/code-stops.js';
import type { Snippet } from '../../src/release/snippet.js';
import { CodeTraps } from '../../src/run/code-traps.js';
import { blocksOf } from '../../src/x86/blocks.js';
import { fetchCode } from '../../src/x86/fetch.js';
import { REGISTERS, REGISTER_INDEX } from '../../src/x86/registers.js';
import { numbers } from '../helpers/any-code.js';

const FULL = process.env['OOPSLAB_FULL'] === '1';
const SEED = Number(process.env['OOPSLAB_STOPS_SEED'] ?? 14);
const PROGRAMS = Number(process.env['OOPSLAB_PROGRAMS'] ?? (FULL ? 10_000 : 400));

const PAGE = 4096;
const TEXT = 0xffffffff81000000n;
const TEXT_SIZE = 4 * PAGE;
const DATA = 0xffff880000400000n;
const DATA_SIZE = 2 * PAGE;
const NOTHING = 0x06;
const BUDGET = 3000;
const MOST_PASSES = 2000; // each makes an exit of a stop, opens a page or takes out a trap

const limits = { ...DEFAULT_ENGINE.limits(), name: 'not written down' };
const nothing = (): void => undefined;
const observer: EngineObserver = { instruction: nothing, read: nothing, write: nothing };

interface Program {
  readonly start: bigint;
  readonly bytes: Uint8Array;
  readonly runs: readonly { readonly from: bigint; readonly until: bigint; readonly budget: number }[];
}

// What a CPU refuses, what the engine does not run as a CPU does, what ends the process, and what is forbidden.
const STOPS = [
  [0x0f, 0x31], [0x06], [0xf4], [0xf0, 0x38, 0xc0], [0xff, 0xd8], [0xf0, 0x0f, 0xa3, 0x00], [0xc5, 0xf8, 0x31],
  [0x0f, 0x0b], [0xcc], [0xcd, 0x80], [0xd9, 0xfe], [0xf3, 0x0f, 0xb8, 0xc0], [0x0f, 0x05], [0x66, 0xe9, 0x00, 0x00],
  [0x48, 0x66, 0x90], [0xf0, 0x90], [0x0f, 0x22, 0xc0], [0x0f, 0xc7, 0xf0], [0x62, 0x00],
]; // prettier-ignore

const SIMPLE = [
  [0x90], [0x48, 0xff, 0xc0], [0x31, 0xc9], [0x0f, 0x1f, 0x44, 0x00, 0x00], [0xf3, 0x90], [0xfb], [0xfa], [0xfc], [0x58],
  [0x50], [0x48, 0x89, 0x07], [0x48, 0x03, 0x06], [0xa4], [0xf0, 0x48, 0xff, 0x07], [0x0f, 0xa2],
  [0x48, 0x8d, 0x3e], [0xb1, 0x03], [0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00], [0x48, 0x85, 0xc0],
  [0xc3], [0x48, 0x01, 0xc3], [0x48, 0x0f, 0x44, 0xc3], [0xc9],
]; // prettier-ignore

// Unicorn 2.1 gives other flags after these in another run, or with memory hooks.
const isOld = DEFAULT_ENGINE.limits().name === 'unicorn 2.0';
const REPEATED = isOld ? [[0xf3, 0xaa], [0xf3, 0x48, 0xab]] : []; // prettier-ignore

const drawProgram = (below: (bound: number) => number): Program => {
  const one = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const bytes: number[] = [];
  const starts: number[] = [];
  const jumps: number[] = []; // where 4 bytes of a displacement lie, or what follows them counts from
  const put = (...more: number[]): void => void bytes.push(...more);
  const jump = (...opcode: number[]): void => {
    put(...opcode);
    jumps.push(bytes.length);
    put(0, 0, 0, 0);
  };
  // An immediate with a stop in it, and perhaps a way on after it.
  const immediate = (size: number): number[] => {
    const inside = [...(below(3) === 0 ? one(SIMPLE) : one(STOPS))];
    const all = [...Array.from({ length: below(3) }, () => 0x90), ...inside, 0xeb, below(64)];
    return Array.from({ length: size }, (_, index) => all[index] ?? 0x90);
  };
  const long = below(12) === 0;
  for (let count = long ? 200 + below(900) : 4 + below(30); count > 0; count -= 1) {
    starts.push(bytes.length);
    if (bytes.length > 2 * PAGE) break;
    switch (long && below(40) !== 0 ? 9 : below(16)) {
      case 0:
        jump(0xe9);
        break;
      case 1:
      case 2:
        jump(0x0f, 0x80 + below(16));
        break;
      case 3:
        jump(0xe8);
        break;
      case 4: // lea, then jmp, call, or push and ret
        jump(0x48, 0x8d, 0x05);
        put(...one([[0xff, 0xe0], [0xff, 0xd0], [0x50, 0xc3]])); // prettier-ignore
        break;
      case 5:
        put(...one(STOPS));
        break;
      case 6: // flags, TF and DF among them
        put(0x68, one([0, 1, 0xd5]), one([1, 2, 4, 6, 0x0a, 2, 2, 2]), 0, 0, 0x9d);
        break;
      case 7:
      case 8:
        put(0x48, 0xb8, ...immediate(8));
        break;
      case 9:
        if (long)
          put(...one([[0x90], [0x0f, 0x1f, 0x44, 0x00, 0x00], [0x66, 0x90], [0x48, 0xff, 0xc3]])); // prettier-ignore
        else put(0x48, 0x05, ...immediate(4));
        break;
      case 10:
        put(0xc7, 0x84, 0x24, 0x10, 0, 0, 0, ...immediate(4));
        break;
      default:
        put(...one([...SIMPLE, ...REPEATED]));
    }
  }
  const view = new DataView(Uint8Array.from(bytes).buffer);
  for (const at of jumps) {
    const target = below(5) < 3 ? one(starts) : below(bytes.length);
    view.setInt32(at, target - (at + 4), true);
  }
  const code = new Uint8Array(view.buffer);
  const room = TEXT_SIZE - code.length;
  const offset = one([0, below(room), Math.min(room, PAGE - below(Math.min(PAGE, code.length + 1))), room]);
  const start = TEXT + BigInt(offset);
  const at = (): bigint => start + BigInt(below(3) === 0 ? below(code.length) : one(starts) % code.length);
  const runs = Array.from({ length: 6 }, () => ({
    from: below(2) === 0 ? start : at(),
    until: one([0n, 0n, at(), DATA + 0x10_0000n]),
    budget: one([BUDGET, BUDGET, 1 + below(40)]),
  }));
  return { start, bytes: code, runs };
};

/** All stops announced at once, with an observer or without; or found as code is translated, with traps or without. */
type Way = 'plain' | 'watched' | 'found' | 'trapped';

interface Ended {
  readonly stop: Stop;
  readonly registers: readonly string[];
  readonly data: string;
}

const runAll = ({ start, bytes, runs }: Program, way: Way): Ended[] => {
  const memory = new PagedMemory([
    { start: TEXT, size: TEXT_SIZE, protection: 'read-execute', name: 'text' },
    { start: DATA, size: DATA_SIZE, protection: 'read-write', name: 'data' },
  ]);
  memory.write(TEXT, new Uint8Array(TEXT_SIZE).fill(NOTHING));
  memory.write(start, bytes);
  const snippet = { start, end: start + BigInt(bytes.length), bytes, manifest: {} } as Snippet; // all that is needed of it
  const stops = codeStops([snippet], limits, (at) => fetchCode(memory, at));
  let traps: CodeTraps | undefined;
  using engine = DEFAULT_ENGINE.open(memory, way === 'watched' ? observer : undefined, {
    trackWrites: way === 'found' || way === 'trapped',
    comesTo: (boundaries) => traps?.giveWay(boundaries) ?? [],
  });
  for (const stop of stops) engine.stopBefore(...stop);
  if (way === 'trapped') traps = new CodeTraps(memory, leadersOf(bytes, start));
  const fresh = engine.saveContext();
  const data = Uint8Array.from({ length: DATA_SIZE }, (_, index) => (index * 5) & 0xff);
  return runs.map(({ from, until, budget }) => {
    const prepare = (): void => {
      engine.restoreContext(fresh);
      memory.write(DATA, data);
      for (const [index] of REGISTERS.entries()) engine.registers[index] = BigInt(index);
      engine.registers[REGISTER_INDEX.rflags] = 0x202n;
      engine.registers[REGISTER_INDEX.rsp] = DATA + 0x1000n;
      engine.registers[REGISTER_INDEX.rbp] = DATA + 0x1100n;
      engine.registers[REGISTER_INDEX.rsi] = DATA + 0x100n;
      engine.registers[REGISTER_INDEX.rdi] = DATA + 0x1800n;
      engine.writeRegisters();
      engine.expectStop(DATA + 0x10_0000n);
    };
    const stop = untilItStays(engine, prepare, traps, () => engine.run(from, until, budget));
    return {
      stop,
      registers: REGISTERS.map((name, index) => `${name} ${engine.registers[index]!.toString(16)}`),
      data: createHash('sha256').update(memory.read(DATA, DATA_SIZE)).digest('hex'),
    };
  });
};

// As check/watch/code-coverage.ts has them: none where a block begins inside another instruction.
const leadersOf = (bytes: Uint8Array, start: bigint): Set<bigint> => {
  const { instructions, leaders } = blocksOf(bytes, start, [start]);
  const found = new Set(leaders);
  for (const [at, { length }] of instructions)
    for (let inside = 1; inside < length; inside += 1) found.delete(at + BigInt(inside));
  return found;
};

const untilItStays = (
  engine: Engine,
  prepare: () => void,
  traps: CodeTraps | undefined,
  run: () => Stop,
): Stop => {
  for (let pass = 0; pass < MOST_PASSES; pass += 1) {
    prepare();
    try {
      const stop = run();
      const trapped = stop.reason === 'invalid-opcode' || stop.reason === 'exception';
      if (!trapped || traps?.take(stop.pc) !== true) return stop;
      engine.forgetTranslation(stop.pc);
    } catch (error) {
      if (!(error instanceof StartOver)) throw error;
    }
  }
  throw new Error('it starts over without an end');
};

// Without an observer a budget that ends after a byte f4 is taken for hlt.
const lines = ({ stop, registers, data }: Ended): string[] => [
  ...Object.entries(stop).map(([name, value]) => {
    if (value === 'halted') return `${name} budget`;
    return `${name} ${typeof value === 'bigint' ? value.toString(16) : value}`;
  }),
  ...registers,
  `data ${data}`,
];

// With memory hooks Unicorn 2.1 computes other flags after a repeated string instruction.
const WAYS: readonly Way[] =
  DEFAULT_ENGINE.limits().name === 'unicorn 2.0' ? ['watched', 'found'] : ['found'];

const differences = (program: Program): string[] => {
  const expected = runAll(program, 'plain').map(lines);
  return WAYS.flatMap((way) =>
    runAll(program, way).flatMap((ended, index) => {
      const here = lines(ended);
      const there = expected[index]!;
      const other = here.flatMap((line, at) => (line === there[at] ? [] : [`${line} and not ${there[at]}`]));
      if (other.length === 0 && here.length === there.length) return [];
      const { from, until, budget } = program.runs[index]!;
      const offset = (at: bigint): string => (at - program.start).toString(16);
      const code = Buffer.from(program.bytes).toString('hex');
      const text = other.map((one) => one.slice(0, 120)).join('; ');
      return [
        `${way}, run ${index}, ${code} at ${program.start.toString(16)} from +${offset(from)} until +${offset(until)} for ${budget}: ${text}`,
      ];
    }),
  );
};

/** How runs of some bytes end, one after the other, with stops that are found as code is translated. */
const endsOf = (
  bytes: readonly number[],
  offset: number,
  runs: readonly { from: number; until?: number }[],
) => {
  const start = TEXT + BigInt(offset);
  const at = (one: number | undefined): bigint => (one === undefined ? 0n : start + BigInt(one));
  const program = {
    start,
    bytes: Uint8Array.from(bytes),
    runs: runs.map(({ from, until }) => ({ from: at(from), until: at(until), budget: BUDGET })),
  };
  return runAll(program, 'found').map(({ stop: { reason, pc } }) => [reason, Number(pc - start)]);
};

const nops = (count: number): number[] => Array.from({ length: count }, () => 0x90);

describe('a place to stop at that is found', () => {
  it('lies on the page after the one that its block begins on', () => {
    const code = [0xeb, 0, ...nops(0x140), 0x0f, 0x31, 0xc3]; // jmp; nops; rdtsc; ret
    expect(endsOf(code, PAGE - 0x100, [{ from: 0 }])).toEqual([['exception', 0x142]]);
    expect(endsOf(code, PAGE - 0x100, [{ from: 2 }])).toEqual([['exception', 0x142]]);
  });

  it('lies after a pause in the first block of all, and far from it', () => {
    const code = [...nops(2), 0xf3, 0x90, ...nops(0x30), 0x0f, 0x31, 0xc3];
    expect(endsOf(code, PAGE - 4, [{ from: 0 }])).toEqual([['exception', 0x34]]);
  });
});

it('a run ends at its end inside of code that has run, where nothing else is announced', () => {
  const code = [0x90, 0x90, 0x90, 0xeb, 0xfe, 0x0f, 0x31]; // nop; nop; nop; jmp to itself; rdtsc
  const [whole, part] = [{ from: 0 }, { from: 0, until: 2 }];
  expect(endsOf(code, 0, [whole, part, whole, part])).toEqual([
    ['budget', 3],
    ['until', 2],
    ['budget', 3],
    ['until', 2],
  ]);
});

describe('code at the end of its memory', () => {
  it.each([
    ['goes over it', [0x90, 0x48, 0xff, 0xc3], 4],
    ['has an instruction that is cut off', [0x90, 0x48, 0xff, 0xc3, 0x48, 0xb8, 0x01], 4],
    ['has an instruction that is cut off after a prefix', [0x90, 0x48, 0xff, 0xc3, 0x66], 4],
  ] as const)('runs up to there where it %s', (_, code, last) => {
    const start = TEXT + BigInt(TEXT_SIZE - code.length);
    const program = {
      start,
      bytes: Uint8Array.from(code),
      runs: [{ from: start, until: 0n, budget: BUDGET }],
    };
    for (const way of ['plain', 'watched', 'found'] as const) {
      const [{ stop, registers } = { stop: undefined, registers: [] }] = runAll(program, way);
      expect(stop).toEqual({
        reason: 'fault', pc: start + BigInt(last), access: 'fetch', address: TEXT + BigInt(TEXT_SIZE), size: 1, cause: 'unmapped',
      }); // prettier-ignore
      expect(registers).toContain(`rbx ${(REGISTER_INDEX.rbx + 1).toString(16)}`);
    }
  });
});

it('a run ends alike, however the library learns of where', () => {
  const below = numbers(SEED);
  const found: string[] = [];
  for (let count = 0; count < PROGRAMS && found.length < 5; count += 1)
    found.push(...differences(drawProgram(below)));
  expect(found).toEqual([]);
}, FULL ? 7_200_000 : 300_000); // prettier-ignore
