// Whether the pointer and the field that a verdict names are those that the run went through.
import type { Btf, TypeId } from '../../src/image/btf.js';
import { u64 } from '../../src/base/address.js';
import type { Explanation } from '../../src/decode/explain/explain.js';
import {
  ARGUMENT_REGISTERS,
  REGISTER_COUNT,
  REGISTER_INDEX,
  type RegisterName,
} from '../../src/x86/registers.js';
import { type CState, addressOfExpression, hasAt } from './c-expression.js';
import type { MadeOops } from './make.js';
import type { LoadedSymbol, Unbooted } from './unbooted.js';

/** What became of a name. */
export type NameVerdict =
  /** The pointer in C and the field. */
  | 'right'
  /** The struct and the field; the pointer itself is only a register. */
  | 'field'
  | 'unnamed'
  | 'wrong';

/** The row of the last entry of the function that faulted; -1 where it was not seen. */
export const entryRow = (machine: Unbooted, symbol: LoadedSymbol): number => {
  const [frame] = machine.frames;
  for (let row = machine.steps - 1; row >= 0; row -= 1) {
    const at = row * REGISTER_COUNT;
    if (
      machine.rows[at + REGISTER_INDEX.rip] === symbol.at &&
      machine.rows[at + REGISTER_INDEX.rsp] === frame?.rsp
    )
      return row;
  }
  return -1;
};

const stateOf = (machine: Unbooted, btf: Btf, symbol: LoadedSymbol): CState => {
  const id = btf.find('function', symbol.name);
  const type = id === undefined ? undefined : btf.type(id);
  const prototype = type?.kind === 'function' ? btf.type(type.prototype) : undefined;
  const parameters = prototype?.kind === 'prototype' ? prototype.parameters : [];
  const row = entryRow(machine, symbol);
  return {
    btf,
    argument: (name) => {
      const index = parameters.findIndex((one, at) => (one.name === '' ? `arg${at}` : one.name) === name);
      const register = ARGUMENT_REGISTERS[index];
      if (register === undefined || row < 0) return undefined;
      return {
        value: machine.rows[row * REGISTER_COUNT + REGISTER_INDEX[register]]!,
        type: parameters[index]!.type,
      };
    },
    register: (name) => machine.registers[REGISTER_INDEX[name as RegisterName]],
    read: (address) => (machine.memory.isMapped(address, 8) ? machine.memory.readU64(address) : undefined),
  };
};

// Bytes that have no type of their own: room for the data of others at the end of a struct, or padding.
const isUntyped = (btf: Btf, id: TypeId, offset: number): boolean => {
  const type = btf.plain(id);
  if (type.kind === 'array') {
    const each = btf.sizeOf(type.of);
    return each <= 1 || isUntyped(btf, type.of, offset % each);
  }
  if (type.kind !== 'struct' && type.kind !== 'union') return false;
  const inside = type.members.filter(
    ({ bit, type: of }) => offset >= Math.floor(bit / 8) && offset < Math.floor(bit / 8) + btf.sizeOf(of),
  );
  return inside.every((one) => isUntyped(btf, one.type, offset - Math.floor(one.bit / 8)));
};

// A struct and an offset in it, and another struct at another offset: whether one holds the other so.
const agrees = (
  btf: Btf,
  named: { readonly struct: string; readonly offset: number },
  truth: { readonly to: TypeId; readonly struct: string; readonly offset: number },
): boolean => {
  if (isUntyped(btf, truth.to, truth.offset)) return true;
  const moved = named.offset - truth.offset;
  if (moved <= 0 && hasAt(btf, truth.to, -moved, named.struct)) return true;
  const id = btf.find('struct', named.struct) ?? btf.find('union', named.struct);
  return id !== undefined && hasAt(btf, id, moved, truth.struct);
};

/** Judge what an explanation names. The machine is in the state of the fault, before and after. */
export const judgeName = (
  machine: Unbooted,
  btf: Btf,
  oops: MadeOops,
  { types, bad }: Explanation,
): { readonly verdict: NameVerdict; readonly why: string } => {
  const access = types?.access;
  const named = access?.named;
  if (access === undefined || named === undefined)
    return { verdict: 'unnamed', why: access?.whyNot ?? types?.whyNot ?? 'no access' };
  if (bad?.register !== access.base)
    return {
      verdict: 'unnamed',
      why: `bad is ${bad?.register ?? bad?.holder ?? 'nothing'}, not ${access.base}`,
    };
  const said = `${named.text} (${named.struct}+${named.offset}, ${named.sure}, ${named.class})`;
  if (!oops.holders.includes(access.base))
    return { verdict: 'wrong', why: `${said}: ${access.base} does not hold the pointer` };
  if (!agrees(btf, named, { to: oops.slot.to, struct: oops.struct, offset: oops.offset }))
    return { verdict: 'wrong', why: `${said}: it is ${oops.struct}+${oops.offset}` };
  if (named.text.includes('%')) return { verdict: 'field', why: said };
  const address = (): bigint | undefined =>
    addressOfExpression(named.text.replace(/ … .*$/u, ''), stateOf(machine, btf, oops.symbol));
  try {
    const first = address();
    const moved = oops.again();
    const second = address();
    oops.back();
    if (first === undefined || second === undefined)
      return { verdict: 'wrong', why: `${said}: it has no address` };
    // An access may begin inside of the field, or reach into it.
    const near = [oops.address - first, first - oops.address].some((one) => u64(one) < 8n);
    return near && u64(second - first) === moved
      ? { verdict: 'right', why: said }
      : { verdict: 'wrong', why: `${said}: it lies at 0x${first.toString(16)}` };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { verdict: 'field', why: `${said}: ${error.message}` };
  }
};
