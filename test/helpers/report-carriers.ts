// What carries reports besides logs, mails and terminals: the tools of hosts, containers and clouds. Written after their
// own documentation and source, which is named; the reader is not looked at.

import type { Carrier } from './report-layouts.js';

const each =
  (
    prefix: (index: number, line: string) => string,
    suffix: (index: number) => string = () => '',
    text: (line: string) => string = (line) => line,
  ): Carrier =>
  (lines) =>
    lines.map((line, index) => `${prefix(index, line)}${text(line)}${suffix(index)}\n`).join('');

const seconds = (index: number): string => (1234.567 + index / 1000).toFixed(6);
const stamp = (index: number): string => `[${seconds(index).padStart(12)}]`;

const stamped = (lines: readonly string[]): string[] => lines.map((line, index) => `${stamp(index)} ${line}`);

const fill = (text: string, width: number): string => {
  const rows = [''];
  for (const word of text.split(/(?<= )(?=[^ ])/u)) {
    if (rows.at(-1)!.length + word.trimEnd().length > width) rows.push(word);
    else rows.push(`${rows.pop()!}${word}`);
  }
  return rows.map((row) => row.trimEnd()).join('\n');
};

// As encoding/json of Go writes a string.
const go = (text: string): string =>
  JSON.stringify(text).replaceAll(/[<>&]/gu, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);

// Android's logd takes a word before a colon for the name of a program.
const TAG = /^([\w ]{1,20}): /u;
const tagOf = (line: string): string => TAG.exec(line)?.[1] ?? '';
const restOf = (line: string): string => line.replace(TAG, '');

const lengthOf = (line: string): string => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(line.length));
  return bytes.toString('latin1').replaceAll(/[\u0080-\uffff]/gu, '\ufffd');
};

// RFC 2045, 6.7
const quotedPrintable = (text: string): string =>
  text
    .replaceAll('=', '=3D')
    .split('\n')
    .map((line) => (line.match(/(?:=3D|[^=]){1,70}/gu) ?? ['']).join('=\n'))
    .join('\n');

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

  // The json-file driver of Docker; Go's encoder escapes the signs of HTML.
  'Docker json-file': each(
    () => '',
    undefined,
    (line) => `{"log":${go(`${line}\n`)},"stream":"stdout","time":"2024-11-29T16:48:55.123456789Z"}`,
  ),
  'Docker json-file, stamped': (lines) => TOOL_CARRIERS['Docker json-file']!(stamped(lines)),
  // Kubernetes: CRI logging
  CRI: each(() => '2024-11-29T16:48:55.123456789Z stdout F '),
  'CRI in two parts': (lines) =>
    lines
      .map((line) => {
        const at = Math.floor(line.length / 2);
        const stamp = '2024-11-29T16:48:55.123456789Z stdout';
        return `${stamp} P ${line.slice(0, at)}\n${stamp} F ${line.slice(at)}\n`;
      })
      .join(''),
  'CRI with JSON in it': each(
    () => '',
    undefined,
    (line) => `2024-11-29T16:48:55.1Z stdout F {"level":"warn","msg":${go(line)}}`,
  ),
  'logcli -o jsonl': each(
    () => '',
    undefined,
    (line) => `{"labels":{"job":"kernel"},"line":${JSON.stringify(line)},"timestamp":"2024-11-29T16:48:55Z"}`,
  ),
  'an answer of Loki': (lines) =>
    `{"status":"success","data":{"resultType":"streams","result":[{"stream":{"host":"n1"},"values":[${lines
      .map((line, index) => `["${1_732_898_935_000_000_000 + index * 1000}",${JSON.stringify(line)}]`)
      .join(',')}]}]}}\n`,
  'CloudWatch, printed over lines': (lines) =>
    `{\n    "events": [\n${lines
      .map(
        (line) =>
          `        {\n            "timestamp": 1732898935123,\n            "message": ${JSON.stringify(line)},\n            "ingestionTime": 1732898936000\n        }`,
      )
      .join(',\n')}\n    ],\n    "nextForwardToken": "f/1"\n}\n`,
  'Google Cloud, textPayload': each(
    () => '',
    undefined,
    (line) =>
      `{"insertId":"a1b2","logName":"projects/p/logs/kernel","severity":"ERROR","textPayload":${JSON.stringify(line)},"timestamp":"2024-11-29T16:48:55Z"}`,
  ),
  'Google Cloud, jsonPayload, printed over lines': (lines) =>
    `[\n${lines
      .map(
        (line, index) =>
          `  {\n    "insertId": "k${index}",\n    "jsonPayload": {\n      "PRIORITY": "4",\n      "message": ${JSON.stringify(line)}\n    },\n    "resource": {\n      "type": "gce_instance"\n    }\n  }`,
      )
      .join(',\n')}\n]\n`,
  'Azure Syslog': each(
    () => '',
    undefined,
    (line) =>
      `{"TimeGenerated":"2024-11-29T16:48:55Z","Facility":"kern","SyslogMessage":${JSON.stringify(line)},"HostName":"n1"}`,
  ),
  OpenTelemetry: each(
    () => '',
    undefined,
    (line) =>
      `{"timeUnixNano":"1732898935123456789","severityText":"WARN","body":{"stringValue":${JSON.stringify(line)}},"attributes":[{"key":"host.name","value":{"stringValue":"n1"}}]}`,
  ),
  'Splunk, a key of its own': each(
    () => '',
    undefined,
    (line) => `{"preview":false,"result":{"_raw":${JSON.stringify(line)},"host":"n1"}}`,
  ),
  'JSON with a key that nobody knows': each(
    () => '',
    undefined,
    (line) => `{"host":"n1","frob_text":${JSON.stringify(line)},"id":"77"}`,
  ),
  logfmt: each(
    () => '',
    undefined,
    (line) => `ts=2024-11-29T16:48:55Z level=warn host=n1 msg=${JSON.stringify(line)}`,
  ),
  'dmesg --json': (lines) =>
    `{\n   "dmesg": [\n      {${lines
      .map(
        (line, index) =>
          `\n         "pri": 4,\n         "time":     ${seconds(index)},\n         "msg": ${JSON.stringify(line)}\n      }`,
      )
      .join(',{')}\n   ]\n}\n`,
  'journalctl -o json': each(
    () => '',
    undefined,
    (line) =>
      `{"_TRANSPORT":"kernel","SYSLOG_IDENTIFIER":"kernel","MESSAGE":${JSON.stringify(line)},"PRIORITY":"4"}`,
  ),
  'journalctl -o json, as bytes': each(
    () => '',
    undefined,
    (line) => `{"_TRANSPORT":"kernel","MESSAGE":[${[...Buffer.from(line)].join(',')}],"PRIORITY":"4"}`,
  ),
  'journalctl -o json-pretty': (lines) =>
    lines
      .map(
        (line) =>
          `{\n\t"SYSLOG_IDENTIFIER" : "kernel",\n\t"MESSAGE" : ${JSON.stringify(line)},\n\t"PRIORITY" : "4",\n\t"_HOSTNAME" : "n1"\n}\n`,
      )
      .join(''),
  'journalctl -o json-pretty, as bytes': (lines) =>
    lines
      .map(
        (line) =>
          `{\n\t"SYSLOG_IDENTIFIER" : "kernel",\n\t"MESSAGE" : [\n${[...Buffer.from(line)].map((byte) => `\t\t${byte}`).join(',\n')}\n\t],\n\t"_HOSTNAME" : "n1"\n}\n`,
      )
      .join(''),
  // systemd, Journal Export Formats
  'journalctl -o export': (lines) =>
    lines
      .map(
        (line, index) =>
          `__CURSOR=s=a1;i=${index}\n__REALTIME_TIMESTAMP=${1_700_000_000_000_000 + index}\n_TRANSPORT=kernel\nPRIORITY=4\nSYSLOG_IDENTIFIER=kernel\nMESSAGE=${line}\n_HOSTNAME=n1\n\n`,
      )
      .join(''),
  'journalctl -o export, as bytes': (lines) =>
    lines
      .map((line) => `_TRANSPORT=kernel\nPRIORITY=4\nMESSAGE\n${lengthOf(line)}${line}\n_HOSTNAME=n1\n\n`)
      .join(''),
  'journalctl -o verbose': (lines) =>
    lines
      .map(
        (line, index) =>
          `Fri 2024-11-29 16:48:55.${123_456 + index} UTC [s=a1b2c3d4;i=${index};b=0a;m=1;t=2;x=3]\n    _TRANSPORT=kernel\n    PRIORITY=4\n    SYSLOG_IDENTIFIER=kernel\n    MESSAGE=${line}\n    _BOOT_ID=0a\n`,
      )
      .join(''),
  // Android; the name before a colon is taken for that of a program
  'logcat -b kernel': each(
    (index, line) => `11-29 16:48:55.${123 + index}     0     0 W ${tagOf(line).padEnd(8)}: `,
    undefined,
    (line) => restOf(line),
  ),
  'logcat -b kernel -v brief': each(
    (_, line) => `W/${tagOf(line).padEnd(8)}(    0): `,
    undefined,
    (line) => restOf(line),
  ),
  'extended netconsole in fragments': (lines) =>
    lines
      .map((line, index) => {
        const head = `4,${1000 + index},1234567890,-,ncfrag=`;
        const at = Math.floor(line.length / 2);
        return line.length < 40
          ? `4,${1000 + index},1234567890,-;${line}\n`
          : `${head}0/${line.length};${line.slice(0, at)}\n${head}${at}/${line.length};${line.slice(at)}\n`;
      })
      .join(''),
  '/dev/kmsg with a dictionary': each(
    (index) => `4,${1000 + index},1234567890,-;`,
    () => '\n SUBSYSTEM=frob\n DEVICE=+frob:0',
  ),
  // Texts that became one line
  'a string of JSON': (lines) =>
    `{"InstanceId":"i-0123","Output":${JSON.stringify(stamped(lines).join('\r\n'))}}\n`,
  'a string that a program printed': (lines) => `output: b'${lines.join('\\n')}\\n'\n`,
  rsyslog: (lines) => `Nov 29 16:48:55 n1 app: ${lines.join('#012')}\n`,
  'stamps in one line': (lines) => `${stamped(lines).join(' ')}\n`,
  'lines of syslog in one line': (lines) =>
    `${lines.map((line) => `Nov 29 16:48:55 n1 kernel: ${line}`).join(' ')}\n`,
  'a log of tests in YAML': each(
    () => '',
    undefined,
    (line) => `- {"dt": "2024-11-29T16:48:55.123456", "lvl": "target", "msg": ${JSON.stringify(line)}}`,
  ),
  'a task of Ansible': (lines) =>
    `ok: [n1] => {\n    "stdout_lines": [\n${lines.map((line) => `        ${JSON.stringify(line)}`).join(',\n')}\n    ]\n}\n`,
  'a form that lost the line ends': (lines) => `${lines.join(' ')}\n`,
  'a form that set bars for the line ends': (lines) => `${lines.join(' | ')} |\n`,
  'a mail that fills paragraphs': (lines) => `${fill(lines.join(' ').trim(), 72)}\n`,
  'a mail that quotes and fills': (lines) => fill(lines.join(' ').trim(), 70).replaceAll(/^/gmu, '> '),
  // pstore_dump(), fs/pstore/platform.c, v6.14
  'the parts of pstore': (lines) => {
    const stampedLines = stamped(lines).map((line) => `<4>${line}\n`);
    const size = Math.ceil(stampedLines.length / 3);
    return [3, 2, 1]
      .map(
        (part) => `Panic#1 Part${part}\n${stampedLines.slice((3 - part) * size, (4 - part) * size).join('')}`,
      )
      .toReversed()
      .join('');
  },
  'the parts of pstore, with names of files': (lines) =>
    TOOL_CARRIERS['the parts of pstore']!(lines).replaceAll(
      /^(?=Panic#1 Part(\d))/gmu,
      '==> dmesg-efi-17328989350$1001 <==\n',
    ),
  // What no table has
  'the number of a run': each(() => '04179 '),
  'a time of day': each((index) => `16:48:${10 + (index % 50)} `),
  'syslog without a host': each(() => 'Nov 29 16:48:55 : '),
  'a name and a bar': each(() => 'frob-1  | '),
  'a pod, a container, a level': each(() => '[pod/frob-7d9c/frob] <W> n1: '),
  'a level that varies': each(
    (index) => `2024/11/29 16:48:55 ${['WARN', 'ERROR', 'INFO'][index % 3]} n1 frob.c:77 - `,
  ),
  'cat -A': each(
    () => '',
    () => '$',
  ),
  'a host at the end': each(
    () => '',
    (index) => ` (host=n1 seq=${index})`,
  ),
  'a table': each(
    (index) => `| ${String(index).padStart(4)} | `,
    () => ' |',
  ),
  CSV: each(
    (index) => `${index},2024-11-29,"`,
    () => '"',
  ),
  // One in another
  'a mail that quotes Docker json-file': (lines) =>
    TOOL_CARRIERS['Docker json-file']!(lines).replaceAll(/^/gmu, '> ').replace(/> $/u, ''),
  'a web page of JSON': (lines) =>
    TOOL_CARRIERS['logcli -o jsonl']!(lines)
      .replaceAll('&', '&amp;')
      .replaceAll('"', '&quot;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;'),
  'Docker json-file with levels and stamps': (lines) =>
    TOOL_CARRIERS['Docker json-file']!(stamped(lines).map((line) => `<4>${line}`)),
  'CR LF after lines of JSON': (lines) =>
    TOOL_CARRIERS['journalctl -o json']!(lines).replaceAll('\n', '\r\n'),
  'JSON in quoted-printable': (lines) => quotedPrintable(TOOL_CARRIERS['logcli -o jsonl']!(lines)),
  'journal fields with stamps': (lines) => TOOL_CARRIERS['journalctl -o export']!(stamped(lines)),
  'a journal in CRI': (lines) =>
    TOOL_CARRIERS['CRI']!(TOOL_CARRIERS['syslog of RFC 5424']!(lines).trimEnd().split('\n')),
};
