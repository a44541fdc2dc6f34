// Mutants that do the same as the original, as far as a machine can tell: what they change is never read, or comes to the
// same for all values that can be there.

import { createRequire } from 'node:module';
import { numberOf, openCode } from './code.mjs';
import { CONDITIONS, conditionAt } from './conditions.mjs';
import { ALL_FLAGS, bytesMask, flowOf, liveBehind } from './flow.mjs';
import { calculationOf, rangesBefore } from './ranges.mjs';

const iced = createRequire(import.meta.url)('iced-x86');
const { OpKind, RegisterExt } = iced;

const REASONS = {
  dead: 'what it changes is never read',
  range: 'its values are so small that both do the same; a string has at most 2^22 bytes',
  flags: 'with the flags that can be there the condition is the same',
};

const registersOf = ({ instruction }) =>
  Array.from({ length: instruction.opCount }, (_, operand) => operand)
    .filter((operand) => instruction.opKind(operand) === OpKind.Register)
    .map((operand) => instruction.opRegister(operand))
    .filter((register) => numberOf(register) !== undefined);

const hasMemory = ({ instruction }) =>
  Array.from({ length: instruction.opCount }, (_, operand) => instruction.opKind(operand)).includes(
    OpKind.Memory,
  );

// An operand without the size that it is used in: the number of a register, a constant, an address.
const operandText = ({ instruction }, operand) => {
  const kind = instruction.opKind(operand);
  if (kind === OpKind.Register) {
    const register = instruction.opRegister(operand);
    return String(numberOf(register) ?? `other ${register}`);
  }
  if (kind !== OpKind.Memory) return `$${instruction.immediate(operand)}`;
  const { memoryBase, memoryIndex, memoryIndexScale, memoryDisplacement, segmentPrefix } = instruction;
  return [memoryBase, memoryIndex, memoryIndexScale, memoryDisplacement, segmentPrefix].join(' ');
};

// Two forms of one instruction, on the same operands in different sizes.
const isOtherWidth = (left, right) => {
  const form = ({ name }) => name.replace(/^C(?:dqe|wde)$/u, 'Convert').replaceAll(/\d+/gu, '');
  const { opCount } = left.instruction;
  return (
    form(left) === form(right) &&
    Array.from({ length: opCount }, (_, operand) => operand).every(
      (operand) => operandText(left, operand) === operandText(right, operand),
    )
  );
};

// The smaller of the sizes in bytes that two forms work in.
const widthOf = (left, right) => {
  const sizes = [left, right].flatMap((one) => {
    if (one.name === 'Cdqe') return [4, 8];
    if (one.name === 'Cwde') return [2, 4];
    return registersOf(one).map((register) => RegisterExt.size(register));
  });
  return Math.min(...sizes);
};

const isSmall = ([low, high], size) => low >= 0n && high < 1n << BigInt(size * 8 - 1);

// The same result in every width: all operands and the result are far from the sign of the smaller one.
const isInRange = (original, mutant, state) => {
  if (!isOtherWidth(original, mutant) || (hasMemory(original) && !original.name.startsWith('Lea')))
    return false;
  const width = widthOf(original, mutant);
  const calculation = calculationOf(original, state);
  if (calculation === undefined) return false;
  const { inputs, result } = calculation;
  if (!inputs.every((input) => isSmall(input, width))) return false;
  if (result === undefined) return true; // a comparison
  if (!isSmall(result, width)) return false;
  // The rest of a register that is written in part must be zero already.
  return width >= 4 || isSmall(state[numberOf(original.instruction.op0Register)], width);
};

// A sign extension of a register into itself, dropped.
const isVain = ({ name, instruction }, state) => {
  if (name === 'Cdqe') return isSmall(state[0], 4);
  if (!name.startsWith('Movsxd') || instruction.op1Kind !== OpKind.Register) return false;
  const number = numberOf(instruction.op0Register);
  return number === numberOf(instruction.op1Register) && isSmall(state[number], 4);
};

const SAME_LOW_BYTES = /^(?:Mov|Lea|Add|Sub|And|Or|Xor|Xchg)_/u;

// What differs afterwards, in bytes of registers and in flags; `undefined` where memory may.
const differenceOf = (original, mutant, flow, mutantFlow) => {
  if (original.isFlow || /^(?:Push|Pop)/u.test(original.name)) return undefined;
  const touches = (one) => hasMemory(one) && !one.name.startsWith('Lea');
  const changes = flow.changes | (mutantFlow?.changes ?? 0n);
  if (mutant === undefined)
    return touches(original) &&
      original.instruction.op0Kind === OpKind.Memory &&
      !/^(?:Cmp|Test)_/u.test(original.name)
      ? undefined
      : changes;
  if (touches(original) || touches(mutant)) return undefined;
  if (!isOtherWidth(original, mutant) || !SAME_LOW_BYTES.test(original.name)) return changes;
  const width = widthOf(original, mutant);
  return registersOf(original).reduce(
    (mask, register) => mask & ~bytesMask(numberOf(register), width),
    changes,
  );
};

// Flags that can be there behind a comparison: sets of the true ones.
const flagSets = (before, state) => {
  const { name, instruction } = before;
  const { inputs } = calculationOf(before, state) ?? {};
  if (inputs === undefined || !/^(?:Cmp|Test)_/u.test(name)) return undefined;
  const width = /_r?m?8/u.test(name) ? 1 : registersOf(before).length > 0 ? widthOf(before, before) : 4;
  const small = inputs.filter((input) => isSmall(input, width)).length;
  const isPositive = name.startsWith('Test') ? small > 0 : small === 2 && instruction.opCount === 2;
  if (!isPositive) return undefined;
  return name.startsWith('Test') ? ['', 'z'] : ['', 'z', 'cs'];
};

const HOLDS = {
  b: (flags) => flags.includes('c'),
  e: (flags) => flags.includes('z'),
  be: (flags) => /[cz]/u.test(flags),
  s: (flags) => flags.includes('s'),
  l: (flags) => flags.includes('s'), // there is no overflow
  le: (flags) => /[sz]/u.test(flags),
};
const NEGATED = { ae: 'b', ne: 'e', a: 'be', ns: 's', ge: 'l', g: 'le' };
const isTrue = (condition, flags) => {
  const positive = NEGATED[condition];
  const holds = HOLDS[positive ?? condition];
  return holds === undefined ? undefined : holds(flags) === (positive === undefined);
};

const isSameCondition = (original, mutant, before, state) => {
  const sets = flagSets(before, state);
  if (sets === undefined) return false;
  const conditionOf = (one) => CONDITIONS[one.bytes[conditionAt(one)] & 15];
  return sets.every((flags) => {
    const was = isTrue(conditionOf(original), flags);
    return was !== undefined && was === isTrue(conditionOf(mutant), flags);
  });
};

/**
 * Finds reasons for mutants of one function to be equivalent.
 *
 * @param prototypeOf the prototype of a symbol, where it is known
 * @param returnType of the function
 */
export const equivalences = (bytes, start, nameOf, prototypeOf, returnType) => {
  const code = openCode(bytes, start, nameOf);
  const flow = flowOf(code, prototypeOf, returnType);
  const live = liveBehind(flow);
  const ranges = rangesBefore(code, flow);
  const targets = new Set(
    flow.flatMap(({ successors }, index) => successors.filter((next) => next !== index + 1)),
  );

  // The comparison whose flags are there before an instruction, on the only way to it.
  const setterBefore = (index) => {
    for (let at = index; at > 0 && !targets.has(at); at -= 1)
      if ((flow[at - 1].changes & ALL_FLAGS) !== 0n) return at - 1;
    return undefined;
  };

  const reasonOf = (mutated) => {
    const changed = code.instructions.filter(({ offset, bytes: own }) =>
      own.some((byte, index) => byte !== mutated[offset + index]),
    );
    if (changed.length !== 1) return undefined;
    const [original] = changed;
    const index = code.instructions.indexOf(original);
    const other = openCode(mutated, start, nameOf);
    try {
      const end = original.offset + original.bytes.length;
      const now = other.instructions.filter(
        ({ offset, name }) => offset >= original.offset && offset < end && name !== 'Nopd',
      );
      if (now.length > 1) return undefined;
      const [mutant] = now;
      const state = ranges[index];
      if (state === undefined) return undefined; // never reached, which is no reason
      if (original.isBranch) {
        const same =
          mutant?.isBranch === true &&
          mutant.instruction.nearBranchTarget === original.instruction.nearBranchTarget;
        const set = same ? setterBefore(index) : undefined;
        if (set === undefined) return undefined;
        return isSameCondition(original, mutant, code.instructions[set], ranges[set])
          ? REASONS.flags
          : undefined;
      }
      if (mutant === undefined ? isVain(original, state) : isInRange(original, mutant, state))
        return REASONS.range;
      const mutantFlow =
        mutant === undefined ? undefined : flowOf({ instructions: [mutant] }, prototypeOf, returnType)[0];
      const difference = differenceOf(original, mutant, flow[index], mutantFlow);
      return difference !== undefined && (difference & live[index]) === 0n ? REASONS.dead : undefined;
    } finally {
      other.close();
    }
  };
  return { reasonOf, close: () => code.close() };
};
