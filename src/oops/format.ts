// The text of an oops as Linux 3.0 x86-64 prints it, from typed fields; each piece of text knows which field it shows.

import { type Addr, PAGE_SIZE, hex, hex16, u64 } from '../base/address.js';
import { byteText } from '../base/words.js';
import { type CodePoint, OOPS_REGISTERS, type OopsFields } from './fields.js';

/** A piece of text; `key` names the field that it shows, the kernel's own words have none. */
interface Segment {
  readonly text: string;
  readonly key?: string;
}

/** Words per line of the stack. Source: STACKSLOTS_PER_LINE, arch/x86/include/asm/stacktrace.h, v3.0.101 */
const STACKSLOTS_PER_LINE = 4;

const NULL_POINTER = '(null)'.padStart(16);

/** `%p` without `0x`: 16 hex digits, and `(null)` in the same width. Source: pointer(), lib/vsprintf.c, v3.0.101 */
const pointer = (address: Addr): string => (address === 0n ? NULL_POINTER : hex16(address));

/** ` [<%p>] %pB`. Source: printk_address(), arch/x86/kernel/dumpstack.c, v3.0.101 */
const codePoint = ({ address, symbol }: CodePoint): string => {
  let name = hex(u64(address - 1n));
  if (address === 0n) name = NULL_POINTER;
  else if (symbol !== null) {
    name = `${symbol.name}+${hex(symbol.offset)}/${hex(symbol.size)}`;
    if (symbol.module !== null) name += ` [${symbol.module}]`;
  }
  return ` [<${pointer(address)}>] ${name}`;
};

const hex4 = (value: number | bigint): string => value.toString(16).padStart(4, '0');
const hex8 = (value: bigint): string => value.toString(16).padStart(8, '0');

type Part = string | readonly [key: string, text: string];
const lineOf = (parts: readonly Part[]): Segment[] =>
  parts.map((part) => (typeof part === 'string' ? { text: part } : { key: part[0], text: part[1] }));
const line = (...parts: Part[]): Segment[] => lineOf(parts);

const headLines = ({ head, rip }: OopsFields): Segment[][] => {
  switch (head.kind) {
    case 'none':
      return [];
    case 'bug':
      return [line('kernel BUG at ', ['bug', `${head.file}:${head.line}`], '!')];
    case 'unknown bug':
      return [line('Kernel BUG at ', ['bug', pointer(head.address)], ' [verbose debug info unavailable]')];
    case 'page fault': {
      const what = head.address < BigInt(PAGE_SIZE) ? 'NULL pointer dereference' : 'paging request';
      return [
        line(`BUG: unable to handle kernel ${what} at `, ['address', pointer(head.address)]),
        line('IP:', ['rip', codePoint(rip)]),
        line(['pageTable', head.pageTable]),
      ];
    }
  }
};

const registerLines = ({ registers }: OopsFields): Segment[][] =>
  [0, 3, 6, 9, 12].map((first) =>
    lineOf(
      OOPS_REGISTERS.slice(first, first + 3).flatMap((name, index): Part[] => [
        `${index === 0 ? '' : ' '}${name.toUpperCase().replace(/^R(\d)$/u, 'R0$1')}: `,
        [`register.${name}`, hex16(registers[name])],
      ]),
    ),
  );

const stateLines = (fields: OopsFields): Segment[][] => {
  const control = (name: keyof OopsFields['control']): Part[] => [
    `${name.toUpperCase()}: `,
    [name, hex16(fields.control[name])],
  ];
  const debug = (name: keyof OopsFields['debug']): Part[] => [
    `${name.toUpperCase()}: `,
    [name, hex16(fields.debug[name])],
  ];
  return [
    line(
      'FS:  ',
      ['fs', `${hex16(fields.fs)}(${hex4(fields.fsIndex)})`],
      ' GS:',
      ['gs', hex16(fields.gs)],
      ['gsIndex', `(${hex4(fields.gsIndex)})`],
      ' knlGS:',
      ['knlGs', hex16(fields.knlGs)],
    ),
    lineOf([
      'CS:  ',
      ['cs', hex4(fields.cs)],
      ' DS: ',
      ['ds', hex4(fields.ds)],
      ' ES: ',
      ['es', hex4(fields.es)],
      ' ',
      ...control('cr0'),
    ]),
    lineOf([...control('cr2'), ' ', ...control('cr3'), ' ', ...control('cr4')]),
    lineOf([...debug('dr0'), ' ', ...debug('dr1'), ' ', ...debug('dr2')]),
    lineOf([...debug('dr3'), ' ', ...debug('dr6'), ' ', ...debug('dr7')]),
  ];
};

const stackLines = ({ stack }: OopsFields): Segment[][] => {
  const lines = Array.from(
    { length: Math.max(1, Math.ceil(stack.length / STACKSLOTS_PER_LINE)) },
    (): Part[] => [],
  );
  stack.forEach((word, index) => {
    lines[Math.floor(index / STACKSLOTS_PER_LINE)]!.push(' ', [`stack.${index}`, hex16(word)]);
  });
  return lines.map((parts) => lineOf(parts));
};

const codeLine = ({ code }: OopsFields): Segment[] => {
  const shown = code.bytes.map((byte, index): Part => {
    const digits = byteText(byte);
    return [`code.${index}`, index === code.trap ? `<${digits}> ` : `${digits} `];
  });
  return lineOf(['Code: ', ...shown, ...(code.bad ? [['code.bad', ' Bad RIP value.'] as const] : [])]);
};

/**
 * The lines of an oops, in pieces.
 *
 * Source: report_bug(), lib/bug.c; show_fault_oops(), arch/x86/mm/fault.c; __die(), arch/x86/kernel/dumpstack.c;
 * show_registers(), arch/x86/kernel/dumpstack_64.c; __show_regs(), arch/x86/kernel/process_64.c; v3.0.101.
 * Differs: no log levels; printk's mistake of reading `<48>` in the code as one is not made.
 */
export const oopsLines = (fields: OopsFields): Segment[][] => {
  const { head, trace } = fields;
  const options = `${fields.preempt ? 'PREEMPT ' : ''}${fields.smp ? 'SMP ' : ''}`;
  const faults = head.kind === 'page fault';
  return [
    ...(fields.cutHere ? [line('------------[ cut here ]------------')] : []),
    ...headLines(fields),
    line(
      ['trap', `${fields.trap}: ${hex4(fields.errorCode)} `],
      ['dieCounter', `[#${fields.dieCounter}] `],
      ['config', options],
    ),
    line('CPU ', ['cpu', `${fields.cpu} `]),
    lineOf([
      'Modules linked in:',
      ...fields.modules.map((name): Part => ['modules', ` ${name}`]),
      ...(fields.lastUnloaded === null
        ? []
        : [' [last unloaded: ', ['lastUnloaded', fields.lastUnloaded] satisfies Part, ']']),
    ]),
    ...(fields.supported === null ? [] : [line('Supported: ', ['supported', fields.supported])]),
    line(''),
    line(
      'Pid: ',
      ['pid', `${fields.pid}`],
      ', comm: ',
      ['comm', fields.comm],
      ' ',
      ['taint', fields.taint],
      ' ',
      ['release', fields.release],
      ' ',
      ['version', fields.version],
      ' ',
      ['hardware', fields.hardware],
    ),
    line(
      'RIP: ',
      ['frameCs', `${hex4(fields.frameCs)}:`],
      ['rip', `[<${hex16(fields.rip.address)}>] `],
      ['rip', codePoint(fields.rip)],
    ),
    line('RSP: ', ['frameSs', `${hex4(fields.frameSs)}:`], ['rsp', hex16(fields.rsp)], '  EFLAGS: ', [
      'eflags',
      hex8(fields.eflags),
    ]),
    ...registerLines(fields),
    ...stateLines(fields),
    line(
      'Process ',
      ['comm', fields.comm],
      ' (pid: ',
      ['pid', `${fields.pid}`],
      ', threadinfo ',
      ['threadinfo', pointer(fields.threadinfo)],
      ', task ',
      ['task', pointer(fields.task)],
      ')',
    ),
    line('Stack:'),
    ...stackLines(fields),
    line('Call Trace:'),
    ...trace.map((entry, index) => line([`trace.${index}`, codePoint(entry)])),
    codeLine(fields),
    line('RIP ', ['rip', codePoint(fields.rip)]),
    line(' RSP <', ['rsp', hex16(fields.rsp)], '>'),
    ...(faults ? [line('CR2: ', ['address', hex16(head.address)])] : []),
    ...(fields.endTrace === null
      ? []
      : [line('---[ end trace ', ['endTrace', hex16(fields.endTrace)], ' ]---')]),
  ];
};

/** The text of an oops; each line ends with a newline. */
export const formatParsed = (fields: OopsFields): string =>
  oopsLines(fields)
    .map((segments) => `${segments.map(({ text }) => text).join('')}\n`)
    .join('');
