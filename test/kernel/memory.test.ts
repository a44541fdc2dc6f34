// Guest memory against a plain model: a map from address to byte.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnmappedError } from '../../src/base/errors.js';
import { PagedMemory } from '../../src/kernel/memory.js';

// Two neighbours that are apart in the buffer (writable first), a gap, and the last page of the address space.
const REGIONS = [
  { start: 0xffff880000001000n, size: 4096, protection: 'read-execute', name: 'text' },
  { start: 0xffff880000000000n, size: 4096, protection: 'read-write', name: 'below' },
  { start: 0xffff880000002000n, size: 8192, protection: 'read-write', name: 'above' },
  { start: 0xfffffffffffff000n, size: 4096, protection: 'read-write', name: 'last' },
] as const;

const isMapped = (address: bigint): boolean =>
  REGIONS.some(({ start, size }) => address >= start && address < start + BigInt(size));

const address = fc.oneof(
  fc.integer({ min: -40, max: 16424 }).map((offset) => 0xffff880000000000n + BigInt(offset)),
  fc.integer({ min: -40, max: 40 }).map((offset) => BigInt.asUintN(64, BigInt(offset))),
  fc.constantFrom(0xffff880000001000n - 3n, 0xffff880000002000n - 5n, 0xffff880000004000n - 4n),
);
const operation = fc.oneof(
  fc.record({
    do: fc.constant('write' as const),
    address,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }),
  }),
  fc.record({
    do: fc.constantFrom('u8' as const, 'u16' as const, 'u32' as const, 'u64' as const),
    address,
    value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  }),
  fc.record({ do: fc.constant('read' as const), address, size: fc.nat(40) }),
);

describe('guest memory', () => {
  it('does what a map from addresses to bytes does', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), fc.boolean(), (operations, watched) => {
        const memory = new PagedMemory(REGIONS);
        const model = new Map<bigint, number>();
        const seen: [bigint, number][] = [];
        if (watched)
          memory.onHostWrite = (at, bytes) =>
            bytes.forEach((byte, index) => seen.push([at + BigInt(index), byte]));
        const written: [bigint, number][] = [];
        const all = (at: bigint, size: number) =>
          Array.from({ length: size }, (_, index) => at + BigInt(index));
        const put = (at: bigint, bytes: Uint8Array, write: () => void): void => {
          if (!all(at, bytes.length).every(isMapped)) {
            expect(write).toThrow(UnmappedError);
            return;
          }
          write();
          bytes.forEach((byte, index) => {
            model.set(at + BigInt(index), byte);
            written.push([at + BigInt(index), byte]);
          });
        };
        for (const one of operations) {
          if (one.do === 'read') {
            const addresses = all(one.address, one.size);
            expect(memory.isMapped(one.address, one.size)).toBe(addresses.every(isMapped));
            if (!addresses.every(isMapped))
              expect(() => memory.read(one.address, one.size)).toThrow(UnmappedError);
            else
              expect([...memory.read(one.address, one.size)]).toEqual(
                addresses.map((at) => model.get(at) ?? 0),
              );
          } else if (one.do === 'write') {
            put(one.address, one.bytes, () => memory.write(one.address, one.bytes));
          } else {
            const size = { u8: 1, u16: 2, u32: 4, u64: 8 }[one.do];
            const value = BigInt.asUintN(size * 8, one.value);
            const bytes = Uint8Array.from({ length: size }, (_, index) =>
              Number((value >> BigInt(index * 8)) & 0xffn),
            );
            const at = one.address;
            put(at, bytes, () => {
              if (one.do === 'u8') memory.writeU8(at, Number(value));
              if (one.do === 'u16') memory.writeU16(at, Number(value));
              if (one.do === 'u32') memory.writeU32(at, Number(value));
              if (one.do === 'u64') memory.writeU64(at, value);
            });
            if (all(at, size).every(isMapped)) {
              const read = { u8: 'readU8', u16: 'readU16', u32: 'readU32', u64: 'readU64' } as const;
              expect(BigInt(memory[read[one.do]](at))).toBe(value);
            }
          }
        }
        if (watched) expect(seen).toEqual(written);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps all that a guest can write at the start of its buffer', () => {
    const memory = new PagedMemory(REGIONS);
    expect(memory.writableSize).toBe(4096 + 8192 + 4096);
    for (const { start, protection } of REGIONS) {
      expect(memory.locate(start) < memory.writableSize).toBe(protection === 'read-write');
    }
  });

  it('takes no writes to what the guest cannot write, once it is sealed', () => {
    const text = {
      start: 0xffffffff81000000n,
      size: 8192,
      protection: 'read-execute',
      name: 'text',
    } as const;
    const data = { start: 0xffffffff81002000n, size: 4096, protection: 'read-write', name: 'data' } as const;
    const memory = new PagedMemory([text, data]);
    memory.writeU64(text.start, 1n);
    memory.seal();
    const seen: bigint[] = [];
    for (const observed of [false, true]) {
      if (observed) memory.onHostWrite = (address) => void seen.push(address);
      memory.writeU64(text.start, 2n);
      memory.writeU32(text.start, 2);
      memory.writeU8(text.start, 2);
      memory.writeU64(data.start - 4n, 2n); // half of it could be written
      memory.writeU64(data.start, 3n);
    }
    expect(memory.readU64(text.start)).toBe(1n);
    expect(memory.readU64(data.start - 4n)).toBe(3n << 32n);
    expect(seen).toEqual([data.start]);
    expect(memory.isWritable(data.start, 4096)).toBe(true);
    for (const [at, size] of [
      [data.start - 1n, 2],
      [data.start + 4095n, 2],
      [text.start, 8192],
    ] as const)
      // prettier-ignore
      expect(memory.isWritable(at, size)).toBe(false);
  });

  it('refuses regions that overlap', () => {
    expect(
      () =>
        new PagedMemory([
          ...REGIONS,
          { start: 0xffff880000003000n, size: 4096, protection: 'read', name: 'twice' },
        ]),
    ).toThrow(/twice.*mapped already/u);
  });
});
