// The lines that say who allocated an object and who freed it; KASAN, KFENCE and SLUB share them.
// Sources: print_track(), mm/kasan/report.c, v4.9 (`PID = 12`), v4.12 (`by task 12`), v6.11 (`on cpu 1 at 1.2s`); mm/slub.c.

import { defined } from '../../../base/defined.js';
import type { Track } from './finding.js';
import { type Part, type Row, decimal, place } from './part.js';

const tracked = (verb: string, track: Track): Part =>
  /^alloc/iu.test(verb) ? { allocatedBy: track } : { freedBy: track };

export const TRACKS: readonly Row[] = [
  [
    /^(?:kfence-#\d{1,6} \[.{1,160}\] )?([Aa]llocated|[Ff]reed) by task (\d{1,9})(?: on cpu (\d{1,5}))?/u,
    ([, verb, pid, cpu], _so, line) => tracked(verb!, defined({ line, pid: Number(pid), cpu: decimal(cpu) })),
  ],
  [
    /^(?:INFO: )?(Allocated|Freed) in (\S{1,200}) age=\d{1,20} cpu=(\d{1,10}) pid=(-?\d{1,10})/u,
    ([, verb, at, cpu, pid], _so, line) =>
      tracked(verb!, defined({ line, at: place(at), cpu: decimal(cpu), pid: decimal(pid) })),
  ],
  [/^(Allocated|Freed):$/u, ([, verb], _so, line) => tracked(verb!, { line })],
  [
    /^PID = (\d{1,9})$/u,
    ([, pid], so) => {
      const last = so.freedBy ?? so.allocatedBy;
      if (last === undefined || last.pid !== undefined) return {};
      return tracked(so.freedBy === undefined ? 'Allocated' : 'Freed', { ...last, pid: Number(pid) });
    },
  ],
];
