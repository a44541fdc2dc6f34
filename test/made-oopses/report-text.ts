// The text of a made oops as its kernel prints it.
// Source: show_fault_oops(), arch/x86/mm/fault.c; exc_general_protection(), arch/x86/kernel/traps.c; __die_header() and
// show_iret_regs(), arch/x86/kernel/dumpstack.c; __show_regs(), arch/x86/kernel/process_64.c; dump_stack_print_info(),
// lib/dump_stack.c; of Linux 6.1 and 6.12.
import { hex, hex16 } from '../../src/base/address.js';
import { REGISTER_INDEX, type RegisterName } from '../../src/x86/registers.js';
import type { MadeOops } from './make.js';
import { PER_CPU, type LoadedSymbol, type Unbooted } from './unbooted.js';

const ROWS: readonly (readonly RegisterName[])[] = [
  ['rax', 'rbx', 'rcx'],
  ['rdx', 'rsi', 'rdi'],
  ['rbp', 'r8', 'r9'],
  ['r10', 'r11', 'r12'],
  ['r13', 'r14', 'r15'],
];
const BEFORE = 42; // bytes: PROLOGUE_SIZE
const AFTER = 22; // with the first of the instruction
const SHOWN_FLAGS = 0x10000n; // RF, which the CPU sets in what it pushes for a fault

const placeIn = (symbol: LoadedSymbol | undefined, address: bigint): string => {
  if (symbol === undefined) return hex(address);
  const module = symbol.module === undefined ? '' : ` [${symbol.module}]`;
  return `${symbol.name}+${hex(address - symbol.at)}/${hex(symbol.size)}${module}`;
};

const label = (name: string): string => name.toUpperCase().replace(/^R(\d)$/u, 'R0$1');

/** The code around an address: 42 bytes before it and 22 from it. */
const codeLine = ({ memory }: Unbooted, pc: bigint): string => {
  const bytes = [...memory.read(pc - BigInt(BEFORE), BEFORE + AFTER)];
  const shown = bytes.map((byte, index) => {
    const digits = byte.toString(16).padStart(2, '0');
    return index === BEFORE ? `<${digits}>` : digits;
  });
  return `Code: ${shown.join(' ')}`;
};

const headline = (oops: MadeOops, isNew: boolean): string[] => {
  const { address, access, isCanonical } = oops;
  const tail = '[#1] PREEMPT SMP NOPTI';
  if (!isCanonical) {
    const text = `general protection fault, probably for non-canonical address 0x${address.toString(16)}: 0000 ${tail}`;
    return [isNew ? `Oops: ${text}` : text];
  }
  const code = access === 'write' ? 2 : 0;
  return [
    address < 0x1000n
      ? `BUG: kernel NULL pointer dereference, address: ${hex16(address)}`
      : `BUG: unable to handle page fault for address: ${hex16(address)}`,
    `#PF: supervisor ${access} access in kernel mode`,
    `#PF: error_code(0x${code.toString(16).padStart(4, '0')}) - not-present page`,
    'PGD 0 P4D 0 ',
    `${isNew ? 'Oops: ' : ''}Oops: ${code.toString(16).padStart(4, '0')} ${tail}`,
  ];
};

/** @param release `6.1.0-57-amd64` @param version of the package */
export const reportText = (machine: Unbooted, oops: MadeOops, release: string, version: string): string => {
  const { registers } = machine;
  const held = (name: RegisterName): string => hex16(registers[REGISTER_INDEX[name]]!);
  const isNew = !/^6\.[0-9]\./u.test(release);
  const { module } = oops.symbol;
  // The call of the host has no caller.
  const callers = machine.frames
    .slice(0, -1)
    .map(({ returnTo }) => placeIn(machine.symbolAt(returnTo - 1n), returnTo));
  return [
    ...headline(oops, isNew),
    `CPU: 0 ${isNew ? 'UID: 0 ' : ''}PID: 4711 Comm: kworker Not tainted ${release} #1  Debian ${version}`,
    'Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16.2-debian-1.16.2-1 04/01/2014',
    `RIP: 0010:${placeIn(oops.symbol, oops.pc)}`,
    codeLine(machine, oops.pc),
    `RSP: 0018:${held('rsp')} EFLAGS: ${(registers[REGISTER_INDEX.rflags]! | SHOWN_FLAGS).toString(16).padStart(8, '0')}`,
    ...ROWS.map((row) => row.map((name) => `${label(name).padEnd(3)}: ${held(name)}`).join(' ')),
    `FS:  0000000000000000(0000) GS:${hex16(PER_CPU)}(0000) knlGS:0000000000000000`,
    'CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033',
    `CR2: ${hex16(oops.isCanonical ? oops.address : 0x55d0_c0de_0000n)} CR3: 0000000104e6a000 CR4: 0000000000750ef0`,
    'Call Trace:',
    ' <TASK>',
    ...callers.map((place) => ` ${place}`),
    ' </TASK>',
    `Modules linked in:${module === undefined ? '' : ` ${module}`}`,
    '---[ end trace 0000000000000000 ]---',
    '',
  ].join('\n');
};
