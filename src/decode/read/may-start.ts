// The one look that each line of a log gets while no report is open: whether it can be the first line of one.

// Words that such lines have. The pattern tries them at each character, so they stand apart from what is no plain text:
// only plain texts in a row are tried together.
const WORDS = [
  '"MESSAGE" : [',
  '"MESSAGE":[',
  'AER: ',
  'BUG',
  'Badness',
  'Busy inodes',
  'CFI failure',
  'Call Trace',
  'Call trace',
  'Code:',
  'Comm: ',
  'FAULT_',
  'Hardware Error',
  'INFO: ',
  'Internal error',
  'LOCKUP',
  'Machine Check',
  'Modules linked',
  'NMI backtrace',
  'ODEBUG: ',
  'Oops',
  'PANIC',
  'PCIe Bus',
  'PID: ',
  'Close: file',
  'Panic#',
  'RIP',
  'UBSAN',
  'MSR access',
  'WARNING',
  'comm: ',
  'corruption',
  'cut here',
  'detected buffer',
  'divide error',
  'double add',
  ' fault',
  'field-spanning',
  'general protection',
  'nable to handle',
  'nobody cared',
  'nvalid opcode',
  'ode:0x',
  'oom-kill',
  'page allocation ',
  'panic',
  'pointer deref',
  'refcount_t',
  'stack-protector: ',
  'still has objects',
  'sysfs: cannot',
  'temperature above',
  'to become free',
  'tried to ex',
  'unreferenced obj',
  'usercopy: ',
  'ut of memory: ',
  'ysRq : Show',
  'ysRq: Show',
  'ysrq: Show',
];
// Each begins with a plain character.
const PATTERNS = [
  String.raw`EDAC \w`,
  String.raw`R[ABCDS1][XIP0-9]:`,
  String.raw`task:\S.{0,20} state:`,
  String.raw` \[#?\d{1,5}\]`, // the counter of a line such as `Oops: 0002 [#1]`
  String.raw`\+0x[0-9a-f]{1,8}\/0x`,
];

const escaped = (text: string): string => text.replaceAll(/[[\]]/gu, String.raw`\$&`);
const firsts = new Set([...WORDS, ...PATTERNS].map((one) => one.replace('\\', '')[0]));

/** Whether a line can be the first of a report. It may say so of others, which then cost more. */
export const MAY_START = new RegExp(
  `(?=[${[...firsts].join('')}])(?:${[...WORDS.map(escaped), ...PATTERNS].join('|')})`,
  'u',
);
