// How the lines of a report begin, told so narrowly that they are known anywhere in a line of a text. This is what the
// carriers go by: which part of a line is the kernel's, and where lines that were put together began.
// Sources: the same as those of src/decode/read/headline.ts and of the files of its `…-line.ts`; v2.6.9 to v6.14.

/** What kind of line of a report begins. */
export type BeginningKind =
  | 'headline'
  | 'die'
  | 'fault'
  | 'task'
  | 'named'
  | 'place'
  | 'code'
  | 'register'
  | 'trace'
  | 'mark'
  | 'modules'
  | 'end';

/** A beginning in a text. */
export interface Beginning {
  readonly kind: BeginningKind;
  readonly index: number;
  readonly length: number;
}

const KINDS: Readonly<Record<BeginningKind, string>> = {
  // With the words that the kernel itself puts before: `NMI watchdog: `, `rcu: `, `Oops: `.
  headline: [
    String.raw`(?:BUG: )?[Uu]nable to handle kernel (?:NULL pointer dereference|paging request) at (?:virtual address )?[0-9a-f]{8}`,
    String.raw`BUG: kernel NULL pointer dereference, address: [0-9a-f]{8}`,
    String.raw`BUG: unable to handle page fault for address: [0-9a-f]{8}`,
    String.raw`(?:Oops: )?general protection fault(?:,[^:[\]]{1,90})?: [0-9a-f]{4} \[#?\d`,
    String.raw`(?:NMI )?(?:watchdog: )?BUG: soft lockup - CPU#\d{1,5} stuck for`,
    String.raw`(?:BUG: )?(?:NMI )?(?:watchdog: ){0,2}(?:CPU\d{1,5}: )?Watchdog detected (?:hard )?LOCKUP`,
    String.raw`BUG: K[A-Z]{3,5}: [a-z][\w -]{3,60} in \S`,
    String.raw`[Kk]ernel BUG at \S{1,200}:\d{1,7}`,
    String.raw`WARNING: (?:\[[^\]]{1,80}\] )?(?:CPU: \d{1,5} PID: \d{1,9} )?at \S{1,200}:\d{1,7}`,
    String.raw`INFO: task \S.{0,60}:\d{1,9} blocked for more than \d`,
    String.raw`(?:rcu: )?INFO: rcu\S{0,30} (?:self-)?detected (?:expedited )?stalls?`,
    String.raw`Kernel panic - not syncing: `,
    String.raw`list_(?:add|del) corruption`,
    String.raw`BUG: (?:scheduling while atomic: \S|sleeping function called from invalid context at \S|Bad page state in process |spinlock [a-z]|workqueue lockup - )`,
    String.raw`UBSAN: [a-z][\w -]{2,60} in \S{1,200}:\d`,
    String.raw`(?:traps: )?PANIC: double fault`,
  ].join('|'),
  die: String.raw`(?:Oops: )?(?:Oops|invalid opcode|divide error|double fault|int3|stack segment|bounds): [0-9a-f]{4} \[#?\d{1,5}\]`,
  fault: String.raw`#PF: (?:supervisor|user|error_code)|PGD [0-9a-f]{1,16} P[4U]D\b|PML4 [0-9a-f]{1,16} PGD\b|(?<![A-Z])IP: ?\[<[0-9a-f]{8}`,
  task: String.raw`CPU \d{1,5} (?=\s{0,8}(?:Modules|Pid: ))|CPU: \d{1,5} (?:UID: \d{1,10} )?PID: \d|Pid: \d{1,9}, comm: `,
  named: String.raw`Hardware name:(?: |$)|Workqueue: \w|Tainted: \[|Process \S.{0,60} \(pid: \d|task: [0-9a-f]{16} t`,
  place: String.raw`RIP: [0-9a-f]{4}:|RIP {1,2}\[?<[0-9a-f]{8}`,
  code: String.raw`Code: (?:(?:[0-9a-f]{2}|[<(][0-9a-f]{2}[>)]) ){3}|Code: (?:Bad RIP|Unable to acc)`,
  register: String.raw`RSP: [0-9a-f]{4}:[0-9a-f]{16}|(?<![A-Z_])R(?:AX|DX|BP|10|13): [0-9a-f]{16}|FS: {1,2}[0-9a-f]{16}\(|CS: {1,2}[0-9a-f]{4} DS: |CR2: [0-9a-f]{16}|DR[03]: [0-9a-f]{16}|PKRU: [0-9a-f]{8}`,
  trace: String.raw`Call Trace:|Stack:`,
  mark: String.raw`</?(?:TASK|IRQ|NMI|SOFTIRQ|EOI)>`,
  modules: String.raw`Modules linked in:`,
  end: String.raw`---\[ end [Kt]|-{8,40}\[ cut here \]-{4,40}`,
};

// What each of them has: most texts have none, and are told by that at less cost.
const HINT =
  /BUG|nable to handle|protection fault|LOCKUP|WARNING: |INFO: |Kernel panic|PANIC|corruption|UBSAN| \[#?\d|#PF: |PGD |PML4 |IP: |PID: |Pid: |CPU |Hardware name:|Workqueue: |Tainted: \[|\(pid: |task: |RIP|Code: |RSP: |RAX: |RDX: |RBP: |R10: |R13: |FS: |CS: |CR2: |DR0: |DR3: |PKRU: |Call Trace:|Stack:|TASK>|IRQ>|NMI>|EOI>|Modules linked in:|\[ end |\[ cut here/u;
const NAMES = Object.keys(KINDS) as BeginningKind[];
const ANY = NAMES.map((kind) => `(${KINDS[kind]})`).join('|');
const SOMEWHERE = new RegExp(ANY, 'u');
const EVERYWHERE = new RegExp(ANY, 'gu');
const AT_START = new RegExp(`^\\s{0,8}(?:${ANY})`, 'u');
const MAX_FOUND = 2000; // in one line

// `symbol+0x3e/0xb0 [module]`, with what stands before it in a trace.
const ENTRY = String.raw`(?:\[<[0-9a-f]{16}>\]\s{1,2})?(?:\? )?(?<![\w.$])[A-Za-z_.$][\w.$-]{0,255}\+0x[0-9a-f]{1,8}/0x[0-9a-f]{1,8}(?: \[[\w-]{1,64}(?:\([A-Z+-]{0,8}\))?(?: [0-9a-f]{8,64})?\])?`;
const FIRST_ENTRY = new RegExp(ENTRY, 'u');
const EVERY_ENTRY = new RegExp(ENTRY, 'gu');

const kindOf = (found: RegExpExecArray): BeginningKind =>
  NAMES[found.findIndex((group, index) => index > 0 && group !== undefined) - 1]!;

// Most lines of a report: entries of traces, registers, code, words of the stack.
const PLAIN =
  /^\s{0,8}(?:(?:\[<[0-9a-f]{16}>\]\s{1,2})?(?:\? )?[A-Za-z_][\w.$]{0,255}\+0x[0-9a-f]{1,8}\/0x[0-9a-f]{1,8}(?: \[[\w-]{1,64}\])?|(?:R[A-Z0-9]{2}: [0-9a-f]{16} ?){3}|(?:CR[0-4]: [0-9a-f]{16} ?){3}|FS: {1,2}[0-9a-f]{16}\([0-9a-f]{1,4}\) GS: ?[0-9a-f]{16}\([0-9a-f]{1,4}\) ?knlGS: ?[0-9a-f]{16}|CS: {1,2}[0-9a-f]{4} DS: [0-9a-f]{4} ES: [0-9a-f]{4} CR0: [0-9a-f]{16}|Code: (?:(?:[0-9a-f]{2}|<[0-9a-f]{2}>) ?){20,64}|(?: ?[0-9a-f]{16}){1,4})\s{0,4}$/u;

/** Whether a text is one line of a report and has nothing before or after it, told at one look: most lines are so. */
export const isPlainLine = (text: string): boolean => PLAIN.test(text);

/** Whether a line of a report begins here, but for blanks. */
export const beginsReportLine = (text: string): boolean => AT_START.test(text);

/** The first beginning in a text. */
export const findBeginning = (text: string): Beginning | undefined => {
  const found = HINT.test(text) ? SOMEWHERE.exec(text) : null;
  return found === null ? undefined : { kind: kindOf(found), index: found.index, length: found[0].length };
};

/** Every beginning in a text, in order; none inside another. */
export const findBeginnings = (text: string): Beginning[] => {
  const all: Beginning[] = [];
  if (!HINT.test(text)) return all;
  for (const found of text.matchAll(EVERYWHERE)) {
    all.push({ kind: kindOf(found), index: found.index, length: found[0].length });
    if (all.length >= MAX_FOUND) break;
  }
  return all;
};

/** Where the entries of traces begin in a text. */
export const findEntryStarts = (text: string): number[] =>
  [...text.matchAll(EVERY_ENTRY)].slice(0, MAX_FOUND).map(({ index }) => index);

/** Where the first entry of a trace begins; `undefined` where there is none. */
export const findEntryStart = (text: string): number | undefined =>
  text.includes('+0x') ? FIRST_ENTRY.exec(text)?.index : undefined;
