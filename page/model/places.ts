// Places that can be asked about, as `oopslab why` takes them, written and read; and words of the report, which only the
// page knows by number. Knows no screen.

import { type Run, hex } from './run.js';

/** A place in a state. */
export type AskedPlace =
  | { readonly kind: 'register'; readonly name: string; readonly state: number }
  | { readonly kind: 'memory'; readonly address: bigint; readonly size: number; readonly state: number }
  /** A word of the report that is no register and no memory. */
  | { readonly kind: 'word'; readonly index: number }
  /** One with a name that only the laboratory knows: `result@ipc_lock`. */
  | { readonly kind: 'other' };

/** `rax@400` */
export const registerAsked = (name: string, state: number): string => `${name}@${state}`;

/** `[0xffff8803f382cc60:4]@400`; of a place of another size its first bytes, as many as can be asked about. */
export const memoryAsked = (address: bigint, size: number, state: number): string => {
  const asked = [8, 4, 2, 1].find((one) => one <= size) ?? 1;
  return `[${hex(address)}:${asked}]@${state}`;
};

/** `word 17` */
export const wordAsked = (index: number): string => `word ${index}`;

/** The state that the report is about: before the instruction that trapped, otherwise the end. */
export const reportedState = ({ data, end }: Run): number =>
  data.marks.find(({ kind }) => kind === 'trap')?.at ?? end;

// `RSI`, `R08`, `EFLAGS`: registers by the names that the report gives them.
const registerOf = (run: Run, name: string): string | undefined => {
  const lower = name === 'EFLAGS' ? 'rflags' : name.toLowerCase().replace(/^r0(?=\d$)/u, 'r');
  return run.data.registers.some((one) => one.name === lower) ? lower : undefined;
};

const stackWord = (run: Run, index: number, state: number): AskedPlace => {
  const rsp = run.registerAt('rsp', state);
  if (rsp === '') return { kind: 'other' };
  return { kind: 'memory', address: BigInt.asUintN(64, BigInt(rsp) + BigInt(index * 8)), size: 8, state };
};

/** What a place is to the page. Nothing is wrong with one that it does not know. */
export const readAsked = (run: Run, text: string): AskedPlace => {
  const word = /^word (\d{1,6})$/u.exec(text)?.[1];
  if (word !== undefined) return { kind: 'word', index: Number(word) };
  const [, name = '', at] = /^([^@]+)(?:@(\d{1,9}))?$/u.exec(text) ?? [];
  const state = at === undefined ? reportedState(run) : Number(at);
  if (state > run.end) return { kind: 'other' };
  const [, address, size = '8'] = /^\[(0x[0-9a-f]{1,16})(?::([1248]))?\]$/iu.exec(name) ?? [];
  if (address !== undefined) return { kind: 'memory', address: BigInt(address), size: Number(size), state };
  const index = /^stack\[(\d{1,4})\]$/u.exec(name)?.[1];
  if (index !== undefined) return stackWord(run, Number(index), state);
  const register = registerOf(run, name);
  return register === undefined ? { kind: 'other' } : { kind: 'register', name: register, state };
};
