// What a headline says besides its kind: address, place, source, CPU and task.

import { isCanonical } from '../../base/address.js';
import { defined, numberIn } from '../../base/defined.js';
import { findLocation } from './code-location.js';
import type { CodeLocation, KernelReport, ReportKind } from './report.js';

/** Facts of a report that a headline may give. */
export type HeadlineFacts = Partial<
  Pick<KernelReport, 'faultAddress' | 'errorCode' | 'source' | 'cpu' | 'pid' | 'comm'>
>;

// Kinds whose headline names the address that was accessed.
const WITH_ADDRESS: ReadonlySet<ReportKind> = new Set<ReportKind>([
  'paging',
  'null-deref',
  'gpf',
  'double-fault',
  'trap',
]);

// Without 0x, fewer than 8 digits may be decimal, or cut.
const ADDRESS =
  /\b(?:address|dereference|access|request|cr2)(?: at|,| address|:| virtual address){0,3}:? {0,2}(?:0x([0-9a-f]{1,16})\b|([0-9a-f]{8,16})\b|\s{0,12}(\(null\)))/u;

const SOURCES: readonly RegExp[] = [
  /^WARNING: (?:.{0,200} )?([^\s:[\]]{1,250}):(\d{1,7}) at /u, // v6.18
  /\bat ([^\s:]{1,250}):(\d{1,7})\b/u,
  /^WARNING: (?:\[[^\]]{1,200}\] )?([^\s:]{1,250}):(\d{1,7})\b/u,
  /^(?:UBSAN: |[Aa]ssertion failed: |XFS: Assertion failed: ).{0,300}(?: in |file: )([^\s:,]{1,250}\.\w{1,3})(?::|, line: )(\d{1,7})\b/u,
];

// Groups: command, PID. A command may hold a slash or a colon.
const TASKS: readonly RegExp[] = [
  /\[([^[\]]{1,64}):(\d{1,9})\]\s*$/u,
  /\btask (.{1,64}):(\d{1,9}) (?:blocked|can't die)/u,
  /, CPU#\d{1,5}: (.{1,64})\/(\d{1,9})$/u, // a warning since v6.18
  /^BUG: \w.{0,80} on CPU#\d{1,5}, (.{1,64})\/(\d{1,9})$/u, // a spinlock
  /^BUG: scheduling while atomic: (.{1,64})\/(\d{1,9})\/0x/u,
  /^BUG: using .{1,120} code: (.{1,64})\/(\d{1,9})$/u,
  /\b(?:INFO|BUG|WARNING): (.{1,64})\/(\d{1,9}) still has locks held/u,
  /^BUG: Bad page \w{1,10} in process (.{1,64}?) {1,2}(?:pfn|pte):/u,
  /^(.{1,64}) invoked oom-killer:/u,
  /^(.{1,64}): page allocation /u,
];

const sourceOf = (text: string): RegExpExecArray | undefined => {
  for (const pattern of SOURCES) {
    const found = pattern.exec(text);
    if (found !== null) return found;
  }
  return undefined;
};

const taskOf = (text: string): { comm?: string; pid?: number } => {
  for (const pattern of TASKS) {
    const found = pattern.exec(text);
    if (found !== null) return defined({ comm: found[1], pid: numberIn(found[2]) });
  }
  return defined({ pid: numberIn(/\bPID: (\d{1,9})\b/u.exec(text)?.[1]) });
};

/**
 * The digits of an address that a wrap or an edge cut, where that shows: the kernel prints 16 of them, or `0x` and then
 * `: 0000 [#1]`. Where people left out the latter, an address that is said to be non-canonical and is not was cut.
 *
 * @param text without blanks around it
 */
export const cutAddressIn = (text: string, kind: ReportKind): string | undefined => {
  const address = WITH_ADDRESS.has(kind) ? ADDRESS.exec(text) : null;
  if (address === null) return undefined;
  const [whole, short, padded] = address;
  if (padded !== undefined) return padded.length < 16 ? padded : undefined;
  const atEnd = short !== undefined && short.length < 16 && address.index + whole.length === text.length;
  return kind === 'gpf' && atEnd && isCanonical(BigInt(`0x${short}`)) ? `0x${short}` : undefined;
};

/** @param text without blanks around it */
export const factsOf = (text: string, kind: ReportKind): HeadlineFacts => {
  const isCut = cutAddressIn(text, kind) !== undefined;
  const address = WITH_ADDRESS.has(kind) && !isCut ? ADDRESS.exec(text) : null;
  const digits = address?.[1] ?? address?.[2];
  const source = sourceOf(text);
  const cpu = /\bon (?:cpu|CPU) ?(\d{1,5})\b/u.exec(text) ?? /\bCPU(?:: ?|#| )(\d{1,5})\b/u.exec(text);
  return defined({
    faultAddress: address === null ? undefined : digits === undefined ? 0n : BigInt(`0x${digits}`),
    errorCode: numberIn(/error_code: ?0x([0-9a-f]{1,8})/u.exec(text)?.[1], 16),
    source: source && { file: source[1]!, line: Number(source[2]) },
    cpu: numberIn(cpu?.[1]),
    ...taskOf(text),
  });
};

// Words before the place that a headline names. Sources: report_cfi_failure(), kernel/cfi.c, v6.1; ex_handler_msr(),
// arch/x86/mm/extable.c, v5.17; __stack_chk_fail(), kernel/panic.c
const BEFORE_PLACE =
  /^CFI failure at |^(?:unchecked|mce:) MSR access error: .{1,120} at rIP: (?:0x[0-9a-f]{1,16} )?\(|corrupted in: |^WARNING: .{0,200}? at (?=\S{1,250}\+0x)/u;
const BADNESS = /^Badness in ([A-Za-z_][\w.]{0,255}) at /u;

/** The place in code that a headline names. @param text without blanks around it */
export const placeIn = (text: string): CodeLocation | undefined => {
  const badness = BADNESS.exec(text);
  if (badness !== null) return { symbol: badness[1]! };
  const source = sourceOf(text);
  const named = BEFORE_PLACE.exec(text);
  const at =
    source !== undefined
      ? text.slice(source.index + source[0].length).replace(/^(?: at)?\s/u, '')
      : named === null
        ? ''
        : text.slice(named.index + named[0].length);
  const location = at === '' ? undefined : findLocation(at)?.location;
  // A warning without a function is said to be at 0x0.
  return location?.symbol === undefined && location?.address === 0n ? undefined : location;
};
