// What is private is replaced before a report is passed on, and the analysis stays. Every name is made up.
import { describe, expect, it } from 'vitest';
import { explainReport } from '../../src/decode/explain/explain.js';
import { judge } from '../../src/decode/judge/judgement.js';
import { redactText } from '../../src/decode/judge/redact/redact-text.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import fc from 'fast-check';
import { FULL, cases } from '../helpers/effort.js';
import { TOOL_CARRIERS } from '../helpers/report-carriers.js';
import { exampleFacts } from '../helpers/report-example.js';
import { CARRIERS, LAYOUTS } from '../helpers/report-layouts.js';

const oops = (line: string): string => `BUG: kernel NULL pointer dereference, address: 0000000000000010
Oops: 0002 [#1] PREEMPT SMP
${line}
CPU: 3 PID: 311 Comm: acme-billing Tainted: G        W          2.6.32.59-frob #7
Hardware name: Frob Works FW-2/FW-2, BIOS 4.6.5.4 01/02/2024
RIP: 0010:frob_open+0x1c/0x40 [frob]
RSP: 0018:ffffc90000123d08 EFLAGS: 00010246
RAX: 0000000000000000 RBX: ffff888100aa0000 RCX: 0000000000000007
Code: 48 89 fb 48 8b 47 10 <8b> 40 04 5b c3
Call Trace:
 frob_ioctl+0x10/0x20
`;

/** What the analysis says, as text. */
const essence = (text: string): string =>
  JSON.stringify(
    reportsOf(text).map((report) => {
      const { title, class: bugClass, signature } = judge(report, explainReport(report));
      const registers = report.registers.map(({ values }) => [...values].map(([name, value]) => [name, String(value)]));
      return [report.kind, title, bugClass, signature, registers, report.release, report.hardware, report.pid];
    }),
  ); // prettier-ignore

describe('redaction', () => {
  it.each([
    ['Mar  3 12:00:00 till-07 kernel: frob: reset', 'Mar  3 12:00:00 host-1 kernel: frob: reset'],
    ['2024-03-03T12:00:00.123456+01:00 till-07.shop.example.org kernel: frob: reset', '2024-03-03T12:00:00.123456+01:00 host-1 kernel: frob: reset'],
    ['INFO: task acme-cron:77 blocked for more than 120 seconds.', 'INFO: task task-2:77 blocked for more than 120 seconds.'],
    ['task:acme cron       state:D stack:0     pid:77   ppid:1      flags:0x00004000', 'task:task-2       state:D stack:0     pid:77   ppid:1      flags:0x00004000'],
    ['watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [acme cron:77]', 'watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [task-2:77]'],
    ['acme-cron/77 is trying to acquire lock:', 'task-2/77 is trying to acquire lock:'],
    ['2 locks held by acme-cron/77:', '2 locks held by task-2/77:'],
    ['Read of size 8 at addr ffff888100aa0000 by task acme-cron/77', 'Read of size 8 at addr ffff888100aa0000 by task task-2/77'],
    ['BUG: scheduling while atomic: acme-cron/77/0x00000002', 'BUG: scheduling while atomic: task-2/77/0x00000002'],
    ['acme-cron invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0', 'task-2 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0'],
    ['Out of memory: Killed process 77 (acme-cron) total-vm:1kB', 'Out of memory: Killed process 77 (task-2) total-vm:1kB'],
    ['[     77]     0    77    12345     1234    65536        0             0 acme-cron', '[     77]     0    77    12345     1234    65536        0             0 task-2'],
    ['WARNING: fs/frob/map.c:731 at 0x0, CPU#1: acme-cron/77', 'WARNING: fs/frob/map.c:731 at 0x0, CPU#1: task-2/77'],
    ['frob: peer 192.0.2.17 and 2001:db8::17 from 00:00:5e:00:53:af', 'frob: peer ip-1 and ip-2 from mac-1'],
    ['frob: Serial Number: FW-1234567, 123e4567-e89b-12d3-a456-426614174000', 'frob: Serial Number: serial-1, id-1'],
    ['frob: opened /home/pat/ledger/2024.db and /srv/shop/till.db', 'frob: opened /home/user-1/path-1 and /path-2'],
    ['frob_ioctl+0x10/0x20 (/home/pat/src/linux/drivers/frob/core.c:31)', 'frob_ioctl+0x10/0x20 (/home/user-1/drivers/frob/core.c:31)'],
    ['Linux version 6.8.0-demo (pat@build-7) (gcc 13.2.0) #7', 'Linux version 6.8.0-demo (user-1@host-1) (gcc 13.2.0) #7'],
  ])('replaces: %s', (line, expected) => {
    const { text, how } = redactText(oops('') + `${line}\n`);
    expect([text.split('\n').at(-2), how]).toEqual([expected, 'in place']);
  }); // prettier-ignore

  it.each([
    'CPU: 3 PID: 12 Comm: kworker/3:1 Not tainted 6.8.0-demo #7',
    'CPU: 0 PID: 0 Comm: swapper/0 Not tainted 6.8.0-demo #7',
    'Workqueue: events frob_work [frob]',
    ' frob_ioctl+0x10/0x20 [frob 0123456789abcdef0123456789abcdef]',
    ' ? asm_exc_page_fault+0x26/0x30',
    'Hardware name: Frob Works FW-2/FW-2, BIOS 4.6.5.4 01/02/2024',
    'Not tainted 2.6.32.59 #1',
    'lock: 0xffff888100aa0000, .magic: dead4ead, .owner: <none>/-1, .owner_cpu: -1',
    'Modules linked in: frob(OE) btrfs snd_hda_codec_generic',
    '---[ end trace 0123456789abcdef ]---',
    'pcieport 0000:00:1c.0: AER: Corrected error received: 0000:01:00.0',
    'RSI: 0000000000000001 RDI: ffff888100aa0000',
    'WARNING: CPU: 1 PID: 77 at drivers/frob/core.c:10 frob_warn+0x10/0x20',
    'Kernel Offset: 0x1c000000 from 0xffffffff81000000 (relocation range: 0xffffffff80000000-0xffffffffbfffffff)',
    'page:00000000c0de0000 refcount:1 mapcount:0 mapping:0000000000000000 index:0x0 pfn:0x10c0de',
    'read to 0xffff888100aa0000 of 8 bytes by task 311 on cpu 1:',
    'Last loaded file: /proc/sys/kernel/frob and /lib/modules/6.8.0-demo/kernel/frob.ko',
  ])('leaves: %s', (line) => {
    expect(redactText(`${line}\n`).text).toBe(`${line}\n`);
  });

  it('has one name for one thing, wherever it stands', () => {
    const text = redactText(
      oops('INFO: task acme-cron:77 blocked for more than 120 seconds.') +
        oops('acme-cron/77 is trying to acquire lock:'),
    ).text;
    expect(text.match(/task-\d/gu)).toEqual(['task-2', 'task-1', 'task-2', 'task-1']);
  });

  it.each([
    ['CIFS: Attempting to mount \\\\files-9\\share', 'CIFS: Attempting to mount \\\\host-1\\share'],
    ['mount //files-9/share$ ro', 'mount //host-1/share$ ro'],
    ['nfs: server nas-07 not responding, timed out', 'nfs: server host-1 not responding, timed out'],
    ['drbd frob-r0 till-b.example.org: connection( Connected -> NetworkFailure )', 'drbd frob-r0 host-1: connection( Connected -> NetworkFailure )'],
    ['Command line: quiet password=hunter2 ro', 'Command line: quiet password=secret-1 ro'],
    ['rd.luks.uuid=luks-123e4567-e89b-12d3-a456-426614174000', 'rd.luks.uuid=luks-id-1'],
    ['ip=192.0.2.3::192.0.2.1:255.255.255.0:till-07:eth0:off', 'ip=ip-1::ip-2:255.255.255.0:host-1:eth0:off'],
    ['IN=eth0 MAC=00:00:5e:00:53:af:00:00:5e:00:53:ae:08:00 LEN=60', 'IN=eth0 MAC=mac-1 LEN=60'],
    ['ll header: 00000000: 00 00 5e 00 53 af 00 00 5e 00 53 ae 08 00', 'll header: 00000000: mac-1'],
    ['iscsi: iqn.2003-01.org.example.storage9:target1 connection1:0', 'iscsi: id-1 connection1:0'],
    ['wlan0: authenticate with 00:00:5e:00:53:af (SSID HomeOfPat)', 'wlan0: authenticate with mac-1 (SSID id-1)'],
    ['sshd[99]: Accepted publickey for pat.demo from 192.0.2.17 port 5', 'sshd[99]: Accepted publickey for user-1 from ip-1 port 5'],
    ['sudo:   pat.demo : TTY=pts/0 ; USER=root', 'sudo:   user-1 : TTY=pts/0 ; USER=root'],
    ['systemd[1]: Hostname set to <till-07>.', 'systemd[1]: Hostname set to <host-1>.'],
  ])('replaces in lines of other programs: %s', (line, expected) => {
    const { text, how } = redactText(oops('') + `${line}\n`);
    expect([text.split('\n').at(-2), how]).toEqual([expected, 'in place']);
  }); // prettier-ignore

  it('replaces a name that was found once wherever it is a word, in capitals or short', () => {
    const { text, how } = redactText(`Mar  3 12:00:00 till-07.shop.example kernel: frob: reset
opened /home/pat.demo/ledger.db by pat.demo
the peer TILL-07 and till-07.shop.example and (till-07) and not still-07
${oops('')}`);
    expect(how).toBe('in place');
    expect(text.split('\n').slice(0, 3)).toEqual([
      'Mar  3 12:00:00 host-1 kernel: frob: reset',
      'opened /home/user-1/path-1 by user-1',
      'the peer host-1 and host-1 and (host-1) and not still-07',
    ]);
  });

  it('leaves words that the analysis needs, of hosts that are called so, and words of every day', () => {
    const { text, how } = redactText(`Mar  3 12:00:00 frob kernel: frob: reset
xhci host: not removed, and not there
${oops('')}`);
    expect([how, text.split('\n').slice(0, 2)]).toEqual([
      'in place',
      ['Mar  3 12:00:00 host-1 kernel: frob: reset', expect.stringContaining('and not there')],
    ]);
  });

  it('of what is redacted changes nothing', () => {
    const once = redactText(oops('frob: peer 192.0.2.17 opened /home/pat/ledger/2024.db')).text;
    expect(redactText(once).text).toBe(once);
  });

  const carriers = { ...CARRIERS, ...TOOL_CARRIERS };
  // One layout for each carrier in turn; all of them with OOPSLAB_FULL=1.
  it.each(Object.keys(carriers).map((name, index) => [name, index] as const))(
    'leaves the analysis as it is, and no name, in %s',
    (name, index) => {
      const some = FULL ? LAYOUTS : [LAYOUTS[index % LAYOUTS.length]!];
      for (const layout of some) {
        const lines = layout.format({ ...exampleFacts(layout), comm: 'Acme Billing' }, layout.release);
        const text = carriers[name]!(lines);
        const redacted = redactText(text);
        expect(essence(redacted.text)).toBe(essence(text));
        expect(redacted.how).not.toBe('changed');
        const joined = redacted.text.replaceAll(/=?\r?\n[>|\s]*/gu, ' ');
        expect(joined.replaceAll(/\s+/gu, '')).not.toContain('AcmeBilling');
      }
    },
  );

  it('throws nothing, and leaves no host and no program, whatever is around them', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(
        '\n',
        '\r\n',
        '> ',
        '[   12.345678] ',
        'RIP: 0010:frob+0x1/0x2',
        '{"log":"',
        '\\n',
        '<4>',
        '\t',
      ),
    );
    const text = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const line =
          'Mar  3 12:00:00 till-07 kernel: CPU: 3 PID: 311 Comm: acme-billing Not tainted 6.8.0-demo #7';
        const redacted = redactText(`${before}\n${line}\n${after}`).text;
        expect(redacted).not.toContain('acme-billing');
        expect(redacted).not.toContain('till-07 kernel');
      }),
      { numRuns: cases(200, 20_000) },
    );
  });

  it('is done at once, also of lines that are made to be slow', () => {
    const slow = [
      'a'.repeat(300_000),
      'task '.repeat(60_000),
      'Comm: '.repeat(60_000),
      '/a'.repeat(100_000),
      '1:'.repeat(100_000),
      '1.'.repeat(100_000),
      'a@'.repeat(100_000),
      ' '.repeat(200_000),
      '[ 1] 1 1'.repeat(40_000),
    ].join('\n');
    const start = performance.now();
    redactText(slow);
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
