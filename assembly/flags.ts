// The six flags of arithmetic, worked out when somebody asks. Where the manual leaves one undefined it is as QEMU has it.

import { RFLAGS, STATE } from './state';

const CF: u32 = 1;
const AF: u32 = 0x10;
const OF: u32 = 0x800;
const ALL: u64 = 0x8d5;

const enum By {
  Flags = 0,
  Add = 1,
  Subtract = 2,
  Logic = 3,
}

let by: i32 = By.Flags;
let bits: u32 = 64;
let left: u64 = 0;
let right: u64 = 0;
let result: u64 = 0;
let explicit: u32 = 0;

/** Interrupt flag, direction flag and the like. */
export let others: u64 = 2;

export function setOthers(value: u64): void {
  others = value;
}

function parity(value: u64): u32 {
  return (popcnt<u32>((<u32>value) & 0xff) & 1) ^ 1;
}

export function carry(): u32 {
  if (by == By.Subtract) return <u32>(left < right);
  if (by == By.Add) return <u32>(result < left);
  return by == By.Logic ? 0 : explicit & CF;
}

function zero(): u32 {
  return by ? <u32>(result == 0) : (explicit >> 6) & 1;
}

function sign(): u32 {
  return by ? (<u32>(result >> (bits - 1))) & 1 : (explicit >> 7) & 1;
}

function overflow(): u32 {
  if (by == By.Subtract) return (<u32>(((left ^ right) & (left ^ result)) >> (bits - 1))) & 1;
  if (by == By.Add) return (<u32>(((left ^ result) & (right ^ result)) >> (bits - 1))) & 1;
  return by == By.Logic ? 0 : (explicit >> 11) & 1;
}

export function arithmeticFlags(): u32 {
  if (by == By.Flags) return explicit;
  const adjust = by == By.Logic ? 0 : (<u32>(left ^ right ^ result)) & AF;
  return carry() | (parity(result) << 2) | adjust | (zero() << 6) | (sign() << 7) | (overflow() << 11);
}

/** Whether the condition of a jump, set or move holds: the low four bits of its opcode. */
export function holds(condition: u32): bool {
  let met: u32 = 0;
  switch (condition >> 1) {
    case 0:
      met = overflow();
      break;
    case 1:
      met = carry();
      break;
    case 2:
      met = zero();
      break;
    case 3:
      met = carry() | zero();
      break;
    case 4:
      met = sign();
      break;
    case 5:
      met = by ? parity(result) : (explicit >> 2) & 1;
      break;
    case 6:
      met = sign() ^ overflow();
      break;
    default:
      met = zero() | (sign() ^ overflow());
  }
  return (met ^ (condition & 1)) != 0;
}

function after(what: i32, size: u32, a: u64, b: u64, r: u64): void {
  by = what;
  bits = size << 3;
  left = a;
  right = b;
  result = r;
}

export function afterAdd(size: u32, a: u64, b: u64, r: u64): void {
  after(By.Add, size, a, b, r);
}

export function afterSubtract(size: u32, a: u64, b: u64, r: u64): void {
  after(By.Subtract, size, a, b, r);
}

export function afterLogic(size: u32, r: u64): void {
  after(By.Logic, size, 0, 0, r);
}

/** Sign, zero and parity of a result. */
export function ofResult(size: u32, r: u64): u32 {
  return (parity(r) << 2) | ((<u32>(r == 0)) << 6) | (((<u32>(r >> ((size << 3) - 1))) & 1) << 7);
}

export function setFlags(value: u32): void {
  by = By.Flags;
  explicit = value;
}

/** All but carry, as they are; for what changes that alone. */
export function withoutCarry(): u32 {
  return arithmeticFlags() & ~CF;
}

/** All but carry and overflow, as they are. */
export function withoutCarryAndOverflow(): u32 {
  return arithmeticFlags() & ~(CF | OF);
}

/** Of a sum or difference that has a carry from before. */
export function afterCarried(size: u32, a: u64, b: u64, r: u64, carried: bool, isSum: bool): void {
  const top = (size << 3) - 1;
  const over = isSum ? (a ^ r) & (b ^ r) : (a ^ b) & (a ^ r);
  setFlags(
    ofResult(size, r) | (<u32>carried) | ((<u32>(a ^ b ^ r)) & AF) | (((<u32>(over >> top)) & 1) << 11),
  );
}

/** Of inc and dec, which leave the carry. */
export function afterStep(size: u32, r: u64, isUp: bool): void {
  const lowest = isUp ? <u64>0 : <u64>15;
  const smallest = (<u64>1) << ((size << 3) - 1);
  const over = isUp ? r == smallest : r == smallest - 1;
  setFlags(carry() | ofResult(size, r) | ((<u32>((r & 15) == lowest)) << 4) | ((<u32>over) << 11));
}

export function loadFlags(): void {
  const value = load<u64>(STATE + ((<usize>RFLAGS) << 3));
  setFlags(<u32>(value & ALL));
  others = value & ~ALL;
}

export function allFlags(): u64 {
  return others | (<u64>arithmeticFlags());
}

export function storeFlags(): void {
  store<u64>(STATE + ((<usize>RFLAGS) << 3), allFlags());
}
