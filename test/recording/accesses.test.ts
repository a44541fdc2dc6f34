import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACCESS, AccessLog, ROW, wide } from '../../src/recording/accesses.js';

/** A row by its meaning, written word by word. */
const row = fc.record({
  instruction: fc.nat(),
  size: fc.integer({ min: 1, max: 8 }),
  write: fc.boolean(),
  host: fc.boolean(),
  faulted: fc.boolean(),
  address: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
  bytes: fc.uint8Array({ minLength: 16, maxLength: 16 }),
});

const logOf = (rows: readonly (typeof row extends fc.Arbitrary<infer Row> ? Row : never)[]): AccessLog =>
  new AccessLog(
    Uint32Array.from(
      rows.flatMap(({ instruction, size, write, host, faulted, address, bytes }) => [
        instruction,
        size | (write ? ACCESS.write : 0) | (host ? ACCESS.host : 0) | (faulted ? ACCESS.faulted : 0),
        Number(address & 0xffff_ffffn),
        Number(address >> 32n),
        ...new Uint32Array(Uint8Array.from(bytes).buffer),
      ]),
    ),
  );

describe('the access log', () => {
  it('reads back every column of every row', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 20 }), (rows) => {
        const log = logOf(rows);
        expect(log.count).toBe(rows.length);
        rows.forEach(({ instruction, size, write, host, faulted, address, bytes }, index) => {
          const { old, new: made, ...whole } = log.at(index);
          expect(whole).toEqual({
            index,
            instruction,
            size,
            kind: write ? 'write' : 'read',
            host,
            faulted,
            address,
          });
          expect(log.isDone(index)).toBe(write && !faulted);
          expect(log.lowAddress(index)).toBe(Number(address & 0xffff_ffffn));
          for (let at = 0; at < 8; at += 1) {
            expect([log.oldByte(index, at), log.newByte(index, at)]).toEqual([bytes[at], bytes[8 + at]]);
            expect(Number((old >> BigInt(8 * at)) & 0xffn)).toBe(bytes[at]);
            expect(Number((made >> BigInt(8 * at)) & 0xffn)).toBe(bytes[8 + at]);
          }
        });
      }),
    );
  });

  it('counts what comes before a state: host accesses of its instruction too, guest accesses not', () => {
    const log = new AccessLog(
      Uint32Array.from(
        [[0, ACCESS.host], [0, 0], [1, ACCESS.host], [1, 0], [1, 0], [3, 0]].flatMap(
          ([instruction, flags]) => [instruction!, flags! | 1, 0, 0, 0, 0, 0, 0],
        ),
      ),
    ); // prettier-ignore
    expect([0, 1, 2, 3, 4].map((state) => log.countBefore(state))).toEqual([1, 3, 5, 5, 6]);
  });

  it('leaves out a row that is cut short', () => {
    expect(new AccessLog(new Uint32Array(2 * ROW.words + 3)).count).toBe(2);
    expect(wide(Uint32Array.of(1, 0x8000_0000), 0)).toBe(0x8000_0000_0000_0001n);
  });
});
