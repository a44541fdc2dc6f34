// Kernel reports made from facts, one function for each layout from 2.6 to 7.0; and what carries them: logs, mails,
// terminals. Written after the kernels' own printing functions: arch/x86/kernel/dumpstack*.c, process_64.c, traps.c,
// arch/x86/mm/fault.c and kernel/panic.c of the releases named; the reader is not looked at.

/** `symbol+0x3e/0xb0 [module]` at an address. */
export interface Spot {
  readonly address: bigint;
  readonly symbol: string;
  readonly offset: number;
  readonly size: number;
  readonly module?: string;
}

/** What a report is made of. */
export interface Facts {
  readonly event:
    | { readonly kind: 'fault'; readonly address: bigint; readonly errorCode: number }
    | { readonly kind: 'gpf' }
    | { readonly kind: 'bug'; readonly file: string; readonly line: number };
  readonly counter: number;
  readonly cpu: number;
  readonly pid: number;
  readonly comm: string;
  readonly taint: string | null;
  readonly hardware: string;
  readonly rip: Spot;
  /** rax … r15 and rsp, each by its name. */
  readonly registers: Readonly<Record<string, bigint>>;
  readonly rflags: bigint;
  readonly code: readonly number[]; // 64, or 20 before 2.6.25
  readonly stack: readonly bigint[]; // 12 at most
  readonly trace: readonly (Spot & { readonly reliable: boolean })[];
  readonly modules: readonly { readonly name: string; readonly flags: string }[];
}

/** A layout: the releases that print it, and how. */
export interface Layout {
  readonly name: string;
  readonly release: string;
  readonly format: (facts: Facts, release: string) => string[];
  /** What it does not print. */
  readonly lacks: readonly ('stack' | 'address' | 'uid' | 'size' | 'unreliable' | 'hardware' | 'offsets')[];
  readonly code: 20 | 64;
}

const h16 = (value: bigint): string => value.toString(16).padStart(16, '0');
const h4 = (value: number): string => value.toString(16).padStart(4, '0');

const named = ({ symbol, offset, size, module }: Spot): string =>
  `${symbol}+0x${offset.toString(16)}/0x${size.toString(16)}${module === undefined ? '' : ` [${module}]`}`;
const braced = ({ address, symbol, offset, module }: Spot): string =>
  `<${h16(address)}>{${module === undefined ? '' : `:${module}:`}${symbol}+${offset}}`;
const bracketed = (spot: Spot): string => `[<${h16(spot.address)}>]`;

const taintWords = (taint: string | null): string => (taint === null ? 'Not tainted' : `Tainted: ${taint}`);

const registerLines = ({ registers, rflags }: Facts, gap: string): string[] => {
  const value = (name: string): string => h16(registers[name]!);
  const row = (...names: string[]): string =>
    names.map((name) => `${name.toUpperCase().replace(/^R(\d)$/u, 'R0$1')}: ${value(name)}`).join(' ');
  return [
    `RSP: 0018:${value('rsp')}${gap}EFLAGS: ${rflags.toString(16).padStart(8, '0')}`,
    row('rax', 'rbx', 'rcx'),
    row('rdx', 'rsi', 'rdi'),
    row('rbp', 'r8', 'r9'),
    row('r10', 'r11', 'r12'),
    row('r13', 'r14', 'r15'),
    'FS:  00007f1df9a2c700(0000) GS:ffff88021fc00000(0000) knlGS:0000000000000000',
    'CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033',
    `CR2: ${h16(registers['cr2'] ?? 0n)} CR3: 00000001dd63c000 CR4: 00000000001406f0`,
  ];
};

const codeLine = ({ code }: Facts, marked: number | undefined): string =>
  `Code: ${code.map((byte, index) => (index === marked ? `<${byte.toString(16).padStart(2, '0')}>` : byte.toString(16).padStart(2, '0'))).join(' ')} `;

const modulesLine = ({ modules }: Facts): string =>
  `Modules linked in:${modules.map(({ name, flags }) => ` ${name}${flags === '' ? '' : `(${flags})`}`).join('')}`;

const stackRows = ({ stack }: Facts): string[] =>
  [0, 4, 8]
    .map((first) => stack.slice(first, first + 4))
    .filter((row) => row.length > 0)
    .map((row) => row.map((word) => ` ${h16(word)}`).join(''));

const nullWords = (address: bigint): string =>
  address < 4096n ? 'NULL pointer dereference' : 'paging request';

const dieWords = ({ event, counter }: Facts, counterMark: string, flags: string): string => {
  const words = { fault: 'Oops', gpf: 'general protection fault', bug: 'invalid opcode' }[event.kind];
  return `${words}: ${h4(event.kind === 'fault' ? event.errorCode : 0)} [${counterMark}${counter}] ${flags}`;
};

// v2.6.9: show_registers(), arch/x86_64/kernel/traps.c
const of2609 = (facts: Facts, release: string): string[] => {
  const { event, rip, cpu, pid, comm, taint, trace, registers } = facts;
  const first =
    event.kind === 'fault'
      ? [
          `Unable to handle kernel ${nullWords(event.address)} at ${h16(event.address)} RIP: `,
          braced(rip),
          'PML4 3f3bea067 PGD 0 ',
        ]
      : event.kind === 'bug'
        ? [
            '----------- [cut here ] --------- [please bite here ] ---------',
            `Kernel BUG at ${event.file}:${event.line}`,
          ]
        : [];
  const spots = trace.map(braced);
  return [
    ...first,
    dieWords(facts, '', 'SMP '),
    `CPU ${cpu} `,
    modulesLine(facts),
    `Pid: ${pid}, comm: ${comm} ${taintWords(taint)} ${release}`,
    `RIP: 0010:${bracketed(rip)} ${braced(rip)}`,
    ...registerLines(facts, '  '),
    `Process ${comm} (pid: ${pid}, threadinfo ffff88007a7c4000, task ffff880079058000)`,
    ...(stackRows(facts).length === 0
      ? []
      : [
          `Stack:${stackRows(facts)[0]} `,
          ...stackRows(facts)
            .slice(1)
            .map((row) => `      ${row} `),
        ]),
    `Call Trace:${spots.slice(0, 2).join(' ')}`,
    ...[2, 4, 6, 8]
      .map((from) => spots.slice(from, from + 2))
      .filter((pair) => pair.length > 0)
      .map((pair) => `       ${pair.join(' ')}`),
    '',
    codeLine(facts, undefined),
    `RIP ${braced(rip)} RSP <${h16(registers['rsp']!)}>`,
  ];
};

// v2.6.18 to v2.6.24: the same file, with print_symbol()'s `symbol+0x…/0x…`
const of2618 = (facts: Facts, release: string): string[] => {
  const { event, rip, cpu, pid, comm, taint, trace, registers } = facts;
  const first =
    event.kind === 'fault'
      ? [
          `Unable to handle kernel ${nullWords(event.address)} at ${h16(event.address)} RIP: `,
          ` ${bracketed(rip)} ${named(rip)}`,
          'PGD 3f3bea067 PUD 0 ',
        ]
      : event.kind === 'bug'
        ? [
            `----------- [cut here ] --------- [please bite here ] ---------`,
            `Kernel BUG at ${event.file}:${event.line}`,
          ]
        : [];
  return [
    ...first,
    dieWords(facts, '', 'SMP '),
    'last sysfs file: /class/net/eth0/address',
    `CPU ${cpu} `,
    modulesLine(facts),
    `Pid: ${pid}, comm: ${comm} ${taintWords(taint)} ${release} #1`,
    `RIP: 0010:${bracketed(rip)}  ${bracketed(rip)} ${named(rip)}`,
    ...registerLines(facts, '  '),
    `Process ${comm} (pid: ${pid}, threadinfo ffff88007a7c4000, task ffff880079058000)`,
    ...(stackRows(facts).length === 0 ? [] : [`Stack: ${stackRows(facts)[0]}`, ...stackRows(facts).slice(1)]),
    'Call Trace:',
    ...trace.map((spot) => ` ${bracketed(spot)} ${named(spot)}`),
    '',
    '',
    codeLine(facts, undefined),
    `RIP  ${bracketed(rip)} ${named(rip)}`,
    ` RSP <${h16(registers['rsp']!)}>`,
  ];
};

const faultHead = ({ event, rip }: Facts, spot: string): string[] => {
  if (event.kind === 'fault') {
    return [
      `BUG: unable to handle kernel ${nullWords(event.address)} at ${h16(event.address)}`,
      `IP: ${bracketed(rip)} ${spot}`,
      'PGD 3f3bea067 PUD 0 ',
    ];
  }
  return event.kind === 'bug'
    ? ['------------[ cut here ]------------', `kernel BUG at ${event.file}:${event.line}!`]
    : [];
};

const oldTrace = ({ trace }: Facts): string[] =>
  trace.map((spot) => ` ${bracketed(spot)} ${spot.reliable ? '' : '? '}${named(spot)}`);

const oldEnd = ({ event, rip, registers }: Facts): string[] => [
  `RIP  ${bracketed(rip)} ${named(rip)}`,
  ` RSP <${h16(registers['rsp']!)}>`,
  ...(event.kind === 'fault' ? [`CR2: ${h16(event.address)}`] : []),
  '---[ end trace f1c5b8d28f1b5165 ]---',
];

const stackLines = (facts: Facts): string[] =>
  facts.stack.length === 0 ? [] : ['Stack:', ...stackRows(facts)];

// v2.6.32 to v3.9: __die(), show_regs_common() and show_registers(), arch/x86/kernel
const of2632 = (facts: Facts, release: string): string[] => [
  ...faultHead(facts, named(facts.rip)),
  dieWords(facts, '#', 'SMP '),
  `CPU ${facts.cpu} `,
  modulesLine(facts),
  '',
  `Pid: ${facts.pid}, comm: ${facts.comm} ${taintWords(facts.taint)} ${release} #1 ${facts.hardware}`,
  `RIP: 0010:${bracketed(facts.rip)}  ${bracketed(facts.rip)} ${named(facts.rip)}`,
  ...registerLines(facts, '  '),
  `Process ${facts.comm} (pid: ${facts.pid}, threadinfo ffff88007a7c4000, task ffff880079058000)`,
  ...stackLines(facts),
  'Call Trace:',
  ...oldTrace(facts),
  codeLine(facts, 43),
  ...oldEnd(facts),
];

const who = (facts: Facts, release: string, uid: string, tail: string): string[] => [
  `CPU: ${facts.cpu} ${uid}PID: ${facts.pid} Comm: ${facts.comm} ${taintWords(facts.taint)} ${release} #1${tail}`,
  `Hardware name: ${facts.hardware}`,
];

// v3.10 to v4.8: dump_stack_print_info(), lib/dump_stack.c
const of0310 = (facts: Facts, release: string): string[] => [
  ...faultHead(facts, named(facts.rip)),
  dieWords(facts, '#', 'SMP '),
  modulesLine(facts),
  ...who(facts, release, '', ''),
  'task: ffff8800d87f6360 ti: ffff880035cd4000 task.ti: ffff880035cd4000',
  `RIP: 0010:${bracketed(facts.rip)}  ${bracketed(facts.rip)} ${named(facts.rip)}`,
  ...registerLines(facts, '  '),
  ...stackLines(facts),
  'Call Trace:',
  ...oldTrace(facts),
  codeLine(facts, 43),
  ...oldEnd(facts),
];

const newTrace = ({ trace }: Facts): string[] =>
  trace.map((spot) => ` ${spot.reliable ? '' : '? '}${named(spot)}`);

// v4.10 to v4.17: show_ip() and the oops_end() of the time
const of0410 = (facts: Facts, release: string): string[] => {
  const { event, rip, registers } = facts;
  const head =
    event.kind === 'fault'
      ? [
          `BUG: unable to handle kernel ${nullWords(event.address)} at ${h16(event.address)}`,
          `IP: ${named(rip)}`,
          'PGD 0 P4D 0 ',
        ]
      : faultHead(facts, named(rip));
  return [
    ...head,
    dieWords(facts, '#', 'SMP NOPTI'),
    modulesLine(facts),
    ...who(facts, release, '', ''),
    `RIP: 0010:${named(rip)}`,
    ...registerLines(facts, ' '),
    'Call Trace:',
    ...newTrace(facts),
    codeLine(facts, 43),
    `RIP: ${named(rip)} RSP: ${h16(registers['rsp']!)}`,
    ...(event.kind === 'fault' ? [`CR2: ${h16(event.address)}`] : []),
    '---[ end trace 2f920463c8d82a39 ]---',
  ];
};

const USER = [
  'RIP: 0033:0x7fd45548f8f7',
  'Code: b3 66 90 48 8b 05 a1 35 2c 00 64 c7 00 26 00 00 00 48 c7 c0 ff ff ff ff c3 66 2e 0f 1f 84 00 00 00 00 00 b8 10 00 00 00 0f 05 <48> 3d 01 f0 ff ff 73 01 c3 48 8b 0d 71 35 2c 00 f7 d8 64 89 01 48',
  'RSP: 002b:00007ffda26db178 EFLAGS: 00000246 ORIG_RAX: 0000000000000010',
  'RAX: ffffffffffffffda RBX: 00000000018dd3e0 RCX: 00007fd45548f8f7',
  'RDX: 0000000000000000 RSI: 000000000000ae80 RDI: 0000000000000007',
  'RBP: 0000000000000000 R08: 0000000000409dc3 R09: 0000000000000000',
  'R10: 0000000000000001 R11: 0000000000000246 R12: 00000000004018a0',
  'R13: 00007ffda26db390 R14: 00007fd455b916c0 R15: 0000000000000000',
];

interface Modern {
  readonly die: string;
  readonly uid: string;
  readonly tail: string;
  readonly task: boolean;
  readonly said: boolean; // whether the letters of the taint are explained
}

// v4.18 and later: show_opcodes() before the registers; v5.2: show_fault_oops(); v5.16: `<TASK>`; v6.10: `UID:` and
// `Oops: ` before every trap; v6.12: `Tainted: [W]=WARN`; v6.15: the preemption model after the version.
const modern =
  ({ die, uid, tail, task, said }: Modern) =>
  (facts: Facts, release: string): string[] => {
    const { event, rip } = facts;
    const head =
      event.kind === 'fault'
        ? [
            event.address < 4096n
              ? `BUG: kernel NULL pointer dereference, address: ${h16(event.address)}`
              : `BUG: unable to handle page fault for address: ${h16(event.address)}`,
            '#PF: supervisor read access in kernel mode',
            `#PF: error_code(0x${h4(event.errorCode)}) - not-present page`,
            'PGD 43f010067 P4D 43f010067 PUD 43f012067 PMD 0 ',
          ]
        : faultHead(facts, '');
    const [first, ...registers] = registerLines(facts, ' ');
    return [
      ...head,
      `${die}${dieWords(facts, '#', 'PREEMPT SMP NOPTI')}`,
      ...who(facts, release, uid, tail).slice(0, 1),
      ...(said && facts.taint !== null ? ['Tainted: [W]=WARN, [O]=OOT_MODULE'] : []),
      ...who(facts, release, uid, tail).slice(1),
      `RIP: 0010:${named(rip)}`,
      codeLine(facts, 42).trimEnd(),
      first!,
      ...registers,
      'PKRU: 55555554',
      'Call Trace:',
      ...(task ? [' <TASK>'] : []),
      ...newTrace(facts),
      ...USER,
      ...(task ? [' </TASK>'] : []),
      modulesLine(facts),
      ...(event.kind === 'fault' ? [`CR2: ${h16(event.address)}`] : []),
      '---[ end trace 0000000000000000 ]---',
      `RIP: 0010:${named(rip)}`,
      codeLine(facts, 42).trimEnd(),
      first!,
      ...registers,
    ];
  };

/** The layouts, oldest first. */
export const LAYOUTS: readonly Layout[] = [
  { name: '2.6.9', release: '2.6.9-42.ELsmp', format: of2609, lacks: ['size', 'unreliable', 'hardware'], code: 20 },
  { name: '2.6.18', release: '2.6.18-128.el5', format: of2618, lacks: ['unreliable', 'hardware'], code: 20 },
  { name: '2.6.32', release: '2.6.32-71.el6.x86_64', format: of2632, lacks: [], code: 64 },
  { name: '3.10', release: '3.10.0-1062.9.1.el7.x86_64', format: of0310, lacks: [], code: 64 },
  { name: '4.10', release: '4.15.0-rc3-next-20171214+', format: of0410, lacks: ['stack', 'address'], code: 64 },
  { name: '5.2', release: '5.4.73-050473-generic', format: modern({ die: '', uid: '', tail: '', task: false, said: false }), lacks: ['stack', 'address'], code: 64 },
  { name: '5.16', release: '6.4.0-rc6+', format: modern({ die: '', uid: '', tail: '', task: true, said: false }), lacks: ['stack', 'address'], code: 64 },
  { name: '6.11', release: '6.12.8-200.fc41.x86_64', format: modern({ die: 'Oops: ', uid: 'UID: 0 ', tail: '', task: true, said: true }), lacks: ['stack', 'address'], code: 64 },
  { name: '7.0', release: '7.0.0-rc1', format: modern({ die: 'Oops: ', uid: 'UID: 0 ', tail: ' PREEMPT(full) ', task: true, said: true }), lacks: ['stack', 'address'], code: 64 },
]; // prettier-ignore

/** What carries a report: lines in, text out. */
export type Carrier = (lines: readonly string[]) => string;

const stamp = (index: number): string => `[${(12.345678 + index / 1000).toFixed(6).padStart(12)}]`;

const each =
  (prefix: (index: number) => string, end = '\n'): Carrier =>
  (lines) =>
    lines.map((line, index) => `${prefix(index)}${line}${end}`).join('');

const wrapWords = (line: string, width: number): string => {
  const rows: string[] = [];
  let row = '';
  for (const word of line.split(/(?<= )(?=\S)/u)) {
    if (row !== '' && row.length + word.trimEnd().length > width) {
      rows.push(row);
      row = '';
    }
    row += word;
  }
  return [...rows, row].join('\n');
};

const wrapHard = (line: string, width: number): string =>
  Array.from({ length: Math.max(1, Math.ceil(line.length / width)) }, (_, row) =>
    line.slice(row * width, (row + 1) * width),
  ).join('\n');

/** Every carrier by its name. */
export const CARRIERS: Readonly<Record<string, Carrier>> = {
  'as printed': each(() => ''),
  'CR LF': each(() => '', '\r\n'),
  levels: each(() => '<4>'),
  timestamps: each((index) => `${stamp(index)} `),
  'levels and timestamps': each((index) => `<1>${stamp(index)} `),
  'caller ids': each((index) => `${stamp(index)}[ T1234] `),
  'caller ids of a CPU': each((index) => `${stamp(index)}[    C0] `),
  syslog: each(() => 'Nov 19 12:34:38 host kernel: '),
  'syslog with timestamps': each((index) => `Aug  7 09:37:39 host-1 kernel: ${stamp(index)} `),
  'syslog of today': each(() => '2024-03-27T11:47:42.123456+01:00 host kernel: '),
  'short-monotonic': each((index) => `${stamp(index)} host kernel: `),
  'dmesg -T': each(() => '[Tue Nov 14 12:00:00 2023] '),
  'dmesg -x': each((index) => `kern  :warn  : ${stamp(index)} `),
  'a quoting mail': each((index) => `> > ${stamp(index)} `),
  'a mail that quotes': each(() => '> '),
  indented: each(() => '\t'),
  'indented by four': each((index) => `    ${stamp(index)} `),
  'NBSP for blanks': (lines) => each(() => '')(lines).replaceAll('  ', ' \u00a0'),
  'escaped for the web': (lines) =>
    each(() => '')(lines)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;'),
  'a mail that wraps': (lines) =>
    lines.map((line, index) => `${wrapWords(`${stamp(index)} ${line}`, 72)}\n`).join(''),
  'a mail that wraps, unstamped': (lines) => lines.map((line) => `${wrapWords(line, 72)}\n`).join(''),
  'a terminal of 80 columns': (lines) =>
    lines.map((line, index) => `${wrapHard(`${stamp(index)} ${line}`, 80)}\n`).join(''),
  'a terminal of 80 columns, unstamped': (lines) => lines.map((line) => `${wrapHard(line, 80)}\n`).join(''),
  'a terminal of 132 columns': (lines) =>
    lines.map((line, index) => `${wrapHard(`${stamp(index)} ${line}`, 132)}\n`).join(''),
  'quoted-printable': (lines) =>
    lines
      .map((line) => {
        const rows: string[] = [];
        let row = '';
        for (const sign of `> ${stamp(0)} ${line}`.replace(/ $/u, '=20')) {
          const coded = sign === '=' ? '=3D' : sign;
          if (row.length + coded.length > 75) {
            rows.push(row);
            row = '';
          }
          row += coded;
        }
        return `${[...rows, row].join('=\n').replace(/=3D20$/u, '=20')}\n`;
      })
      .join(''),
  'a web page': (lines) =>
    `<html><body><pre>${lines
      .map((line) => line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'))
      .map(
        (line) => `<div>${stamp(0)}&nbsp;${line.replaceAll('(', '&#40;').replaceAll(')', '&#41;')}</div>\n`,
      )
      .join('')}</pre></body></html>\n`,
  'a web page without lines': (lines) =>
    lines
      .map((line) => line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'))
      .map((line) => `${line}<br/>`)
      .join(''),
  'CR alone': each(() => '', '\r'),
  'syslog in another language': each(() => 'févr. 14 12:34:38 hôte kernel: '),
  'journalctl -o short-unix': each(() => '1699965278.123456 host kernel: '),
  'times without their last digits': each(() => '[ 12.3] '),
  'syslog through several hosts': each(
    () => 'Nov 14 12:34:38 192.0.2.7 2023-11-14T12:34:38.5Z node kernel: ',
  ),
  'dmesg -x -T': each(() => 'kern  :warn  : [Tue Nov 14 12:00:00 2023] '),
  'a list': each(() => '* '),
  'a patch': each((index) => `+${stamp(index)} `),
  'a quoted table': each((index) => `> | ${stamp(index)} `),
  'between lines of others': (lines) =>
    lines
      .map(
        (line, index) =>
          `${stamp(3 * index)} usb 1-${index % 9}: new high-speed USB device number ${index} using xhci_hcd\n${stamp(3 * index + 1)} ${line}\n`,
      )
      .join(''),
  'after a test log': (lines) =>
    lines.map((line, index) => `${index % 7 === 3 ? '# ok 1 futex' : ''}${stamp(index)} ${line}\n`).join(''),
};
