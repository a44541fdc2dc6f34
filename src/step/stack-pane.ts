// The stack from RSP up, every word explained: return address, saved register, pt_regs field, named value, object.

import { type Addr, hex } from '../base/address.js';
import { fieldAt } from '../kernel/layout.js';
import { pt_regs } from '../kernel/structs/task.js';
import { findCaller } from '../kernel/stack.js';
import type { Look } from './look.js';
import { errorText } from '../reading/objects.js';
import type { Pane } from './pane.js';
import type { Scene } from '../reading/case.js';
import { type Line, span } from './styled.js';

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

/** What a word of the stack is, in a few words; empty when nothing is known. */
export const explainWord = (scene: Scene, address: Addr): string => {
  const { memory, navigator, at, view } = scene;
  const value = memory.readU64(address);
  const meaning = scene.names.meaning(view, address, at);
  const name = meaning?.name ?? '';
  const saved = scene.savedRegisters === undefined ? undefined : fieldOf(scene.savedRegisters, address);
  const described = (saved === 'orig_ax' ? undefined : errorText(value)) ?? scene.describe(value) ?? '';
  const told = name !== '' && saved !== 'sp' ? name : described;
  if (saved !== undefined) return `pt_regs.${saved} ${told}`.trim();
  const region = scene.objects.region(address)!;
  const user = fieldOf(region.start + BigInt(region.size) - BigInt(pt_regs.size), address);
  if (user !== undefined && /kernel stack/u.test(region.name)) return `pt_regs.${user} of user space`;
  const caller = findCaller(navigator.symbols, value);
  const made = meaning?.place.made;
  const pushed = /^push (%\w+)$/u.exec(made?.by ?? '')?.[1];
  if (pushed !== undefined)
    return `saved ${pushed.slice(1)}${told === '' ? '' : ` = ${told}`}, by ${made!.at}`;
  const frame = scene.frames.find(({ slot }) => slot >= address);
  const within = frame === undefined || frame.function === '' ? '' : `in the frame of ${frame.function}`;
  // Without frames, what looks like a return address is taken for one.
  if (caller !== undefined)
    return `${frame === undefined || frame.slot === address ? 'return to' : `${within}:`} ${navigator.symbols.formatLocation(value)}`;
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

/** Row of the stack cursor. */
export const stackRow = (scene: Scene, { stack }: Look): number => {
  const { start, count } = stackWords(scene);
  const row = stack === undefined ? 0 : Number((stack - start) / WORD);
  return Math.max(0, Math.min(count - 1, row));
};

const stackLine = (scene: Scene, start: Addr, index: number, isCursor: boolean): Line => {
  const address = start + BigInt(index) * WORD;
  const write = scene.navigator.lastWrite(address, 8);
  const changed = write !== undefined && !write.host && write.instruction === scene.at - 1;
  const style = isCursor ? 'cursor' : changed ? 'changed' : 'plain';
  const offset = index === 0 ? 'rsp' : `rsp+${hex(index * 8)}`;
  return [
    span(`${isCursor ? '>' : ' '}${offset.padEnd(9)}${changed ? '*' : ' '}`, style),
    span(`${hex(scene.memory.readU64(address)).padEnd(18)} `, changed ? 'changed' : 'plain'),
    span(explainWord(scene, address)),
  ];
};

/** The stack pane. */
export const stackPane = (scene: Scene, look: Look): Pane => {
  const { start, count } = stackWords(scene);
  const anchor = stackRow(scene, look);
  const region = scene.objects.region(start);
  return {
    title: `stack: ${hex(start)}${region === undefined ? '' : `, ${region.name}`}`,
    count: Math.max(1, count),
    anchor,
    row: (index) =>
      index < count
        ? stackLine(scene, start, index, look.focus === 'stack' && index === anchor)
        : [span(' no stack here')],
  };
};
