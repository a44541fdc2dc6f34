// What the page allocator, the OOM killer, kmemleak and the counters of memory say.
// Sources: print_unreferenced(), mm/kmemleak.c, v2.6.31 to v6.14; bad_page() and warn_alloc(), mm/page_alloc.c;
// dump_header() and __oom_kill_process(), mm/oom_kill.c, v2.6.32 to v6.14; check_mm(), kernel/fork.c; print_bad_pte().

import { defined } from '../../../base/defined.js';
import { type CheckerTable, type Part, address, decimal, facts, kernelAddress } from './part.js';

export const KMEMLEAK: CheckerTable = {
  checker: 'kmemleak',
  begins: [
    [
      /^unreferenced object (?:\(percpu\) )?0x([0-9a-f]{1,16}) \(size (\d{1,12})\)/u,
      ([, addr, size]) => ({
        bug: 'unreferenced object',
        object: defined({ address: address(addr), size: decimal(size) }),
      }),
    ],
  ],
  adds: [
    [
      /^comm "(.{0,64})", pid (\d{1,9}), jiffies (\d{1,20})(?: \(age ([\d.]{1,20})s\))?/u,
      ([, comm, pid, jiffies, age]) => ({
        by: { comm: comm!, pid: Number(pid) },
        ...facts({ jiffies, ageSeconds: age }),
      }),
    ],
    // The trace of the allocation opens here.
    [
      /^backtrace(?: \(crc ([0-9a-f]{1,8})\))?:/u,
      ([, crc], so, line) => ({
        allocatedBy: { line, ...so.by },
        ...facts({ crc }),
      }),
    ],
  ],
};

export const PAGE: CheckerTable = {
  checker: 'page',
  begins: [
    [
      /^BUG: Bad page (state|map|cache) in process (.{1,64}?)\s{1,4}(pfn|pte):([0-9a-f]{1,16})(?: pmd:([0-9a-f]{1,16}))?/u,
      ([, what, comm, name, value, pmd]) => ({
        bug: `Bad page ${what!}`,
        by: { comm: comm! },
        ...facts({ [name!]: `0x${value!}`, pmd: pmd === undefined ? undefined : `0x${pmd}` }),
      }),
    ],
  ],
  adds: [
    [
      /^page: ?(?:0x)?([0-9a-f]{8,16}) (?:ref)?count:(-?\d{1,11}) mapcount:(-?\d{1,11}) mapping:\s{0,16}(\S{1,20}) index:(\S{1,20})/u,
      ([, page, refcount, mapcount, mapping, index]) => ({
        object: defined({ kind: 'page' as const, address: kernelAddress(page) }),
        ...facts({ refcount, mapcount, mapping, index }),
      }),
    ],
    [
      /^(?:page )?flags: 0x([0-9a-f]{1,16})\(([^)]{0,200})\)/u,
      ([, flags, names]) => facts({ flags: `0x${flags!}`, flagNames: names || undefined }),
    ],
    [/^page dumped because: (.{1,160})$/u, ([, reason]) => facts({ reason: reason!.trim() })],
  ],
};

export const RSS: CheckerTable = {
  checker: 'rss counter',
  begins: [
    [
      /^BUG: Bad rss-counter state mm:(?:0x)?([0-9a-f]{1,16}) (?:type:(\w{1,40})|idx:(\d{1,4})) val:(-?\d{1,20})(?: Comm:(.{1,64}) Pid:(\d{1,9}))?/u,
      ([, mm, type, index, value, comm, pid]) => ({
        bug: 'Bad rss-counter state',
        object: defined({ address: kernelAddress(mm) }),
        compared: type ?? `counter ${index ?? ''}`,
        expected: 0n,
        found: BigInt(value!),
        ...(pid === undefined ? {} : { by: { comm: comm!, pid: Number(pid) } }),
      }),
    ],
    [
      /^BUG: non-zero (pgtables_bytes|nr_ptes|nr_pmds) on freeing mm: (-?\d{1,20})/u,
      ([, what, value]) => ({
        bug: `non-zero ${what!}`,
        compared: what!,
        expected: 0n,
        found: BigInt(value!),
      }),
    ],
  ],
  adds: [],
};

export const PAGE_ALLOCATOR: CheckerTable = {
  checker: 'page allocator',
  begins: [
    [
      /^(.{1,64}): page allocation failure[:.] ?order:(\d{1,4}), ?mode:(0x[0-9a-f]{1,8})(?:\(([^)]{1,300})\))?/u,
      ([, comm, order, mode, names]) => ({
        bug: 'page allocation failure',
        by: { comm: comm! },
        size: 4096 * 2 ** Math.min(Number(order), 32),
        ...facts({ order, mode, flags: names }),
      }),
    ],
    [
      /^(.{1,64}): page allocation stalls for (\d{1,12})ms, order:(\d{1,4})/u,
      ([, comm, ms, order]) => ({
        bug: 'page allocation stalls',
        by: { comm: comm! },
        ...facts({ milliseconds: ms, order }),
      }),
    ],
  ],
  adds: [],
};

const killed = (pid: string | undefined, comm: string | undefined): Part => ({
  victim: { comm: comm!, pid: Number(pid) },
});

export const OOM: CheckerTable = {
  checker: 'OOM',
  begins: [
    [
      /^(.{1,64}) invoked oom-killer: gfp_mask=(0x[0-9a-f]{1,8})(?:\(([^)]{0,300})\))?.{0,40}?, order=(-?\d{1,4})(?:.{0,40}oom_score_adj=(-?\d{1,5}))?/u,
      ([, comm, mode, names, order, adj]) => ({
        bug: 'out of memory',
        by: { comm: comm! },
        ...facts({ mode, flags: names, order, oomScoreAdj: adj }),
      }),
    ],
    [
      /^(Memory cgroup out|Out) of memory(?: \([^)]{1,40}\))?: Kill(?:ed)? process (\d{1,9}),? \((.{1,64}?)\)/u,
      ([, where, pid, comm]) => ({
        bug: where === 'Out' ? 'out of memory' : 'memory cgroup out of memory',
        ...killed(pid, comm),
      }),
    ],
  ],
  adds: [
    [
      /^oom-kill:constraint=(\w{1,40}),.{0,400}?task=(.{1,64}),pid=(\d{1,9}),uid=(\d{1,10})/u,
      ([whole, constraint, comm, pid]) => ({
        ...killed(pid, comm),
        ...facts({
          constraint,
          memcg: /(?:oom|task)_memcg=([^,]{1,200})/u.exec(whole ?? '')?.[1],
        }),
      }),
    ],
    [
      /^(?:(?:Memory cgroup o|O)ut of memory(?: \([^)]{1,40}\))?: )?Kill(?:ed)? process (\d{1,9}),? \((.{1,64}?)\)(?: .{0,400})?$/u,
      ([whole, pid, comm]) => ({
        ...killed(pid, comm),
        ...facts({
          anonymousRss: /anon-rss:(\d{1,15}kB)/u.exec(whole ?? '')?.[1],
          fileRss: /file-rss:(\d{1,15}kB)/u.exec(whole ?? '')?.[1],
          totalVm: /total-vm:(\d{1,15}kB)/u.exec(whole ?? '')?.[1],
          score: / score (-?\d{1,6})/u.exec(whole ?? '')?.[1],
        }),
      }),
    ],
    // The list of tasks, which may be long: `[   1234]     0  1234    56789 …`.
    [/^\[\s{0,8}\d{1,9}\]\s{1,8}\d{1,10}\s{1,8}\d{1,10}\s/u, () => ({})],
    [
      /^(?:oom_reaper: reaped process \d|memory: usage (\d{1,20}kB), limit (\d{1,20}kB))/u,
      ([, usage, limit]) => facts({ cgroupUsage: usage, cgroupLimit: limit }),
    ],
  ],
};
