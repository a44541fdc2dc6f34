// What happens at the edges: of pages, of a budget, of code that changes. On each engine, and beside this machine's CPU.
import { describe, expect, it } from 'vitest';
import { REGISTERS, REGISTER_INDEX } from '../../src/x86/registers.js';
import { CODE, page } from '../helpers/form-memory.js';
import { FormEngine, type FormState, type Ran } from '../helpers/form-runs.js';
import { native } from '../helpers/native-cpu.js';
import { NativeForms } from '../helpers/native-forms.js';
import { ENGINES_HERE } from '../helpers/unicorn.js';

const END = CODE + 4096n; // of the code; nothing is mapped there
const BREAKPOINT = 0xcc;

const place = (parts: readonly (readonly [bigint, readonly number[]])[]): Uint8Array => {
  const code = new Uint8Array(4096).fill(BREAKPOINT);
  for (const [at, bytes] of parts) code.set(bytes, Number(at - CODE));
  return code;
};

const state = (at: bigint, registers: Readonly<Record<string, bigint>> = {}, until?: bigint): FormState => ({
  registers: REGISTERS.map((name) => (name === 'rip' ? at : name === 'rflags' ? 0x202n : (registers[name] ?? 0n))),
  gs: 0n,
  pokes: [],
  ...(until === undefined ? {} : { until }),
}); // prettier-ignore

// Code and states, and what a CPU does: each engine must, and the CPU of this machine.
const LAST = END - 3n;
const CASES: readonly (readonly [string, Uint8Array, FormState, Partial<Ran['end']>, Readonly<Record<string, bigint>>])[] = [
  ['an instruction that ends where nothing is', place([[LAST, [0x48, 0xb8, 1]]]), state(LAST), { kind: 'fault', access: 'fetch', address: END, cause: 'unmapped' }, { rip: LAST }],
  ['an instruction that ends with the page', place([[LAST, [0x48, 0xff, 0xc0]]]), state(LAST), { kind: 'done' }, { rip: END, rax: 1n }],
  ['a prefix alone before the end', place([[END - 1n, [0x66]]]), state(END - 1n), { kind: 'fault', access: 'fetch', address: END }, { rip: END - 1n }],
  ['rep movsb up to the end of memory', place([[CODE, [0xf3, 0xa4]]]), state(CODE, { rcx: 100n, rsi: page(1), rdi: page(3) - 10n }, CODE + 2n), { kind: 'fault', access: 'write', address: page(3) }, { rip: CODE, rcx: 90n, rsi: page(1) + 10n, rdi: page(3) }],
  ['rep movsq over the end of memory', place([[CODE, [0xf3, 0x48, 0xa5]]]), state(CODE, { rcx: 9n, rsi: page(1), rdi: page(3) - 12n }, CODE + 3n), { kind: 'fault', access: 'write', address: page(3) }, { rip: CODE, rcx: 8n, rsi: page(1) + 8n, rdi: page(3) - 4n }],
  ['rep stosb down to the start of memory', place([[CODE, [0xf3, 0xaa]]]), { ...state(CODE, { rcx: 100n, rdi: page(1) + 3n }, CODE + 2n), registers: state(CODE, { rcx: 100n, rdi: page(1) + 3n }).registers.map((value, index) => (index === REGISTER_INDEX.rflags ? 0x602n : value)) }, { kind: 'fault', access: 'write', address: page(1) - 1n }, { rcx: 96n, rdi: page(1) - 1n }],
  ['rep with a count of 0 reads nothing', place([[CODE, [0xf3, 0xa4]]]), state(CODE, { rsi: 0n, rdi: 0n }, CODE + 2n), { kind: 'done' }, { rip: CODE + 2n }],
  ['push where nothing is', place([[CODE, [0x50]]]), state(CODE, { rsp: page(1) }), { kind: 'fault', access: 'write', address: page(1) - 8n }, { rip: CODE, rsp: page(1) }],
  ['call where nothing is', place([[CODE, [0xe8, 0, 0, 0, 0]]]), state(CODE, { rsp: page(1) }), { kind: 'fault', access: 'write', address: page(1) - 8n }, { rip: CODE, rsp: page(1) }],
  ['pop over the end of memory', place([[CODE, [0x58]]]), state(CODE, { rsp: page(3) - 4n }), { kind: 'fault', access: 'read', address: page(3) }, { rip: CODE, rsp: page(3) - 4n, rax: 0n }],
  ['pop into its own stack word by the new %rsp', place([[CODE, [0x8f, 0x04, 0x24]]]), state(CODE, { rsp: page(3) - 8n }), { kind: 'fault', access: 'write', address: page(3) }, { rip: CODE, rsp: page(3) - 8n }],
  ['leave where nothing is', place([[CODE, [0xc9]]]), state(CODE, { rbp: page(3), rsp: page(1) }), { kind: 'fault', access: 'read', address: page(3) }, { rip: CODE, rbp: page(3), rsp: page(1) }],
  ['lock cmpxchg of read-only memory that is other', place([[CODE, [0xf0, 0x48, 0x0f, 0xb1, 0x0b]]]), state(CODE, { rbx: page(4), rax: 0x1234_5678_9abc_def0n }), { kind: 'fault', access: 'write', address: page(4), cause: 'protection' }, { rip: CODE, rax: 0x1234_5678_9abc_def0n }],
  ['xchg with read-only memory', place([[CODE, [0x48, 0x87, 0x0b]]]), state(CODE, { rbx: page(4), rcx: 5n }), { kind: 'fault', access: 'write', address: page(4), cause: 'protection' }, { rip: CODE, rcx: 5n }],
  ['div whose quotient is too wide', place([[CODE, [0x48, 0xf7, 0xf1]]]), state(CODE, { rdx: 5n, rax: 0n, rcx: 5n }), { kind: 'exception' }, { rip: CODE, rdx: 5n }],
  ['div of 128 bits', place([[CODE, [0x48, 0xf7, 0xf1]]]), state(CODE, { rdx: 4n, rax: 7n, rcx: 5n }), { kind: 'done' }, { rax: (4n * 2n ** 64n + 7n) / 5n, rdx: (4n * 2n ** 64n + 7n) % 5n }],
  ['idiv of the smallest by -1', place([[CODE, [0x48, 0xf7, 0xf9]]]), state(CODE, { rdx: 2n ** 64n - 1n, rax: 2n ** 63n, rcx: 2n ** 64n - 1n }), { kind: 'exception' }, { rip: CODE }],
  ['idiv whose quotient is the smallest', place([[CODE, [0x48, 0xf7, 0xf9]]]), state(CODE, { rdx: 2n ** 64n - 1n, rax: 2n ** 63n, rcx: 1n }), { kind: 'done' }, { rax: 2n ** 63n, rdx: 0n }],
  ['idiv of -128 by -1 in a byte', place([[CODE, [0xf6, 0xf9]]]), state(CODE, { rax: 0xff80n, rcx: 0xffn }), { kind: 'exception' }, { rip: CODE, rax: 0xff80n }],
  ['a bit far before its operand', place([[CODE, [0x48, 0x0f, 0xab, 0x03]]]), state(CODE, { rbx: page(2), rax: 2n ** 64n - 64n * 512n }), { kind: 'done' }, { rip: CODE + 4n }],
]; // prettier-ignore

describe.each(ENGINES_HERE)('$name', (kind) => {
  it.each(CASES)('%s', (_name, code, given, end, registers) => {
    const engine = new FormEngine(kind, code);
    const ran = engine.run(given);
    engine.close();
    expect(ran.end).toMatchObject(end);
    for (const [name, value] of Object.entries(registers))
      expect(`${name} ${ran.registers[REGISTER_INDEX[name as 'rax']]}`).toBe(`${name} ${value}`);
  });

  it('ends a budget within rep, and goes on from there', () => {
    const engine = new FormEngine(kind, place([[CODE, [0xf3, 0xaa]]]));
    const { registers } = state(CODE, { rcx: 10n, rdi: page(1), rax: 0x5an });
    engine.engine.registers.set(registers);
    engine.engine.writeRegisters();
    expect(engine.engine.run(CODE, CODE + 2n, 4)).toEqual({ reason: 'budget', pc: CODE });
    expect(engine.engine.registers[REGISTER_INDEX.rcx]).toBe(6n);
    expect(engine.engine.run(CODE, CODE + 2n, 100)).toEqual({ reason: 'until', pc: CODE + 2n });
    expect(engine.memory.read(page(1), 10)).toEqual(new Uint8Array(10).fill(0x5a));
    engine.close();
  });

  it('runs what the host has written over code that ran, also over the edge of a page', () => {
    const at = CODE + 4096n - 3n;
    const code = new Uint8Array(8192).fill(BREAKPOINT);
    code.set([0xb8, 1, 0, 0, 0], Number(at - CODE)); // mov $1,%eax
    const engine = new FormEngine(kind, code);
    const valueOf = (): bigint => {
      engine.engine.run(at, at + 5n, 10);
      return engine.engine.registers[REGISTER_INDEX.rax]!;
    };
    expect(valueOf()).toBe(1n);
    engine.memory.writeU8(at + 1n, 7); // on the first page
    engine.engine.forgetTranslation(at + 1n);
    expect(valueOf()).toBe(7n);
    engine.memory.writeU8(at + 4n, 0x10); // on the second
    engine.engine.forgetTranslation(at + 4n);
    expect(valueOf()).toBe(0x1000_0007n);
    engine.memory.writeU8(at, 0xb9); // mov to %ecx
    engine.engine.flushTranslations();
    valueOf();
    expect(engine.engine.registers[REGISTER_INDEX.rcx]).toBe(0x1000_0007n);
    engine.close();
  });

  it('does not let code change itself', () => {
    const code = place([[CODE, [0xc6, 0x05, 0, 0, 0, 0, 0x90, 0x0f, 0x0b]]]); // movb $0x90,0(%rip); ud2
    const engine = new FormEngine(kind, code);
    const { end } = engine.run(state(CODE));
    expect(end).toMatchObject({ kind: 'fault', access: 'write', address: CODE + 7n, cause: 'protection' });
    engine.close();
  });
});

it.skipIf(!native)('the CPU of this machine does the same', async () => {
  const cpu = new NativeForms(CASES[0]![1]);
  for (const [name, code, given, end, registers] of CASES) {
    cpu.place(code);
    const [ran] = await cpu.run([given]);
    expect(ran!.end, name).toMatchObject(end);
    for (const [register, value] of Object.entries(registers))
      expect(ran!.registers[REGISTER_INDEX[register as 'rax']], `${name}: ${register}`).toBe(value);
  }
  cpu.close();
});
