// The machine: calls by the System V ABI, stubs, and traps as CPU and entry code deliver them.
import { describe, expect, it } from 'vitest';
import {
  CLOBBERED,
  MAX_STUB_CALLS,
  type Machine,
  type Stub,
  maxStubCalls,
} from '../../src/machine/machine.js';
import { CALLER_SAVED, REGISTER_INDEX, type RegisterName } from '../../src/x86/registers.js';
import { savedRegisters } from '../../src/kernel/pt_regs.js';
import {
  CODE,
  DATA,
  PER_CPU,
  RETURN,
  STACK,
  callAbsolute,
  callCode,
  machineWith,
  quad,
} from '../helpers/small-machine.js';

const STUB = 0xffffffff81e80000n;
const RET = 0xc3;

const stubOne = (run: Stub['run']): Stub => ({
  symbol: 'stub_one',
  models: 'a test',
  leavesOut: 'nothing',
  run,
});

describe('a call', () => {
  it('passes six arguments in the registers of the ABI and gives RAX back', () => {
    // mov %rdi,%rax; add %rsi..%r9
    using machine = machineWith([0x48, 0x89, 0xf8, 0x48, 0x01, 0xf0, 0x48, 0x01, 0xd0, 0x48, 0x01, 0xc8, 0x4c, 0x01, 0xc0, 0x4c, 0x01, 0xc8, RET]); // prettier-ignore
    expect(callCode(machine, { arguments: [1n, 20n, 300n, 4000n, 50000n, 600000n] })).toEqual({
      kind: 'returned',
      value: 654321n,
    });
  });

  it('begins with the return address at RSP and ends with RSP as it was', () => {
    using machine = machineWith([0x48, 0x8b, 0x04, 0x24, RET]); // mov (%rsp),%rax
    const rsp = STACK + 0x1f00n;
    expect(callCode(machine, { rsp })).toEqual({ kind: 'returned', value: RETURN });
    expect(machine.registers[REGISTER_INDEX.rsp]).toBe(rsp);
    expect(machine.memory.readU64(rsp - 8n)).toBe(RETURN);
  });

  it('gives registers that are not named the value 0, and interrupts on', () => {
    using machine = machineWith([0x9c, 0x58, RET]); // pushf; pop %rax
    expect(callCode(machine, { registers: { rbx: 7n } })).toEqual({ kind: 'returned', value: 0x202n });
    expect(machine.registers[REGISTER_INDEX.rbx]).toBe(7n);
    expect(machine.registers[REGISTER_INDEX.r15]).toBe(0n);
  });

  it('reads the per-CPU area through %gs', () => {
    using machine = machineWith([0x65, 0x48, 0x8b, 0x04, 0x25, 0x00, 0xa6, 0x00, 0x00, RET]); // mov %gs:0xa600,%rax
    machine.memory.writeU64(PER_CPU + 0xa600n, 0xffff8801b49c8040n);
    expect(callCode(machine)).toEqual({ kind: 'returned', value: 0xffff8801b49c8040n });
  });

  it('carries nothing over to the next one', () => {
    using machine = machineWith([0x48, 0x01, 0xd8, 0x48, 0xff, 0xc3, RET]); // add %rbx,%rax; inc %rbx
    expect(callCode(machine)).toEqual(callCode(machine));
  });
});

describe('a stub', () => {
  it('sees the arguments, and its result is in RAX', () => {
    const seen: bigint[] = [];
    const stub = stubOne(({ argument }) => {
      seen.push(...[0, 1, 2, 3, 4, 5].map(argument));
      return 0x1234n;
    });
    using machine = machineWith(
      [0x48, 0x83, 0xec, 0x08, ...callAbsolute(STUB), 0x48, 0x83, 0xc4, 0x08, RET],
      { stubs: [stub] },
    );
    expect(callCode(machine, { arguments: [1n, 2n, 3n, 4n, 5n, 6n] })).toEqual({
      kind: 'returned',
      value: 0x1234n,
    });
    expect(seen).toEqual([1n, 2n, 3n, 4n, 5n, 6n]);
  });

  it('destroys every caller-saved register but its result, with a known pattern, and no other', () => {
    using machine = machineWith([...callAbsolute(STUB), RET], { stubs: [stubOne(() => undefined)] });
    const registers: Partial<Record<RegisterName, bigint>> = {
      rbx: 1n,
      rbp: 2n,
      r12: 3n,
      r13: 4n,
      r14: 5n,
      r15: 6n,
    };
    callCode(machine, { registers });
    for (const name of CALLER_SAVED) {
      expect(machine.registers[REGISTER_INDEX[name]]).toBe(CLOBBERED + BigInt(REGISTER_INDEX[name]));
    }
    for (const [name, value] of Object.entries(registers)) {
      expect(machine.registers[REGISTER_INDEX[name as RegisterName]]).toBe(value);
    }
  });

  it('may be jumped to: it returns to the caller of the jumper', () => {
    using machine = machineWith([0x48, 0xb8, ...quad(STUB), 0xff, 0xe0], { stubs: [stubOne(() => 9n)] });
    expect(callCode(machine)).toEqual({ kind: 'returned', value: 9n });
  });

  it('ends the run when the stack that it returns over is not mapped', () => {
    // mov $STUB,%rax; mov $0x10,%esp; jmp *%rax
    using machine = machineWith([0x48, 0xb8, ...quad(STUB), 0xbc, 0x10, 0, 0, 0, 0xff, 0xe0], {
      stubs: [stubOne(() => 1n)],
    });
    expect(callCode(machine)).toMatchObject({ kind: 'trap', trap: { kind: 'page fault', address: 0x10n } });
  });

  it('called for ever ends the run', () => {
    let calls = 0;
    using machine = machineWith([...callAbsolute(STUB), 0xeb, 0xf2], { stubs: [stubOne(() => { calls += 1; return undefined; })] }); // prettier-ignore
    expect(callCode(machine).kind).toBe('budget');
    expect(calls).toBeLessThanOrEqual(MAX_STUB_CALLS + 1);
  });

  it('may be called the less often the larger the budget from one to the next is', () => {
    expect([1, 100_000, 1_000_000, 10_000_000, 1e12].map(maxStubCalls)).toEqual([
      10_000, 10_000, 1000, 100, 100,
    ]);
    let calls = 0;
    using machine = machineWith([...callAbsolute(STUB), 0xeb, 0xf2], { stubs: [stubOne(() => { calls += 1; return undefined; })] }); // prettier-ignore
    expect(callCode(machine, { budget: 5_000_000 })).toMatchObject({ kind: 'budget' });
    expect(calls).toBe(201);
  });
});

describe('a call', () => {
  const nothing = (): void => undefined;
  const watching = { instruction: nothing, read: nothing, write: nothing, stub: nothing, stubReturned: nothing, trap: nothing }; // prettier-ignore

  it('ends as one that used up its budget where its observer takes no more', () => {
    let seen = 0;
    const observer = {
      ...watching,
      instruction: () => void (seen += 1),
      get room() {
        return 1000 - seen;
      },
    };
    using machine = machineWith([0xeb, 0xfe], { observer });
    const full = { kind: 'budget', at: CODE };
    expect([callCode(machine, { budget: 700 }), callCode(machine), callCode(machine)]).toEqual([full, full, full]); // prettier-ignore
    expect(seen).toBe(1000);
  });

  it('cannot be made by the observer of another', () => {
    using machine: Machine = machineWith([0x90, 0xc3], {
      observer: { ...watching, instruction: () => void callCode(machine) },
    });
    expect(() => callCode(machine)).toThrow('the machine is running');
  });
});

describe('a trap', () => {
  it('is not delivered to a stack in code: the bytes of a snippet stay', () => {
    using machine = machineWith([0x48, 0xbc, ...quad(CODE + 0x800n), 0x0f, 0x0b]); // mov $CODE+0x800,%rsp; ud2
    const before = machine.memory.read(CODE, 4096);
    const result = callCode(machine);
    expect(result).toMatchObject({ kind: 'trap', trap: { at: CODE + 10n } });
    expect(result).not.toHaveProperty('trap.regs');
    expect(machine.memory.read(CODE, 4096)).toEqual(before);
  });

  it('is delivered as CPU and entry code do it: word for word, for every alignment of the stack', () => {
    for (let misalignment = 0n; misalignment < 16n; misalignment += 1n) {
      const rsp = STACK + 0x1f00n + misalignment;
      using machine = machineWith([0x0f, 0x0b]);
      const registers = { rax: 1n, rbx: 2n, rcx: 3n, rbp: 4n, r8: 5n, r15: 6n };
      const result = callCode(machine, { rsp, arguments: [7n, 8n, 9n], registers });
      const inside = rsp - 8n; // RSP at the ud2
      const base = (inside & ~0xfn) - 168n;
      expect(result).toMatchObject({
        kind: 'trap',
        trap: { kind: 'invalid opcode', errorCode: 0, at: CODE, regs: base },
      });
      const word = (offset: number) => machine.memory.readU64(base + BigInt(offset));
      // r15 .. rdi, orig_rax, rip, cs, rflags, rsp, ss
      expect(Array.from({ length: 21 }, (_, index) => word(index * 8))).toEqual([
        6n, 0n, 0n, 0n, 4n, 2n, 0n, 0n, 0n, 5n, 1n, 3n, 9n, 8n, 7n,
        0xffffffffffffffffn, CODE, 0x10n, 0x10202n, inside, 0x18n,
      ]); // prettier-ignore
      // below it the return address of the handler's call: invalid_op+0x1b
      expect(word(-8)).toBe(machine.symbols.symbol('invalid_op').address + 0x1bn);
      expect(machine.registers[REGISTER_INDEX.rsp]).toBe(base - 8n);
      expect(machine.registers[REGISTER_INDEX.rip]).toBe(machine.symbols.symbol('do_invalid_op').address);
      expect(machine.registers[REGISTER_INDEX.rdi]).toBe(base);
      expect(savedRegisters(machine.memory, base)[REGISTER_INDEX.rip]).toBe(CODE);
    }
  });

  // mov (%rbx),%rax / mov %rax,(%rbx) / jmp *%rbx. Source of the bits: Intel SDM vol. 3, 4.7
  it.each([
    ['a read of nothing', [0x48, 0x8b, 0x03], 0x10n, 0],
    ['a write to nothing', [0x48, 0x89, 0x03], 0x10n, 2],
    ['a write to text', [0x48, 0x89, 0x03], CODE, 3],
    ['a jump to nothing', [0xff, 0xe3], 0xffffffff82345678n, 16],
    ['a jump to data', [0xff, 0xe3], DATA, 17],
  ])('of %s is a page fault with its address and error code', (_, code, rbx, errorCode) => {
    using machine = machineWith(code);
    const result = callCode(machine, { registers: { rbx } });
    expect(result).toMatchObject({ kind: 'trap', trap: { kind: 'page fault', errorCode, address: rbx } });
    expect(machine.registers[REGISTER_INDEX.rsi]).toBe(BigInt(errorCode));
    expect(machine.registers[REGISTER_INDEX.rip]).toBe(machine.symbols.symbol('do_page_fault').address);
  });

  it.each([
    ['data', [0x48, 0x8b, 0x03]],
    ['code', [0xff, 0xe3]],
  ])('of %s at an address that is not canonical is a general protection fault', (_, code) => {
    using machine = machineWith(code);
    const result = callCode(machine, { registers: { rbx: 0x6b6b6b6b6b6b6b6bn } });
    expect(result).toMatchObject({ kind: 'trap', trap: { kind: 'general protection fault', errorCode: 0 } });
  });

  it('whose frame the stack cannot take says so instead of a frame', () => {
    using machine = machineWith([0xbc, 0x10, 0, 0, 0, 0x0f, 0x0b]); // mov $0x10,%esp; ud2
    const result = callCode(machine);
    expect(result).toMatchObject({ kind: 'trap', trap: { kind: 'invalid opcode', at: CODE + 5n } });
    expect(result.kind === 'trap' && result.trap.regs).toBeUndefined();
  });
});
