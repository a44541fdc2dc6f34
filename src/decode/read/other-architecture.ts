// Reports of kernels that are not x86-64: recognized by lines that only those print, and declined by name.
// Sources: __show_regs(), arch/x86/kernel/process_32.c; __show_regs(), arch/arm64/kernel/process.c, and mem_abort_decode(),
// arch/arm64/mm/fault.c; __show_regs(), arch/arm/kernel/process.c; show_regs(), arch/powerpc/kernel/process.c; __show_regs(),
// arch/riscv/kernel/process.c; show_registers(), arch/s390/kernel/dumpstack.c; __show_regs(), arch/mips/kernel/traps.c and
// arch/loongarch/kernel/traps.c; show_regs(), arch/sparc/kernel/process_64.c; show_regs(), arch/parisc/kernel/traps.c; v6.14;
// ia64_show_regs(), arch/ia64/kernel/process.c, v6.6; dik_show_regs(), arch/alpha/kernel/traps.c; show_registers(),
// arch/m68k/kernel/traps.c; show_regs(), arch/arc/kernel/troubleshoot.c; v6.6.

/** A report that is not read. */
export interface DeclinedReport {
  /** `a 32-bit x86 kernel`, `an arm64 kernel`. */
  readonly architecture: string;
  /** What in the text says so: `EIP:`, `*pde`. */
  readonly marks: readonly string[];
  readonly firstLine: number;
  readonly lastLine: number;
}

type Mark = readonly [label: string, pattern: RegExp];

const NOT_OURS = String.raw`(?!(?:[ER]?(?:[ABCD]X|[SD]I|[SB]P|IP|FLAGS)|R(?:8|9|0[89]|1[0-5])|[CDEFGS]S|[CD]R\d|knlGS|PKRU)\b)`;
const ONE_REGISTER = String.raw`(?:[A-Za-z]{1,3}\d{0,2}|[A-Z]{4}) {0,3}[:=] {0,2}(?:0x)?[0-9a-f]{8,16}`;
const OTHER_REGISTERS = new RegExp(
  String.raw`^\s*(?:${NOT_OURS}${ONE_REGISTER}\s{1,6}){2,7}${NOT_OURS}${ONE_REGISTER}\s*$`,
  'iu',
);

// Of x86-64 only. Sources: arch/x86/entry/entry_64.S, arch/x86/kernel/process_64.c, v2.6.32 to v6.14
const OURS =
  /\b(?:__x64_sys_\w|x64_sys_call|do_syscall_64|entry_SYSCALL_64|system_call_fastpath|x86_64_start_|ORIG_RAX: )|^\s*(?:RIP: |RSP: |RAX: |R1[03]: )/u;

const ARCHITECTURES: readonly (readonly [architecture: string, marks: readonly Mark[]])[] = [
  [
    'a 32-bit x86 kernel',
    [
      ['EIP:', /^\s*EIP(?: is at |: )/u],
      ['*pde', /(?:^|\s)\*pd(?:e|pt) = /u],
      ['EAX:', /^\s*EAX: [0-9a-f]{8} EBX: /u],
      ['ESI:', /^\s*ESI: [0-9a-f]{8} EDI: /u],
    ],
  ],
  [
    'an arm64 kernel',
    [
      ['pc :', /^\s*pc : (?!\[<[0-9a-f]{8}>\])\S/u],
      ['x29:', /^\s*x(?:29|27|2): ?[0-9a-f]{16}\b/u],
      ['pstate:', /^\s*pstate: [0-9a-f]{8}/u],
      ['ESR', /^\s*ESR = 0x[0-9a-f]{8}|^\s*Mem abort info:/u],
      ['pgtable:', /^\s*(?:swapper|user) pgtable: /u],
      // The entries from below, arch/arm64/kernel/entry-common.c, v5.1 to v6.14; entry.S, v4.20
      [
        'el0_svc',
        /^\s*(?:\? )?(?:__arm64_sys_\w{1,80}|(?:do_)?el0_svc\w{0,40}|el[01][th]?_(?:64_|32_)?(?:sync|irq|da|ia|sys)\w{0,20})\+0x/u,
      ],
    ],
  ],
  [
    'a 32-bit arm kernel',
    [
      ['PC is at', /^\s*PC is at \S/u],
      ['pc : [<8 digits>]', /^\s*pc : \[<[0-9a-f]{8}>\]/u],
      ['r10:', /^\s*r10: ?[0-9a-f]{8}\s{1,2}r9 ?: ?[0-9a-f]{8}/u],
      ['Flags:', /^\s*Flags: [nN][zZ][cC][vV]/u],
      // dump_backtrace_entry(), arch/arm/kernel/traps.c, v5.19 and later
      [
        'X from Y',
        /^\s*[\w.$]{1,80} from [\w.$]{1,80}\+0x[0-9a-f]{1,8}\/0x[0-9a-f]{1,8}(?: \[[\w-]{1,64}\])?\s*$/u,
      ],
    ],
  ],
  [
    'a powerpc kernel',
    [
      ['NIP:', /^\s*NIP(?:: {1,2}| \[)[0-9a-f]{8}/u],
      ['GPR00:', /^\s*GPR(?:00|04|08): ?[0-9a-f]{8}/u],
      ['LR [', /^\s*LR \[[0-9a-f]{8}/u],
      ['Instruction dump:', /^\s*Instruction dump:/u],
    ],
  ],
  [
    'a riscv kernel',
    [
      ['epc :', /^\s*epc : (?:[0-9a-f]{8,16} ra : |[\w.$]{1,80}\+0x)/u],
      ['gp :', /^\s*gp : [0-9a-f]{8,16} tp : /u],
      ['status:', /^\s*s?status: [0-9a-f]{8,16} badaddr: /u],
      ['__riscv_sys_', /^\s*(?:\? )?__riscv_sys_\w{1,80}\+0x/u],
    ],
  ],
  [
    'an s390 kernel',
    [
      ['Krnl PSW', /^\s*Krnl PSW ?: /u],
      ['Krnl GPRS', /^\s*Krnl GPRS: /u],
      ['Krnl Code', /^\s*Krnl Code: /u],
      ['__s390x_sys_', /^\s*(?:\? )?__s390x_sys_\w{1,80}\+0x/u],
      ['TEID', /^\s*Failing address: [0-9a-f]{16} TEID: /u],
    ],
  ],
  [
    'a mips kernel',
    [
      ['$ 0   :', /^\s*\$ ?\d{1,2} {1,4}: [0-9a-f]{8,16} /u],
      ['epc   :', /^\s*epc {3}: [0-9a-f]{8,16}/u],
      ['epc ==', /, epc == [0-9a-f]{8,16}, ra == /u],
      ['BadVA :', /^\s*BadVA : /u],
      ['Cause :', /^\s*Cause : [0-9a-f]{8}/u],
    ],
  ],
  [
    'a loongarch kernel',
    [
      ['ERA:', /^\s*ERA: [0-9a-f]{16}/u],
      ['CRMD:', /^\s*CRMD: [0-9a-f]{8}/u],
      ['ESTAT:', /^\s*ESTAT: [0-9a-f]{8}/u],
      ['pc … ra …', /^\s*pc [0-9a-f]{16} ra [0-9a-f]{16} tp /u],
    ],
  ],
  [
    'a sparc kernel',
    [
      ['TSTATE:', /^\s*TSTATE: [0-9a-f]{16}/u],
      ['TPC:', /^\s*TPC: </u],
    ],
  ],
  [
    'a parisc kernel',
    [
      ['IAOQ', /^\s*(?:IASQ|IAOQ\[0\])[: ]/u],
      ['PSW: YZ…', /^\s*YZrvWESTHLNXBCVMCRQPDI/u],
    ],
  ],
  [
    'an ia64 kernel',
    [
      ['psr :', /^\s*psr : [0-9a-f]{16} ifs : /u],
      ['ip is at', /^\s*ip is at \S/u],
      ['unat:', /^\s*unat: [0-9a-f]{16} pfs ?: /u],
      ['b0  :', /^\s*b0 {2}: [0-9a-f]{16} b6 /u],
      ['bsp=', /^\s*sp=[0-9a-f]{16} bsp=[0-9a-f]{16}/u],
    ],
  ],
  [
    'an alpha kernel',
    [
      ['pc = [<', /^\s*pc = \[<[0-9a-f]{16}>\] {1,2}ra = /u],
      ['pc is at', /^\s*pc is at \S/u],
      ['ra is at', /^\s*ra is at \S/u],
      ['v0 =', /^\s*v0 = [0-9a-f]{16} /u],
    ],
  ],
  [
    'an m68k kernel',
    [
      ['PC: [<8 digits>]', /^\s*PC: \[<[0-9a-f]{8}>\]/u],
      ['SR:', /^\s*SR: [0-9a-f]{4} {1,2}SP: /u],
      ['d0:', /^\s*d[04]: [0-9a-f]{8} {1,4}d[15]: /u],
      ['Frame format=', /^\s*Frame format=[0-9a-fA-F]/u],
    ],
  ],
  [
    'an arc kernel',
    [
      ['[ECR   ]', /^\s*\[ECR {1,4}\]: 0x/u],
      ['[BLINK ]', /^\s*\[BLINK {0,2}\]: \S/u],
      ['[ERET  ]', /^\s*\[ERET {1,3}\]: \S/u],
      ['[STAT32]', /^\s*\[STAT32\]: 0x/u],
    ],
  ],
  // What all kernels of 32 bits print, for texts that have nothing else.
  ['a 32-bit kernel', [['addresses of 8 digits', /^\s*(?:IP: )?\[<[0-9a-f]{8}>\] (?:\? )?[\w.]{1,80}\+0x/u]]],
  // Registers with names that x86-64 has not, three or more that fill a line.
  ['a kernel of another architecture', [['registers', OTHER_REGISTERS]]],
];

// Printed among the lines that say what happened.
const BEFORE_BODY = new Set(['*pde', 'ESR', 'pgtable:', 'TEID', 'epc ==']);
const HINT = /[:=[]|el[01]|_sys_| from | is at /u;
const MAX_LABELS = 4;

/** Collects the marks of the lines of one report. */
export class ArchitectureMarks {
  readonly #found = new Map<string, Set<string>>();
  #ours = false;

  /** Whether a line was one that only x86-64 prints. */
  get ours(): boolean {
    return this.#ours;
  }

  /** Look at a line of the report. @param text without prefixes */
  look(text: string): void {
    if (!this.#ours && text.length <= 400 && OURS.test(text)) this.#ours = true;
  }

  /** Whether any was found that stands after the lines that say what happened. */
  get inBody(): boolean {
    return [...this.#found.values()].some((labels) => [...labels].some((label) => !BEFORE_BODY.has(label)));
  }

  /** Whether a line is one that only another architecture prints. @param text without prefixes */
  take(text: string): boolean {
    if (text.length > 400 || !HINT.test(text)) return false;
    for (const [architecture, marks] of ARCHITECTURES) {
      const mark = marks.find(([, pattern]) => pattern.test(text));
      if (mark === undefined) continue;
      this.#found.set(architecture, (this.#found.get(architecture) ?? new Set()).add(mark[0]));
      return true;
    }
    return false;
  }

  /** The architecture with most marks, the first of the table where several have as many. */
  finish(): Pick<DeclinedReport, 'architecture' | 'marks'> | undefined {
    const [first] = ARCHITECTURES.map(([architecture, marks]) => ({
      architecture,
      marks: marks
        .map(([label]) => label)
        .filter((label) => this.#found.get(architecture)?.has(label))
        .slice(0, MAX_LABELS),
    })).toSorted((one, other) => other.marks.length - one.marks.length);
    return first === undefined || first.marks.length === 0 ? undefined : first;
  }
}
