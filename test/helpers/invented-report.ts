// Invented reports of one trap: what a table of traps does not vary is the same in all.

import { FACT_REGISTERS } from './report-facts.js';

/** What a report is made of. */
export interface Invented {
  /** The lines before the CPU line: headline, #PF, PGD, die line. */
  readonly head: readonly string[];
  /** Hexadecimal digits of the trapping instruction, blanks allowed. */
  readonly code?: string;
  /** Hexadecimal digits of what precedes it. */
  readonly before?: string;
  /** Registers that matter, by name: `rax: 0x10n`. */
  readonly registers?: Readonly<Record<string, bigint>>;
  readonly cr2?: bigint;
  readonly cr4?: bigint;
  readonly flags?: string;
  readonly symbol?: string;
  readonly release?: string;
  /** Lines after the trace. */
  readonly after?: readonly string[];
}

const GENERAL = FACT_REGISTERS.filter((name) => name !== 'rsp');

const digits = (value: bigint): string => value.toString(16).padStart(16, '0');

const spaced = (hex: string): string => hex.replaceAll(/\s/gu, '').replaceAll(/(..)(?=.)/gu, '$1 ');

/** Its text, as a kernel of 6.6 prints it. */
export const inventedReport = (parts: Invented): string => {
  const { head, code, registers = {}, cr2 = 0x55d0c0de0000n, cr4 = 0x3706f0n } = parts;
  const values: Record<string, bigint> = { rsp: 0xffffb1c2c0a4fd60n, ...registers };
  const held = (name: string): string => digits(values[name] ?? 1n);
  const label = (name: string): string => name.toUpperCase().replace(/^R(\d)$/u, 'R0$1');
  const rows = [0, 3, 6, 9, 12].map((at) =>
    GENERAL.slice(at, at + 3)
      .map((name) => `${label(name)}: ${held(name)}`)
      .join(' '),
  );
  const before = parts.before === undefined ? '66 90' : spaced(parts.before);
  const [first, ...rest] = code === undefined ? [] : spaced(code).split(' ');
  const line =
    first === undefined ? [] : [`Code: ${before} <${first}> ${[...rest, '5b 41 5c c3'].join(' ')}`];
  return [
    ...head,
    `CPU: 3 PID: 4321 Comm: frobd Not tainted ${parts.release ?? '6.6.3-demo'} #7`,
    `RIP: 0010:${parts.symbol ?? 'frob_walk'}+0x2a/0x90`,
    ...line,
    `RSP: 0018:${held('rsp')} EFLAGS: ${parts.flags ?? '00010286'}`,
    ...rows,
    'FS:  0000000000000000(0000) GS:ffff9a1d7fd80000(0000) knlGS:0000000000000000',
    'CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033',
    `CR2: ${digits(cr2)} CR3: 0000000112e4a004 CR4: ${digits(cr4)}`,
    'Call Trace:',
    ' <TASK>',
    ' frob_open+0x51/0x120',
    ' </TASK>',
    ...(parts.after ?? []),
  ].join('\n');
};

/** The head of a page fault at an address. */
export const pageFaultHead = (address: bigint, code = 0, ...more: string[]): string[] => [
  address < 0x1000n
    ? `BUG: kernel NULL pointer dereference, address: ${digits(address)}`
    : `BUG: unable to handle page fault for address: ${digits(address)}`,
  ...more,
  `Oops: ${code.toString(16).padStart(4, '0')} [#1] PREEMPT SMP NOPTI`,
];

/** The head of a general protection fault, with the address that the kernel names. */
export const protectionHead = (address?: bigint, code = 0): string[] => [
  `general protection fault${address === undefined ? '' : `, probably for non-canonical address 0x${address.toString(16)}`}: ${code.toString(16).padStart(4, '0')} [#1] PREEMPT SMP NOPTI`,
];
