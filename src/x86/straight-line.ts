// Where instructions begin that run one after the other: code goes elsewhere only after the last of them.

import type * as Iced from 'iced-x86';
import { loadIced } from './disasm.js';

let iced: typeof Iced | undefined;

// Code that runs from its first byte on.
interface StraightLine {
  /** Where instructions begin, up to one that may go elsewhere, is none, or is cut off; that one is among them. */
  readonly offsets: readonly number[];
  /** Where the last of them ends; of what is none, how far it was read. */
  readonly end: number;
  /** Where it goes on with bytes that were not given; undefined where it ends. */
  readonly goesOn: number | undefined;
}

/** Follow code up to an instruction that may go elsewhere, or is none. */
export const straightLine = (bytes: Uint8Array): StraightLine => {
  iced ??= loadIced();
  const decoder = new iced.Decoder(64, bytes, iced.DecoderOptions.None);
  const instruction = new iced.Instruction();
  const offsets: number[] = [];
  try {
    while (decoder.canDecode) {
      const at = decoder.position;
      offsets.push(at);
      decoder.decodeOut(instruction);
      if (instruction.code === iced.Code.INVALID) {
        const cutOff = decoder.lastError === iced.DecoderError.NoMoreBytes;
        return { offsets, end: decoder.position, goesOn: cutOff ? at : undefined };
      }
      if (instruction.flowControl !== iced.FlowControl.Next)
        return { offsets, end: decoder.position, goesOn: undefined };
    }
    return { offsets, end: bytes.length, goesOn: bytes.length };
  } finally {
    decoder.free();
    instruction.free();
  }
};

/** Whether bytes end before the instruction does that begins with the first of them. */
export const isCutOff = (bytes: Uint8Array): boolean => {
  const { offsets, goesOn } = straightLine(bytes);
  return offsets.length === 1 && goesOn === 0;
};
