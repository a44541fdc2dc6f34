// The mistakes that mutants have. Each operator takes a function's code and gives the places where it applies.

import { CONDITIONS, conditionAt } from './conditions.mjs';
import { RDI, RDX, RSI, mapRegisters, numberOf, rename, setsRegister, stores } from './code.mjs';

const wrapped = (bytes, { at, size }, step) => {
  const patch = Uint8Array.from(bytes);
  let carry = step;
  for (let index = at; index < at + size && carry !== 0; index += 1) {
    const sum = patch[index] + carry;
    patch[index] = sum & 0xff;
    carry = sum < 0 ? -1 : sum > 0xff ? 1 : 0;
  }
  return patch;
};

const signed = (step) => (step > 0 ? `+${step}` : String(step));

// A constant in an instruction, one more and one less.
const constantsBy = (field) => (code) =>
  code.instructions
    .filter((one) => one[field] !== undefined && !one.isFlow)
    .flatMap((one) =>
      [1, -1].map((step) => ({
        at: one.offset,
        what: `${field}${signed(step)}`,
        patches: [code.put(one, wrapped(one.bytes, one[field], step))],
      })),
    );

const scale = (code) =>
  code.instructions.flatMap((one) => {
    const { memoryIndex, memoryIndexScale } = one.instruction;
    if (memoryIndex === 0 || memoryIndexScale === 8) return [];
    const patch = code.encode(one, (copy) => {
      copy.memoryIndexScale = memoryIndexScale * 2;
    });
    return patch === undefined ? [] : [{ at: one.offset, what: 'scale*2', patches: [patch] }];
  });

const BOUNDARY = { b: 'be', be: 'b', ae: 'a', a: 'ae', l: 'le', le: 'l', ge: 'g', g: 'ge', e: 'le', ne: 'g' };
const SIGN = { b: 'l', l: 'b', be: 'le', le: 'be', ae: 'ge', ge: 'ae', a: 'g', g: 'a' };

const conditions = (pick) => (code) =>
  code.instructions.flatMap((one) => {
    const at = conditionAt(one);
    if (at === undefined) return [];
    const condition = one.bytes[at] & 15;
    const to = pick(CONDITIONS[condition], condition);
    if (to === undefined) return [];
    const patch = Uint8Array.from(one.bytes);
    patch[at] = (patch[at] & 0xf0) | CONDITIONS.indexOf(to);
    const what = `${CONDITIONS[condition]}->${to}`;
    return [{ at: one.offset, what, patches: [code.put(one, patch)] }];
  });

// A conditional jump that is always taken, a conditional move that always moves.
const always = (code) =>
  code.instructions.flatMap((one) => {
    if (one.isBranch && one.bytes.length === 2 && conditionAt(one) === 0)
      return [{ at: one.offset, what: 'always', patches: [code.put(one, [0xeb, one.bytes[1]])] }];
    if (one.isBranch && one.bytes.length === 6 && conditionAt(one) === 1) {
      const patch = [0x90, 0xe9, ...one.bytes.subarray(2)]; // the distance counts from the end
      return [{ at: one.offset, what: 'always', patches: [code.put(one, patch)] }];
    }
    const [, operands] = /^Cmov[a-z]+_(r\d+_rm\d+)$/u.exec(one.name) ?? [];
    if (operands === undefined) return [];
    const patch = code.encode(one, (copy) => rename(copy, `Mov_${operands}`));
    return patch === undefined ? [] : [{ at: one.offset, what: 'always', patches: [patch] }];
  });

const drops = (applies, what) => (code) =>
  code.instructions.filter(applies).map((one) => ({ at: one.offset, what, patches: [code.drop(one)] }));

// A register that is not saved at the start, and so not restored at any end: the stack stays balanced.
const saves = (code) => {
  const of = (kind) =>
    code.instructions.flatMap((one) =>
      one.name === `${kind}_r64` ? [{ one, register: numberOf(one.instruction.op0Register) }] : [],
    );
  const pops = of('Pop');
  return of('Push').flatMap(({ one, register }) => {
    const restored = pops.filter((pop) => pop.register === register);
    if (restored.length === 0) return [];
    const patches = [one, ...restored.map((pop) => pop.one)].map(code.drop);
    return [{ at: one.offset, what: 'save and restore dropped', patches }];
  });
};

// Two registers that follow each other in an epilogue, restored from each other's slots.
const restores = (code) =>
  code.instructions.flatMap((one, index) => {
    const next = code.instructions[index + 1];
    if (one.name !== 'Pop_r64' || next?.name !== 'Pop_r64') return [];
    const patch = { offset: one.offset, bytes: [...next.bytes, ...one.bytes] };
    return [{ at: one.offset, what: 'restores exchanged', patches: [patch] }];
  });

// What leads to a call from the call before it, or from where nothing falls through.
const leadingTo = ({ instructions }, call) => {
  const end = instructions.indexOf(call);
  const begin = instructions.slice(0, end).findLastIndex((one) => one.isFlow && !one.isBranch) + 1;
  return instructions.slice(begin, end);
};

const PAIRS = [
  [RDI, RSI, 'rdi<->rsi'],
  [RSI, RDX, 'rsi<->rdx'],
  [RDI, RDX, 'rdi<->rdx'],
];

// Two arguments of a call exchanged: whatever sets one up sets the other up instead.
const swaps = (code) =>
  code.instructions
    .filter(({ isCall }) => isCall)
    .flatMap((call) => {
      const before = leadingTo(code, call);
      return PAIRS.flatMap(([left, right, what]) => {
        const sets = (number) => before.findIndex((one) => setsRegister(one, number));
        if (sets(left) < 0 || sets(right) < 0) return [];
        const exchanged = (number) => (number === left ? right : number === right ? left : number);
        const setUp = before.slice(Math.min(sets(left), sets(right))).filter(({ isFlow }) => !isFlow);
        const patches = setUp.map((one) => code.encode(one, (copy) => mapRegisters(copy, exchanged)));
        return patches.includes(undefined) ? [] : [{ at: call.offset, what, patches }];
      });
    });

const EXCHANGES = [
  ['Add', 'Sub'],
  ['Adc', 'Sbb'],
  ['Inc', 'Dec'],
  ['And', 'Or'],
  ['Shl', 'Shr'],
  ['Cmp', 'Test'],
  ['Xchg', 'Mov'],
];

const exchanges = (code) =>
  code.instructions.flatMap((one) => {
    const [, verb, rest] = /^([A-Z][a-z]+)(_.*)$/u.exec(one.name) ?? [];
    return EXCHANGES.flatMap(([left, right]) => {
      const to = verb === left ? right : verb === right && right !== 'Mov' ? left : undefined;
      if (to === undefined) return [];
      const patch = code.encode(one, (copy) => rename(copy, `${to}${rest}`));
      if (patch === undefined) return [];
      const what = `${verb}->${to}`.toLowerCase();
      return [{ at: one.offset, what, patches: [patch] }];
    });
  });

const REX = 0x40;
const REX_W = 0x08;
const MOV_R8_IMM8 = 0xb0;

// The same instruction on operands of another size, as far as there is room for its bytes.
const otherWidths = (code, one) => {
  const { bytes, name, instruction } = one;
  const hasRex = (bytes[0] & 0xf0) === REX;
  const found = [];
  const add = (what, patch) => {
    if (patch !== undefined) found.push({ what, patch });
  };
  if (hasRex && !/^[A-Z][a-z]+_rm?8/u.test(name)) {
    const isWide = (bytes[0] & REX_W) !== 0;
    add(isWide ? '64->32' : '32->64', code.put(one, [bytes[0] ^ REX_W, ...bytes.subarray(1)]));
  }
  if (name === 'Mov_r32_imm32' && !hasRex) {
    const number = numberOf(instruction.op0Register);
    add('32->8', code.put(one, [REX, MOV_R8_IMM8 | number, bytes[1]]));
  }
  const [, verb, from, form] = /^([A-Z][a-z]+)_(?:rm(8|32|64)_r\2|r(8|32|64)_rm\3)$/u.exec(name) ?? [];
  const size = from ?? form;
  if (size !== undefined) {
    for (const to of size === '8' ? [32] : [8]) {
      const operands = from === undefined ? `r${to}_rm${to}` : `rm${to}_r${to}`;
      add(
        `${size}->${to}`,
        code.encode(one, (copy) => rename(copy, `${verb}_${operands}`, to / 8)),
      );
    }
  }
  return found;
};

const widths = (code) =>
  code.instructions
    .filter(({ isFlow, name }) => !isFlow && !/^(?:Push|Pop)_/u.test(name))
    .flatMap((one) =>
      otherWidths(code, one).map(({ what, patch }) => ({
        at: one.offset,
        what: `width ${what}`,
        patches: [patch],
      })),
    );

// gfp_t of Linux 3.0, include/linux/gfp.h: what an allocation is given instead.
const FLAGS = [
  ['0', () => 0],
  ['GFP_ATOMIC', () => 0x20],
  ['__GFP_HIGHMEM', (flags) => flags | 0x02],
  ['__GFP_ZERO', (flags) => flags ^ 0x8000],
];
const ALLOCATORS = /^(?:__)?k[mz]alloc$/u;

const flags = (code) =>
  code.instructions
    .filter(({ calls }) => calls !== undefined && ALLOCATORS.test(calls))
    .flatMap((call) => {
      const set = leadingTo(code, call).findLast((one) => setsRegister(one, RSI));
      if (set?.name !== 'Mov_r32_imm32') return [];
      const given = set.instruction.immediate32;
      return FLAGS.map(([what, change]) => {
        const patch = Uint8Array.from(set.bytes);
        new DataView(patch.buffer).setUint32(set.immediate.at, change(given), true);
        return { at: set.offset, what: `flags ${what}`, patches: [code.put(set, patch)] };
      });
    });

const isCheck = ({ name }) => /^(?:Cmp|Test)_/u.test(name);
const isMove = ({ name }) => name.startsWith('Cmov');

/** All operators, the more telling first: where two make the same bytes, the first counts. */
export const OPERATORS = [
  { operator: 'constant', make: constantsBy('immediate') },
  { operator: 'displacement', make: constantsBy('displacement') },
  { operator: 'scale', make: scale },
  { operator: 'condition inverted', make: conditions((_name, condition) => CONDITIONS[condition ^ 1]) },
  { operator: 'condition at its boundary', make: conditions((name) => BOUNDARY[name]) },
  { operator: 'condition of the other sign', make: conditions((name) => SIGN[name]) },
  { operator: 'condition always true', make: always },
  { operator: 'condition never true', make: drops((one) => one.isBranch || isMove(one), 'never') },
  { operator: 'comparison dropped', make: drops(isCheck, 'dropped') },
  { operator: 'store dropped', make: drops(stores, 'dropped') },
  { operator: 'call dropped', make: drops(({ isCall }) => isCall, 'dropped') },
  { operator: 'save dropped', make: saves },
  { operator: 'restores exchanged', make: restores },
  { operator: 'arguments exchanged', make: swaps },
  { operator: 'operation exchanged', make: exchanges },
  { operator: 'operand width', make: widths },
  { operator: 'allocation flags', make: flags },
  { operator: 'instruction dropped', make: drops(() => true, 'dropped') },
];
