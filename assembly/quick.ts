// The most frequent instructions in forms of their own, which need no look at what their operands are. They do what
// `execute` does: `decode` decides what an instruction is, and this how it is done.

import {
  ADDRESS_SIZE, BASE, DETAIL, DISPLACEMENT, IMMEDIATE, INDEX, Kind, LENGTH, OPERATION, Op, SCALE, SEGMENT, SIZE, SOURCE,
  SOURCE_REGISTER, SOURCE_SIZE, TARGET, TARGET_REGISTER,
} from './entry'; // prettier-ignore
import { afterAdd, afterLogic, afterSubtract, holds } from './flags';
import { faulted, read, write } from './memory';
import { End, RSP, STATE, ZERO, maskOf, register, setRegister } from './state';

/** Operations from this one on are done here. */
export const FIRST_QUICK: u32 = 128;

const enum Quick {
  Add4 = 128, Add8, Or4, Or8, And4, And8, Sub4, Sub8, Xor4, Xor8, Cmp4, Cmp8, Test4, Test8,
  /** To a register, with zeros above. */
  Mov4, Mov8, Load, Lea4, Lea8,
  Store, StoreImmediate, CompareImmediate, Push, Pop, Jump, JumpIf, Call,
} // prettier-ignore

// Of a form without memory, in place of the displacement: where the operands lie.
const TARGET_AT: usize = 16;
const SOURCE_AT: usize = 20;
// Whether the address is no more than a register and a displacement.
const IS_SIMPLE: usize = 42;

function registerAt(entry: usize, field: usize): u32 {
  return <u32>(STATE + ((<usize>load<u8>(entry + field)) << 3));
}

// Both operands are registers, or the source is immediate.
function beside(entry: usize, quick: u32, size: u32): u32 {
  if (load<u8>(entry + TARGET) != Kind.Register || size < 4) return 0;
  const source = load<u8>(entry + SOURCE);
  if (source != Kind.Register && source != Kind.Immediate) return 0;
  if (source == Kind.Immediate) store<u64>(entry + IMMEDIATE, load<u64>(entry + IMMEDIATE) & maskOf(size));
  const from = source == Kind.Register ? registerAt(entry, SOURCE_REGISTER) : <u32>(entry + IMMEDIATE);
  store<u32>(entry + TARGET_AT, registerAt(entry, TARGET_REGISTER));
  store<u32>(entry + SOURCE_AT, from);
  return size == 4 ? quick : quick + 1;
}

function ofMov(entry: usize, size: u32): u32 {
  const target = load<u8>(entry + TARGET);
  const source = load<u8>(entry + SOURCE);
  if (target == Kind.Memory) {
    if (source == Kind.Immediate) return Quick.StoreImmediate;
    return source == Kind.Register ? Quick.Store : 0;
  }
  if (target != Kind.Register || size < 4) return 0;
  if (source != Kind.Memory) return beside(entry, Quick.Mov4, size);
  store<u8>(entry + SOURCE_SIZE, <u8>size);
  return Quick.Load;
}

// Which form an instruction has; 0 for none of these.
function formOf(entry: usize): u32 {
  const size = <u32>load<u8>(entry + SIZE);
  const target = load<u8>(entry + TARGET);
  const source = load<u8>(entry + SOURCE);
  switch (<u32>load<u16>(entry + OPERATION)) {
    case Op.Add:
      return beside(entry, Quick.Add4, size);
    case Op.Or:
      return beside(entry, Quick.Or4, size);
    case Op.And:
      return beside(entry, Quick.And4, size);
    case Op.Sub:
      return beside(entry, Quick.Sub4, size);
    case Op.Xor:
      return beside(entry, Quick.Xor4, size);
    case Op.Test:
      return beside(entry, Quick.Test4, size);
    case Op.Cmp:
      return target == Kind.Memory && source == Kind.Immediate
        ? Quick.CompareImmediate
        : beside(entry, Quick.Cmp4, size);
    case Op.Mov:
      return ofMov(entry, size);
    case Op.Movzx:
      return target == Kind.Register && source == Kind.Memory && size >= 4 ? Quick.Load : 0;
    case Op.Lea:
      return size == 4 ? Quick.Lea4 : size == 8 ? Quick.Lea8 : 0;
    case Op.Push:
      return source == Kind.Register && size == 8 ? Quick.Push : 0;
    case Op.Pop:
      return target == Kind.Register && size == 8 ? Quick.Pop : 0;
    case Op.Jmp:
      return source == Kind.Immediate ? Quick.Jump : 0;
    case Op.Jcc:
      return Quick.JumpIf;
    case Op.Call:
      return source == Kind.Immediate ? Quick.Call : 0;
    default:
      return 0;
  }
}

/** Give a decoded instruction its form, where it has one. */
export function quicken(entry: usize): void {
  const isSimple =
    load<u8>(entry + INDEX) == ZERO &&
    load<u8>(entry + SEGMENT) == ZERO &&
    load<u8>(entry + ADDRESS_SIZE) == 8;
  store<u8>(entry + IS_SIMPLE, isSimple);
  const quick = formOf(entry);
  if (quick != 0) store<u16>(entry + OPERATION, <u16>quick);
}

function addressOf(entry: usize): u64 {
  let address = register(load<u8>(entry + BASE)) + load<u64>(entry + DISPLACEMENT);
  if (load<u8>(entry + IS_SIMPLE)) return address;
  address += register(load<u8>(entry + INDEX)) << (<u64>load<u8>(entry + SCALE));
  if (load<u8>(entry + ADDRESS_SIZE) == 4) address &= 0xffffffff;
  return address + register(load<u8>(entry + SEGMENT));
}

function target(entry: usize): u64 {
  return load<u64>(load<u32>(entry + TARGET_AT));
}

function source(entry: usize): u64 {
  return load<u64>(load<u32>(entry + SOURCE_AT));
}

function put(entry: usize, value: u64): void {
  store<u64>(load<u32>(entry + TARGET_AT), value);
}

const LOW: u64 = 0xffffffff;

/** Where the next instruction is. */
export let following: u64 = 0;

/** Do an instruction that has a form, and set `following`, unless it faults. */
export function doQuick(entry: usize, quick: u32, address: u64): End {
  following = address + <u64>load<u8>(entry + LENGTH);
  switch (quick) {
    case Quick.Add4: {
      const a = target(entry) & LOW;
      const b = source(entry) & LOW;
      const r = (a + b) & LOW;
      put(entry, r);
      afterAdd(4, a, b, r);
      return End.GoesOn;
    }
    case Quick.Add8: {
      const a = target(entry);
      const b = source(entry);
      put(entry, a + b);
      afterAdd(8, a, b, a + b);
      return End.GoesOn;
    }
    case Quick.Or4: {
      const r = (target(entry) | source(entry)) & LOW;
      put(entry, r);
      afterLogic(4, r);
      return End.GoesOn;
    }
    case Quick.Or8: {
      const r = target(entry) | source(entry);
      put(entry, r);
      afterLogic(8, r);
      return End.GoesOn;
    }
    case Quick.And4: {
      const r = target(entry) & source(entry) & LOW;
      put(entry, r);
      afterLogic(4, r);
      return End.GoesOn;
    }
    case Quick.And8: {
      const r = target(entry) & source(entry);
      put(entry, r);
      afterLogic(8, r);
      return End.GoesOn;
    }
    case Quick.Sub4: {
      const a = target(entry) & LOW;
      const b = source(entry) & LOW;
      const r = (a - b) & LOW;
      put(entry, r);
      afterSubtract(4, a, b, r);
      return End.GoesOn;
    }
    case Quick.Sub8: {
      const a = target(entry);
      const b = source(entry);
      put(entry, a - b);
      afterSubtract(8, a, b, a - b);
      return End.GoesOn;
    }
    case Quick.Xor4: {
      const r = (target(entry) ^ source(entry)) & LOW;
      put(entry, r);
      afterLogic(4, r);
      return End.GoesOn;
    }
    case Quick.Xor8: {
      const r = target(entry) ^ source(entry);
      put(entry, r);
      afterLogic(8, r);
      return End.GoesOn;
    }
    case Quick.Cmp4: {
      const a = target(entry) & LOW;
      const b = source(entry) & LOW;
      afterSubtract(4, a, b, (a - b) & LOW);
      return End.GoesOn;
    }
    case Quick.Cmp8: {
      const a = target(entry);
      const b = source(entry);
      afterSubtract(8, a, b, a - b);
      return End.GoesOn;
    }
    case Quick.Test4:
      afterLogic(4, target(entry) & source(entry) & LOW);
      return End.GoesOn;
    case Quick.Test8:
      afterLogic(8, target(entry) & source(entry));
      return End.GoesOn;
    case Quick.Mov4:
      put(entry, source(entry) & LOW);
      return End.GoesOn;
    case Quick.Mov8:
      put(entry, source(entry));
      return End.GoesOn;
    case Quick.Load: {
      const value = read(addressOf(entry), load<u8>(entry + SOURCE_SIZE));
      if (!faulted) setRegister(load<u8>(entry + TARGET_REGISTER), value);
      break;
    }
    case Quick.Lea4:
      setRegister(load<u8>(entry + TARGET_REGISTER), addressOf(entry) & LOW);
      return End.GoesOn;
    case Quick.Lea8:
      setRegister(load<u8>(entry + TARGET_REGISTER), addressOf(entry));
      return End.GoesOn;
    case Quick.Store: {
      const size = <u32>load<u8>(entry + SIZE);
      write(addressOf(entry), size, register(load<u8>(entry + SOURCE_REGISTER)) & maskOf(size));
      break;
    }
    case Quick.StoreImmediate: {
      const size = <u32>load<u8>(entry + SIZE);
      write(addressOf(entry), size, load<u64>(entry + IMMEDIATE) & maskOf(size));
      break;
    }
    case Quick.CompareImmediate: {
      const size = <u32>load<u8>(entry + SIZE);
      const a = read(addressOf(entry), size);
      if (faulted) break;
      const mask = maskOf(size);
      const b = load<u64>(entry + IMMEDIATE) & mask;
      afterSubtract(size, a, b, (a - b) & mask);
      return End.GoesOn;
    }
    case Quick.Push: {
      const rsp = register(RSP) - 8;
      write(rsp, 8, register(load<u8>(entry + SOURCE_REGISTER)));
      if (!faulted) setRegister(RSP, rsp);
      break;
    }
    case Quick.Pop: {
      const rsp = register(RSP);
      const value = read(rsp, 8);
      if (faulted) break;
      setRegister(RSP, rsp + 8);
      setRegister(load<u8>(entry + TARGET_REGISTER), value);
      return End.GoesOn;
    }
    case Quick.Jump:
      following = load<u64>(entry + IMMEDIATE);
      return End.GoesOn;
    case Quick.JumpIf:
      if (holds(load<u8>(entry + DETAIL))) following = load<u64>(entry + IMMEDIATE);
      return End.GoesOn;
    default: {
      const rsp = register(RSP) - 8;
      write(rsp, 8, following);
      if (faulted) break;
      setRegister(RSP, rsp);
      following = load<u64>(entry + IMMEDIATE);
      return End.GoesOn;
    }
  }
  return faulted ? End.DataFault : End.GoesOn;
}
