import fc from 'fast-check';
import * as iced from 'iced-x86';
import { expect, it } from 'vitest';
import { NO_INSTRUCTION, isPrefix, parseEncoding } from '../../src/x86/encoding.js';
import { MAX_INSTRUCTION } from '../../src/x86/fetch.js';

const { Decoder, DecoderOptions, EncodingKind, OpCodeTableKind } = iced;

// A REX byte is only one right before the opcode.
const prefixes = fc.array(fc.constantFrom(0x26, 0x2e, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3), { maxLength: 3 });
const rex = fc.option(fc.integer({ min: 0x40, max: 0x4f }), { nil: undefined });
const escape = fc.constantFrom([], [0x0f], [0x0f, 0x38], [0x0f, 0x3a], [0xc4], [0xc5], [0x62]);
const rest = fc.uint8Array({ minLength: 15, maxLength: 15 });
const text = fc.tuple(prefixes, rex, escape, rest).map(([first, one, next, last]) => {
  const bytes = [...first, ...(one === undefined ? [] : [one]), ...next, ...last].slice(0, MAX_INSTRUCTION);
  return Uint8Array.from(bytes);
});

const isRex = (byte: number): boolean => (byte & 0xf0) === 0x40;
const isDoubled = (bytes: Uint8Array): boolean =>
  bytes.some(
    (byte, index) =>
      isRex(byte) && isPrefix(bytes[index + 1] ?? 0) && bytes.subarray(0, index).every(isPrefix),
  );

it('prefixes, opcode and kind of encoding are those that the disassembler finds', () => {
  let valid = 0;
  fc.assert(
    fc.property(text, (bytes) => {
      const decoder = new Decoder(64, bytes, DecoderOptions.None);
      const instruction = decoder.decode();
      const { opCode, length, isInvalid } = instruction;
      const one = bytes.subarray(0, length);
      // The opcode of a 3DNow! instruction is its last byte.
      if (isInvalid || isDoubled(one) || opCode.encoding === EncodingKind.D3NOW) return;
      valid += 1;
      const found = parseEncoding(one);
      const legacy = opCode.encoding === EncodingKind.Legacy;
      // The number of a register may be added to it; what follows it in 0f 01 c1 lies where ModRM would.
      const first = opCode.opCode >> (8 * (opCode.opCodeLength - 1));
      expect(found.opcode - first).toBeGreaterThanOrEqual(0);
      expect(found.opcode - first).toBeLessThan(8);
      expect(found.evex).toBe(opCode.encoding === EncodingKind.EVEX);
      expect(found.plain).toBe(legacy && opCode.table === OpCodeTableKind.Normal);
      expect(found.prefixes.every((byte) => isPrefix(byte) && !isRex(byte))).toBe(true);
      expect(found.rex === undefined || (legacy && isRex(found.rex))).toBe(true);
      expect(found.modrmAt).toBeLessThanOrEqual(length);
      opCode.free();
      instruction.free();
      decoder.free();
    }),
    { numRuns: 5000 },
  );
  expect(valid).toBeGreaterThan(500);
});

it('the filler of text begins no instruction, whatever follows', () => {
  fc.assert(
    fc.property(text, (bytes) => {
      const instruction = new Decoder(
        64,
        Uint8Array.from([NO_INSTRUCTION, ...bytes]),
        DecoderOptions.None,
      ).decode();
      expect(instruction.isInvalid).toBe(true);
    }),
  );
});
