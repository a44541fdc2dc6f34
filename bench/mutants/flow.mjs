// The way through a function, and what each instruction reads, overwrites and may change, in bytes of registers and in flags.

import { createRequire } from 'node:module';
import { numberOf } from './code.mjs';

const iced = createRequire(import.meta.url)('iced-x86');
const { FlowControl, InstructionInfoFactory, OpAccess, RegisterExt } = iced;

const READS = [OpAccess.Read, OpAccess.CondRead, OpAccess.ReadWrite, OpAccess.ReadCondWrite];
const WRITES = [OpAccess.Write, OpAccess.ReadWrite];
const MAY_WRITE = [...WRITES, OpAccess.CondWrite, OpAccess.ReadCondWrite];

// A mask has a bit for each byte of the sixteen general registers, then one for each flag.
const FLAGS_AT = 128n;
const FLAG_BITS = 63; // the six arithmetic flags, as iced numbers them
export const ALL_FLAGS = BigInt(FLAG_BITS) << FLAGS_AT;
const flagsMask = (flags) => BigInt(flags & FLAG_BITS) << FLAGS_AT;

/** The lowest bytes of a register, from one on. */
export const bytesMask = (number, size, from = 0) =>
  (((1n << BigInt(size)) - 1n) & ~((1n << BigInt(from)) - 1n)) << BigInt(number * 8);

const [RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI] = [0, 1, 2, 3, 4, 5, 6, 7];
const ARGUMENTS = [RDI, RSI, RDX, RCX, 8, 9];
const CALLERS = [RAX, RCX, RDX, RSI, RDI, 8, 9, 10, 11]; // a callee may change them
const CALLEES = [RBX, RSP, RBP, 12, 13, 14, 15];
const wholes = (numbers) => numbers.reduce((mask, number) => mask | bytesMask(number, 8), 0n);

const SIZES = [
  [/\*/u, 8],
  [/\b(?:char|s8|u8|bool|_Bool)\b/u, 1],
  [/\b(?:short|s16|u16)\b/u, 2],
  [/\b(?:long|size_t|ssize_t|u64|s64|loff_t)\b/u, 8],
  [/\b(?:int|unsigned|gfp_t|u32|s32)\b/u, 4],
];

/** Bytes of a C type in a register. */
const sizeOf = (type) => SIZES.find(([pattern]) => pattern.test(type))?.[1] ?? 8;

// What a call reads: the arguments in their sizes, or every register that may hold one.
const argumentsOf = (prototype) =>
  prototype === undefined
    ? wholes(ARGUMENTS)
    : prototype.arguments
        .slice(0, ARGUMENTS.length)
        .reduce((mask, { type }, index) => mask | bytesMask(ARGUMENTS[index], sizeOf(type)), 0n);

const masksOf = (factory, { instruction, isCall, calls }, prototypeOf, returns) => {
  if (isCall) {
    const reads = argumentsOf(calls === undefined ? undefined : prototypeOf(calls)) | bytesMask(RSP, 8);
    return { reads, kills: wholes(CALLERS) | ALL_FLAGS, changes: wholes(CALLERS) | ALL_FLAGS };
  }
  if (instruction.flowControl === FlowControl.Return)
    return { reads: wholes(CALLEES) | bytesMask(RAX, returns), kills: 0n, changes: 0n };
  const info = factory.info(instruction);
  let reads = flagsMask(instruction.rflagsRead);
  let kills = flagsMask(instruction.rflagsModified);
  let changes = kills;
  for (const used of info.usedRegisters()) {
    const { register, access } = used;
    const number = numberOf(register);
    // AH to BH: both bytes of the lower word, to be safe.
    const mask = number === undefined ? wideOf(register) : bytesMask(number, RegisterExt.size(register));
    if (READS.includes(access)) reads |= mask;
    if (MAY_WRITE.includes(access)) changes |= mask;
    if (WRITES.includes(access) && number !== undefined) kills |= mask;
    used.free();
  }
  info.free();
  return { reads, kills, changes };
};

const wideOf = (register) =>
  RegisterExt.isGPR8(register) ? bytesMask(RegisterExt.number(RegisterExt.fullRegister(register)), 2) : 0n;

/**
 * Masks and successors of the instructions of a function; successors are indices.
 *
 * @param prototypeOf the prototype of a symbol, where it is known
 */
export const flowOf = ({ instructions }, prototypeOf, returnType) => {
  const factory = new InstructionInfoFactory();
  const at = new Map(instructions.map(({ instruction }, index) => [instruction.ip, index]));
  const flow = instructions.map((one, index) => {
    const { flowControl, nearBranchTarget } = one.instruction;
    const target = at.get(nearBranchTarget);
    const falls = [
      FlowControl.Next,
      FlowControl.ConditionalBranch,
      FlowControl.Call,
      FlowControl.IndirectCall,
    ];
    const successors = [
      ...(falls.includes(flowControl) ? [index + 1] : []),
      ...(one.isBranch || flowControl === FlowControl.UnconditionalBranch ? [target] : []),
    ];
    return { ...masksOf(factory, one, prototypeOf, sizeOf(returnType)), successors };
  });
  factory.free();
  return flow;
};

/** For each instruction what is read later, before it is overwritten: a mask of what is live behind it. */
export const liveBehind = (flow) => {
  const before = flow.map(() => 0n);
  const behind = flow.map(() => 0n);
  for (let changed = true; changed;) {
    changed = false;
    for (let index = flow.length - 1; index >= 0; index -= 1) {
      const { reads, kills, successors } = flow[index];
      behind[index] = successors.reduce((mask, next) => mask | (before[next] ?? ~0n), 0n);
      const now = reads | (behind[index] & ~kills);
      if (now === before[index]) continue;
      before[index] = now;
      changed = true;
    }
  }
  return behind;
};
