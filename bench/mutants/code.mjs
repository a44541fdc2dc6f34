// A function's machine code, decoded once, and ways to patch an instruction without moving its neighbours.

import { createRequire } from 'node:module';

const iced = createRequire(import.meta.url)('iced-x86');
const { Code, Decoder, DecoderOptions, Encoder, FlowControl, OpKind, Register, RegisterExt } = iced;

const NOP = 0x90;

// Registers of each size by their numbers, as instructions encode them.
const namesOf = (names, numbered) => [
  ...names.split(' '),
  ...Array.from({ length: 8 }, (_, index) => numbered(index + 8)),
];
const REGISTERS = {
  1: namesOf('AL CL DL BL SPL BPL SIL DIL', (number) => `R${number}L`),
  2: namesOf('AX CX DX BX SP BP SI DI', (number) => `R${number}W`),
  4: namesOf('EAX ECX EDX EBX ESP EBP ESI EDI', (number) => `R${number}D`),
  8: namesOf('RAX RCX RDX RBX RSP RBP RSI RDI', (number) => `R${number}`),
};

const isHigh = (register) => [Register.AH, Register.BH, Register.CH, Register.DH].includes(register);

/** The number of a general register, whatever part of it is meant; `undefined` for any other. */
export const numberOf = (register) =>
  RegisterExt.isGPR(register) && !isHigh(register)
    ? RegisterExt.number(RegisterExt.fullRegister(register))
    : undefined;

/** The general register of a number, in a size in bytes. */
export const registerOf = (number, size) => Register[REGISTERS[size][number]];

export const RDX = 2;
export const RSI = 6;
export const RDI = 7;

/** What an instruction is called, as `Mov_rm32_r32`. */
export const codeName = (instruction) => Code[instruction.code];

// Instructions up to the padding at the end.
const withoutPadding = (all) => all.slice(0, all.findLastIndex(({ bytes }) => bytes[0] !== NOP) + 1);

/** Decode a function; what it holds is freed when it is closed. */
export const openCode = (bytes, start, nameOf) => {
  const decoder = new Decoder(64, bytes, DecoderOptions.None);
  const encoder = new Encoder(64);
  decoder.ip = start;
  const decoded = [];
  for (let offset = 0; offset < bytes.length;) {
    const instruction = decoder.decode();
    const { length, flowControl } = instruction;
    const constants = decoder.getConstantOffsets(instruction);
    const has = (what) =>
      constants[`has${what}`]
        ? { at: constants[`${what.toLowerCase()}Offset`], size: constants[`${what.toLowerCase()}Size`] }
        : undefined;
    decoded.push({
      offset,
      bytes: bytes.slice(offset, offset + length),
      instruction,
      name: codeName(instruction),
      isCall: flowControl === FlowControl.Call || flowControl === FlowControl.IndirectCall,
      isBranch: flowControl === FlowControl.ConditionalBranch,
      isFlow: flowControl !== FlowControl.Next,
      calls: flowControl === FlowControl.Call ? nameOf(instruction.nearBranchTarget) : undefined,
      immediate: has('Immediate'),
      displacement: instruction.isIpRelMemoryOperand ? undefined : has('Displacement'),
    });
    constants.free();
    offset += length;
  }
  decoder.free();

  /** A patch of one instruction with bytes that are not longer. */
  const put = ({ offset, bytes: old }, patch) => ({
    offset,
    bytes: [...patch, ...Array.from({ length: old.length - patch.length }, () => NOP)],
  });

  /** Encode an instruction with a change; `undefined` where there is no such instruction, or it is longer. */
  const encode = (one, change) => {
    const copy = one.instruction.clone();
    try {
      change(copy);
      encoder.encode(copy, start + BigInt(one.offset));
      const patch = encoder.takeBuffer();
      return patch.length <= one.bytes.length ? put(one, patch) : undefined;
    } catch {
      encoder.takeBuffer();
      return undefined; // no such form
    } finally {
      copy.free();
    }
  };

  return {
    instructions: withoutPadding(decoded),
    put,
    encode,
    drop: (one) => put(one, []),
    close() {
      for (const { instruction } of decoded) instruction.free();
      encoder.free();
    },
  };
};

/** Whether an instruction writes a register of this number, in any size. */
export const setsRegister = ({ instruction, name, isFlow }, number) =>
  !isFlow &&
  !/^(?:Push|Cmp|Test)/u.test(name) &&
  instruction.opCount > 0 &&
  instruction.op0Kind === OpKind.Register &&
  numberOf(instruction.op0Register) === number;

/** Change every general register of an instruction, given by number and size. */
export const mapRegisters = (instruction, change) => {
  const mapped = (register) => {
    const number = numberOf(register);
    return number === undefined ? register : registerOf(change(number), RegisterExt.size(register));
  };
  for (let operand = 0; operand < instruction.opCount; operand += 1) {
    if (instruction.opKind(operand) === OpKind.Register)
      instruction.setOpRegister(operand, mapped(instruction.opRegister(operand)));
  }
  if (instruction.memoryBase !== Register.None) instruction.memoryBase = mapped(instruction.memoryBase);
  if (instruction.memoryIndex !== Register.None) instruction.memoryIndex = mapped(instruction.memoryIndex);
};

/** Give an instruction the form of another name, and its register operands a size in bytes where one is given. */
export const rename = (instruction, name, size) => {
  const code = Code[name];
  if (code === undefined) throw new TypeError(`there is no ${name}`);
  instruction.code = code;
  if (size === undefined) return;
  for (let operand = 0; operand < instruction.opCount; operand += 1) {
    if (instruction.opKind(operand) !== OpKind.Register) continue;
    const number = numberOf(instruction.opRegister(operand));
    if (number === undefined) throw new TypeError('not a general register');
    instruction.setOpRegister(operand, registerOf(number, size));
  }
};

/** Whether an instruction stores to memory that is not its own stack. */
export const stores = ({ instruction, name }) =>
  instruction.opCount > 0 &&
  instruction.op0Kind === OpKind.Memory &&
  !/^(?:Cmp|Test|Push|Call|Jmp|Nop)/u.test(name);
