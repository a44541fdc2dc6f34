// Decodes the integer instructions that kernels are made of. What it does not know it says so: nothing is guessed.
// Source of the encodings: Intel SDM vol. 2, appendix A, "Opcode Map".

import {
  ADDRESS_SIZE, BASE, DETAIL, DISPLACEMENT, IMMEDIATE, INDEX, Kind, LENGTH, OPERATION, Op, REPEAT, SCALE, SEGMENT, SIZE,
  SOURCE, SOURCE_REGISTER, SOURCE_SIZE, TARGET, TARGET_REGISTER,
} from './entry'; // prettier-ignore
import { FS, GS, RAX, RCX, ZERO } from './state';

const MAX_INSTRUCTION: u32 = 15;
const NO_MORE: u32 = 99; // past the end of the code

let code: usize = 0;
let available: u32 = 0; // bytes
let at: u32 = 0; // bytes taken
let entry: usize = 0;
let rex: u32 = 0;
let isWord: bool = false; // 66
let repeat: u32 = 0; // f2 or f3, the last one
let modrm: u32 = 0;
let isRelative: bool = false; // to RIP

function next8(): u32 {
  if (at >= available) {
    at = NO_MORE;
    return 0;
  }
  const byte = <u32>load<u8>(code + at);
  at += 1;
  return byte;
}

function next(size: u32): u64 {
  if (at + size > available) {
    at = NO_MORE;
    return 0;
  }
  const from = code + at;
  at += size;
  switch (size) {
    case 1:
      return <u64>(<i64>load<i8>(from));
    case 2:
      return <u64>(<i64>load<i16>(from));
    case 4:
      return <u64>(<i64>load<i32>(from));
    default:
      return load<u64>(from);
  }
}

function put8(field: usize, value: u32): void {
  store<u8>(entry + field, <u8>value);
}

function operation(op: u32): void {
  store<u16>(entry + OPERATION, <u16>op);
}

function immediate(value: u64): void {
  store<u64>(entry + IMMEDIATE, value);
}

// A register of 1, 2, 4 or 8 bytes; without REX the upper four of one byte are ah, ch, dh and bh.
function registerOperand(kindField: usize, index: u32, size: u32): void {
  if (size == 1 && rex == 0 && index >= 4) {
    put8(kindField, Kind.High);
    put8(kindField + 1, index - 4);
  } else {
    put8(kindField, Kind.Register);
    put8(kindField + 1, index);
  }
}

// The ModRM byte, and what it says of memory.
function readModrm(): void {
  modrm = next8();
  const mod = modrm >> 6;
  if (mod == 3) return;
  const rm = modrm & 7;
  let displacement: u64 = 0;
  if (rm == 4) {
    const sib = next8();
    const index = ((sib >> 3) & 7) | ((rex & 2) << 2);
    if (index != 4) {
      put8(INDEX, index);
      put8(SCALE, sib >> 6);
    }
    if ((sib & 7) == 5 && mod == 0) displacement = next(4);
    else put8(BASE, (sib & 7) | ((rex & 1) << 3));
  } else if (rm == 5 && mod == 0) {
    displacement = next(4);
    isRelative = true;
  } else put8(BASE, rm | ((rex & 1) << 3));
  if (mod == 1) displacement = next(1);
  else if (mod == 2) displacement = next(4);
  store<u64>(entry + DISPLACEMENT, displacement);
}

function isMemory(): bool {
  return modrm >> 6 != 3;
}

function group(): u32 {
  return (modrm >> 3) & 7;
}

function rmOperand(kindField: usize, size: u32): void {
  if (isMemory()) put8(kindField, Kind.Memory);
  else registerOperand(kindField, (modrm & 7) | ((rex & 1) << 3), size);
}

function regOperand(kindField: usize, size: u32): void {
  registerOperand(kindField, group() | ((rex & 4) << 1), size);
}

function immediateOperand(size: u32): void {
  put8(SOURCE, Kind.Immediate);
  immediate(next(size));
}

// Without a prefix 4 bytes.
function operandSize(): u32 {
  return (rex & 8) != 0 ? 8 : isWord ? 2 : 4;
}

// Of push, pop and the like: 8 bytes without a prefix.
function stackSize(): u32 {
  return isWord && (rex & 8) == 0 ? 2 : 8;
}

function sized(size: u32): u32 {
  put8(SIZE, size);
  put8(SOURCE_SIZE, size);
  return size;
}

function arithmetic(which: u32): u32 {
  return Op.Add + which; // add or adc sbb and sub xor cmp
}

function shift(which: u32): u32 {
  return which == 6 ? Op.Shl : which == 7 ? Op.Sar : Op.Rol + which;
}

// Two operands: r/m and register, either way.
function twoOperands(op: u32, size: u32, intoRegister: bool): void {
  sized(size);
  readModrm();
  operation(op);
  if (intoRegister) {
    regOperand(TARGET, size);
    rmOperand(SOURCE, size);
  } else {
    rmOperand(TARGET, size);
    regOperand(SOURCE, size);
  }
}

function branch(op: u32, size: u32): void {
  sized(8);
  operation(op);
  put8(SOURCE, Kind.Immediate);
  immediate(next(size));
}

function string(op: u32, size: u32): void {
  if (load<u8>(entry + ADDRESS_SIZE) == 4) return;
  sized(size);
  operation(op);
  put8(REPEAT, repeat == 0 ? 0 : op == Op.Scas || op == Op.Cmps ? (repeat == 0xf2 ? 2 : 3) : 1);
}

// f6 and f7.
function unary(size: u32): void {
  sized(size);
  readModrm();
  rmOperand(TARGET, size);
  switch (group()) {
    case 0:
    case 1:
      operation(Op.Test);
      immediateOperand(size == 8 ? 4 : size);
      break;
    case 2:
      operation(Op.Not);
      break;
    case 3:
      operation(Op.Neg);
      break;
    case 4:
      operation(Op.MulAcc);
      break;
    case 5:
      operation(Op.ImulAcc);
      break;
    case 6:
      operation(Op.Div);
      break;
    default:
      operation(Op.Idiv);
  }
}

// fe and ff.
function steps(size: u32): void {
  sized(size);
  readModrm();
  const which = group();
  if (which < 2) {
    operation(which == 0 ? Op.Inc : Op.Dec);
    rmOperand(TARGET, size);
  } else if (size == 1 || which == 7) operation(Op.Invalid);
  else if (which == 6) {
    operation(Op.Push);
    rmOperand(SOURCE, sized(stackSize()));
  } else if (which == 2 || which == 4) {
    if (isWord) return; // goes elsewhere on one CPU than on another
    operation(which == 2 ? Op.Call : Op.Jmp);
    rmOperand(SOURCE, sized(8));
  } // far: not known
}

function shifts(size: u32, count: u32): void {
  sized(size);
  readModrm();
  rmOperand(TARGET, size);
  operation(shift(group()));
  if (count == 0) immediateOperand(1);
  else if (count == 1) {
    put8(SOURCE, Kind.Immediate);
    immediate(1);
  } else {
    put8(SOURCE, Kind.Register);
    put8(SOURCE_REGISTER, RCX);
  }
}

function oneByte(opcode: u32): void {
  const size = (opcode & 1) == 0 ? <u32>1 : operandSize();
  if (opcode < 0x40) {
    const op = arithmetic((opcode >> 3) & 7);
    switch (opcode & 7) {
      case 0:
      case 1:
        return twoOperands(op, size, false);
      case 2:
      case 3:
        return twoOperands(op, size, true);
      case 4:
      case 5:
        sized(size);
        operation(op);
        put8(TARGET, Kind.Register);
        put8(TARGET_REGISTER, RAX);
        return immediateOperand(size == 8 ? 4 : size);
      default:
        return operation(Op.Invalid);
    }
  }
  const low = (opcode & 7) | ((rex & 1) << 3);
  switch (opcode) {
    case 0x63: {
      const wide = operandSize();
      twoOperands(Op.Movsx, wide, true);
      put8(SOURCE_SIZE, wide == 2 ? 2 : 4);
      return rmOperand(SOURCE, 4);
    }
    case 0x68:
    case 0x6a: {
      operation(Op.Push);
      const pushed = sized(stackSize());
      return immediateOperand(opcode == 0x6a ? 1 : pushed == 2 ? 2 : 4);
    }
    case 0x69:
    case 0x6b: {
      const wide = operandSize();
      twoOperands(Op.ImulOf, wide, true);
      return immediate(next(opcode == 0x6b ? 1 : wide == 2 ? 2 : 4));
    }
    case 0x80:
    case 0x81:
    case 0x83:
      sized(size);
      readModrm();
      operation(arithmetic(group()));
      rmOperand(TARGET, size);
      return immediateOperand(opcode == 0x81 ? (size == 2 ? 2 : 4) : 1);
    case 0x84:
    case 0x85:
      return twoOperands(Op.Test, size, false);
    case 0x86:
    case 0x87:
      return twoOperands(Op.Xchg, size, false);
    case 0x88:
    case 0x89:
      return twoOperands(Op.Mov, size, false);
    case 0x8a:
    case 0x8b:
      return twoOperands(Op.Mov, size, true);
    case 0x8d:
      twoOperands(Op.Lea, operandSize(), true);
      if (!isMemory()) operation(Op.Invalid);
      return put8(SEGMENT, ZERO);
    case 0x8f:
      sized(stackSize());
      readModrm();
      if (group() != 0) return;
      operation(Op.Pop);
      return rmOperand(TARGET, stackSize());
    case 0x90:
      if (low == 0) return operation(Op.Nop); // pause, with f3
      break;
    case 0x98:
      sized(operandSize());
      return operation(Op.Widen);
    case 0x99:
      sized(operandSize());
      return operation(Op.Spread);
    case 0x9c:
    case 0x9d:
      if (isWord) return;
      sized(8);
      return operation(opcode == 0x9c ? Op.Pushf : Op.Popf);
    case 0xa4:
    case 0xa5:
      return string(Op.Movs, size);
    case 0xa6:
    case 0xa7:
      return string(Op.Cmps, size);
    case 0xa8:
    case 0xa9:
      sized(size);
      operation(Op.Test);
      put8(TARGET, Kind.Register);
      put8(TARGET_REGISTER, RAX);
      return immediateOperand(size == 8 ? 4 : size);
    case 0xaa:
    case 0xab:
      return string(Op.Stos, size);
    case 0xac:
    case 0xad:
      return string(Op.Lods, size);
    case 0xae:
    case 0xaf:
      return string(Op.Scas, size);
    case 0xc0:
    case 0xc1:
      return shifts(size, 0);
    case 0xd0:
    case 0xd1:
      return shifts(size, 1);
    case 0xd2:
    case 0xd3:
      return shifts(size, 2);
    case 0xc2:
    case 0xc3:
      if (isWord) return;
      operation(Op.Ret);
      if (opcode == 0xc2) immediate(next(2) & 0xffff);
      return;
    case 0xc6:
    case 0xc7:
      sized(size);
      readModrm();
      if (group() != 0) return;
      operation(Op.Mov);
      rmOperand(TARGET, size);
      return immediateOperand(size == 8 ? 4 : size);
    case 0xc9:
      if (isWord) return;
      return operation(Op.Leave);
    case 0xcc:
    case 0xf1:
      return operation(Op.Breakpoint);
    case 0xcd:
      next8();
      return operation(Op.Breakpoint);
    case 0xf4:
      return operation(Op.Hlt);
    case 0xe0:
    case 0xe1:
    case 0xe2:
    case 0xe3:
      if (isWord || load<u8>(entry + ADDRESS_SIZE) == 4) return;
      return branch(
        opcode == 0xe0 ? Op.Loopne : opcode == 0xe1 ? Op.Loope : opcode == 0xe2 ? Op.Loop : Op.Jrcxz,
        1,
      );
    case 0xe8:
    case 0xe9:
    case 0xeb:
      if (isWord) return;
      return branch(opcode == 0xe8 ? Op.Call : Op.Jmp, opcode == 0xeb ? 1 : 4);
    case 0xf5:
      return operation(Op.Cmc);
    case 0xf6:
    case 0xf7:
      return unary(size);
    case 0xf8:
      return operation(Op.Clc);
    case 0xf9:
      return operation(Op.Stc);
    case 0xfa:
      return operation(Op.Cli);
    case 0xfb:
      return operation(Op.Sti);
    case 0xfc:
      return operation(Op.Cld);
    case 0xfd:
      return operation(Op.Std);
    case 0xfe:
    case 0xff:
      return steps(size);
    default:
  }
  if (opcode >= 0x50 && opcode < 0x60) {
    const isPush = opcode < 0x58;
    operation(isPush ? Op.Push : Op.Pop);
    return registerOperand(isPush ? SOURCE : TARGET, low, sized(stackSize()));
  }
  if (opcode >= 0x70 && opcode < 0x80) {
    if (isWord) return;
    put8(DETAIL, opcode & 15);
    return branch(Op.Jcc, 1);
  }
  if (opcode >= 0x90 && opcode < 0x98) {
    const wide = sized(operandSize());
    operation(Op.Xchg);
    put8(TARGET, Kind.Register);
    put8(TARGET_REGISTER, RAX);
    return registerOperand(SOURCE, low, wide);
  }
  if (opcode >= 0xb0 && opcode < 0xc0) {
    const wide = sized(opcode < 0xb8 ? 1 : operandSize());
    operation(Op.Mov);
    registerOperand(TARGET, low, wide);
    return immediateOperand(wide);
  }
}

// After 0f.
function twoBytes(opcode: u32): void {
  const size = (opcode & 1) == 0 ? <u32>1 : operandSize();
  const wide = operandSize();
  if (opcode >= 0x40 && opcode < 0x50) {
    put8(DETAIL, opcode & 15);
    return twoOperands(Op.Cmov, wide, true);
  }
  if (opcode >= 0x80 && opcode < 0x90) {
    if (isWord) return;
    put8(DETAIL, opcode & 15);
    return branch(Op.Jcc, 4);
  }
  if (opcode >= 0x90 && opcode < 0xa0) {
    put8(DETAIL, opcode & 15);
    sized(1);
    readModrm();
    operation(Op.Setcc);
    return rmOperand(TARGET, 1);
  }
  switch (opcode) {
    case 0x0b:
      return operation(Op.Invalid); // ud2
    case 0xb9:
    case 0xff:
      readModrm();
      return operation(Op.Invalid); // ud1, ud0
    case 0xb8:
      if (repeat != 0xf3) return;
      return twoOperands(Op.Popcnt, wide, true);
    case 0x0d:
    case 0x18:
    case 0x19:
    case 0x1a:
    case 0x1b:
    case 0x1c:
    case 0x1d:
    case 0x1e:
    case 0x1f:
      readModrm();
      // A register there is a prefetch that is none, or an instruction of shadow stacks; endbr64 is f3 0f 1e fa.
      if (opcode == 0x1e ? repeat == 0xf3 && modrm != 0xfa : opcode != 0x1f && !isMemory()) return;
      return operation(opcode == 0x1a || opcode == 0x1b ? Op.Unsupported : Op.Nop);
    case 0xa3:
      return twoOperands(Op.Bt, wide, false);
    case 0xab:
      return twoOperands(Op.Bts, wide, false);
    case 0xb3:
      return twoOperands(Op.Btr, wide, false);
    case 0xbb:
      return twoOperands(Op.Btc, wide, false);
    case 0xba:
      sized(wide);
      readModrm();
      if (group() < 4) return operation(Op.Invalid);
      operation(Op.Bt + group() - 4);
      rmOperand(TARGET, wide);
      return immediateOperand(1);
    case 0xa4:
    case 0xa5:
    case 0xac:
    case 0xad:
      if (wide == 2) return;
      twoOperands(opcode < 0xa8 ? Op.Shld : Op.Shrd, wide, false);
      put8(DETAIL, opcode & 1);
      if ((opcode & 1) == 0) immediate(next(1));
      return;
    case 0xae:
      readModrm();
      // lfence, mfence, sfence
      if (!isMemory() && group() >= 5 && repeat == 0 && !isWord) operation(Op.Nop);
      return;
    case 0xaf:
      return twoOperands(Op.Imul, wide, true);
    case 0xb0:
    case 0xb1:
      return twoOperands(Op.Cmpxchg, size, false);
    case 0xb6:
    case 0xb7:
    case 0xbe:
    case 0xbf: {
      const narrow: u32 = (opcode & 1) == 0 ? 1 : 2;
      sized(wide);
      readModrm();
      operation(opcode < 0xb8 ? Op.Movzx : Op.Movsx);
      put8(SOURCE_SIZE, narrow);
      regOperand(TARGET, wide);
      return rmOperand(SOURCE, narrow);
    }
    case 0xbc:
      return twoOperands(repeat == 0xf3 ? Op.Tzcnt : Op.Bsf, wide, true);
    case 0xbd:
      return twoOperands(repeat == 0xf3 ? Op.Lzcnt : Op.Bsr, wide, true);
    case 0xc0:
    case 0xc1:
      return twoOperands(Op.Xadd, size, false);
    default:
  }
  if (opcode >= 0xc8 && opcode < 0xd0 && wide != 2) {
    sized(wide);
    operation(Op.Bswap);
    registerOperand(TARGET, (opcode & 7) | ((rex & 1) << 3), wide);
  }
}

/**
 * Decode one instruction.
 *
 * @param address of its first byte
 * @param bytes where they lie in memory
 * @param count how many there are, 15 or more unless memory ends
 * @param into the entry
 * @returns whether there were enough of them
 */
export function decode(address: u64, bytes: usize, count: u32, into: usize): bool {
  code = bytes;
  available = count < MAX_INSTRUCTION ? count : MAX_INSTRUCTION;
  at = 0;
  entry = into;
  rex = 0;
  isWord = false;
  repeat = 0;
  modrm = 0xc0;
  isRelative = false;
  memory.fill(into, 0, 48);
  put8(BASE, ZERO);
  put8(INDEX, ZERO);
  put8(SEGMENT, ZERO);
  put8(ADDRESS_SIZE, 8);
  put8(SIZE, 8);
  let opcode: u32 = 0;
  for (;;) {
    opcode = next8();
    if ((opcode & 0xf0) == 0x40) {
      rex = opcode;
      continue;
    }
    if (opcode == 0x66) isWord = true;
    else if (opcode == 0x67) put8(ADDRESS_SIZE, 4);
    else if (opcode == 0xf2 || opcode == 0xf3) repeat = opcode;
    else if (opcode == 0x64) put8(SEGMENT, FS);
    else if (opcode == 0x65) put8(SEGMENT, GS);
    else if (opcode != 0x2e && opcode != 0x36 && opcode != 0x3e && opcode != 0x26 && opcode != 0xf0) break;
    rex = 0; // before another prefix it counts for nothing
  }
  if (at < NO_MORE) {
    if (opcode == 0x0f) twoBytes(next8());
    else oneByte(opcode);
  }
  if (at >= NO_MORE) {
    if (count < MAX_INSTRUCTION) return false;
    operation(Op.TooLong);
    at = MAX_INSTRUCTION;
  }
  const end = address + <u64>at;
  if (isRelative) store<u64>(into + DISPLACEMENT, load<u64>(into + DISPLACEMENT) + end);
  const op = <i32>load<u16>(into + OPERATION);
  if (op == Op.Unsupported && count < MAX_INSTRUCTION) return false; // whole or not
  if (op == Op.Call || op == Op.Jmp || op == Op.Jcc || (op >= Op.Loop && op <= Op.Jrcxz))
    if (load<u8>(into + SOURCE) == Kind.Immediate) immediate(load<u64>(into + IMMEDIATE) + end);
  put8(LENGTH, at);
  store<u64>(into, address);
  return true;
}
