// The x86 filter of xz (BCJ): before compression the targets of `call` and `jmp` were made absolute. This makes them
// relative again. Source: the xz file format 1.2.0, 5.3.2, and the description of the filter in lib/xz/xz_dec_bcj.c of
// Linux 6.12.

// By which of the three bytes before an opcode looked like one, too: whether it may be one, and which byte of the
// operand decides.
const MAY_BE: readonly boolean[] = [true, true, true, false, true, false, false, false];
const DECIDING: readonly number[] = [0, 1, 2, 2, 3, 3, 3, 3];

const isEnd = (byte: number): boolean => byte === 0x00 || byte === 0xff;

/** Undo the filter in place. @param start what the first byte's address counted as, in bytes */
export const undoX86Filter = (bytes: Uint8Array, start = 0): void => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const last = bytes.length - 4;
  let mask = 0;
  let before = -1; // the last opcode that was looked at
  for (let at = 0; at < last; at += 1) {
    if ((bytes[at]! & 0xfe) !== 0xe8) continue;
    const distance = at - before;
    if (distance > 3) mask = 0;
    else {
      mask = (mask << (distance - 1)) & 7;
      if (mask !== 0) {
        const byte = bytes[at + 4 - DECIDING[mask]!]!;
        if (!MAY_BE[mask]! || isEnd(byte)) {
          before = at;
          mask = (mask << 1) | 1;
          continue;
        }
      }
    }
    before = at;
    if (!isEnd(bytes[at + 4]!)) {
      mask = (mask << 1) | 1;
      continue;
    }
    let value = view.getUint32(at + 1, true);
    for (;;) {
      value = (value - (start + at + 5)) >>> 0;
      if (mask === 0) break;
      const shift = DECIDING[mask]! * 8;
      if (!isEnd((value >>> (24 - shift)) & 0xff)) break;
      value = (value ^ (2 ** (32 - shift) - 1)) >>> 0;
    }
    view.setUint32(at + 1, (value & 0x01ff_ffff) | (0 - (value & 0x0100_0000)), true);
    at += 4;
    mask = 0;
  }
};
