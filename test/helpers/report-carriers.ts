// What carries reports besides logs, mails and terminals: the tools of hosts, containers and clouds. Written after their
// own documentation and source, which is named; the reader is not looked at.

import type { Carrier } from './report-layouts.js';

const each =
  (prefix: (index: number, line: string) => string, suffix: (index: number) => string = () => ''): Carrier =>
  (lines) =>
    lines.map((line, index) => `${prefix(index, line)}${line}${suffix(index)}\n`).join('');

const seconds = (index: number): string => (1234.567 + index / 1000).toFixed(6);
const stamp = (index: number): string => `[${seconds(index).padStart(12)}]`;

/** Every carrier by its name. */
export const TOOL_CARRIERS: Readonly<Record<string, Carrier>> = {
  // dmesg(1), util-linux 2.40
  'dmesg -e': each((index) => (index === 0 ? '[Nov29 16:48] ' : '[  +0.000113] ')),
  'dmesg -e -x': each(
    (index) =>
      `kern  :${index === 0 ? 'alert' : 'warn '} : ${index === 0 ? '[Oct26 23:50] ' : '[  +0.000113] '}`,
  ),
  'dmesg -e in another language': each((index) => (index === 0 ? '[févr.14 06:08] ' : '[  +0.000113] ')),
  'dmesg -d': each((index) => `[${seconds(index).padStart(12)} <    0.000113>] `),
  'dmesg -T -d': each(() => '[Fri Nov 29 16:48:55 2024 <    0.000113>] '),
  'dmesg --time-format iso': each(() => '2024-11-29T16:48:55,123456+00:00 '),
  'dmesg -x --time-format iso': each(() => 'kern  :warn  : 2024-11-29T16:48:55,123456+00:00 '),
  // syslogd's message to all terminals
  wall: each(() => 'Message from syslogd@n1 at Nov 29 16:48:55 ...\nkernel:'),
  // RFC 5424, and with the length before it RFC 6587
  'syslog of RFC 5424': each(() => '<4>1 2024-11-29T16:48:55.123456+01:00 n1.example kernel - - - '),
  'syslog of RFC 6587': each(
    () => '211 <4>1 2024-11-29T16:48:55.123456+01:00 n1 kernel - - [meta sequenceId="7"] ',
  ),
  // Documentation/networking/netconsole.rst and Documentation/ABI/testing/dev-kmsg, v6.14
  'extended netconsole': each((index) => `4,${1000 + index},${1_234_567_890 + index},-;`),
  'extended netconsole with the release': each((index) => `6.11.3-7-demo,4,${1000 + index},1234567890,-;`),
  'kmsg with the caller': each((index) => `4,${1000 + index},1234567890,-,caller=T77;`),
};
