// Where instructions begin that run one after the other: code goes elsewhere only after the last of them.

import type * as Iced from 'iced-x86';
import { loadIced } from './disasm.js';

let iced: typeof Iced | undefined;

/**
 * The offsets of the instructions that run from the first byte on, up to one that may go elsewhere, is none, or is cut
 * off; that one is among them.
 */
export const straightLine = (bytes: Uint8Array): number[] => {
  iced ??= loadIced();
  const decoder = new iced.Decoder(64, bytes, iced.DecoderOptions.None);
  const instruction = new iced.Instruction();
  const offsets: number[] = [];
  try {
    while (decoder.canDecode) {
      offsets.push(decoder.position);
      decoder.decodeOut(instruction);
      if (instruction.code === iced.Code.INVALID || instruction.flowControl !== iced.FlowControl.Next) break;
    }
    return offsets;
  } finally {
    decoder.free();
    instruction.free();
  }
};
