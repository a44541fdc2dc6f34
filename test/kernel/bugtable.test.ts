import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BUGFLAG_WARNING,
  encodeBugTable,
  findBug,
  lookUpBug,
  readCString,
} from '../../src/kernel/bugtable.js';
import { bug_entry } from '../../src/kernel/structs/task.js';
import type { KernelSymbol } from '../../src/kernel/symbols.js';
import {
  BUG_FILE,
  BUG_STRINGS,
  BUG_TABLE,
  RIP,
  crashedMemory,
  symbols,
  symbolsWith,
} from '../helpers/oops-state.js';

const stop = (address: bigint): KernelSymbol => ({ ...symbols.symbol('__stop___bug_table'), address });

describe('the bug table', () => {
  it('names ipc/shm.c:205 for shm_close+0x3e, as golden/oops.txt does', () => {
    expect(findBug(crashedMemory(), symbols, RIP)).toEqual({ file: BUG_FILE, line: 205 });
  });

  it('counts both displacements from the entry', () => {
    const { entries, strings } = encodeBugTable(
      [{ address: RIP, file: 'a.c', line: 205 }],
      BUG_TABLE,
      BUG_STRINGS,
    );
    const view = new DataView(entries.buffer);
    expect(view.getInt32(0, true)).toBe(Number(RIP - BUG_TABLE)); // negative: code lies below the table
    expect(view.getInt32(4, true)).toBe(0x1000);
    expect([view.getUint16(8, true), view.getUint16(10, true)]).toEqual([205, 0]);
    expect([...strings]).toEqual([0x61, 0x2e, 0x63, 0]);
  });

  it('keeps each file name once', () => {
    const sites = [1, 2, 3].map((line) => ({ address: RIP + BigInt(line), file: 'x.c', line }));
    expect(encodeBugTable(sites, BUG_TABLE, BUG_STRINGS).strings).toHaveLength(4);
  });

  it('refuses what 32 or 16 bits cannot hold', () => {
    const site = { address: RIP, file: 'a.c', line: 1 };
    expect(() => encodeBugTable([{ ...site, address: 0n }], BUG_TABLE, BUG_STRINGS)).toThrow(RangeError);
    expect(() => encodeBugTable([{ ...site, line: 65536 }], BUG_TABLE, BUG_STRINGS)).toThrow(RangeError);
    expect(() => encodeBugTable([{ ...site, file: 'a\nb' }], BUG_TABLE, BUG_STRINGS)).toThrow(RangeError);
  });

  it('has no entry for another address', () => {
    expect(lookUpBug(crashedMemory(), symbols, RIP + 1n)).toEqual({ kind: 'absent' });
    expect(findBug(crashedMemory(), symbols, RIP + 1n)).toBeUndefined();
  });

  it('does not call a warning a bug', () => {
    const memory = crashedMemory();
    memory.writeU16(BUG_TABLE + 12n + 10n, BUGFLAG_WARNING);
    expect(lookUpBug(memory, symbols, RIP)).toMatchObject({ kind: 'found', flags: 1 });
    expect(findBug(memory, symbols, RIP)).toBeUndefined();
  });

  it('says so when it has no bounds, impossible ones, or ends in unmapped memory', () => {
    const memory = crashedMemory();
    expect(lookUpBug(memory, symbolsWith(stop(BUG_TABLE - 1n)), RIP)).toEqual({ kind: 'no table' });
    expect(lookUpBug(memory, symbolsWith(stop((1n << 64n) - 1n)), RIP)).toEqual({ kind: 'no table' });
    expect(lookUpBug(memory, symbolsWith(stop(BUG_TABLE + 12000n)), 0x1234n)).toEqual({
      kind: 'unreadable',
      at: BUG_TABLE + 682n * 12n, // the first entry that crosses the end of the strings' page
    });
  });

  it('keeps the line when the file name cannot be read', () => {
    const memory = crashedMemory();
    memory.writeU32(BUG_TABLE + 12n + 4n, 0x7ffffff0);
    expect(lookUpBug(memory, symbols, RIP)).toMatchObject({
      kind: 'found',
      line: 205,
      file: { kind: 'unmapped' },
    });
    expect(findBug(memory, symbols, RIP)).toEqual({ file: '', line: 205 });
  });

  it('whatever the table holds, looking up gives a value', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 2 * bug_entry.size, maxLength: 2 * bug_entry.size }),
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        (table, address) => {
          const memory = crashedMemory();
          memory.write(BUG_TABLE, table);
          const disp = BigInt.asIntN(32, BigInt(memory.readU32(BUG_TABLE)));
          for (const at of [address, BUG_TABLE + disp]) {
            expect(['found', 'absent']).toContain(lookUpBug(memory, symbols, at).kind);
          }
        },
      ),
    );
  });

  it('finds every site of any table', () => {
    const site = fc.record({
      address: fc.bigInt({ min: 0xffffffff81000000n, max: 0xffffffff81ffffffn }),
      file: fc.stringMatching(/^[ -~]{0,40}$/u),
      line: fc.nat(0xffff),
    });
    fc.assert(
      fc.property(fc.uniqueArray(site, { selector: ({ address }) => address, maxLength: 40 }), (sites) => {
        const memory = crashedMemory();
        const table = encodeBugTable(sites, BUG_TABLE, BUG_STRINGS);
        memory.write(BUG_TABLE, table.entries);
        memory.write(BUG_STRINGS, table.strings);
        const bounded = symbolsWith(stop(BUG_TABLE + BigInt(table.entries.length)));
        for (const { address, file, line } of sites) {
          expect(findBug(memory, bounded, address)).toEqual({ file, line });
        }
      }),
    );
  });
});

describe('a C string of the guest', () => {
  const at = (bytes: number[], limit?: number) => {
    const memory = crashedMemory();
    memory.write(BUG_STRINGS + 0x1000n - BigInt(bytes.length), Uint8Array.from(bytes));
    return readCString(memory, BUG_STRINGS + 0x1000n - BigInt(bytes.length), limit);
  };

  it('ends at its NUL', () => {
    expect(at([0x61, 0x62, 0])).toEqual({ kind: 'text', text: 'ab' });
  });

  it('is not read past printable bytes, mapped pages or the limit', () => {
    expect(at([0x61, 0x0a, 0])).toEqual({ kind: 'unprintable', at: 0xffffffff81672ffen, text: 'a' });
    expect(at([0x61, 0x62])).toEqual({ kind: 'unmapped', at: 0xffffffff81673000n, text: 'ab' });
    expect(at([0x61, 0x62, 0x63, 0], 2)).toEqual({ kind: 'unterminated', text: 'ab' });
  });
});
