// Removes from a line the prefixes that logs, mails and terminals put before the kernel's own text.
// Sources: print_prefix(), kernel/printk/printk.c, v2.6.32 to v6.14; dmesg(1); journalctl(1), -o short and its siblings.

import type { TextForm } from './text-form.js';

/** The kernel's text of a line, and what stood before it. */
export interface StrippedLine {
  readonly text: string;
  /** `12.345678`, seconds since boot. */
  readonly time?: string;
  /** `T1234` or `C0`: the task or CPU that printed it. */
  readonly caller?: string;
  /** Whether anything was taken off that each line of such a log has. */
  readonly prefixed: boolean;
  readonly forms: readonly TextForm[];
}

const ENTITY = /&(?:lt|gt|amp|nbsp|quot|#39|#40|#41|#60|#62);/u;
const UNCLEAN = /[\r\u0000\u001b\u00a0]|\\x09|&(?:lt|gt|amp|nbsp|quot|#\d\d);/u;

const clean = (raw: string, forms: TextForm[]): string => {
  if (!UNCLEAN.test(raw)) return raw;
  if (raw.includes('\u00a0')) forms.push('nbsp');
  if (raw.includes('\\x09') || ENTITY.test(raw)) forms.push('escaped');
  return raw
    .replaceAll(/\u001b\[[0-9;?]{0,20}[A-Za-z]|[\r\u0000]/gu, '')
    .replaceAll('\u00a0', ' ')
    .replaceAll('\\x09', '\t')
    .replaceAll('&nbsp;', ' ')
    .replaceAll(/&(?:lt|#60);/gu, '<')
    .replaceAll(/&(?:gt|#62);/gu, '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&#40;', '(')
    .replaceAll('&#41;', ')')
    .replaceAll('&amp;', '&');
};

// Of mails, and the marks of a list, a table, a comment or a patch.
const QUOTE =
  /^ ?(?:>[>| ]{0,20}|[|*#](?= )|\+(?= ?(?:\[ {0,12}\d|[A-Z]{2}|[A-Z]?[a-z]{2,}[ _]))) ?(?=[\s[<A-Za-z0-9#-]|$)/u;
// `dmesg -d` adds the time since the line before.
const BOOT_TIME = /\[ {0,12}(\d{1,9}\.\d{6})(?: <[ +]{0,12}\d{1,9}\.\d{6}>)?\]/u;
const CALLER = /^ ?\[ {0,8}([TC]\d{1,9})\]/u;
// Not the marked byte of a `Code:` line that a mail program wrapped there.
const LEVEL = /^<\d{1,3}>(?! ?[0-9a-f]{2}(?: |\r?$))/u;
const SYSLOG =
  /^\s{0,8}(?:<\d{1,3}>)?(?:(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]?\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,9})?(?: \d{4})?|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S{0,20})(?: \S{1,120})? kernel: ?/u;
// Any other clock, language and chain of hosts: a time of day, followed by `kernel: `, is enough.
const FOREIGN = /^[^:]{0,40}\b\d\d:\d\d:\d\d[^ ]{0,20} (?:\S{1,80} ){0,4}kernel: ?/u;
const UNIX_TIME = /^\d{9,10}\.\d{1,6} \S{1,120} kernel: ?/u; // journalctl -o short-unix
// A boot time without its last digits.
const SHORT_TIME = /^\s{0,8}\[ {0,12}\d{1,9}\.\d{1,5}\] ?/u;
const PRINTER = /^ ?\[pid:\d{1,9},cpu\d{1,5},[^\]]{1,40}\] ?/u;
// A message to all terminals (wall) has no blank after `kernel:`.
const HOST_KERNEL = /^\s{0,8}(?:(?:[^\s:]{1,120} )?kernel: |kernel:(?=\S))/u;
// The announcement of such a message is not part of a line.
const ANNOUNCED = /^\s{0,4}(?:Broadcast m|M)essage from \S{1,200} .{0,200}$/u;
const MONOTONIC = /^ (?:[^\s:[]{1,120} )?kernel: ?/u;
const WALL_CLOCK =
  /^\s{0,8}\[[A-Z][a-z]{2} [A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d \d{4}(?: <[ +]{0,12}\d{1,9}\.\d{6}>)?\] ?/u;
// `dmesg -e` and `-H`: the minute where it changes, else the time since the line before. Months in any language.
const MINUTE = /^\s{0,8}\[[^\s\]\d]{2,8}[ \d]\d \d\d:\d\d(?::\d\d)?\] ?/u;
const SINCE = /^\s{0,8}\[[ <+]{1,14}\d{1,9}\.\d{6}>?\] ?/u;
const ISO = /^\s{0,8}\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[,.]\d{3,9}\S{0,6} /u;
// /dev/kmsg and the extended netconsole, which may begin with the release. Source: info_print_ext_header(),
// kernel/printk/printk.c, and send_msg_fragmented(), drivers/net/netconsole.c, v6.14
const KMSG =
  /^(?:\d{1,2}\.\d{1,3}[^\s,;]{0,100},)?\d{1,3},\d{1,12},\d{1,16},[^,;\s]{1,8}(?:,caller=([TC]\d{1,9}))?(?:,[^;\s]{1,80})?;/u;
// RFC 5424 (syslog): priority and version, time, host, `kernel`, process, message, structured data.
const SYSLOG_5424 =
  /^(?:\d{1,6} )?<\d{1,3}>1 \S{1,40} \S{1,255} kernel \S{1,128} \S{1,32} (?:-|\[[^\]]{0,400}\]) ?\ufeff?/u;
const FACILITY = /^kern {0,6}:[a-z]{1,8} {0,8}: ?/u;

// What stands before a boot time: the prefix of a log, or text that another writer left on the line.
const before = (text: string, forms: TextForm[]): void => {
  if (/^\s*$/u.test(text)) {
    if (text.includes('\t')) forms.push('tab-indented');
  } else if (/kernel: ?$/u.test(text)) forms.push('syslog');
  else if (/^\s{0,8}<\d{1,3}>$/u.test(text) || FACILITY.test(text)) forms.push('levels');
  else if (!/^[\s<>\d:,.T+-]{0,60}$/u.test(text)) forms.push('interleaved');
};

const afterTime = (text: string, forms: TextForm[]): { text: string; caller?: string } => {
  let rest = text;
  const caller = CALLER.exec(rest);
  if (caller !== null) {
    forms.push('printk-caller');
    rest = rest.slice(caller[0].length);
  }
  // Some vendors' kernels print the task here.
  rest = rest.replace(PRINTER, '');
  const monotonic = MONOTONIC.exec(rest);
  if (monotonic !== null) {
    forms.push('short-monotonic');
    rest = rest.slice(monotonic[0].length);
  } else if (rest.startsWith(' ')) rest = rest.slice(1);
  return caller === null ? { text: rest } : { text: rest, caller: caller[1]! };
};

const CLOCKS = [WALL_CLOCK, MINUTE, SINCE, ISO];

const WITHOUT_TIME: readonly (readonly [RegExp, TextForm])[] = [
  [SYSLOG, 'syslog'],
  [SYSLOG_5424, 'syslog'],
  [ANNOUNCED, 'syslog'],
  [WALL_CLOCK, 'wall-clock'],
  [MINUTE, 'wall-clock'],
  [SINCE, 'timestamps'],
  [ISO, 'wall-clock'],
  [KMSG, 'levels'],
  [FACILITY, 'levels'],
  [HOST_KERNEL, 'syslog'],
  [FOREIGN, 'syslog'],
  [UNIX_TIME, 'syslog'],
  [SHORT_TIME, 'timestamps'],
];

/** Take the prefixes off a line. Blanks that belong to the kernel's text stay, at both ends. */
export const stripLine = (raw: string): StrippedLine => {
  const forms: TextForm[] = [];
  let text = clean(raw, forms);
  const quote = QUOTE.exec(text);
  if (quote !== null) {
    forms.push('quoted');
    text = text.slice(quote[0].length);
  }
  const time = BOOT_TIME.exec(text.length > 400 ? text.slice(0, 400) : text);
  if (time !== null) {
    forms.push('timestamps');
    before(text.slice(0, time.index), forms);
    const rest = afterTime(text.slice(time.index + time[0].length), forms);
    return { ...rest, time: time[1]!, prefixed: true, forms };
  }
  let prefixed = false;
  for (const [pattern, form] of WITHOUT_TIME) {
    const found = pattern.exec(text);
    if (found === null) continue;
    forms.push(form);
    text = text.slice(found[0].length);
    prefixed = true;
    // `dmesg -x -T` writes the level before the clock.
    const clock = form === 'levels' ? CLOCKS.find((one) => one.test(text)) : undefined;
    if (clock !== undefined) {
      forms.push(clock === SINCE ? 'timestamps' : 'wall-clock');
      text = text.replace(clock, '');
    }
    if (pattern === KMSG && found[1] !== undefined) {
      forms.push('printk-caller');
      return { text, caller: found[1], prefixed, forms };
    }
    break;
  }
  const level = LEVEL.exec(text);
  if (level !== null) {
    if (!prefixed) forms.push('levels');
    text = text.slice(level[0].length);
    prefixed = true;
  }
  const caller = CALLER.exec(text);
  if (caller === null) return { text, prefixed, forms };
  forms.push('printk-caller');
  const rest = text.slice(caller[0].length);
  return { text: rest.startsWith(' ') ? rest.slice(1) : rest, caller: caller[1]!, prefixed: true, forms };
};
