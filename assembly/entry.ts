// One decoded instruction: 48 bytes.
//
//  0 u64 address        24 u16 operation     30 u8 source kind      36 u8 bytes of an address
//  8 u64 immediate      26 u8  size          31 u8 source register  37 u8 condition, or which of a group
// 16 u64 displacement   27 u8  length        32 u8 base             38 u8 bytes of the source
//                       28 u8  target kind   33 u8 index            39 u8 rep: 1 while not 0, 2 while not equal, 3 while equal
//                       29 u8  target reg.   34 u8 shift of the index
//                                            35 u8 segment

/** What an instruction does. */
export const enum Op {
  Unsupported = 0,
  Invalid = 1,
  TooLong = 2,
  Nop = 3,
  Mov,
  Movzx,
  Movsx,
  Lea,
  Add,
  Or,
  Adc,
  Sbb,
  And,
  Sub,
  Xor,
  Cmp,
  Test,
  Inc,
  Dec,
  Neg,
  Not,
  Push,
  Pop,
  Call,
  Jmp,
  Jcc,
  Ret,
  Setcc,
  Cmov,
  Rol,
  Ror,
  Rcl,
  Rcr,
  Shl,
  Shr,
  Sar,
  Imul,
  ImulOf,
  MulAcc,
  ImulAcc,
  Div,
  Idiv,
  Widen,
  Spread,
  Xchg,
  Xadd,
  Cmpxchg,
  Bt,
  Bts,
  Btr,
  Btc,
  Bsf,
  Bsr,
  Tzcnt,
  Lzcnt,
  Popcnt,
  Bswap,
  Leave,
  Stos,
  Movs,
  Lods,
  Scas,
  Cmps,
  Cli,
  Sti,
  Cld,
  Std,
  Pushf,
  Popf,
  Shld,
  Shrd,
  Clc,
  Stc,
  Cmc,
  Loop,
  Loope,
  Loopne,
  Jrcxz,
  Hlt,
  Breakpoint,
}

/** Where an operand is. */
export const enum Kind {
  None = 0,
  Register = 1,
  Memory = 2,
  Immediate = 3,
  /** ah, ch, dh, bh */
  High = 4,
}

export const IMMEDIATE: usize = 8;
export const DISPLACEMENT: usize = 16;
export const OPERATION: usize = 24;
export const SIZE: usize = 26;
export const LENGTH: usize = 27;
export const TARGET: usize = 28;
export const TARGET_REGISTER: usize = 29;
export const SOURCE: usize = 30;
export const SOURCE_REGISTER: usize = 31;
export const BASE: usize = 32;
export const INDEX: usize = 33;
export const SCALE: usize = 34;
export const SEGMENT: usize = 35;
export const ADDRESS_SIZE: usize = 36;
export const DETAIL: usize = 37;
export const SOURCE_SIZE: usize = 38;
export const REPEAT: usize = 39;
