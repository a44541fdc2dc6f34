import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCaller, unwind } from '../../src/kernel/stack.js';
import { UnmappedError } from '../../src/base/errors.js';
import { REGS, RSP, SLOTS, STACK, crashedMemory, symbols, symbolsWith } from '../helpers/oops-state.js';

const names = [
  'remove_vma+0x24',
  'exit_mmap+0xf8',
  'mmput+0x49',
  'exit_mm+0x122',
  'do_exit+0x189',
  'do_group_exit+0x3d',
  'sys_exit_group+0x12',
  'system_call_fastpath+0x16',
  undefined,
];

describe('the call trace of the crash', () => {
  it('has the nine addresses of golden/oops.txt, read at the slots that the frames give', () => {
    const { entries, end } = unwind(crashedMemory(), symbols, REGS);

    expect(entries.map(({ slot, address }) => [slot, address])).toEqual(SLOTS);
    expect(
      entries.map(({ location }) => location && `${location.symbol.name}+0x${location.offset.toString(16)}`),
    ).toEqual(names);
    expect(entries.map(({ user }) => user)).toEqual([...Array<boolean>(8).fill(false), true]);
    expect(end).toEqual({ kind: 'user' });
  });

  it.each(SLOTS.slice(0, 8).map(([slot], index) => [index, slot] as const))(
    'ends at entry %i when its slot is damaged',
    (index, slot) => {
      const memory = crashedMemory();
      memory.writeU64(slot, 0x6b6b6b6b6b6b6b6bn);

      const { entries, end } = unwind(memory, symbols, REGS);
      expect(entries).toHaveLength(index + 1);
      expect(entries[index]).toEqual({ address: 0x6b6b6b6b6b6b6b6bn, slot, user: false });
      expect(end).toEqual({ kind: 'unknown address', address: 0x6b6b6b6b6b6b6b6bn, slot });
    },
  );

  it('takes another way when a slot holds another function', () => {
    const memory = crashedMemory();
    memory.writeU64(SLOTS[1]![0], 0xffffffff811e00f0n);
    const { entries, end } = unwind(memory, symbols, REGS);
    expect(entries.at(-1)?.location?.symbol.name).toBe('ipc_lock');
    expect(end).toMatchObject({ kind: 'unknown frame', location: { offset: 0xf } });
  });

  it('does not take data for a function', () => {
    const memory = crashedMemory();
    memory.writeU64(SLOTS[2]![0], 0xffffffff81a46928n);
    expect(unwind(memory, symbols, REGS).end.kind).toBe('unknown address');
  });

  it('leaves a zero return address out', () => {
    const memory = crashedMemory();
    memory.writeU64(SLOTS[3]![0], 0n);
    const { entries, end } = unwind(memory, symbols, REGS);
    expect(entries).toHaveLength(3);
    expect(end).toEqual({ kind: 'zero', slot: SLOTS[3]![0] });
  });
});

describe('bounds', () => {
  it('names a call at a function’s end after that function', () => {
    expect(findCaller(symbols, 0xffffffff81128000n)).toMatchObject({
      symbol: { name: 'remove_vma' },
      offset: 0x80,
    });
  });

  it('a wild RIP ends the walk before it starts', () => {
    const memory = crashedMemory();
    memory.writeU64(REGS + 0x80n, 0n);
    expect(unwind(memory, symbols, REGS)).toEqual({
      entries: [],
      end: { kind: 'unknown address', address: 0n },
    });
  });

  it('a frame that leaves the stack ends the walk', () => {
    const large = { ...symbols.symbol('exit_mmap'), frame: [{ offset: 0, cfa: 0x1000 }] };
    const { entries, end } = unwind(crashedMemory(), symbolsWith(large), REGS);
    expect(entries).toHaveLength(2);
    expect(end).toEqual({ kind: 'stack end', slot: 0xffff880211338dc0n });
  });

  it('a frame of no bytes is not a frame: RSP must grow', () => {
    const flat = { ...symbols.symbol('exit_mmap'), frame: [{ offset: 0, cfa: 0 }] };
    expect(unwind(crashedMemory(), symbolsWith(flat), REGS).end.kind).toBe('unknown frame');
  });

  it('a frame described from a later offset on is unknown before it', () => {
    const late = { ...symbols.symbol('remove_vma'), frame: [{ offset: 0x30, cfa: 0x20 }] };
    expect(unwind(crashedMemory(), symbolsWith(late), REGS).end.kind).toBe('unknown frame');
  });

  it('an unmapped stack ends the walk', () => {
    const memory = crashedMemory();
    memory.writeU64(REGS + 0x98n, 0xffff880300000d88n);
    expect(unwind(memory, symbols, REGS).end).toEqual({ kind: 'unmapped', slot: 0xffff880300000da0n });
  });

  it('at most `limit` entries come', () => {
    expect(unwind(crashedMemory(), symbols, REGS, 2)).toMatchObject({
      entries: { length: 2 },
      end: { kind: 'limit' },
    });
  });

  it('unmapped pt_regs are the caller’s mistake', () => {
    expect(() => unwind(crashedMemory(), symbols, 0x1000n)).toThrow(UnmappedError);
  });

  it('whatever the stack holds, the walk ends upwards and inside it', () => {
    const code = fc
      .constantFrom(...symbols.all())
      .chain(({ address, size }) => fc.nat(size + 1).map((offset) => address + BigInt(offset)));
    const word = fc.oneof(code, fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }));
    const rsp = fc.oneof(
      fc.nat(0x1fff).map((offset) => STACK + BigInt(offset)),
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      fc.constantFrom(0n, RSP, (1n << 64n) - 1n, (1n << 64n) - 8n),
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 64, maxLength: 64 }), rsp, word, (words, sp, ip) => {
        const memory = crashedMemory();
        for (let at = 0; at < 0x2000; at += 8) memory.writeU64(STACK + BigInt(at), words[(at / 8) % 64]!);
        memory.writeU64(REGS + 0x98n, sp);
        memory.writeU64(REGS + 0x80n, ip);
        const { entries } = unwind(memory, symbols, REGS, 2000);
        entries.forEach(({ slot, address }, index) => {
          expect(memory.readU64(slot)).toBe(address);
          expect(slot >= sp && slot < (sp & ~0x1fffn) + 0x2000n).toBe(true);
          if (index > 0) expect(slot > entries[index - 1]!.slot).toBe(true);
        });
      }),
      { numRuns: 200 },
    );
  });
});
