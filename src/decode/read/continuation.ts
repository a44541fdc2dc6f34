// Whether a line continues the one before: mail programs, terminals and copying wrap lines.

import { checkerJoint } from './checker-continuation.js';
import { findNamed } from './code-location.js';
import { isCutWord } from './cut-word.js';
import { findHeadline } from './headline.js';
import { findMoreModules } from './module-line.js';

/** The text between the two parts of one line; `undefined` when they are two lines. */
type Joint = '' | ' ' | undefined;

/** The line that may be continued. */
interface Unfinished {
  readonly text: string;
  /** Set when the line is part of a list of modules. */
  readonly modules: boolean;
  /** Set when the line is as long as the terminal was wide: the rest was cut off anywhere. */
  readonly full: boolean;
  /** Set when the line has a prefix that each line of its log has: a line without one continues another. */
  readonly prefixed: boolean;
}

// A separate line of a report.
const STARTS =
  /^(?:(?!Comm:|PID:|UID:|Trace:)[A-Z][\w ]{0,30}:|\[<|<\/?#?[A-Z]{2,}|\? |---|Code:|RIP|task: |Kernel (?:BUG|panic)|kernel BUG|BUG|Oops|PGD|#PF|invalid opcode|general prot|\(NULL\)|(?:Read|Write|Free) (?:of|at) |(?:Out-of-bounds|Use-after-free|Invalid|Corrupted) |index |shift |load of |mce: |\{\d{1,9}\}\[|task:|\S{1,40} [0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.\d: )/u;
const REGISTER_OPEN =
  /\b(?:R[A-Z0-9]{2}|CR\d|DR\d|FS|GS|knlGS|ORIG_RAX|CS|DS|ES|EFLAGS|PKRU):\s{0,4}(?:[0-9a-f]{4}:)?[0-9a-f]{0,15}$/u;
const LOCATION_LINE = /^\s*(?:RIP:?|IP:|\[<|\? ?\S)/u;
const REPORT_LINE =
  /^\s*(?:RIP|R[A-Z0-9]{2}:|CR\d:|DR\d:|FS:|CS:|Code:|CPU: |Pid: |Modules |Hardware |Workqueue: |\[<|<[0-9a-f]{16}>|(?:\? )?[\w.]{1,80}\+0x|BUG|WARNING|[Kk]ernel BUG|Unable to|Oops|general prot|Stack:|Call Trace:|Process |(?:[0-9a-f]{16} ?){1,4})/u;

const lastWord = (text: string): string => /\S{1,80}$/u.exec(text)?.[0] ?? '';

const registers = (text: string, next: string): Joint => {
  if (REGISTER_OPEN.test(text.trimEnd()) && /^[0-9a-f]{1,16}\b/u.test(next)) return '';
  const cutLabel =
    /:\s{0,4}[0-9a-f():]{4,30}\s{1,4}[A-Za-z]{1,5}\d{0,2}$/u.test(text) && /^[A-Z0-9]{0,4}:/u.test(next);
  return cutLabel ? '' : undefined;
};

const code = (text: string, next: string): Joint => {
  if (!/^\s*Code:/u.test(text)) return undefined;
  const words = next.trim().split(/\s+/u);
  if (!words.every((word) => /^(?:<?[0-9a-f]{0,2}>?|\(\.\.\.\))$/u.test(word))) return undefined;
  const whole = /^(?:<[0-9a-f]{2}>|[0-9a-f]{2}|Code:)$/u.test(lastWord(text.trimEnd()));
  return whole || /\s$/u.test(text) ? ' ' : '';
};

const modules = ({ text, modules: inList }: Unfinished, next: string): Joint => {
  if (!inList || /\]\s*$/u.test(text)) return undefined;
  const unloading = /\[last(?: unloaded:)?(?: \S*)?\s*$/u.test(text);
  const more = unloading
    ? /^(?:unloaded: ?)?[\w-]*(?:\([A-Z+-]*\))?\]?\s*$/u.test(next)
    : findMoreModules(next) !== undefined || /^(?:\S+ ){0,60}\[last(?: unloaded:)?\s*$/u.test(next);
  return more ? ' ' : undefined;
};

const location = (text: string, next: string): Joint => {
  if (/^\s*Call\s{0,2}$/u.test(text)) return next.startsWith('Trace:') ? ' ' : undefined;
  if (/^\s*\?\s*$/u.test(text)) return findNamed(next) === undefined ? undefined : ' ';
  if (/\+0x[0-9a-f]{1,8}\/0x[0-9a-f]{1,8} \[[\w-]{1,64}\s*$/u.test(text)) {
    return /^[0-9a-f]{8,64}\]/u.test(next) ? ' ' : undefined;
  }
  if (/\b(?:RIP:?|IP:)\s*(?:[0-9a-f]{4}:\s*)?(?:\[<[0-9a-f]{16}>\]\s*)?$/u.test(text)) {
    return /^(?:[0-9a-f]{4}:|\[<|<[0-9a-f]{16}>|\[(?:[\w-]{1,64}:)?[\w.$]{1,255}\+|0x|\(null\))/u.test(
      next,
    ) || findNamed(next) !== undefined
      ? ' '
      : undefined;
  }
  // The places in the source that decode_stacktrace.sh writes, cut between two.
  if (/ \((?:[^()\s]{1,250}:\d{1,7} ?(?:\(discriminator \d{1,6}\) ?)?){1,8}$/u.test(text)) {
    return /^(?:[^()\s]{1,250}:\d{1,7}(?: \(discriminator \d{1,6}\))?[ )]|\(discriminator )/u.test(next)
      ? ' '
      : undefined;
  }
  if (!LOCATION_LINE.test(text) && !/^\s*[\w.]+\+0x/u.test(text)) return undefined;
  if (/>\]\s*\??\s*$/u.test(text)) return findNamed(next) === undefined ? undefined : ' ';
  if (/\+0x[0-9a-f]{1,8}\/0x[0-9a-f]{1,8}\s*$/u.test(text) && /^\[[\w-]+[^\]]{0,80}\]\s*$/u.test(next))
    return ' ';
  if (/\+0?x?[0-9a-f]{0,8}$/u.test(text) && /^[0-9a-fx]{0,8}\/0x/u.test(next)) return '';
  return undefined;
};

const headline = (text: string, next: string): Joint => {
  if (/^\s*(?:BUG: )?[Uu]nable to handle/u.test(text) || /^\s*BUG: kernel NULL/u.test(text)) {
    if (/\b(?:at|address:)\s{1,12}(?:[0-9a-f]{16}\b|\(null\))/u.test(text)) return undefined;
    if (/ at virtual address (?:[0-9a-f]{8}){1,2}\s*$/u.test(text)) return undefined;
    return /[0-9a-f]{1,15}$/u.test(text) &&
      /^[0-9a-f]{1,15}\s*$/u.test(next) &&
      !/\bat$|address:$/u.test(text)
      ? ''
      : ' ';
  }
  if (/^\s*[Kk]ernel BUG at\b/u.test(text))
    return text.includes('!') ? undefined : /at\s*$/u.test(text) ? ' ' : '';
  if (/^\s*WARNING: /u.test(text)) {
    if (text.includes('+0x')) return /^\[[\w-]+\]|^\(\)/u.test(next) ? ' ' : undefined;
    return /\S:\d{1,7}\s*$|\bat\s*$|PID: \d*\s*$/u.test(text) ? ' ' : undefined;
  }
  if (/^\s*INFO: task\b(?!.{0,200}(?:seconds|is blocked on))/u.test(text)) return ' ';
  if (/^\s*BUG: KCSAN: data-race in(?: \S+ ?\/?)?\s*$/u.test(text))
    return / in\s*$| \/\s*$/u.test(text) || next.startsWith('/ ') ? ' ' : undefined;
  if (/BUG: soft lockup - CPU#\d{1,5} stuck for \d{1,6}s!\s*$/u.test(text))
    return /^\[[^[\]]{1,64}:\d{1,9}\]\s*$/u.test(next) ? ' ' : undefined;
  if (/^\s*(?:Oops: )?general protection fault/u.test(text) && !/\[#?\d/u.test(text))
    return /^(?:probably|maybe|for |non-canonical|address|0x[0-9a-f]|kernel NULL|\[#?\d|[0-9a-f]{4} \[#|[A-Z]{3,})/u.test(
      next,
    )
      ? ' '
      : undefined;
  return undefined;
};

// Registers of other architectures and entries of traces have no capital at the start: `epc : `, `show_stack from frob+0x1/0x2`.
const BELOW_PROCESS =
  /^(?:[a-z][a-z0-9]{0,7} {0,3}[:=] ?\S|(?:\? )?(?:[\w.$]{1,80} from )?[\w.$]{1,80}\+0x[0-9a-f]{1,8}\/0x|[a-z]{2} is at )/u;

const process = (text: string, next: string): Joint => {
  if (BELOW_PROCESS.test(next)) return undefined;
  // Before 3.10 the name of the machine follows, and nothing ends it.
  if (/^\s*Pid: \d/u.test(text) && text.length > 16) return ' ';
  if (/^\s*Hardware name: /u.test(text)) return /\d\d\/\d\d\/\d{4}\s*$/u.test(text) ? undefined : ' ';
  if (!/^\s*CPU: \d/u.test(text) || / #\S/u.test(text)) return undefined;
  return /PID:|[Cc]omm:|ainted|#\d|\d\.\d|^[A-Z -]{1,40}(?:\s|$)/u.test(next) ? ' ' : undefined;
};

const stack = (text: string, next: string): Joint =>
  /^\s*(?:Stack:)?(?:\s{1,2}[0-9a-f]{16}){0,8}\s{1,2}[0-9a-f]{1,15}$/u.test(text) &&
  /^[0-9a-f]{1,15}(?:\s|$)/u.test(next)
    ? ''
    : undefined;

/**
 * Whether `next` continues a line, and the text between them.
 *
 * @param next without prefixes; a line that has a prefix never continues another
 */
export const continuation = (line: Unfinished, next: string): Joint => {
  const start = next.trimStart();
  if (start === '') return undefined;
  const { text } = line;
  const certain =
    registers(text, start) ?? code(text, start) ?? location(text, start) ?? checkerJoint(text, start);
  if (certain !== undefined) return certain;
  if (isCutWord(text, next, line.prefixed)) return '';
  const hard = line.full && (REPORT_LINE.test(text) || line.modules || findHeadline(text) !== undefined);
  if (hard && (line.prefixed || !(STARTS.test(start) || findHeadline(start) !== undefined))) return '';
  if (STARTS.test(start)) return undefined;
  // In a log whose lines have prefixes, a line without one after a headline is its rest.
  const rest = line.prefixed && text.length > 24 && !/!\s*$/u.test(text) && findHeadline(text) !== undefined;
  if (rest) return headline(text, start) ?? ' ';
  return modules(line, start) ?? headline(text, start) ?? process(text, start) ?? stack(text, start);
};
