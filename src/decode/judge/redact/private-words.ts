// Where names of tasks, users and hosts, addresses and serial numbers stand in kernel texts and in what carries them.
// Each row has one capturing group: what is replaced. Sources: the printk()s of v2.6.32 to v6.19 named beside the rows;
// systemd.journal-fields(7); RFC 3164 and 5424; RFC 4291 and 4122.

import type { PrivateKind } from './pseudonyms.js';

interface PrivateWord {
  readonly kind: PrivateKind;
  /** A part of every line that fits, looked for first. */
  readonly hint: string;
  /** Global; the named group `name` is what is replaced. */
  readonly pattern: RegExp;
}

// TASK_COMM_LEN is 16: include/linux/sched.h. A name may have blanks, slashes and colons.
const NAME = String.raw`(?<name>[^\s"\\](?:[^\n"\\]{0,30}?[^\s"\\])?)`;
const WORD = String.raw`(?<name>[^\s"'\\()[\]]{1,32})`;
const END = String.raw`(?=\s*(?:$|["\\\n<]))`;

const task = (hint: string, pattern: string): PrivateWord => ({
  kind: 'task',
  hint,
  pattern: new RegExp(pattern, 'gu'),
});

const TASKS: readonly PrivateWord[] = [
  // dump_stack_print_info(), lib/dump_stack.c; show_regs_common(), arch/x86/kernel/process.c, v2.6.32
  task('omm: ', String.raw`[Cc]omm: ${NAME}(?=\s+(?:Not tainted|Tainted:|Kdump:)|\s*(?:$|["\\\n<|]))`),
  task('Process ', String.raw`Process ${NAME}(?= \(pid: )`),
  // kernel/hung_task.c, kernel/sched/core.c
  task('task ', String.raw`\btask ${NAME}(?=:\d{1,9}\b)`),
  task('task ', String.raw`\b(?:by|by task|task) ${WORD}(?=\/\d{1,9}\b)`),
  task('task:', String.raw`\btask:${NAME}(?=\s+state:)`),
  // sched_show_task(), kernel/sched/core.c, v2.6.32 to v5.10
  task('0x', String.raw`(?:^|[\]:>] |\\n)(?<name>[^\s"\\()[\]]{1,16})(?=\s+[RSDTtZXxKWPNI]\s{0,8}(?:[0-9a-f]{16}|running task|\d{1,6})\b.{0,60}0x[0-9a-f]{8}\b)`),
  // kernel/watchdog.c
  task('stuck for', String.raw`stuck for \S{1,12} \[${NAME}(?=:\d{1,9}\])`),
  // kernel/locking/lockdep.c
  task('/', String.raw`(?:^|[\]:] |\\n)${WORD}(?=\/\d{1,9} (?:is |just |\[HC))`),
  task('held by ', String.raw`\bheld by ${NAME}(?=\/\d{1,9}\b)`),
  task('code: ', String.raw`\bcode: ${NAME}(?=\/\d{1,9}\b)`),
  // kernel/sched/core.c, kernel/workqueue.c, lib/spinlock_debug.c
  task('atomic', String.raw`(?:scheduling while atomic|leaked lock or atomic|leaked atomic, lock or RCU): ${NAME}(?=\/\d|\/0x|\[)`),
  task('CPU#', String.raw`\bCPU#\d{1,5}[:,] ${NAME}(?=\/\d{1,9}\b)`),
  task('.owner: ', String.raw`\.owner: ${NAME}(?=\/\d{1,9}\b)`),
  // mm/: bad pages, failed allocations, the OOM killer, kmemleak, page_owner
  task('process ', String.raw`\bin process ${NAME}(?=\s{1,4}(?:pfn|pte):)`),
  task(' invoked oom-killer', String.raw`(?:^|[\]:>] )(?<name>[^\s"\\\][:](?:[^\n"\\\][]{0,30}?[^\s"\\])?)(?= invoked oom-killer)`),
  task('page allocation ', String.raw`(?:^|[\]:>] )(?<name>[^\s"\\\][:](?:[^\n"\\\][]{0,30}?[^\s"\\])?)(?=: page allocation (?:failure|stalls))`),
  task('vmalloc', String.raw`(?:^|[\]:>] )(?<name>[^\s"\\\][:](?:[^\n"\\\][]{0,30}?[^\s"\\])?)(?=: vmalloc)`),
  task('illed process', String.raw`[Kk]ill(?:ed)? process \d{1,9} \(${NAME}(?=\))`),
  task('task=', String.raw`\btask=${NAME}(?=,pid=)`),
  task('tgid ', String.raw`\btgid \d{1,9} \(${NAME}(?=\))`),
  task('comm "', String.raw`\bcomm "(?<name>[^"\n]{1,32})(?=")`),
  task('[', String.raw`\[\s{0,8}\d{1,9}\]\s+\d{1,10}\s+\d{1,9}(?:\s+-?\d{1,12}){4,9}\s+${NAME}${END}`),
  // arch/x86/mm/fault.c, arch/x86/kernel/traps.c: programs of user space
  task(']: segfault', String.raw`(?<name>[^\s"\\()[\]]{1,32})(?=\[\d{1,9}\]: segfault)`),
  task('traps: ', String.raw`\btraps: ${WORD}(?=\[\d{1,9}\] )`),
  task('comm=', String.raw`\bcomm="?(?<name>[^\s"\\]{1,32})`),
  // systemd.journal-fields(7)
  task('_COMM', String.raw`_COMM"?\s?[=:]\s?"?(?<name>[^\s"\\,]{1,32})`),
  task('_EXE', String.raw`_EXE"?\s?[=:]\s?"?(?<name>[^\s"\\,]{1,250})`),
  task('_CMDLINE', String.raw`_CMDLINE"?\s?[=:]\s?"?(?<name>[^"\\\n]{1,250})`),
]; // prettier-ignore

const hosts = (hint: string, pattern: RegExp): PrivateWord => ({ kind: 'host', hint, pattern });

const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const TIME = String.raw`\d\d:\d\d:\d\d\S{0,20}`;

// What follows a host: without it, the first word of a message could be taken for one.
const PROGRAM = String.raw`(?=(?:kernel|sudo|su|systemd|sshd|\S{1,60}\[\d{1,9}\])(?::| ))`;

const HOSTS: readonly PrivateWord[] = [
  // The host of a line of syslog, before the name of the program.
  hosts(':', new RegExp(String.raw`(?:${MONTH}|\p{L}{2,8}\.?) +\d{1,2}(?: \d{4})? ${TIME} (?<name>[^\s:[\]"]{1,120})(?= ${PROGRAM})`, 'gu')),
  hosts(':', new RegExp(String.raw`\d{4}-\d\d-\d\d[T ]${TIME} (?<name>[^\s:[\]"]{1,120})(?= ${PROGRAM})`, 'gu')),
  hosts(' kernel: ', new RegExp(String.raw`^\d{9,10}\.\d{1,6} (?<name>\S{1,120})(?= kernel: )`, 'gu')),
  hosts(' kernel: ', new RegExp(String.raw`^(?:\[ {0,12}\d{1,9}\.\d{1,9}\] )?(?<name>[A-Za-z][\w.-]{0,120})(?= kernel: )`, 'gu')),
  hosts(' login: ', /^(?:.{0,40}\s)?(?<name>[\w.-]{1,120})(?= login: )/gu),
  hosts('ost', /(?:_HOSTNAME|\b(?:[a-z_.]{0,24}[._])?(?:hostname|hostName|host|nodename|nodeName))\\?"?\s?[=:]\s?\\?"?(?<name>[A-Za-z0-9][\w.-]{0,120})/gu),
  hosts(':', /\b(?:[a-z_.]{0,24}[._])?(?:pod|pod_name|podName|namespace|namespace_name|container_name|logStream(?:Name)?|instance_id|node)\\?"\s?:\s?\\?"(?<name>[^"\\]{1,200})/gu),
  hosts('://', /\bhttps?:\/\/(?!(?:[\w-]{1,40}\.)?kernel\.org\b|goo\.gl\b)(?<name>[\w.-]{1,200})/gu),
  // Servers of files, and the other side of a mirror; fs/smb, net/sunrpc, drivers/block/drbd, v6.14
  hosts('\\\\', /(?:CIFS|cifs|SMB|smb3?|UNC)\b.{0,120}?\\{2,8}(?<name>[A-Za-z0-9][\w.-]{0,120})/gu),
  hosts('//', /(?<![\w:/.])\/\/(?<name>[A-Za-z0-9][\w.-]{1,120})(?=\/)/gu),
  hosts(': server ', /\b(?:nfs4?|NFS|lockd|rpc\w{0,12}): server (?<name>[A-Za-z0-9][\w.-]{0,120})/gu),
  hosts('drbd ', /\bdrbd [\w.-]{1,64} (?!drbd\d)(?<name>[\w.-]{1,120})(?=: )/gu),
  // The machine's own: ip= of the kernel's command line, and systemd.
  hosts('ip=', /\bip=[^\s:]{0,40}:[^\s:]{0,40}:[^\s:]{0,40}:[^\s:]{0,40}:(?<name>[A-Za-z0-9][\w.-]{0,120})(?=:)/gu),
  hosts('ostname', /\b[Hh]ostname (?:set )?to <(?<name>[^<>\s]{1,120})(?=>)/gu),
  // user@host of mails and of the line with the compiler.
  { kind: 'user', hint: '@', pattern: /(?<![\w.+-])(?<name>[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){0,8})/gu },
]; // prettier-ignore

const users = (hint: string, pattern: RegExp): PrivateWord => ({ kind: 'user', hint, pattern });

const USERS: readonly PrivateWord[] = [
  users('/home/', /\/home\/(?<name>[^\s/:"'\\),;]{1,64})/gu),
  users('/Users/', /\/Users\/(?<name>[^\s/:"'\\),;]{1,64})/gu),
  users(
    ' for ',
    /\b(?:Accepted|Failed|Postponed) \S{1,40} for (?:invalid user )?(?<name>[A-Za-z_][\w.-]{0,63})(?= from )/gu,
  ),
  users('nvalid user ', /\b[Ii]nvalid user (?<name>[A-Za-z_][\w.-]{0,63})(?= from )/gu),
  users('sudo', /\bsudo(?:\[\d{1,9}\])?: {1,4}(?<name>[A-Za-z_][\w.-]{0,63})(?= : )/gu),
  users('su', /\bsu(?:\[\d{1,9}\])?: \(to \S{1,64}\) (?<name>[A-Za-z_][\w.-]{0,63})(?= on )/gu),
  users('ser', /\b(?:for|of) user (?<name>[A-Za-z_][\w.-]{0,31})/gu),
  users(
    'ser',
    /\b(?:user|username|userName|USER|LOGNAME|acct)\\?"?\s?[=:]\s?\\?"?(?<name>[A-Za-z_][\w.-]{0,31})/gu,
  ),
];

const address = (kind: PrivateKind, hint: string, pattern: RegExp): PrivateWord => ({ kind, hint, pattern });

const UUID = '[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}';

const ADDRESSES: readonly PrivateWord[] = [
  // What a command line must not have, and often has.
  address('secret', '=', /(?:\b|_)(?:password|passwd|passphrase|pass|pw|secret|token|psk|api_?key)=["']?(?<name>[^\s"',&]{1,200})/giu),
  // Two addresses and a type: net/netfilter/nf_log_syslog.c, net/ipv4/route.c, v6.14
  address('mac', 'MAC=', /\bMAC=(?<name>[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){6,19})/gu),
  address('mac', 'll header: ', /\bll header: (?:[0-9a-f]{8}: )?(?<name>(?:[0-9a-f]{2}[ :]){6,19}[0-9a-f]{2})/gu),
  address('id', 'iqn.', /\b(?<name>iqn\.\d{4}-\d\d\.[\w.:-]{0,220}\w)/gu),
  address('id', 'SSID', /\bSSID[ =:]{1,2}(?<name>[^\s"'()]{1,32})/gu),
  address('id', 'SSID', /\bSSID[ =:]{1,2}["'](?<name>[^"']{1,32})(?=["'])/gu),
  address('id', '-', new RegExp(String.raw`(?<=[a-z]-)(?<name>${UUID})(?![\w-])`, 'gu')),
  address('mac', ':', /(?<![\w:.-])(?<name>[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5})(?![\w:])/gu),
  address('mac', '-', /(?<![\w:.-])(?<name>[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5})(?![\w-])/gu),
  // Not a release such as 2.6.32.59, nor a version of firmware: those follow other words.
  address('ip', '.', /(?<![\w.+-]|\d\.|tainted |Tainted: [A-Z +-]{0,60}|[Vv]ersion |BIOS |BIOS\/|rev |FW |[Rr]elease |Linux )(?<name>(?:25[0-5]|2[0-4]\d|1?\d{1,2})(?:\.(?:25[0-5]|2[0-4]\d|1?\d{1,2})){3})(?![\w.+-]|\.\d)/gu),
  address('ip', '::', /(?<![\w:.])(?=[0-9A-Fa-f:]{0,60}\d)(?<name>[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6}::(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6})?)(?![\w:])/gu),
  address('ip', ':', /(?<![\w:.])(?<name>[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){7})(?![\w:])/gu),
  address('id', '-', /(?<![\w-])(?<name>[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12})(?![\w-])/gu),
  // Of machines, boots and containers. A module's build id stands after its name in brackets, and stays.
  address('id', '', /(?<![\w-]|\[[\w.-]{1,64} )(?<name>[0-9a-f]{64}|[0-9a-f]{32})(?![\w-])/gu),
  address('serial', '', /\b(?:[Ss]erial[ _]?(?:[Nn]umber|[Nn]o\.?)?|SERIAL|S\/N|SN|[Aa]sset [Tt]ag|[Ww]wn|WWN|naa)\\?"?\s{0,2}[:=.#-]\s{0,2}\\?"?(?=[\w-]{0,60}\d)(?<name>[A-Za-z0-9][\w-]{2,63})/gu),
]; // prettier-ignore

/** In the order in which they are applied. */
export const PRIVATE_WORDS: readonly PrivateWord[] = [...TASKS, ...HOSTS, ...USERS, ...ADDRESSES];
