// What each instruction does. After a fault nothing of it has happened, but for bytes of a string before it.

import {
  ADDRESS_SIZE, BASE, DETAIL, DISPLACEMENT, IMMEDIATE, INDEX, Kind, LENGTH, OPERATION, Op, REPEAT, SCALE, SEGMENT, SIZE,
  SOURCE, SOURCE_SIZE, TARGET, TARGET_REGISTER,
} from './entry'; // prettier-ignore
import {
  afterAdd, afterCarried, afterLogic, afterStep, afterSubtract, allFlags, arithmeticFlags, carry, holds, loadFlags, ofResult,
  others, setFlags, setOthers, withoutCarry, withoutCarryAndOverflow,
} from './flags'; // prettier-ignore
import { faulted, read, write } from './memory';
import {
  End, RAX, RBP, RCX, RDI, RDX, RFLAGS, RSI, RSP, STATE, maskOf, register, setRegister, signed,
} from './state'; // prettier-ignore
import { divide, divideSigned, quotient, remainder, upperProduct, upperSignedProduct } from './wide';

const DF: u64 = 0x400;
const IF: u64 = 0x200;
/** What popf takes in the kernel: all but RF, VM, VIF and VIP. */
const POPPED: u64 = 0x247fd5;

/** Where the next instruction is. */
export let next: u64 = 0;

function field(entry: usize, at: usize): u32 {
  return <u32>load<u8>(entry + at);
}

function addressOf(entry: usize, beside: u64 = 0): u64 {
  let address =
    beside +
    register(field(entry, BASE)) +
    (register(field(entry, INDEX)) << (<u64>field(entry, SCALE))) +
    load<u64>(entry + DISPLACEMENT);
  if (field(entry, ADDRESS_SIZE) == 4) address &= 0xffffffff;
  return address + register(field(entry, SEGMENT));
}

function valueOf(entry: usize, kindField: usize, size: u32): u64 {
  const index = field(entry, kindField + 1);
  switch (field(entry, kindField)) {
    case Kind.Register:
      return register(index) & maskOf(size);
    case Kind.Memory:
      return read(addressOf(entry), size);
    case Kind.Immediate:
      return load<u64>(entry + IMMEDIATE) & maskOf(size);
    default:
      return (register(index) >> 8) & 0xff;
  }
}

function putRegister(index: u32, size: u32, value: u64): void {
  const at = STATE + ((<usize>index) << 3);
  if (size == 8) store<u64>(at, value);
  else if (size == 4) store<u64>(at, value & 0xffffffff);
  else if (size == 2) store<u16>(at, <u16>value);
  else store<u8>(at, <u8>value);
}

function put(entry: usize, kindField: usize, size: u32, value: u64): void {
  const kind = field(entry, kindField);
  const index = field(entry, kindField + 1);
  if (kind == Kind.Memory) write(addressOf(entry), size, value);
  else if (kind == Kind.Register) putRegister(index, size, value);
  else store<u8>(STATE + ((<usize>index) << 3) + 1, <u8>value);
}

function push(size: u32, value: u64): void {
  const rsp = register(RSP) - <u64>size;
  write(rsp, size, value);
  if (!faulted) setRegister(RSP, rsp);
}

// add to cmp, and test.
function combine(entry: usize, op: u32, size: u32): void {
  const a = valueOf(entry, TARGET, size);
  if (faulted) return;
  const b = valueOf(entry, SOURCE, size);
  if (faulted) return;
  const mask = maskOf(size);
  const before = <u64>carry();
  let r: u64 = 0;
  switch (op) {
    case Op.Add:
      r = a + b;
      break;
    case Op.Or:
      r = a | b;
      break;
    case Op.Adc:
      r = a + b + before;
      break;
    case Op.Sbb:
      r = a - b - before;
      break;
    case Op.Xor:
      r = a ^ b;
      break;
    case Op.And:
    case Op.Test:
      r = a & b;
      break;
    default:
      r = a - b;
  }
  r &= mask;
  if (op != Op.Cmp && op != Op.Test) {
    put(entry, TARGET, size, r);
    if (faulted) return;
  }
  if (op == Op.Add) afterAdd(size, a, b, r);
  else if (op == Op.Sub || op == Op.Cmp) afterSubtract(size, a, b, r);
  else if (op == Op.Adc) afterCarried(size, a, b, r, before ? r <= a : r < a, true);
  else if (op == Op.Sbb) afterCarried(size, a, b, r, before ? a <= b : a < b, false);
  else afterLogic(size, r);
}

// inc, dec, neg and not.
function change(entry: usize, op: u32, size: u32): void {
  const a = valueOf(entry, TARGET, size);
  if (faulted) return;
  const changed = op == Op.Inc ? a + 1 : op == Op.Dec ? a - 1 : op == Op.Neg ? 0 - a : ~a;
  const r = changed & maskOf(size);
  put(entry, TARGET, size, r);
  if (faulted || op == Op.Not) return;
  if (op == Op.Neg) afterSubtract(size, 0, a, r);
  else afterStep(size, r, op == Op.Inc);
}

// A count of 0 writes the register all the same, which clears the upper half of a 32-bit one.
function unshifted(entry: usize, size: u32, a: u64): void {
  put(entry, TARGET, size, a);
}

function countOf(entry: usize, size: u32): u64 {
  return valueOf(entry, SOURCE, 1) & (size == 8 ? 63 : 31);
}

// shl, shr and sar: `last` is the value after all steps but one, whose bit goes to the carry.
function shift(entry: usize, op: u32, size: u32): void {
  const a = valueOf(entry, TARGET, size);
  if (faulted) return;
  const count = countOf(entry, size);
  if (count == 0) return unshifted(entry, size, a);
  const mask = maskOf(size);
  let last: u64 = 0;
  let r: u64 = 0;
  if (op == Op.Shl) {
    last = (a << (count - 1)) & mask;
    r = (last << 1) & mask;
  } else if (op == Op.Shr) {
    last = a >> (count - 1);
    r = last >> 1;
  } else {
    const wide = signed(a, size) >> (<i64>(count - 1));
    last = (<u64>wide) & mask;
    r = (<u64>(wide >> 1)) & mask;
  }
  put(entry, TARGET, size, r);
  if (faulted) return;
  const top = <u64>(size << 3) - 1;
  const out = op == Op.Shl ? last >> top : last;
  setFlags(ofResult(size, r) | ((<u32>out) & 1) | (((<u32>((last ^ r) >> top)) & 1) << 11));
}

function rotate(entry: usize, op: u32, size: u32): void {
  const a = valueOf(entry, TARGET, size);
  if (faulted) return;
  const count = countOf(entry, size);
  if (count == 0) return unshifted(entry, size, a);
  const bits = <u64>(size << 3);
  const by = count % bits;
  const left = op == Op.Rol ? by : (bits - by) % bits;
  const r = left == 0 ? a : ((a << left) | (a >> (bits - left))) & maskOf(size);
  put(entry, TARGET, size, r);
  if (faulted) return;
  const top = (<u32>(r >> (bits - 1))) & 1;
  const out = op == Op.Rol ? (<u32>r) & 1 : top;
  const other = op == Op.Rol ? top : (<u32>(r >> (bits - 2))) & 1;
  setFlags(withoutCarryAndOverflow() | out | ((out ^ other) << 11));
}

// rcl and rcr: a ring of one bit more, the carry.
function rotateCarry(entry: usize, op: u32, size: u32): void {
  const a = valueOf(entry, TARGET, size);
  if (faulted) return;
  const bits = size << 3;
  const count = <u32>countOf(entry, size) % (bits + 1);
  if (count == 0) return unshifted(entry, size, a);
  const mask = maskOf(size);
  let r = a;
  let out = carry();
  for (let step: u32 = 0; step < count; step += 1) {
    const before = <u64>out;
    if (op == Op.Rcl) {
      out = (<u32>(r >> (bits - 1))) & 1;
      r = ((r << 1) | before) & mask;
    } else {
      out = (<u32>r) & 1;
      r = (r >> 1) | (before << (bits - 1));
    }
  }
  put(entry, TARGET, size, r);
  if (faulted) return;
  setFlags(withoutCarryAndOverflow() | out | (((<u32>((a ^ r) >> (bits - 1))) & 1) << 11));
}

function doubleShift(entry: usize, op: u32, size: u32): void {
  const a = valueOf(entry, TARGET, size);
  if (faulted) return;
  const given = field(entry, DETAIL) == 1 ? register(RCX) : load<u64>(entry + IMMEDIATE);
  const count = given & (size == 8 ? 63 : 31);
  if (count == 0) return unshifted(entry, size, a);
  const b = valueOf(entry, SOURCE, size);
  const bits = <u64>(size << 3);
  const mask = maskOf(size);
  const isLeft = op == Op.Shld;
  const last = (isLeft ? a << (count - 1) : a >> (count - 1)) & mask;
  const r = (isLeft ? (a << count) | (b >> (bits - count)) : (a >> count) | (b << (bits - count))) & mask;
  put(entry, TARGET, size, r);
  if (faulted) return;
  const out = isLeft ? last >> (bits - 1) : last;
  setFlags(ofResult(size, r) | ((<u32>out) & 1) | (((<u32>((last ^ r) >> (bits - 1))) & 1) << 11));
}

function multiply(size: u32, target: u32, a: u64, b: u64): void {
  const x = signed(a, size);
  const y = signed(b, size);
  const product = <u64>(x * y);
  const r = product & maskOf(size);
  const isWider =
    size == 8 ? upperSignedProduct(x, y) != <u64>((<i64>product) >> 63) : <i64>product != signed(r, size);
  putRegister(target, size, r);
  setFlags(ofResult(size, r) | (<u32>isWider) | ((<u32>isWider) << 11));
}

// mul and imul of rax, with the upper half in rdx, or of al with all of it in ax.
function multiplyAccumulator(entry: usize, op: u32, size: u32): void {
  const b = valueOf(entry, TARGET, size);
  if (faulted) return;
  const mask = maskOf(size);
  const a = register(RAX) & mask;
  const isSigned = op == Op.ImulAcc;
  let low: u64 = 0;
  let high: u64 = 0;
  if (size == 8) {
    low = a * b;
    high = isSigned ? upperSignedProduct(a, b) : upperProduct(a, b);
  } else {
    const product = isSigned ? <u64>(signed(a, size) * signed(b, size)) : a * b;
    low = product & mask;
    high = (product >> (<u64>(size << 3))) & mask;
  }
  if (size == 1) putRegister(RAX, 2, low | (high << 8));
  else {
    putRegister(RAX, size, low);
    putRegister(RDX, size, high);
  }
  const isWider = <u32>(high != (isSigned ? (<u64>(signed(low, size) >> 63)) & mask : 0));
  setFlags(ofResult(size, low) | isWider | (isWider << 11));
}

function putQuotient(size: u32, q: u64, rest: u64): void {
  const mask = maskOf(size);
  if (size == 1) putRegister(RAX, 2, (q & 0xff) | ((rest & 0xff) << 8));
  else {
    putRegister(RAX, size, q & mask);
    putRegister(RDX, size, rest & mask);
  }
}

// @returns whether there was a quotient
function divideAccumulator(entry: usize, op: u32, size: u32): bool {
  const by = valueOf(entry, TARGET, size);
  if (faulted) return true;
  if (by == 0) return false;
  const mask = maskOf(size);
  const rax = register(RAX);
  if (size == 8) {
    if (op == Op.Idiv) {
      if (!divideSigned(register(RDX), rax, by)) return false;
    } else {
      if (register(RDX) >= by) return false;
      divide(register(RDX), rax, by);
    }
    putQuotient(8, quotient, remainder);
    return true;
  }
  const whole = size == 1 ? rax & 0xffff : ((register(RDX) & mask) << u64(size << 3)) | (rax & mask);
  if (op == Op.Div) {
    const q = whole / by;
    if (q > mask) return false;
    putQuotient(size, q, whole % by);
    return true;
  }
  const x = signed(whole, size << 1);
  const y = signed(by, size);
  if (x == i64.MIN_VALUE && y == -1) return false;
  const q = x / y;
  if (q != signed((<u64>q) & mask, size)) return false;
  putQuotient(size, <u64>q, <u64>(x % y));
  return true;
}

function bitTest(entry: usize, op: u32, size: u32): void {
  const bits = <u64>(size << 3);
  let bit = valueOf(entry, SOURCE, size);
  const isMemory = field(entry, TARGET) == Kind.Memory;
  let address: u64 = 0;
  let a: u64 = 0;
  if (isMemory) {
    // A bit number in a register reaches memory beside the operand.
    const isFar = field(entry, SOURCE) == Kind.Register;
    const words = signed(bit, size) >> (size == 8 ? 6 : size == 4 ? 5 : 4);
    address = addressOf(entry, isFar ? <u64>(words * <i64>size) : 0);
    a = read(address, size);
    if (faulted) return;
  } else a = valueOf(entry, TARGET, size);
  bit &= bits - 1;
  const one = (<u64>1) << bit;
  if (op != Op.Bt) {
    const r = op == Op.Bts ? a | one : op == Op.Btr ? a & ~one : a ^ one;
    if (isMemory) write(address, size, r);
    else put(entry, TARGET, size, r);
    if (faulted) return;
  }
  setFlags(withoutCarry() | ((<u32>(a >> bit)) & 1));
}

function scanBits(entry: usize, op: u32, size: u32): void {
  const a = valueOf(entry, SOURCE, size);
  if (faulted) return;
  const target = field(entry, TARGET_REGISTER);
  if (op == Op.Popcnt) {
    putRegister(target, size, popcnt(a));
    return setFlags((<u32>(a == 0)) << 6);
  }
  if (op == Op.Tzcnt || op == Op.Lzcnt) {
    const bits = <u64>(size << 3);
    const r = a == 0 ? bits : op == Op.Tzcnt ? ctz(a) : clz(a) - (64 - bits);
    putRegister(target, size, r);
    return setFlags((ofResult(size, r) & 0xc0) | (<u32>(a == 0)));
  }
  // Of 0 the target stays, and a 32-bit one loses its upper half.
  if (a != 0) putRegister(target, size, op == Op.Bsf ? ctz(a) : 63 - clz(a));
  else if (size == 4) putRegister(target, 4, register(target));
  afterLogic(size, a);
}

function swapBytes(index: u32, size: u32): void {
  let value = register(index);
  value = ((value & 0x00ff00ff00ff00ff) << 8) | ((value >> 8) & 0x00ff00ff00ff00ff);
  value = ((value & 0x0000ffff0000ffff) << 16) | ((value >> 16) & 0x0000ffff0000ffff);
  value = (value << 32) | (value >> 32);
  putRegister(index, size, size == 8 ? value : value >> 32);
}

// One round of a string instruction. @returns whether another one comes
function string(entry: usize, op: u32, size: u32): bool {
  const repeat = field(entry, REPEAT);
  if (repeat != 0 && register(RCX) == 0) return false;
  const step = (others & DF) != 0 ? 0 - <u64>size : <u64>size;
  const source = register(RSI) + register(field(entry, SEGMENT));
  const target = register(RDI);
  let moved: u64 = 0;
  let compared: u64 = register(RAX) & maskOf(size);
  if (op == Op.Scas || op == Op.Cmps) moved = read(target, size);
  else if (op != Op.Stos) moved = read(source, size);
  if (faulted) return false;
  if (op == Op.Cmps) compared = read(source, size);
  else if (op == Op.Movs) write(target, size, moved);
  else if (op == Op.Stos) write(target, size, compared);
  if (faulted) return false;
  if (op == Op.Lods) putRegister(RAX, size, moved);
  if (op != Op.Stos && op != Op.Scas) setRegister(RSI, register(RSI) + step);
  if (op != Op.Lods) setRegister(RDI, target + step);
  if (repeat != 0) setRegister(RCX, register(RCX) - 1);
  if (op == Op.Scas || op == Op.Cmps) afterSubtract(size, compared, moved, (compared - moved) & maskOf(size));
  if (repeat < 2) return repeat == 1;
  return holds(4) == (repeat == 3);
}

function exchange(entry: usize, size: u32): void {
  const a = valueOf(entry, TARGET, size);
  if (faulted) return;
  const b = valueOf(entry, SOURCE, size);
  put(entry, TARGET, size, b);
  if (!faulted) put(entry, SOURCE, size, a);
}

function exchangeAdd(entry: usize, size: u32): void {
  const a = valueOf(entry, TARGET, size);
  if (faulted) return;
  const b = valueOf(entry, SOURCE, size);
  const r = (a + b) & maskOf(size);
  if (field(entry, TARGET) == Kind.Memory) {
    put(entry, TARGET, size, r);
    if (faulted) return;
    put(entry, SOURCE, size, a);
  } else {
    put(entry, SOURCE, size, a);
    put(entry, TARGET, size, r);
  }
  afterAdd(size, a, b, r);
}

// Memory is written in any case.
function compareExchange(entry: usize, size: u32): void {
  const a = valueOf(entry, TARGET, size);
  if (faulted) return;
  const wanted = register(RAX) & maskOf(size);
  const isSame = a == wanted;
  if (isSame) put(entry, TARGET, size, valueOf(entry, SOURCE, size));
  else {
    if (field(entry, TARGET) == Kind.Memory) put(entry, TARGET, size, a);
    if (!faulted) putRegister(RAX, size, a);
  }
  if (!faulted) afterSubtract(size, wanted, a, (wanted - a) & maskOf(size));
}

// @returns whether it is taken
function counts(op: u32): bool {
  if (op == Op.Jrcxz) return register(RCX) == 0;
  const left = register(RCX) - 1;
  setRegister(RCX, left);
  if (left == 0) return false;
  return op == Op.Loop || holds(4) == (op == Op.Loope);
}

function pop(entry: usize, size: u32): void {
  const value = read(register(RSP), size);
  if (faulted) return;
  const before = register(RSP);
  setRegister(RSP, before + <u64>size);
  put(entry, TARGET, size, value);
  if (faulted) setRegister(RSP, before);
}

/** Execute a decoded instruction, and set `next`, unless it faults. */
export function execute(entry: usize, address: u64): End {
  const size = field(entry, SIZE);
  const op = <u32>load<u16>(entry + OPERATION);
  next = address + <u64>field(entry, LENGTH);
  switch (op) {
    case Op.Unsupported:
      return End.Unsupported;
    case Op.Invalid:
      return End.InvalidOpcode;
    case Op.TooLong:
      return End.Exception;
    case Op.Nop:
      break;
    case Op.Mov: {
      const value = valueOf(entry, SOURCE, size);
      if (!faulted) put(entry, TARGET, size, value);
      break;
    }
    case Op.Movzx:
    case Op.Movsx: {
      const narrow = field(entry, SOURCE_SIZE);
      const value = valueOf(entry, SOURCE, narrow);
      if (!faulted) put(entry, TARGET, size, op == Op.Movzx ? value : <u64>signed(value, narrow));
      break;
    }
    case Op.Lea:
      put(entry, TARGET, size, addressOf(entry));
      break;
    case Op.Add:
    case Op.Or:
    case Op.Adc:
    case Op.Sbb:
    case Op.And:
    case Op.Sub:
    case Op.Xor:
    case Op.Cmp:
    case Op.Test:
      combine(entry, op, size);
      break;
    case Op.Inc:
    case Op.Dec:
    case Op.Neg:
    case Op.Not:
      change(entry, op, size);
      break;
    case Op.Push: {
      const value = valueOf(entry, SOURCE, size);
      if (!faulted) push(size, value);
      break;
    }
    case Op.Pop:
      pop(entry, size);
      break;
    case Op.Call: {
      const to = valueOf(entry, SOURCE, 8);
      if (!faulted) push(8, next);
      if (!faulted) next = to;
      break;
    }
    case Op.Jmp: {
      const to = valueOf(entry, SOURCE, 8);
      if (!faulted) next = to;
      break;
    }
    case Op.Jcc:
      if (holds(field(entry, DETAIL))) next = load<u64>(entry + IMMEDIATE);
      break;
    case Op.Loop:
    case Op.Loope:
    case Op.Loopne:
    case Op.Jrcxz:
      if (counts(op)) next = load<u64>(entry + IMMEDIATE);
      break;
    case Op.Ret: {
      const to = read(register(RSP), 8);
      if (faulted) break;
      setRegister(RSP, register(RSP) + 8 + load<u64>(entry + IMMEDIATE));
      next = to;
      break;
    }
    case Op.Setcc:
      put(entry, TARGET, 1, <u64>holds(field(entry, DETAIL)));
      break;
    case Op.Cmov: {
      const value = valueOf(entry, SOURCE, size);
      if (faulted) break;
      const target = field(entry, TARGET_REGISTER);
      putRegister(target, size, holds(field(entry, DETAIL)) ? value : register(target) & maskOf(size));
      break;
    }
    case Op.Rol:
    case Op.Ror:
      rotate(entry, op, size);
      break;
    case Op.Rcl:
    case Op.Rcr:
      rotateCarry(entry, op, size);
      break;
    case Op.Shl:
    case Op.Shr:
    case Op.Sar:
      shift(entry, op, size);
      break;
    case Op.Imul:
    case Op.ImulOf: {
      const b = valueOf(entry, SOURCE, size);
      if (faulted) break;
      const target = field(entry, TARGET_REGISTER);
      const a = op == Op.Imul ? register(target) & maskOf(size) : load<u64>(entry + IMMEDIATE) & maskOf(size);
      multiply(size, target, a, b);
      break;
    }
    case Op.MulAcc:
    case Op.ImulAcc:
      multiplyAccumulator(entry, op, size);
      break;
    case Op.Div:
    case Op.Idiv:
      if (!divideAccumulator(entry, op, size)) return End.Exception;
      break;
    case Op.Widen:
      putRegister(RAX, size, <u64>signed(register(RAX) & maskOf(size >> 1), size >> 1));
      break;
    case Op.Spread:
      putRegister(RDX, size, <u64>(signed(register(RAX) & maskOf(size), size) >> 63));
      break;
    case Op.Xchg:
      exchange(entry, size);
      break;
    case Op.Xadd:
      exchangeAdd(entry, size);
      break;
    case Op.Cmpxchg:
      compareExchange(entry, size);
      break;
    case Op.Bt:
    case Op.Bts:
    case Op.Btr:
    case Op.Btc:
      bitTest(entry, op, size);
      break;
    case Op.Bsf:
    case Op.Bsr:
    case Op.Tzcnt:
    case Op.Lzcnt:
    case Op.Popcnt:
      scanBits(entry, op, size);
      break;
    case Op.Bswap:
      swapBytes(field(entry, TARGET_REGISTER), size);
      break;
    case Op.Leave: {
      const value = read(register(RBP), 8);
      if (faulted) break;
      setRegister(RSP, register(RBP) + 8);
      setRegister(RBP, value);
      break;
    }
    case Op.Stos:
    case Op.Movs:
    case Op.Lods:
    case Op.Scas:
    case Op.Cmps:
      if (string(entry, op, size)) next = address;
      break;
    case Op.Hlt:
      return End.Halted;
    case Op.Breakpoint:
      return End.Exception;
    case Op.Cli:
      setOthers(others & ~IF);
      break;
    case Op.Sti:
      setOthers(others | IF);
      break;
    case Op.Cld:
      setOthers(others & ~DF);
      break;
    case Op.Std:
      setOthers(others | DF);
      break;
    case Op.Pushf:
      push(8, allFlags() & ~0x30000);
      break;
    case Op.Popf: {
      const value = read(register(RSP), 8);
      if (faulted) break;
      setRegister(RSP, register(RSP) + 8);
      setRegister(RFLAGS, (value & POPPED) | 2);
      loadFlags();
      break;
    }
    case Op.Shld:
    case Op.Shrd:
      doubleShift(entry, op, size);
      break;
    case Op.Clc:
      setFlags(withoutCarry());
      break;
    case Op.Stc:
      setFlags(arithmeticFlags() | 1);
      break;
    case Op.Cmc:
      setFlags(arithmeticFlags() ^ 1);
      break;
    default:
      return End.Unsupported;
  }
  return faulted ? End.DataFault : End.GoesOn;
}
