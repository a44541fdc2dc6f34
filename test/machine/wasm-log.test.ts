// What our engine writes down by itself instead of calling: what it may count on, and what it owes.
import { describe, expect, it } from 'vitest';
import { PagedMemory } from '../../src/kernel/memory.js';
import type { EngineLog, EngineObserver, EngineOptions } from '../../src/machine/engine.js';
import { Wasm } from '../../src/machine/wasm.js';
import { REGISTER_COUNT, REGISTER_INDEX } from '../../src/x86/registers.js';

const TEXT = 0xffffffff81000000n;
const DATA = 0xffff880000000000n;
// inc %rax; mov %rax,(%rbx); push %rax; fld1, which the engine does not know
const CODE = [0x48, 0xff, 0xc0, 0x48, 0x89, 0x03, 0x50, 0xd9, 0xe8];
const KNOWN = 3;
const WORDS = 1 + 2 * REGISTER_COUNT;

/** A log of everything, with an observer that says when it is called. */
const logOf = (room: { rows: number; accesses: number } = { rows: 1e6, accesses: 1e6 }) => {
  const taken: string[] = [];
  const words: number[] = [];
  const log = {
    instructions: 0,
    last: new Uint32Array(REGISTER_COUNT * 2),
    rowRoom: room.rows,
    accessRoom: room.accesses,
    take(rows: Uint32Array, accesses: Uint32Array, instructions: number): void {
      if (rows.length + accesses.length === 0) return;
      taken.push(`${instructions - log.instructions} in ${rows.length}, ${accesses.length / 8} accesses`);
      words.push(...rows);
      log.instructions = instructions;
    },
  } satisfies EngineLog;
  const observer: EngineObserver = {
    instruction: () => {
      taken.push('called');
      log.instructions += 1;
    },
    read: () => void taken.push('read'),
    write: () => void taken.push('written'),
    log,
  };
  return { log, observer, taken, words };
};

const engineWith = (observer: EngineObserver, options: EngineOptions & { logBlock?: number } = {}): Wasm => {
  const memory = new PagedMemory([
    { start: TEXT, size: 4096, protection: 'read-execute', name: 'text' },
    { start: DATA, size: 4096, protection: 'read-write', name: 'data' },
  ]);
  memory.write(TEXT, Uint8Array.from(CODE));
  const engine = new Wasm(memory, observer, options);
  engine.registers[REGISTER_INDEX.rbx] = DATA;
  engine.registers[REGISTER_INDEX.rsp] = DATA + 0x100n;
  return engine;
};

const run = (engine: Wasm, budget = KNOWN) => engine.run(TEXT, 0n, budget);

describe('a log', () => {
  it('gets what ran when the run ends, also by an instruction that the engine does not know', () => {
    const { observer, taken } = logOf();
    using engine = engineWith(observer);
    expect(run(engine, 100).pc).toBe(TEXT + 7n);
    expect(taken).toEqual([expect.stringMatching(/^4 in \d+, 2 accesses$/u)]);
  });

  it('goes on from the registers that it has, in the next run', () => {
    const { log, observer, words } = logOf();
    using engine = engineWith(observer);
    run(engine, 1);
    expect(words).toHaveLength(1 + 2 * 4); // rbx, rsp, rip, rflags
    expect(log.last[REGISTER_INDEX.rbx * 2 + 1]).toBe(0xffff8800);
    words.length = 0;
    log.last.fill(0);
    run(engine, 1);
    expect(words).toHaveLength(1 + 2 * 5); // and rax
  });

  it('that has no room for a row leaves it to the call, and gets those after it', () => {
    const { log, observer, taken } = logOf({ rows: WORDS - 1, accesses: 8 });
    using engine = engineWith(observer);
    run(engine);
    expect(taken.filter((one) => one === 'called')).toHaveLength(3);
    taken.length = 0;
    log.rowRoom = 1e6;
    log.accessRoom = 7;
    run(engine);
    expect(taken.filter((one) => one === 'written')).toHaveLength(2);
    expect(taken).not.toContain('called');
    expect(log.instructions).toBe(6);
  });

  it('that fails ends the run with its error, once, and the engine goes on working', () => {
    for (const logBlock of [WORDS, 1 << 15]) {
      const { log, observer, taken } = logOf();
      using engine = engineWith(observer, { logBlock });
      const { take } = log;
      let calls = 0;
      log.take = () => {
        calls += 1;
        throw new Error('from the log');
      };
      expect(() => run(engine)).toThrow('from the log');
      expect(calls).toBe(1);
      expect(taken).toEqual([]);
      log.take = take;
      expect(run(engine).reason).toBe('budget');
      expect(taken.map((one) => Number(one.split(' ')[0])).reduce((sum, one) => sum + one)).toBe(3);
    }
  });

  it('cannot run the engine', () => {
    const { log, observer } = logOf();
    using engine = engineWith(observer);
    log.take = () => void run(engine);
    expect(() => run(engine)).toThrow('the engine is running');
  });

  it('of two engines at once are two', () => {
    const logs = [logOf(), logOf()];
    const engines = logs.map(({ observer }) => engineWith(observer));
    for (const budget of [1, 2, 3]) for (const engine of engines) run(engine, budget);
    expect(logs[1]!.words).toEqual(logs[0]!.words);
    expect(logs[0]!.log.instructions).toBe(6);
    for (const engine of engines) engine.close();
  });

  it('is not used beside one who watches accesses, who may ask the observer', () => {
    const { observer, taken } = logOf();
    const watched: string[] = [];
    const accesses = {
      ranges: [{ start: DATA, size: 8 }],
      read: () => void watched.push('read'),
      write: () => void watched.push(`write after ${taken.join(' ')}`),
    };
    using engine = engineWith(observer, { accesses });
    run(engine);
    expect(taken).toEqual(['called', 'called', 'written', 'called', 'written']);
    expect(watched).toEqual(['write after called called written']);
  });
});
