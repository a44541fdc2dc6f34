// Single instructions of kernels, drawn with random states: our engine against Unicorn. What the manual leaves undefined is
// left out, by src/x86/flag-effect.ts. OOPSLAB_FULL=1 tries a hundred times as many.
import { expect, it } from 'vitest';
import { PagedMemory } from '../../src/kernel/memory.js';
import type { Engine, EngineKind, Stop } from '../../src/machine/engine.js';
import { ENGINES } from '../../src/machine/engines.js';
import { endsProcess } from '../../src/machine/unicorn-limits.js';
import { findForbidden } from '../../src/x86/privileged.js';
import { REGISTERS, REGISTER_INDEX } from '../../src/x86/registers.js';
import { numbers } from '../helpers/any-code.js';
import { registersThatDiffer } from '../helpers/form-runs.js';
import { readForm, undefinedFlags } from '../helpers/form-states.js';

const FULL = process.env['OOPSLAB_FULL'] === '1';
const ENCODINGS = FULL ? 400_000 : Number(process.env['OOPSLAB_BATCHES'] ?? 1_200);
const STATES = 6; // of each
const SEED = 151;

const CODE = 0xffffffff81000000n;
const DATA = 0xffff880000400000n;
const SIZE = 8192;
const SLOT = 32;
const SLOTS = 4096 / SLOT - 1;

const BYTES = Array.from({ length: 256 }, (_, byte) => byte);
const OPCODES = [...BYTES.map((opcode) => [opcode]), ...BYTES.map((opcode) => [0x0f, opcode])];
const PREFIXES = [[], [], [], [0x66], [0xf3], [0xf2], [0xf0], [0x65], [0x67]];
const REX = [[], [], [0x48], [0x49], [0x4c], [0x41], [0x44], [0x40]];
const VALUES = [0n, 1n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0x8000n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]; // prettier-ignore
const engineOf = (kind: EngineKind): { readonly engine: Engine; readonly memory: PagedMemory } => {
  const memory = new PagedMemory([
    { start: CODE, size: 4096, protection: 'read-execute', name: 'text' },
    { start: DATA, size: SIZE, protection: 'read-write', name: 'data' },
  ]);
  memory.write(CODE, new Uint8Array(4096).fill(0x06));
  const engine = kind.open(memory);
  engine.setSegmentBase('gs', DATA + 0x800n);
  return { engine, memory };
};

it('our engine does what Unicorn does, instruction by instruction', () => {
  const below = numbers(SEED);
  const one = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const [unicorn, own] = ['unicorn', 'wasm'].map((name) => ENGINES.find((kind) => kind.name === name)!) as [
    EngineKind,
    EngineKind,
  ];
  const [a, b] = [engineOf(unicorn), engineOf(own)];
  const limits = [unicorn.limits(), own.limits()];
  const found = new Map<string, string>();
  let tried = 0;
  for (let slot = 0, drawn = 0; drawn < ENCODINGS; drawn += 1) {
    const tail = [one([0x03, 0x43, 0x83, 0x04, 0x44, 0x05, 0xc0, 0xd1, 0xca, 0xf3, 0xe4, 0x0b, 0x1b, 0x2b, 0x33, 0x3b, 0x13, 0x23]), below(256), ...Array.from({ length: 13 }, () => one([0, 1, 0x7f, 0x80, 0xff, below(256)]))]; // prettier-ignore
    const code = Uint8Array.from([...one(PREFIXES), ...one(REX), ...one(OPCODES), ...tail]).subarray(0, 15);
    if (findForbidden(code) !== undefined) continue;
    if (limits.some((limit) => limit.findProblems(code, 1).size > 0)) continue;
    const { code: name, length } = readForm(code);
    if (code[length - 1] === 0xf4) continue; // a budget that ends there is taken for hlt, as Stop has it
    code.fill(0x06, length); // what follows is translated too, and is no instruction
    if (code.some((_, offset) => endsProcess(code.subarray(offset)))) continue; // a branch may lead there
    slot = (slot + 1) % SLOTS;
    const at = CODE + BigInt(slot * SLOT);
    for (const { engine, memory } of [a, b]) {
      memory.write(at, new Uint8Array(SLOT).fill(0x06));
      memory.write(at, code);
      engine.flushTranslations();
    }
    for (let state = 0; state < STATES; state += 1) {
      const registers = REGISTERS.map(() =>
        one([one(VALUES), BigInt(below(64)), DATA + 0x1000n + BigInt(below(0x100) * 8), DATA + BigInt(SIZE - 1 - below(16))]),
      ); // prettier-ignore
      registers[REGISTER_INDEX.rcx] = BigInt(below(70));
      registers[REGISTER_INDEX.rsp] = DATA + 0x1800n;
      registers[REGISTER_INDEX.rip] = at;
      registers[REGISTER_INDEX.rflags] = 0x202n | BigInt(below(0x1000) & 0x8d5) | one([0n, 0n, 0n, 0x400n]);
      const data = Uint8Array.from({ length: SIZE }, () => below(256));
      const ends = [a, b].map(({ engine, memory }): Stop => {
        memory.write(DATA, data);
        engine.registers.set(registers);
        engine.writeRegisters();
        return engine.run(at, 0n, 1);
      });
      tried += 1;
      const unknown = undefinedFlags(code, registers);
      const differs = [
        ...(JSON.stringify(ends[0], text) === JSON.stringify(ends[1], text) ? [] : ['end']),
        ...registersThatDiffer(a.engine.registers, b.engine.registers, unknown),
        // A store that reaches a page where nothing is: a CPU writes nothing, Unicorn what there is room for.
        ...(isStoreOverEdge(ends[1]!) ||
        Buffer.compare(a.memory.read(DATA, SIZE), b.memory.read(DATA, SIZE)) === 0
          ? []
          : ['memory']),
      ];
      if (differs.length > 0)
        found.set(
          `${name}: ${differs.join(' ')}`,
          `${Buffer.from(code).toString('hex')} ${JSON.stringify(ends, text)}`,
        );
    }
  }
  expect(tried).toBeGreaterThan(ENCODINGS);
  expect([...found]).toEqual([]);
}, 7_200_000);

const isStoreOverEdge = (end: Stop): boolean =>
  end.reason === 'fault' && end.access === 'write' && end.address === DATA + BigInt(SIZE);

const text = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString(16) : value;
