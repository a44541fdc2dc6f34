// Bounds of what registers hold, as far as the code itself and a few facts of the kernel give them: lengths above all.

import { createRequire } from 'node:module';
import { numberOf } from './code.mjs';

const iced = createRequire(import.meta.url)('iced-x86');
const { OpKind, Register, RegisterExt } = iced;

/** From and to, both included. */
const ANY = [0n, (1n << 64n) - 1n];
const RAX = 0;
const RSI = 6;
const CALLERS = [0, 1, 2, 6, 7, 8, 9, 10, 11];

// A string lies in one object, and kmalloc() gives 4 MiB at most: MAX_ORDER - 1 pages of order 10, include/linux/slab.h.
const LONGEST = (1n << 22n) - 1n;

const join = (left, right) => [
  left[0] < right[0] ? left[0] : right[0],
  left[1] > right[1] ? left[1] : right[1],
];
const top = (size) => [0n, (1n << BigInt(size * 8)) - 1n];
const fits = (range, size) => range[1] <= top(size)[1];

const immediateOf = (instruction) => {
  const value = BigInt.asUintN(64, BigInt(instruction.immediate(instruction.opCount - 1)));
  return [value, value];
};

/** The bounds of an operand; of memory there are none. */
const operandOf = (instruction, operand, state) => {
  const kind = instruction.opKind(operand);
  if (kind === OpKind.Register) {
    const register = instruction.opRegister(operand);
    const number = numberOf(register);
    if (number === undefined) return ANY;
    const size = RegisterExt.size(register);
    return fits(state[number], size) ? state[number] : top(size);
  }
  return kind === OpKind.Memory ? ANY : immediateOf(instruction);
};

const sum = (left, right) => [left[0] + right[0], left[1] + right[1]];

// Base, index times scale, and displacement.
const addressOf = (instruction, state) => {
  const part = (register) => (register === Register.None ? [0n, 0n] : (state[numberOf(register)] ?? ANY));
  const scale = BigInt(instruction.memoryIndexScale);
  const [low, high] = part(instruction.memoryIndex);
  const displacement = BigInt.asIntN(64, BigInt(instruction.memoryDisplacement));
  const [from, to] = sum(part(instruction.memoryBase), [low * scale, high * scale]);
  return [from + displacement, to + displacement];
};

const isZeroing = (one) =>
  /^(?:Xor|Sub)_rm?(?:32|64)_rm?(?:32|64)$/u.test(one.name) &&
  one.instruction.op0Kind === OpKind.Register &&
  one.instruction.op1Kind === OpKind.Register &&
  one.instruction.op0Register === one.instruction.op1Register;

/** The operands of a calculation, and its exact result; `undefined` for any other instruction. */
export const calculationOf = (one, state) => {
  const { instruction, name } = one;
  const verb = /^[A-Z][a-z]+/u.exec(name)?.[0];
  const operand = (index) => operandOf(instruction, index, state);
  if (isZeroing(one)) return { inputs: [], result: [0n, 0n] };
  switch (verb) {
    case 'Cdqe':
    case 'Cwde': {
      const input = fits(state[RAX], verb === 'Cdqe' ? 4 : 2) ? state[RAX] : top(verb === 'Cdqe' ? 4 : 2);
      return { inputs: [input], result: input };
    }
    case 'Mov':
    case 'Movsxd':
    case 'Movzx':
      return { inputs: [operand(1)], result: operand(1) };
    case 'Lea':
      return { inputs: [], result: addressOf(instruction, state) };
    case 'Add':
      return { inputs: [operand(0), operand(1)], result: sum(operand(0), operand(1)) };
    case 'Sub': {
      const [left, right] = [operand(0), operand(1)];
      return { inputs: [left, right], result: [left[0] - right[1], left[1] - right[0]] };
    }
    case 'Cmp':
    case 'Test':
      return { inputs: [operand(0), operand(1)], result: undefined };
    default:
      return undefined;
  }
};

const apply = (one, state, flow) => {
  const { instruction, isCall, calls, name } = one;
  const now = [...state];
  if (isCall) {
    for (const number of CALLERS) now[number] = ANY;
    if (calls === 'strlen') now[RAX] = [0n, LONGEST];
    // Its second argument bounds it: a constant, where it has been set up.
    if (calls === 'strnlen') now[RAX] = [0n, state[RSI][1] < LONGEST ? state[RSI][1] : LONGEST];
    return now;
  }
  for (let number = 0; number < 16; number += 1)
    if (((flow.changes >> BigInt(number * 8)) & 0xffn) !== 0n) now[number] = ANY;
  if (instruction.opCount > 0 && instruction.op0Kind !== OpKind.Register && !/^C[dw]/u.test(name)) return now;
  const number = /^C[dw]/u.test(name) ? RAX : numberOf(instruction.op0Register);
  const result = calculationOf(one, state)?.result;
  if (number === undefined || result === undefined) return now;
  const size = /^C[dw]/u.test(name) ? (name === 'Cdqe' ? 8 : 4) : RegisterExt.size(instruction.op0Register);
  const exact = result[0] >= 0n && result[1] < 1n << BigInt(size * 8 - 1);
  if (size >= 4) now[number] = exact ? result : top(size);
  return now;
};

/** The bounds of all registers before each instruction. */
export const rangesBefore = ({ instructions }, flow) => {
  const states = instructions.map(() => undefined);
  states[0] = Array.from({ length: 16 }, () => ANY);
  const work = [0];
  const visits = instructions.map(() => 0);
  while (work.length > 0) {
    const index = work.pop();
    visits[index] += 1;
    const after = apply(instructions[index], states[index], flow[index]);
    for (const next of flow[index].successors) {
      const known = states[next];
      let joined = known === undefined ? after : known.map((range, number) => join(range, after[number]));
      // A loop that counts has no end here: what still grows can be anything.
      if (visits[next] > 4)
        joined = joined.map((range, number) => (`${range}` === `${known[number]}` ? range : ANY));
      if (known !== undefined && joined.every((range, number) => `${range}` === `${known[number]}`)) continue;
      states[next] = joined;
      work.push(next);
    }
  }
  return states;
};
