// Operands: taking up what lies in one, and the pointer that an access goes through.

import { MEMORY } from '../x86/transfer.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import type { Site } from './sites.js';
import type { WalkState } from './state.js';

const { rsi: RSI, rdi: RDI } = REGISTER_INDEX;

/** An access farther than this from its pointer does not go through it: `table(%rax)`. Bytes. */
const FAR = 1 << 24;

/** Take up `size` bytes of memory; what lay there before the first step points where it pointed then. */
export const takeMemory = (state: WalkState, address: number, size: number): void => {
  const { values, pointers, initial } = state;
  const isUnseen = values.takeMemory(address, size);
  if (isUnseen && size === 8) values.setTaken(pointers.lookUp(state.word(address), initial));
};

/** Take up an operand: a byte of the register file, or memory at an address. */
export const take = (state: WalkState, operand: number, address: number, size: number): void => {
  if (operand === MEMORY) takeMemory(state, address, size);
  else state.values.takeRegister(operand, size);
};

// The pointer that base and index make up.
const operandPointer = (state: WalkState, { base, index }: Site, address: number): number => {
  const { values, pointers } = state;
  const first = base < 0 ? 0 : values.pointers[base]!;
  const second = index < 0 ? 0 : values.pointers[index]!;
  if (first !== 0 && second !== 0) return pointers.computed('sum', first, second, 0, address);
  const pointer = first === 0 ? second : first;
  if (pointer === 0) return 0;
  const distance = address - state.prior(first === 0 ? index : base);
  return distance > -FAR && distance < FAR ? pointer : 0;
};

/** The pointer that an access goes through, by its number; 0 for none. @param nth access of the instruction, from 0 */
export const pointerOf = (
  state: WalkState,
  site: Site,
  isWrite: boolean,
  address: number,
  nth: number,
): number => {
  const { pointers } = state.values;
  switch (site.transfer.kind) {
    case 'push':
    case 'call':
      return isWrite ? 0 : operandPointer(state, site, address);
    case 'pop':
      return isWrite ? operandPointer(state, site, address) : 0;
    case 'return':
    case 'leave':
      return 0;
    case 'string-move':
      return pointers[isWrite ? RDI : RSI]!;
    case 'string-store':
      return pointers[RDI]!;
    case 'string-load':
      return pointers[RSI]!;
    case 'string-scan':
      return pointers[site.transfer.operation.startsWith('cmps') && nth % 2 === 0 ? RSI : RDI]!;
    default:
      return operandPointer(state, site, address);
  }
};
