// Words that stepper and page use for one register, one word of the stack and one byte of code.

import { type Addr, hex } from '../base/address.js';
import { fieldAt } from '../kernel/layout.js';
import { findCaller } from '../kernel/stack.js';
import { pt_regs } from '../kernel/structs/task.js';
import type { RangeKind } from '../release/snippet.js';
import { REGISTER_INDEX, type RegisterName } from '../x86/registers.js';
import { errorText } from './objects.js';
import type { Scene } from './scene.js';

/** One letter for where bytes come from. */
export const PROVENANCE: Readonly<Record<RangeKind, string>> = {
  'published dump': 'D',
  'published listing': 'L',
  reconstructed: 'R',
};

/** Source: Intel SDM vol. 1, 3.4.3 "EFLAGS Register" */
const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [0, 'CF'], [2, 'PF'], [4, 'AF'], [6, 'ZF'], [7, 'SF'], [8, 'TF'], [9, 'IF'], [10, 'DF'], [11, 'OF'],
]; // prettier-ignore

/** `ZF PF IF` */
export const flagsText = (rflags: bigint): string =>
  FLAGS.filter(([bit]) => ((rflags >> BigInt(bit)) & 1n) === 1n)
    .map(([, name]) => name)
    .join(' ');

/** Contents of a register in words: its name in the source, otherwise the meaning of its value. */
export const registerMeaning = (
  scene: Scene,
  register: RegisterName,
): { name: string; type: string; what: string } => {
  const value = scene.registers[REGISTER_INDEX[register]]!;
  if (register === 'rflags') return { name: flagsText(value), type: '', what: '' };
  const what = errorText(value) ?? scene.describe(value) ?? '';
  // That RSP is the caller's RSP less the pushed bytes tells a reader nothing.
  if (register === 'rip' || register === 'rsp') return { name: '', type: '', what };
  const meaning = scene.names.meaning(scene.view, register, scene.at);
  return { name: meaning?.name ?? '', type: meaning?.type ?? '', what };
};

const WORD = 8n;

/** Source: Documentation/x86/x86_64/mm.txt, v3.0.101, "kernel text mapping" */
const KERNEL_TEXT = 0xffffffff80000000n;
const KERNEL_TEXT_END = 0xffffffffa0000000n;

// The field of a pt_regs that starts at `regs`.
const fieldOf = (regs: Addr, address: Addr): string | undefined => {
  const distance = address - regs;
  if (distance < 0n || distance >= BigInt(pt_regs.size)) return undefined;
  return fieldAt(pt_regs, Number(distance))?.path;
};

/** Meaning of a word of the stack, in a few words; empty when nothing is known. */
export const explainWord = (scene: Scene, address: Addr): string => {
  const { memory, symbols, at, view } = scene;
  const value = memory.readU64(address);
  const meaning = scene.names.meaning(view, address, at);
  const name = meaning?.name ?? '';
  const saved = scene.trapFrame === undefined ? undefined : fieldOf(scene.trapFrame, address);
  const described = (saved === 'orig_ax' ? undefined : errorText(value)) ?? scene.describe(value) ?? '';
  const told = name !== '' && saved !== 'sp' ? name : described;
  if (saved !== undefined) return `pt_regs.${saved} ${told}`.trim();
  const region = scene.objects.region(address)!;
  const user = fieldOf(region.start + BigInt(region.size) - BigInt(pt_regs.size), address);
  if (user !== undefined && /kernel stack/u.test(region.name)) return `pt_regs.${user} of user space`;
  const caller = findCaller(symbols, value);
  const made = meaning?.place.made;
  const pushed = /^push (%\w+)$/u.exec(made?.by ?? '')?.[1];
  if (pushed !== undefined)
    return `saved ${pushed.slice(1)}${told === '' ? '' : ` = ${told}`}, by ${made!.at}`;
  const frame = scene.frames.find(({ slot }) => slot >= address);
  const within = frame === undefined || frame.function === '' ? '' : `in the frame of ${frame.function}`;
  // Without frames, a value that looks like a return address is taken for one.
  if (caller !== undefined)
    return `${frame === undefined || frame.slot === address ? 'return to' : `${within}:`} ${symbols.formatLocation(value)}`;
  if (frame?.slot === address) return `return to ${hex(value)}, no symbol there`;
  if (told !== '') return told;
  return value >= KERNEL_TEXT && value < KERNEL_TEXT_END ? 'kernel image, no symbol there' : within;
};

/** Which words there are: from RSP to the end of its stack. */
export const stackWords = (scene: Scene): { readonly start: Addr; readonly count: number } => {
  const start = scene.rsp;
  const region = scene.objects.region(start);
  if (region === undefined) return { start, count: 0 };
  return { start, count: Math.max(0, Number((region.start + BigInt(region.size) - start) / WORD)) };
};
