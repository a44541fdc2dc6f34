// The engine unicorn.js, over a double of its API (helpers/unicorn-js-double.cjs): what is not a unicorn.js of use is refused in
// words, and what runs does as under libunicorn. Not tried with the real package.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fromHalves } from '../../src/base/address.js';
import { EngineError, LibraryError } from '../../src/base/errors.js';
import { PagedMemory, WRITTEN_BLOCK, WRITTEN_NOW } from '../../src/kernel/memory.js';
import {
  type AccessObserver,
  type Engine,
  type EngineKind,
  type EngineObserver,
  StartOver,
  type Stop,
} from '../../src/machine/engine.js';
import { engineNamed, loadEngine } from '../../src/machine/engines.js';
import { REGISTERS, REGISTER_INDEX } from '../../src/x86/registers.js';
import { numbers } from '../helpers/any-code.js';
import { DOUBLE, loadUnicornJsFrom } from '../helpers/unicorn-js.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-unicorn-js-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const fileWith = (text: string): string => {
  const file = join(folder, `${(files += 1)}.js`);
  writeFileSync(file, text);
  return file;
};

// A module that is the double, but for what `change` makes of it.
const changed = (change: string): string =>
  fileWith(
    `const make = require(${JSON.stringify(DOUBLE)});\n` +
      `module.exports = async () => { const uc = await make(); ${change} };\n`,
  );

const TEXT = 0xffffffff81000000n;
const DATA = 0xffff880000000000n;
const SIZE = 8192;
const BUDGET = 1000;

const memoryWith = (code: readonly number[]): PagedMemory => {
  const memory = new PagedMemory([
    { start: TEXT, size: 4096, protection: 'read-execute', name: 'text' },
    { start: DATA, size: SIZE, protection: 'read-write', name: 'data' },
    { start: DATA + 0x10000n, size: 4096, protection: 'read', name: 'rodata' },
  ]);
  memory.bytes.fill(0x06, memory.locate(TEXT), memory.locate(TEXT) + 4096);
  memory.bytes.set(code, memory.locate(TEXT));
  return memory;
};

describe('a file that is refused', () => {
  it.each<[string, () => string, string]>([
    ['that is not there', () => join(folder, 'nowhere.js'), 'there is no such file'],
    ['that is a folder', () => folder, 'is a folder'],
    ['that is an ES module', () => fileWith('export default 1'), 'is not a script in CommonJS'],
    ['that throws', () => fileWith('throw new Error("boom")'), 'when it is loaded (boom)'],
    ['without a factory', () => fileWith('module.exports = 5'), 'exports no function'],
    ['whose factory rejects', () => fileWith('module.exports = async () => { throw "no room" }'), 'does not start (no room)'],
    ['whose factory throws', () => fileWith('module.exports = () => { throw new Error("no") }'), 'does not start (no)'],
    ['whose factory gives nothing', () => fileWith('module.exports = () => {}'), 'is not unicorn.js 2.1: it lacks Unicorn'],
    ['of another version', () => changed('return { ...uc, version: () => 0x02000100 }'), 'is Unicorn 2.0.1; 2.1 is needed'],
    ['without x86', () => changed('return { ...uc, arch_supported: () => 0 }'), 'is built without x86'],
    ['without the controls', () => changed('class U extends uc.Unicorn { ctl_tlb_mode = 1 } return { ...uc, Unicorn: U }'), 'lacks ctl_tlb_mode'],
    ['that computes wrongly', () => changed('class U extends uc.Unicorn { reg_write_i64() {} } return { ...uc, Unicorn: U }'), 'runs an instruction wrongly'],
    ['that cannot open a CPU', () => changed('return { ...uc, Unicorn: class { constructor() { throw "no CPU" } } }'), 'does not work (no CPU)'],
  ])('%s', async (_what, make, message) => {
    const file = make();
    const failure = await loadUnicornJsFrom(file).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(LibraryError);
    expect(failure).toMatchObject({ where: { file, field: 'OOPSLAB_UNICORN_JS' } });
    expect((failure as LibraryError).message).toContain(message);
    // A machine that is made all the same is refused in the same words.
    expect(() => engineNamed('unicorn.js').open(memoryWith([0x90]))).toThrow(message);
    expect(() => engineNamed('unicorn.js').limits()).toThrow(message);
  }); // prettier-ignore

  it('is the package, which is not installed', async () => {
    await expect(loadEngine('unicorn.js')).rejects.toThrow('npm install @alexaltea/unicorn-js');
  });
});

it('a file is taken with its function as `default`, too', async () => {
  const file = fileWith(`module.exports.default = require(${JSON.stringify(DOUBLE)})`);
  expect((await loadUnicornJsFrom(file)).name).toBe('unicorn.js');
});

const load = (): Promise<EngineKind> => loadUnicornJsFrom(DOUBLE);

const start = (engine: Engine, registers: Partial<Record<keyof typeof REGISTER_INDEX, bigint>>): void => {
  engine.readRegisters();
  engine.registers[REGISTER_INDEX.rflags] = 0x202n;
  for (const [name, value] of Object.entries(registers))
    engine.registers[REGISTER_INDEX[name as keyof typeof REGISTER_INDEX]] = value;
  engine.writeRegisters();
};

describe('its memory', () => {
  it('has what the host wrote between two runs, by any way, and the host has what the guest wrote', async () => {
    const kind = await load();
    const memory = memoryWith([0x48, 0x8b, 0x03, 0x48, 0xff, 0xc0, 0x48, 0x89, 0x43, 0x08]); // mov (%rbx),%rax; inc %rax; mov %rax,8(%rbx)
    using engine = kind.open(memory);
    const run = (): void => {
      start(engine, { rbx: DATA + 0xff8n }); // the store is on the next page
      expect(engine.run(TEXT, TEXT + 10n, 10).reason).toBe('until');
    };
    memory.writeU64(DATA + 0xff8n, 5n);
    run();
    expect(memory.readU64(DATA + 0x1000n)).toBe(6n);
    memory.bytes[memory.locate(DATA + 0xfffn)] = 0x80;
    run();
    expect(memory.readU64(DATA + 0x1000n)).toBe(0x8000000000000006n);
    memory.bytes.fill(0, memory.locate(DATA), memory.locate(DATA) + SIZE);
    run();
    expect(memory.readU64(DATA + 0x1000n)).toBe(1n);
  });

  it('has code that was changed, once its translation is forgotten', async () => {
    const kind = await load();
    const memory = memoryWith([0x48, 0xff, 0xc0, 0x90]); // inc %rax; nop
    using engine = kind.open(memory);
    start(engine, { rax: 0n });
    engine.run(TEXT, TEXT + 4n, 10);
    memory.bytes[memory.locate(TEXT + 2n)] = 0xc8; // dec %rax
    engine.forgetTranslation(TEXT + 2n);
    engine.run(TEXT, TEXT + 4n, 10);
    expect(engine.registers[REGISTER_INDEX.rax]).toBe(0n);
  });

  it('marks the blocks that the guest wrote to, and no others', async () => {
    const kind = await load();
    const memory = memoryWith([0x48, 0x89, 0x03]); // mov %rax,(%rbx)
    using engine = kind.open(memory, undefined, { trackWrites: true });
    for (const [at, blocks] of [
      [DATA + 0x110n, [1]],
      [DATA + 0xfffn, [15, 16]],
    ] as const) {
      memory.written.fill(0);
      start(engine, { rbx: at });
      expect(engine.run(TEXT, TEXT + 3n, 10).reason).toBe('until');
      const marked = [...memory.written.keys()].filter((block) => memory.written[block] !== 0);
      expect(marked.map((block) => block * WRITTEN_BLOCK)).toEqual(
        blocks.map((block) => block * WRITTEN_BLOCK),
      );
      expect(memory.written[marked[0]!]).toBe(WRITTEN_NOW);
    }
  });
});

it('a budget of more than 32 bits is not taken for a small one', async () => {
  const kind = await load();
  for (const budget of [2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]) {
    using engine = kind.open(memoryWith([0x90, 0x90, 0x0f, 0x0b])); // nop; nop; ud2
    expect(engine.run(TEXT, 0n, budget)).toEqual({ reason: 'invalid-opcode', pc: TEXT + 2n });
  }
});

it('what a module throws other than its strings is an EngineError, and the engine can be closed', async () => {
  const file = changed(`class U extends uc.Unicorn {
    runs = 0;
    emu_start(...values) { if ((this.runs += 1) > 1) throw new RuntimeError('unreachable'); super.emu_start(...values); }
  }
  class RuntimeError extends Error {}
  return { ...uc, Unicorn: U }`);
  const kind = await loadUnicornJsFrom(file);
  using engine = kind.open(memoryWith([0x90, 0x0f, 0x0b]));
  expect(engine.run(TEXT, 0n, 10).reason).toBe('invalid-opcode');
  expect(() => engine.run(TEXT, 0n, 10)).toThrow(new EngineError('unicorn.js ended a run: unreachable'));
});

// --- beside libunicorn ----------------------------------------------------------------------------------------------

const BYTES = [0x00, 0x5c, 0x2f, 0xff];
// In front of and after every edge of what is mapped: writable, read-only, nothing, and addresses that are not canonical.
const PLACES = [
  DATA, DATA - 8n, DATA - 4n, DATA - 1n, DATA + 8n, DATA + 0xff8n, DATA + 0xffcn, DATA + 0xfffn, DATA + 0x1000n,
  DATA + 0x1ff8n, DATA + 0x1ffcn, DATA + 0x1ffdn, DATA + 0x1fffn, DATA + 0x2000n, DATA + 0x10000n, DATA + 0x10ffdn,
  TEXT, TEXT + 0xffdn, 0n, 8n, 0x7fff_ffff_fffcn, 0x8000_0000_0000n, 0x6b6b6b6b6b6b6b6bn, 0x123f_8800_0000_0000n, 2n ** 64n - 4n,
]; // prettier-ignore

// Instructions of a kernel that touch memory at %rbx, %rdi and %rsi, and some that do not.
const INSTRUCTIONS: readonly (readonly number[])[] = [
  [0x48, 0x8b, 0x03], [0x8b, 0x43, 0x04], [0x66, 0x8b, 0x03], [0x8a, 0x03], [0x48, 0x89, 0x03], [0x89, 0x43, 0x04],
  [0x66, 0x89, 0x03], [0x88, 0x03], [0x48, 0x01, 0x03], [0xff, 0x03], [0x48, 0x87, 0x03], [0xf0, 0xff, 0x03],
  [0xf0, 0x48, 0x0f, 0xb1, 0x0b], [0x53], [0x5b], [0xc3], [0xff, 0xe3], [0xff, 0xd3], [0xff, 0x33], [0x8f, 0x03],
  [0xa4], [0x48, 0xa5], [0xf3, 0xa4], [0xf3, 0x48, 0xab], [0xf3, 0xa6], [0xf2, 0xae], [0x48, 0xff, 0xc0], [0x31, 0xc9],
  [0xf7, 0xf1], [0x75, 0x02], [0xeb, 0x01], [0x0f, 0x0b], [0xf4], [0xcc], [0x0f, 0xb6, 0x03], [0x48, 0x63, 0x03],
  [0x48, 0x0f, 0xc1, 0x03], [0x0f, 0xba, 0x2b, 0x03], [0x80, 0x3b, 0x5c], [0x66, 0x0f, 0x7f, 0x03], [0xc7, 0x03, 1, 0, 0, 0],
]; // prettier-ignore

// The first write to a page that libunicorn tracks, and code that is other than it seemed, end a run, which starts over.
const runAgain = (run: () => Stop): Stop => {
  for (;;) {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof StartOver)) throw error;
    }
  }
};

interface Run {
  readonly stop: Stop;
  readonly registers: readonly bigint[];
  readonly memory: string;
  readonly seen: readonly string[];
}

describe('it does what libunicorn does', () => {
  const below = numbers(153);
  const one = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const PROGRAMS = 300;

  it(`in ${PROGRAMS} drawn programs at the edges of memory, observed, watched, tracked and alone`, async () => {
    const kinds = [engineNamed('unicorn'), await load()];
    for (let index = 0; index < PROGRAMS; index += 1) {
      const code = Array.from({ length: 1 + below(6) }, () => one(INSTRUCTIONS)).flat();
      const registers = {
        rax: one(PLACES), rbx: one(PLACES), rcx: BigInt(below(20)), rdx: 0n,
        rdi: one(PLACES), rsi: one(PLACES), rsp: one([...PLACES, DATA + 0x800n, DATA + 0x800n, DATA + 0x800n]),
      }; // prettier-ignore
      const budget = one([1, 2, 3, 20, 100]);
      const how = one(['alone', 'observed', 'tracked', 'watched'] as const);
      const stopAt = TEXT + BigInt(one([code.length, below(code.length)]));
      const contents = Array.from({ length: SIZE }, () => one(BYTES));
      const [expected, found] = kinds.map((kind): Run => {
        const memory = memoryWith(code);
        memory.bytes.set(contents, memory.locate(DATA));
        const seen: string[] = [];
        // Also what memory holds then: writes that are done, and none that is to come.
        const tell = (what: string): void => void seen.push(`${what} ${memory.bytes.subarray(0, SIZE).reduce((sum, byte, at) => (sum * 31 + byte + at) % 0xffff_fffb, 7)}`); // prettier-ignore
        const observer: EngineObserver = {
          instruction: (file) => tell(file.join(' ')),
          read: (low, high, size) => tell(`read ${fromHalves(low, high)} ${size}`),
          write: (low, high, size, ...value) =>
            tell(
              `write ${fromHalves(low, high)} ${size} ${BigInt.asUintN(Math.min(size, 8) * 8, fromHalves(...value))}`,
            ),
        };
        // An engine may report more than the ranges.
        const isInside = (low: number, high: number): boolean =>
          fromHalves(low, high) >= DATA && fromHalves(low, high) < DATA + BigInt(SIZE);
        const accesses: AccessObserver = {
          ranges: [{ start: DATA, size: SIZE }],
          read: (low, high, size, pc) => {
            if (isInside(low, high)) tell(`${pc()} read ${low} ${size}`);
          },
          write: (low, high, size, valueLow, _valueHigh, pc) => {
            if (isInside(low, high)) tell(`${pc()} write ${low} ${size} ${valueLow & 0xff}`);
          },
        };
        using engine = kind.open(memory, how === 'observed' ? observer : undefined, {
          trackWrites: how === 'tracked',
          ...(how === 'watched' ? { accesses } : {}),
        });
        engine.stopBefore(stopAt);
        const stop = runAgain(() => {
          memory.bytes.set(contents, memory.locate(DATA));
          start(engine, registers);
          return engine.run(TEXT, 0n, budget);
        });
        return {
          stop,
          registers: [...engine.registers],
          memory: Buffer.from(memory.bytes).toString('base64'),
          seen,
        };
      });
      expect(found, `${Buffer.from(code).toString('hex')} ${index}`).toEqual(expected);
    }
  });

  it('where a stop lies in a block that it only comes to, also after that was changed', async () => {
    const kinds = [engineNamed('unicorn'), await load()];
    const CHANGED = TEXT + 0x10n;
    const results = kinds.map((kind) => {
      const memory = memoryWith([0xeb, 0x0e]); // jmp to CHANGED
      const at = memory.locate(CHANGED);
      memory.bytes.set([0xb8, 0x90, 0x90, 0x90, 0x90, 0x48, 0xff, 0xc0, 0x0f, 0x0b], at); // mov $…,%eax; inc %rax; ud2
      using engine = kind.open(memory, undefined, { trackWrites: true });
      engine.stopBefore(CHANGED + 3n); // inside of mov
      engine.stopBefore(CHANGED + 8n);
      const run = (): Stop =>
        runAgain(() => {
          start(engine, { rax: 0n });
          return engine.run(TEXT, 0n, BUDGET);
        });
      const before = [run(), run()];
      memory.bytes[at] = 0x90; // now all are nops, and the stop is an instruction
      engine.forgetTranslation(CHANGED);
      return [...before, run(), engine.registers[REGISTER_INDEX.rax]];
    });
    expect(results[1]).toEqual(results[0]);
    expect(results[0]).toMatchObject([{ pc: CHANGED + 8n }, { pc: CHANGED + 8n }, { pc: CHANGED + 3n }, 0n]);
  });

  it('where an observer throws, at any event: the run ends there, and the next one is as if nothing had been', async () => {
    const kinds = [engineNamed('unicorn'), await load()];
    // mov %rax,(%rbx); push (%rbx); inc %rax; pop 8(%rbx); ud2
    const code = [0x48, 0x89, 0x03, 0xff, 0x33, 0x48, 0xff, 0xc0, 0x8f, 0x43, 0x08, 0x0f, 0x0b];
    for (let event = 1; event <= 9; event += 1) {
      const results = kinds.map((kind) => {
        const memory = memoryWith(code);
        let left = event;
        const count = (): void => {
          left -= 1;
          if (left === 0) throw new Error('from the observer');
        };
        using engine = kind.open(memory, { instruction: count, read: count, write: count });
        start(engine, { rax: 7n, rbx: DATA, rsp: DATA + 0x800n });
        expect(() => engine.run(TEXT, 0n, 100)).toThrow('from the observer');
        const after = [...memory.bytes];
        start(engine, { rax: 7n, rbx: DATA, rsp: DATA + 0x800n });
        const stop = engine.run(TEXT, 0n, 100);
        return { after, stop, registers: [...engine.registers], memory: [...memory.bytes] };
      });
      expect(results[1]).toEqual(results[0]);
    }
  });

  it('and keeps whole CPUs, with vectors', async () => {
    const kind = await load();
    using engine = kind.open(memoryWith([0x90]));
    start(
      engine,
      Object.fromEntries(REGISTERS.slice(0, 16).map((name, index) => [name, BigInt(index) << 56n])),
    );
    engine.vectors.set(Array.from({ length: 256 }, (_, index) => index));
    engine.writeVectors();
    const before = [...engine.registers];
    const context = engine.saveContext();
    start(engine, { rax: 2n ** 64n - 1n });
    engine.vectors.fill(0);
    engine.writeVectors();
    engine.restoreContext(context);
    engine.readRegisters();
    engine.readVectors();
    expect([...engine.registers]).toEqual(before);
    expect([...engine.vectors.subarray(0, 256)]).toEqual(Array.from({ length: 256 }, (_, index) => index));
  });
});
