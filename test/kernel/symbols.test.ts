// Locations as text, and back.
import { describe, expect, it } from 'vitest';
import { SymbolTable } from '../../src/kernel/symbols.js';

const table = new SymbolTable(
  [
    ['frob', 0xffffffff81000000n],
    ['frob.isra.0', 0xffffffff81001000n],
    ['odd+0x1 name', 0xffffffff81002000n],
  ].map(([name, address]) => ({
    name: name as string,
    address: address as bigint,
    size: 16,
    kind: 'function' as const,
    source: 'test',
  })),
);

describe('addressOf', () => {
  it.each([
    0xffffffff81000000n,
    0xffffffff8100000fn,
    0xffffffff81001003n,
    0xffffffff81002008n,
    0xffffffff81000010n,
    0n,
    0xffffffffffffffffn,
  ])('reads what formatLocation() writes of %s', (address) =>
    expect(table.addressOf(table.formatLocation(address))).toBe(address),
  );

  it.each(['', 'frob', 'frob+62', 'gone+0x3', '0x', '0x10000000000000000', 'the sandbox'])(
    'does not read %j',
    (text) => expect(table.addressOf(text)).toBeUndefined(),
  );
});
