// KCSAN's reports. Source: print_report() and print_verbose_info(), kernel/kcsan/report.c, v5.8 to v6.14.

import { defined } from '../../../base/defined.js';
import type { Access, RaceAccess } from './finding.js';
import { type CheckerTable, address, decimal, place } from './part.js';

const ACCESS =
  /^(race at unknown origin, with )?(assert no (?:accesses|writes)|read-write|read|write)(?: \(([^()]{1,40})\))? to 0x([0-9a-f]{1,16}) of (\d{1,9}) bytes by (task (\d{1,9})|interrupt) on cpu (\d{1,5})/u;

const MAX_ACCESSES = 4;

export const KCSAN: CheckerTable = {
  checker: 'KCSAN',
  begins: [
    [
      /^BUG: KCSAN: ([\w: -]{1,40}?) in (\S.{0,200}?)(?: \/ (\S.{0,200}))?$/u,
      ([, bug, one, two]) => {
        const name = (text: string | undefined) =>
          text === undefined ? undefined : (place(text) ?? { symbol: text });
        return defined({ bug: bug!, at: name(one), other: name(two) });
      },
    ],
  ],
  adds: [
    [
      ACCESS,
      ([, unknown, how, words, addr, size, , pid, cpu], so, line) => {
        if ((so.accesses?.length ?? 0) >= MAX_ACCESSES) return {};
        const access: Access = how === 'write' ? 'write' : how === 'read-write' ? 'read-write' : 'read';
        const one: RaceAccess = {
          line,
          access,
          marked: /marked/u.test(words ?? ''),
          ...defined({ address: address(addr), size: decimal(size), cpu: decimal(cpu), pid: decimal(pid) }),
          ...(pid === undefined ? { interrupt: true as const } : {}),
          ...(unknown === undefined ? {} : { unknownOrigin: true as const }),
        };
        return {
          accesses: [one],
          ...(so.accesses === undefined
            ? defined({
                access,
                address: one.address,
                size: one.size,
                by: pid === undefined ? undefined : { pid: Number(pid) },
              })
            : {}),
        };
      },
    ],
    [
      /^value changed: (0x[0-9a-f]{1,16}) -> (0x[0-9a-f]{1,16})/u,
      ([, before, after]) => ({ facts: { before: before!, after: after! } }),
    ],
    [
      /^bits changed: (0x[0-9a-f]{1,16}) -> (0x[0-9a-f]{1,16}) with mask (0x[0-9a-f]{1,16})/u,
      ([, before, after, mask]) => ({ facts: { before: before!, after: after!, mask: mask! } }),
    ],
  ],
};
