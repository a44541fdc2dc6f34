// What every engine must do: every run ends in a typed stop, every misuse in a typed error.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fromHalves } from '../../src/base/address.js';
import {
  type CpuContext,
  type Engine,
  type EngineObserver,
  StartOver,
  type Stop,
} from '../../src/machine/engine.js';
import { EngineError } from '../../src/base/errors.js';
import { loadLibunicorn } from '../../src/machine/library.js';
import { PagedMemory } from '../../src/kernel/memory.js';
import { REGISTER_INDEX } from '../../src/x86/registers.js';
import { ENGINES_HERE } from '../helpers/unicorn.js';

const TEXT = 0xffffffff81000000n;
const DATA = 0xffff880000000000n;
const BUDGET = 1000;

const memoryWith = (code: readonly number[]): PagedMemory => {
  const memory = new PagedMemory([
    { start: TEXT, size: 4096, protection: 'read-execute', name: 'text' },
    { start: DATA, size: 4096, protection: 'read-write', name: 'data' },
  ]);
  memory.write(TEXT, new Uint8Array(4096).fill(0x06));
  memory.write(TEXT, Uint8Array.from(code));
  return memory;
};

describe.each(ENGINES_HERE)('$name', (kind) => {
  const open: Engine[] = [];
  const contexts = new Map<Engine, CpuContext>();
  afterEach(() => open.splice(0).forEach((engine) => engine.close()));

  const engineWith = (code: readonly number[], observer?: EngineObserver): Engine => {
    const engine = kind.open(memoryWith(code), observer);
    open.push(engine);
    return engine;
  };

  const runWith = (code: readonly number[], rbx = DATA, budget = BUDGET): Stop => {
    const engine = engineWith(code);
    engine.registers[REGISTER_INDEX.rbx] = rbx;
    engine.registers[REGISTER_INDEX.rflags] = 0x202n;
    engine.writeRegisters();
    return engine.run(TEXT, 0n, budget);
  };

  describe('a run', () => {
    it('ends at its until address, which it does not execute', () => {
      const engine = engineWith([0x48, 0xff, 0xc0, 0x0f, 0x0b]); // inc rax; ud2
      expect(engine.run(TEXT, TEXT + 3n, BUDGET)).toEqual({ reason: 'until', pc: TEXT + 3n });
      expect(engine.registers[REGISTER_INDEX.rax]).toBe(1n);
    });

    it('ends on a ud2 with RIP on it', () => {
      expect(runWith([0x90, 0x0f, 0x0b])).toEqual({ reason: 'invalid-opcode', pc: TEXT + 1n });
    });

    it('ends an endless loop after its budget, again and again', () => {
      const engine = engineWith([0xeb, 0xfe]); // jmp .
      for (let round = 0; round < 3; round += 1) {
        expect(engine.run(TEXT, 0n, 500)).toEqual({ reason: 'budget', pc: TEXT });
      }
    });

    it('names the address of a read that is not mapped', () => {
      expect(runWith([0x90, 0x48, 0x8b, 0x03], 0x6b6b6b6b6b6b6b6bn)).toEqual({
        reason: 'fault',
        pc: TEXT + 1n,
        access: 'read',
        address: 0x6b6b6b6b6b6b6b6bn,
        size: 8,
        cause: 'not canonical',
      });
      expect(runWith([0x8b, 0x03], 0x10n)).toMatchObject({
        access: 'read',
        address: 0x10n,
        size: 4,
        cause: 'unmapped',
      });
    });

    it('refuses a write to text', () => {
      expect(runWith([0x48, 0x89, 0x03], TEXT)).toMatchObject({
        reason: 'fault',
        access: 'write',
        address: TEXT,
        cause: 'protection',
      });
    });

    it('names the target of a jump into nothing, and refuses to execute data', () => {
      const jump = [0xff, 0xe3]; // jmp *%rbx
      expect(runWith(jump, 0xffffffff82000123n)).toMatchObject({
        reason: 'fault',
        access: 'fetch',
        address: 0xffffffff82000123n,
        pc: 0xffffffff82000123n,
      });
      expect(runWith(jump, DATA)).toMatchObject({
        reason: 'fault',
        access: 'fetch',
        address: DATA,
        cause: 'protection',
      });
    });

    it('stops where it should when its end changes, without a flush of all translations, which is dear', () => {
      const engine = engineWith([0x48, 0xff, 0xc0, 0x48, 0xff, 0xc0, 0x48, 0xff, 0xc0, 0x0f, 0x0b]); // inc rax thrice; ud2
      const flush = vi.spyOn(engine, 'flushTranslations');
      engine.stopBefore(TEXT + 9n);
      const ends = [9n, 3n, 6n, 9n, 6n, 3n, 9n];
      for (const end of ends) expect(engine.run(TEXT, TEXT + end, BUDGET).pc).toBe(TEXT + end);
      engine.stopBefore(TEXT + 3n);
      expect(engine.run(TEXT, TEXT + 6n, BUDGET)).toEqual({ reason: 'exception', pc: TEXT + 3n });
      expect(flush).not.toHaveBeenCalled();
    });

    it('ends before an instruction that it must not go past, also when it begins there', () => {
      const increments = [0x48, 0xff, 0xc0, 0x48, 0xff, 0xc0, 0x0f, 0x0b]; // inc %rax; inc %rax; ud2
      const nothing = (): void => undefined;
      for (const observer of [undefined, { instruction: nothing, read: nothing, write: nothing }]) {
        const engine = engineWith(increments, observer);
        engine.stopBefore(TEXT + 3n);
        engine.stopBefore(TEXT + 4n); // within an instruction: never reached
        const stop = { reason: 'exception', pc: TEXT + 3n };
        expect(engine.run(TEXT, 0n, BUDGET)).toEqual(stop);
        expect(engine.registers[REGISTER_INDEX.rax]).toBe(1n);
        expect(engine.run(TEXT + 3n, 0n, BUDGET)).toEqual(stop);
        expect(engine.run(TEXT + 6n, 0n, BUDGET).reason).toBe('invalid-opcode');
        expect(engine.registers[REGISTER_INDEX.rax]).toBe(1n);
      }
    });

    it('has popcnt and movbe under Unicorn 2.1 only, which is why they are refused; of our own it has popcnt; lzcnt all have', () => {
      const popcnt = [0xf3, 0x0f, 0xb8, 0xc3]; // popcnt %ebx,%eax
      const movbe = [0x0f, 0x38, 0xf0, 0x07]; // movbe (%rdi),%eax
      const lzcnt = [0xf3, 0x0f, 0xbd, 0xc3]; // lzcnt %ebx,%eax
      // the double of unicorn.js runs what libunicorn runs
      const isNew = kind.name !== 'wasm' && loadLibunicorn().version.minor > 0;
      const stop = isNew ? { reason: 'until', pc: TEXT + 4n } : { reason: 'invalid-opcode', pc: TEXT };
      for (const code of [popcnt, movbe]) {
        const engine = engineWith(code);
        engine.registers[REGISTER_INDEX.rdi] = DATA;
        engine.writeRegisters();
        if (kind.name === 'wasm' && code === popcnt) {
          engine.registers[REGISTER_INDEX.rbx] = 0x1_8000_0007n;
          expect(engine.run(TEXT, TEXT + 4n, BUDGET).reason).toBe('until');
          expect(engine.registers[REGISTER_INDEX.rax]).toBe(4n);
          continue;
        }
        if (kind.name === 'wasm')
          expect(engine.run(TEXT, TEXT + 4n, BUDGET)).toEqual({ reason: 'exception', pc: TEXT });
        else expect(engine.run(TEXT, TEXT + 4n, BUDGET)).toEqual(stop);
        const refused = kind.limits().findProblems(Uint8Array.from(code), 1).get(0);
        expect(refused).toMatchObject({ kind: 'refused' });
      }
      expect(engineWith(lzcnt).run(TEXT, TEXT + 4n, BUDGET).reason).toBe('until');
    });

    it('ends on an exception however many there were before', () => {
      const engine = engineWith([0x31, 0xc9, 0xf7, 0xf1]); // xor %ecx,%ecx; div %ecx
      engine.setSegmentBase('gs', DATA);
      for (let count = 0; count < 5; count += 1) {
        engine.registers[REGISTER_INDEX.rbx] = BigInt(count);
        engine.writeRegisters();
        expect(engine.run(TEXT, 0n, BUDGET)).toEqual({ reason: 'exception', pc: TEXT + 2n });
        expect(engine.registers[REGISTER_INDEX.rbx]).toBe(BigInt(count));
        if (count === 2) engine.restoreContext(engine.saveContext());
      }
    });

    // Of the same kind in a row, and of all kinds in turns: the library goes on as if an exception were being delivered.
    it.each([
      ['divide errors', [[0xf7, 0xf1]]],
      ['breakpoints', [[0xcc]]],
      ['invalid opcodes', [[0x0f, 0x0b]]],
      ['reads of nothing', [[0x8b, 0x01]]],
      ['writes to nothing', [[0x89, 0x01]]],
      ['writes to text', [[0x89, 0x05, 0, 0, 0, 0]]],
      ['reads that are not canonical', [[0x8b, 0x06]]],
      ['jumps to nothing', [[0xff, 0xe1]]],
      ['all of them', [[0xf7, 0xf1], [0xcc], [0x0f, 0x0b], [0x8b, 0x01], [0x89, 0x01], [0x89, 0x05, 0, 0, 0, 0], [0x8b, 0x06], [0xff, 0xe1]]],
    ])('ends as it should at %s, however many come', (_name, codes) => {
      const slot = 32;
      const engine = engineWith(codes.flatMap((code) => [...code, ...new Array<number>(slot - code.length).fill(0x06)]));
      const end = (index: number): string => {
        engine.registers.fill(0n); // ecx 0
        engine.registers[REGISTER_INDEX.rsi] = 0x8000_0000_0000_0000n;
        engine.registers[REGISTER_INDEX.rflags] = 0x202n;
        engine.writeRegisters();
        const { reason, pc } = engine.run(TEXT + BigInt(index * slot), 1n, index % 3 === 0 ? 1 : BUDGET);
        return `${index}: ${reason} at ${pc}`;
      };
      const first = codes.map((_, index) => {
        const fresh = engineWith(codes.flatMap((code) => [...code, ...new Array<number>(slot - code.length).fill(0x06)]));
        fresh.registers[REGISTER_INDEX.rsi] = 0x8000_0000_0000_0000n;
        fresh.writeRegisters();
        const { reason, pc } = fresh.run(TEXT + BigInt(index * slot), 1n, BUDGET);
        return `${index}: ${reason} at ${pc}`;
      });
      for (const one of first) expect(one).not.toMatch(/budget|until/u);
      for (let round = 0; round < 6; round += 1) expect(codes.map((_, index) => end(index))).toEqual(first);
    }); // prettier-ignore

    it('asks for memory that an instruction changes to write, as a CPU does, and for what it only reads to read', () => {
      const accessOf = (code: readonly number[]): string => {
        const stop = runWith(code, 0n); // %rbx is NULL
        return stop.reason === 'fault' ? stop.access : stop.reason;
      };
      const changes = [
        [0x01, 0x03], [0xff, 0x03], [0xf0, 0xff, 0x0b], [0xf7, 0x13], [0x80, 0x0b, 1], [0x87, 0x03], [0xc1, 0x23, 4], [0xd3, 0x23],
        [0x0f, 0xba, 0x2b, 3], [0x0f, 0xab, 0x03], [0xf0, 0x48, 0x0f, 0xb1, 0x0b], [0xf0, 0x0f, 0xc1, 0x03], [0x66, 0x31, 0x03],
      ]; // prettier-ignore
      const reads = [[0x03, 0x03], [0x39, 0x03], [0x80, 0x3b, 1], [0xf7, 0x23], [0x0f, 0xa3, 0x03], [0x0f, 0xba, 0x23, 3], [0xff, 0x33]]; // prettier-ignore
      for (const code of changes.filter((one) => one[0] !== 0xd3 || kind.name !== 'unicorn')) expect(accessOf(code), String(code)).toBe('write'); // prettier-ignore
      for (const code of reads) expect(accessOf(code), String(code)).toBe('read');
    });

    it('has the same segment bases after an exception', () => {
      const engine = engineWith([0x65, 0x48, 0x8b, 0x04, 0x25, 8, 0, 0, 0, 0x31, 0xc9, 0xf7, 0xf1]); // mov %gs:8,%rax; …
      engine.setSegmentBase('gs', DATA);
      for (let count = 0; count < 2; count += 1) expect(engine.run(TEXT, 0n, BUDGET).pc).toBe(TEXT + 11n);
    });

    it('ends on hlt and on a breakpoint', () => {
      expect(runWith([0xf4]).reason).toBe('halted');
      expect(runWith([0xcc]).reason).toBe('exception');
    });
  });

  describe('an observer', () => {
    it('sees every instruction, read and write, with the registers before it', () => {
      const seen: string[] = [];
      const engine = engineWith([0x48, 0x8b, 0x03, 0x48, 0x89, 0x43, 0x08, 0x0f, 0x0b], {
        instruction: (registers) => seen.push(`${registers[REGISTER_INDEX.rip]! - TEXT}`),
        read: (low, high, size) => seen.push(`read ${fromHalves(low, high) - DATA} ${size}`),
        write: (low, high, size, ...value) =>
          seen.push(`write ${fromHalves(low, high) - DATA} ${size} ${fromHalves(...value)}`),
      });
      engine.registers[REGISTER_INDEX.rbx] = DATA;
      engine.writeRegisters();
      engine.run(TEXT, 0n, BUDGET);
      expect(seen).toEqual(['0', 'read 0 8', '3', 'write 8 8 0', '7']);
    });

    it('may throw: the run ends, the error arrives, the engine goes on working', () => {
      let fail = true;
      const engine = engineWith([0x90, 0x0f, 0x0b], {
        instruction: () => {
          if (fail) throw new Error('from the observer');
        },
        read: () => undefined,
        write: () => undefined,
      });
      expect(() => engine.run(TEXT, 0n, BUDGET)).toThrow('from the observer');
      fail = false;
      expect(engine.run(TEXT, 0n, BUDGET).reason).toBe('invalid-opcode');
    });

    it('knows a hlt from a used-up budget right after a byte f4', () => {
      const watch = { instruction: () => undefined, read: () => undefined, write: () => undefined };
      const stop = (code: readonly number[], budget: number) => engineWith(code, watch).run(TEXT, 0n, budget);
      const loop = [0xb0, 0xf4, 0xeb, 0xfc]; // 1: mov $0xf4,%al; jmp 1b
      expect(stop(loop, 101)).toEqual({ reason: 'budget', pc: TEXT + 2n });
      expect(stop([0xeb, 0x01, 0xf4, 0xeb, 0xfe], 10)).toEqual({ reason: 'budget', pc: TEXT + 3n });
      expect(stop([0x90, 0xf4], 10)).toEqual({ reason: 'halted', pc: TEXT + 2n });
      expect(stop([0x66, 0xf3, 0x48, 0xf4], 10)).toEqual({ reason: 'halted', pc: TEXT + 4n });
    });

    it.each<[string, (engine: Engine) => unknown]>([
      ['flushTranslations', (engine) => engine.flushTranslations()],
      ['saveContext', (engine) => engine.saveContext()],
      ['restoreContext', (engine) => engine.restoreContext(contexts.get(engine)!)],
      ['dropContext', (engine) => engine.dropContext(contexts.get(engine)!)],
      ['setSegmentBase', (engine) => engine.setSegmentBase('gs', DATA)],
      ['expectStop', (engine) => engine.expectStop(0xffffffff82000000n)],
      ['readRegisters', (engine) => engine.readRegisters()],
      ['writeRegisters', (engine) => engine.writeRegisters()],
      ['close', (engine) => engine.close()],
      ['run', (engine) => engine.run(TEXT, 0n, BUDGET)],
    ])('cannot call %s', (_name, use) => {
      for (const event of ['instruction', 'read', 'write'] as const) {
        const nothing = (): void => undefined;
        const observer = { instruction: nothing, read: nothing, write: nothing, [event]: () => use(engine) };
        const engine: Engine = engineWith([0xff, 0x03, 0x0f, 0x0b], observer); // incl (%rbx); ud2
        engine.registers[REGISTER_INDEX.rbx] = DATA;
        engine.writeRegisters();
        contexts.set(engine, engine.saveContext());
        expect(() => engine.run(TEXT, 0n, BUDGET)).toThrow(EngineError);
        expect(() => engine.run(TEXT, 0n, BUDGET)).toThrow('the engine is running');
      }
    });

    it('cannot run the engine that it observes', () => {
      const engine: Engine = engineWith([0x90], {
        instruction: () => void engine.run(TEXT, 0n, BUDGET),
        read: () => undefined,
        write: () => undefined,
      });
      expect(() => engine.run(TEXT, 0n, BUDGET)).toThrow('is running');
    });
  });

  it('leaves nothing in an array of memory from before, where it has memory of its own', () => {
    const memory = memoryWith([0x90]);
    const { bytes, written } = memory;
    open.push(kind.open(memory));
    for (const [before, now] of [[bytes, memory.bytes], [written, memory.written]] as const) if (before !== now) expect(before).toHaveLength(0);
    expect(memory.bytes[memory.locate(TEXT)]).toBe(0x90);
  }); // prettier-ignore

  describe('misuse', () => {
    it('after close is an EngineError, and a second close does nothing', () => {
      const engine = engineWith([0x90]);
      engine.close();
      engine.close();
      expect(() => engine.run(TEXT, 0n, BUDGET)).toThrow(EngineError);
      expect(() => engine.readRegisters()).toThrow('closed');
      expect(() => engine.setSegmentBase('gs', 0n)).toThrow('closed');
    });

    it.each([
      ['unaligned', { start: TEXT + 1n, size: 4096 }, 'whole pages'],
      ['empty', { start: TEXT, size: 0 }, 'whole pages'],
      ['not canonical', { start: 0x1000000000000000n, size: 4096 }, 'canonical'],
      ['across the end of the address space', { start: 0xfffffffffffff000n, size: 8192 }, 'canonical'],
    ])('a region that is %s is refused', (_, { start, size }, message) => {
      expect(() => new PagedMemory([{ start, size, protection: 'read', name: 'bad' }])).toThrow(message);
    });

    it('an overlap is refused', () => {
      const region = { start: TEXT, size: 8192, protection: 'read', name: 'one' } as const;
      expect(() => new PagedMemory([region, { ...region, start: TEXT + 4096n, size: 4096 }])).toThrow(
        'mapped already',
      );
    });

    it('a budget of nothing is refused', () => {
      expect(() => engineWith([0x90]).run(TEXT, 0n, 0)).toThrow(EngineError);
    });
  });

  describe('an expected stop', () => {
    const STOP = 0xffffffff82000123n;

    // Whatever the guest does with the page of a stop: with and without saying that it is one.
    const same = (code: readonly number[], rbx: bigint, budget = BUDGET, until = 0n): Stop => {
      const [plain, expecting] = [false, true].map((expected) => {
        const engine = engineWith(code);
        if (expected) engine.expectStop(STOP);
        engine.registers[REGISTER_INDEX.rbx] = rbx;
        engine.registers[REGISTER_INDEX.rsp] = DATA + 0x800n;
        engine.registers[REGISTER_INDEX.rflags] = 0x202n;
        engine.writeRegisters();
        return { stop: engine.run(TEXT, until, budget), registers: [...engine.registers] };
      });
      expect(expecting).toEqual(plain);
      return plain!.stop;
    };
    const jump = [0xff, 0xe3]; // jmp *%rbx

    it('is a fetch of nothing, anywhere on its page', () => {
      expect(same(jump, STOP)).toMatchObject({
        reason: 'fault',
        access: 'fetch',
        cause: 'unmapped',
        pc: STOP,
      });
      for (const at of [0x000n, 0x124n, 0xffen, 0xfffn]) same(jump, STOP - 0x123n + at);
    });

    it('is the end of a run that ends there', () => {
      expect(same(jump, STOP, BUDGET, STOP)).toEqual({ reason: 'until', pc: STOP });
      same(jump, STOP + 1n, BUDGET, STOP);
      same(jump, 0x8000000000000000n, BUDGET, STOP);
      expect(same([0x90, 0x90, 0x90], 0n, 2, STOP).reason).toBe('budget');
    });

    it('does not count as an instruction', () => {
      expect(same([0x90, ...jump], STOP, 2)).toMatchObject({ reason: 'fault', access: 'fetch' });
      expect(same([0x90, ...jump], STOP, 1).reason).toBe('budget');
    });

    it.each([
      ['read', [0x48, 0x8b, 0x03]],
      ['written', [0x48, 0x89, 0x03]],
    ])('cannot be %s', (_what, code) => {
      for (const at of [0n, 0x123n, 0xff8n, 0xffcn]) {
        expect(same(code, STOP - 0x123n + at)).toMatchObject({ reason: 'fault', cause: 'unmapped' });
      }
    });

    it('where something is mapped, or right after it, changes nothing', () => {
      const engine = engineWith([0x90, ...jump]);
      for (const at of [TEXT, TEXT + 4096n, 0x8000_0000_0000n, DATA]) engine.expectStop(at);
      engine.registers[REGISTER_INDEX.rbx] = TEXT + 4096n;
      engine.writeRegisters();
      expect(engine.run(TEXT, 0n, BUDGET)).toMatchObject({ access: 'fetch', pc: TEXT + 4096n });
    });
  });

  describe('a context', () => {
    it('brings the CPU back, and not memory', () => {
      const memory = memoryWith([0x48, 0xff, 0xc0, 0x48, 0x89, 0x03, 0x0f, 0x0b]); // inc rax; mov rax,(rbx); ud2
      using engine = kind.open(memory);
      engine.registers[REGISTER_INDEX.rbx] = DATA;
      engine.writeRegisters();
      const before = engine.saveContext();
      for (let round = 0; round < 2; round += 1) {
        engine.restoreContext(before);
        engine.run(TEXT, 0n, BUDGET);
        expect(engine.registers[REGISTER_INDEX.rax]).toBe(1n);
      }
      expect(memory.readU64(DATA)).toBe(1n);
      engine.dropContext(before);
      expect(() => engine.restoreContext(before)).toThrow(EngineError);
    });

    it('of another engine is refused', () => {
      const [one, other] = [engineWith([0x90]), engineWith([0x90])];
      const context = one.saveContext();
      expect(() => other.restoreContext(context)).toThrow(EngineError);
    });
  });

  describe('tracked writes', () => {
    it('mark the page before it is written to, and the run that starts over goes through', () => {
      const memory = memoryWith([0xff, 0x03, 0x0f, 0x0b]); // incl (%rbx); ud2
      memory.written.fill(0);
      using engine = kind.open(memory, undefined, { trackWrites: true });
      const run = (): Stop => {
        engine.registers[REGISTER_INDEX.rbx] = DATA;
        engine.writeRegisters();
        return engine.run(TEXT, 0n, BUDGET);
      };
      const marked = (): boolean => memory.written.some((mark) => mark !== 0);
      expect(marked()).toBe(false);
      try {
        run();
      } catch (error) {
        expect(error).toBeInstanceOf(StartOver);
        expect(memory.readU32(DATA)).toBe(0);
        run();
      }
      expect(marked()).toBe(true);
      expect(memory.readU32(DATA)).toBe(1);
    });
  });

  describe('watched accesses', () => {
    it('are those that touch a range, with the address of their instruction', () => {
      const seen: string[] = [];
      const code = [0x8b, 0x03, 0x48, 0x89, 0x43, 0x3c, 0x89, 0x43, 0x44, 0x0f, 0x0b]; // reads 0; writes 0x3c, 0x44
      using engine = kind.open(memoryWith(code), undefined, {
        accesses: {
          ranges: [{ start: DATA + 0x40n, size: 4 }],
          read: (low, high, size) => seen.push(`read ${fromHalves(low, high) - DATA} ${size}`),
          write: (low, high, size, _valueLow, valueHigh, pc) =>
            seen.push(`${pc() - TEXT}: write ${fromHalves(low, high) - DATA} ${size} ${valueHigh}`),
        },
      });
      engine.registers[REGISTER_INDEX.rbx] = DATA;
      engine.registers[REGISTER_INDEX.rax] = 0n;
      engine.writeRegisters();
      engine.run(TEXT, 0n, BUDGET);
      expect(seen).toContain('2: write 60 8 0');
      expect(seen.filter((one) => one.startsWith('6:'))).toEqual([]);
    });
  });
});
