// bt: the stack at the trap, frame by frame. Source of the format: test/golden/bt-FF.txt (crash 7 on x86-64).

import { type Addr, hex, hex16 } from '../base/address.js';
import { append } from '../base/long-lists.js';
import type { Memory } from '../kernel/memory.js';
import { THREAD_SIZE, pt_regs } from '../kernel/structs/task.js';
import { formatOutcome } from '../recording/outcome.js';
import { formatCrashLocation } from '../kernel/symbols.js';
import { type TraceEnd, findCaller, unwind } from '../kernel/stack.js';
import { readArguments } from './arguments.js';
import { type CrashCommand, complain } from './command.js';
import type { Dump } from '../reading/dump.js';
import { type WordStyle, formatWord, styleOf } from './label.js';
import { findTask } from './ps.js';
import { sourceOf } from './source.js';
import { taskLine } from './tasks.js';

/** A return address on the stack. */
interface Frame {
  readonly slot: Addr;
  readonly address: Addr;
  readonly name: string;
}

// Frames that a dump has above the exception and the sandbox has not: it stops when the entry code calls its handler.
// Assumption: no source shows them; a dump's `bt` of the same kernel with other numbers would refute the counts.
const MISSING: Readonly<Record<string, readonly string[]>> = {
  'invalid opcode': ['machine_kexec', 'crash_kexec', 'oops_end', 'do_invalid_op'],
  'page fault': ['machine_kexec', 'crash_kexec', 'oops_end', 'no_context', '__bad_area_nosemaphore', 'bad_area_nosemaphore', 'do_page_fault'],
  'general protection fault': ['machine_kexec', 'crash_kexec', 'oops_end', 'die', 'do_general_protection'],
}; // prettier-ignore

const ROWS: readonly (readonly (readonly [label: string, field: string])[])[] = [
  [['RAX', 'ax'], ['RBX', 'bx'], ['RCX', 'cx']],
  [['RDX', 'dx'], ['RSI', 'si'], ['RDI', 'di']],
  [['RBP', 'bp'], [' R8', 'r8'], [' R9', 'r9']],
  [['R10', 'r10'], ['R11', 'r11'], ['R12', 'r12']],
  [['R13', 'r13'], ['R14', 'r14'], ['R15', 'r15']],
]; // prettier-ignore

const registerLines = (memory: Memory, regs: Addr): string[] => {
  if (!memory.isMapped(regs, pt_regs.size)) return [`    (the registers at ${hex(regs)} are not mapped)`];
  const word = (field: string): bigint =>
    memory.readU64(regs + BigInt(pt_regs.fields[field as keyof typeof pt_regs.fields][0]));
  const short = (field: string): string => word(field).toString(16).padStart(4, '0');
  return [
    `    RIP: ${hex16(word('ip'))}  RSP: ${hex16(word('sp'))}  RFLAGS: ${word('flags').toString(16).padStart(8, '0')}`,
    ...ROWS.map((row) => `    ${row.map(([label, field]) => `${label}: ${hex16(word(field))}`).join('  ')}`),
    `    ORIG_RAX: ${hex16(word('orig_ax'))}  CS: ${short('cs')}  SS: ${short('ss')}`,
  ];
};

/** Words of memory, two to a line. */
const wordLines = (dump: Dump, from: Addr, to: Addr, style: WordStyle): string[] => {
  const lines: string[] = [];
  for (let at = from; at < to; at += 16n) {
    const words: string[] = [];
    for (let word = at; word < at + 16n && word < to; word += 8n) {
      words.push(
        dump.memory.isMapped(word, 8) ? formatWord(dump, dump.memory.readU64(word), style) : 'not mapped',
      );
    }
    lines.push(`    ${at.toString(16)}: ${words[0]!.padEnd(16)} ${words[1] ?? ''}`.trimEnd());
  }
  return lines;
};

const endLine = (end: TraceEnd): string | undefined => {
  const said = 'bt: the trace ends here: ';
  switch (end.kind) {
    case 'user':
      return undefined;
    case 'zero':
      return `${said}the return address at ${end.slot.toString(16)} is 0`;
    case 'unknown address':
      return `${said}no function covers ${end.address.toString(16)}${end.slot === undefined ? '' : `, found at ${end.slot.toString(16)}`}`;
    case 'unknown frame':
      return `${said}the stack frame of ${formatCrashLocation(end.location)} is not known`;
    case 'stack end':
      return `${said}the next return address would lie at ${end.slot.toString(16)}, outside the stack`;
    case 'unmapped':
      return `${said}${end.slot.toString(16)} is not mapped`;
    case 'limit':
      return `${said}there may be more frames`;
  }
};

// Where the stack ends that an address lies in.
const stackEnd = (address: Addr): Addr => (address & ~BigInt(THREAD_SIZE - 1)) + BigInt(THREAD_SIZE);

const backtrace = (dump: Dump, style: WordStyle | undefined, withSource: boolean): string[] => {
  const { memory, symbols, regs } = dump;
  const trap = dump.run.trapEvent;
  const ending = formatOutcome(dump.recording.header.outcome);
  if (trap === undefined)
    return complain('bt', `the run ended without a trap, so there is no frame to start from: ${ending}`);
  if (regs === undefined)
    return complain('bt', `the stack could not take the registers of the trap, so no handler ran: ${ending}`);
  const missing = MISSING[trap.trap] ?? [];
  const nameOf = (address: Addr): string => findCaller(symbols, address)?.symbol.name ?? '(unknown)';
  const { entries, end } = unwind(memory, symbols, regs);
  const frames: Frame[] = [
    { slot: regs - 8n, address: memory.readU64(regs - 8n) },
    ...entries.filter(({ user }) => !user),
  ].map(({ slot, address }) => ({ slot, address, name: nameOf(address) }));
  const user = entries.find((entry) => entry.user);
  const top = stackEnd(frames.at(-1)!.slot);
  const lines = [
    ` (#0 to #${missing.length - 1}: ${missing.join(', ')}. The sandbox stops where the first of them would be called.)`,
  ];
  frames.forEach(({ slot, address, name }, index) => {
    const level = index + missing.length;
    lines.push(`${level < 10 ? ' ' : ''}#${level} [${slot.toString(16)}] ${name} at ${address.toString(16)}`);
    if (withSource) append(lines, sourceLine(dump, address - 1n));
    if (index === 0) {
      const at = memory.readU64(regs + BigInt(pt_regs.fields.ip[0]));
      lines.push(
        `    [exception RIP: ${symbols.findLocation(at) === undefined ? 'unknown or invalid address' : formatWord(dump, at, 'symbols')}]`,
      );
      if (withSource) append(lines, sourceLine(dump, at));
      append(lines, registerLines(memory, regs));
    }
    const isLast = index === frames.length - 1;
    if (isLast && user !== undefined)
      append(lines, registerLines(memory, user.slot - BigInt(pt_regs.fields.ip[0])));
    if (style !== undefined) {
      // A damaged stack pointer can lead to another stack: no words from here to there.
      const next = isLast ? top : frames[index + 1]!.slot + 8n;
      const to = next - slot > BigInt(THREAD_SIZE) ? stackEnd(slot) : next;
      append(lines, wordLines(dump, slot + 8n, to, style));
    }
  });
  const last = endLine(end);
  return last === undefined ? lines : [...lines, last];
};

const sourceLine = (dump: Dump, at: Addr): string[] => {
  const source = sourceOf(dump, at);
  return source === undefined ? [] : [`    ${source}`];
};

export const bt: CrashCommand = {
  name: 'bt',
  summary: 'backtrace of the trap',
  usage: '[-f | -F | -FF] [-l] [PID | TASK]',
  help: [
    '-f   show the words of each frame',
    '-F   the same, with symbols, and slab objects as [cache]',
    '-FF  the same, slab objects as [address:cache]',
    '-l   show the source line of each frame, where one is known',
    '',
    '  crash> bt -FF',
  ],
  run: ({ dump, task }, args) => {
    const options = readArguments('bt', args, 'fFl');
    const [name, ...more] = options.rest;
    if (options.count('F') > 2) return complain('bt', 'choose -F or -FF');
    if (more.length > 0) return complain('bt', 'one task at a time');
    if ((name === undefined ? task : findTask('bt', dump, name).address) !== dump.currentTask)
      return complain('bt', 'only the task that trapped has a stack to walk; set -p returns to it');
    const style = options.has('F') ? styleOf(options.count('F')) : options.has('f') ? 'plain' : undefined;
    return [taskLine(dump, dump.currentTask), ...backtrace(dump, style, options.has('l'))];
  },
};
