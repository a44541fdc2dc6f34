// Many reports: groups of one signature, and which report came of which. Names and numbers are made up.
import { describe, expect, it } from 'vitest';
import { consequencesOf } from '../../src/decode/judge/consequences.js';
import { explainReport } from '../../src/decode/explain/explain.js';
import { type Filed, filedOf } from '../../src/decode/judge/filed.js';
import { groupsOf } from '../../src/decode/judge/groups.js';
import { judge } from '../../src/decode/judge/judgement.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';

const filedIn = (text: string): Filed[] =>
  reportsOf(text).map((report) => filedOf(report, judge(report, explainReport(report))));

interface Told {
  readonly at: number; // seconds
  readonly counter?: number;
  readonly taint?: string;
  readonly pid?: number;
  readonly cpu?: number;
  readonly guilty?: string;
  readonly release?: string;
}

const stamped = (at: number, lines: readonly string[]): string =>
  lines.map((line) => `[${String(at).padStart(5)}.000000] ${line}\n`).join('');

const who = ({ taint, pid = 40, cpu = 1, release = '6.8.0-demo' }: Told): string =>
  `CPU: ${cpu} PID: ${pid} Comm: frobd ${taint === undefined ? 'Not tainted' : `Tainted: ${taint}`} ${release} #7`;

const tail = [
  'Call Trace:',
  ' <TASK>',
  ' frob_ioctl+0x10/0x20',
  ' </TASK>',
  '---[ end trace 0000000000000000 ]---',
];

const oops = (told: Told): string =>
  stamped(told.at, [
    'BUG: kernel NULL pointer dereference, address: 0000000000000010',
    `Oops: 0000 [#${told.counter ?? 1}] PREEMPT SMP`,
    who(told),
    `RIP: 0010:${told.guilty ?? 'frob_open'}+0x10/0x20`,
    ...tail,
  ]);

const warning = (told: Told): string =>
  stamped(told.at, [
    '------------[ cut here ]------------',
    `WARNING: CPU: ${told.cpu ?? 1} PID: ${told.pid ?? 40} at drivers/frob/core.c:10 ${told.guilty ?? 'frob_warn'}+0x10/0x20`,
    who(told),
    `RIP: 0010:${told.guilty ?? 'frob_warn'}+0x10/0x20`,
    ...tail,
  ]);

const lockup = (told: Told): string =>
  stamped(told.at, [
    `watchdog: BUG: soft lockup - CPU#${told.cpu ?? 1} stuck for 22s! [frobd:${told.pid ?? 40}]`,
    who(told),
    `RIP: 0010:${told.guilty ?? 'frob_loop'}+0x10/0x20`,
    ...tail.slice(0, -1),
  ]);

const hung = ({ at, pid = 40, owner }: Told & { owner?: number }): string =>
  stamped(at, [
    `INFO: task frobd:${pid} blocked for more than 120 seconds.`,
    '      Not tainted 6.8.0-demo #7',
    `task:frobd           state:D stack:0     pid:${pid}   ppid:1      flags:0x00004000`,
    'Call Trace:',
    ' <TASK>',
    ' __schedule+0x3a0/0x1440',
    ' schedule+0x5e/0xd0',
    ' frob_ioctl+0x10/0x20',
    ' </TASK>',
    ...(owner === undefined ? [] : [`INFO: task frobd:${pid} is blocked on a mutex likely owned by task frob_owner:${owner}.`]),
  ]); // prettier-ignore

describe('groups', () => {
  it('have the reports of one signature, in the order of the text, with the times of the first and the last', () => {
    const text =
      oops({ at: 10 }) +
      warning({ at: 11, taint: 'G      D' }) +
      oops({ at: 12, counter: 2, taint: 'G      D' }) +
      oops({ at: 14, counter: 3, taint: 'G      D', guilty: 'frob_other' });
    const groups = groupsOf(filedIn(text));
    expect(groups.map(({ title, reports, first, last }) => [title, reports, first, last])).toEqual([
      [
        'BUG: unable to handle kernel NULL pointer dereference in frob_open',
        [0, 2],
        '10.000000',
        '12.000000',
      ],
      ['WARNING in frob_warn', [1], '11.000000', '11.000000'],
      ['BUG: unable to handle kernel NULL pointer dereference in frob_other', [3], '14.000000', '14.000000'],
    ]);
    expect(new Set(groups.map(({ signature }) => signature)).size).toBe(3);
  });

  it('keep no more than a few words of each report', () => {
    const [filed] = filedIn(oops({ at: 10 }));
    expect(JSON.stringify(filed).length).toBeLessThan(500);
  });
});

/** Of which report each came, and how sure that is. */
const cameOf = (text: string): (readonly [number, string] | null)[] =>
  consequencesOf(filedIn(text)).map((one) => (one === undefined ? null : [one.of, one.sure]));

describe('consequences', () => {
  it.each<[what: string, text: string, expected: (readonly [number, string] | null)[]]>([
    ['a second oops of the same task', oops({ at: 10 }) + oops({ at: 11, counter: 2, taint: 'G      D', guilty: 'frob_exit' }), [null, [0, 'likely']]],
    ['an oops of another task after one', oops({ at: 10 }) + oops({ at: 11, counter: 2, taint: 'G      D', pid: 50 }), [null, [0, 'possible']]],
    ['an oops whose counter says that there was one before, though the taint does not', oops({ at: 10 }) + oops({ at: 11, counter: 2, pid: 50 }), [null, [0, 'possible']]],
    ['a lockup after an oops', oops({ at: 10 }) + lockup({ at: 40, taint: 'G      D', pid: 50, cpu: 3 }), [null, [0, 'likely']]],
    ['a second lockup of the same CPU', lockup({ at: 10 }) + lockup({ at: 38, taint: 'G             L', pid: 41 }), [null, [0, 'likely']]],
    ['a lockup of another CPU', lockup({ at: 10 }) + lockup({ at: 38, taint: 'G             L', cpu: 2, pid: 41 }), [null, null]],
    ['a warning that is not tainted by the oops before it: another start', oops({ at: 10 }) + warning({ at: 11 }), [null, null]],
    ['an oops after a warning of its task', warning({ at: 10 }) + oops({ at: 11, taint: 'G        W' }), [null, [0, 'possible']]],
    ['an oops after a warning of another task', warning({ at: 10, pid: 7 }) + oops({ at: 11, taint: 'G        W' }), [null, null]],
    ['the same after the clock went back', oops({ at: 1000 }) + lockup({ at: 40, taint: 'G      D' }), [null, null]],
    ['the same on another kernel', oops({ at: 10 }) + lockup({ at: 40, taint: 'G      D', release: '6.9.0-demo' }), [null, null]],
    ['the first oops after another start without a clock that shows it', oops({ at: 10 }) + oops({ at: 20 }), [null, null]],
  ])('%s', (_, text, expected) => {
    expect(cameOf(text)).toEqual(expected);
  }); // prettier-ignore

  it('say that the owner of the lock had died', () => {
    const filed = filedIn(oops({ at: 10 }) + hung({ at: 200, pid: 60, owner: 40 }));
    expect(consequencesOf(filed)[1]).toEqual({
      of: 0,
      sure: 'likely',
      because: ['PID 40, which holds the lock, had died'],
    });
  });

  it('are found in the order of the text, whatever the order of the reports is', () => {
    const filed = filedIn(oops({ at: 10 }) + oops({ at: 11, counter: 2, taint: 'G      D' }));
    expect(consequencesOf(filed.toReversed()).map((one) => one?.of)).toEqual([1, undefined]);
  });

  it('of 13,000 reports are found at once', () => {
    const [first, second] = filedIn(oops({ at: 10 }) + oops({ at: 11, counter: 2, taint: 'G      D' }));
    const many = Array.from({ length: 13_000 }, (_, index) => ({
      ...(index === 0 ? first! : second!),
      firstLine: index + 1,
    }));
    const found = consequencesOf(many);
    expect(found.filter((one) => one?.of === 0)).toHaveLength(12_999);
    expect(groupsOf(many)).toHaveLength(1);
  });
});
