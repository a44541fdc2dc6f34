// The line with the die counter, `Oops: 0002 [#1] PREEMPT SMP`.
// Source: __die(), arch/x86/kernel/dumpstack.c, v2.6.32 to v6.14; arch/x86_64/kernel/traps.c, v2.6.9 (`[1]`, no `#`).

import type { DieLine } from './report.js';

const DIE = /^(.{2,160}): ([0-9a-f]{4,8}) \[#?(\d{1,6})\](.{0,200})$/u;
const FLAG = /^[A-Z][A-Z0-9_()a-z]{1,30}$/u;

/** The trap, its error code and the counter. @param text without prefixes */
export const findDieLine = (text: string): Omit<DieLine, 'line'> | undefined => {
  if (!text.includes(' [')) return undefined;
  const found = DIE.exec(text.trim());
  if (found === null) return undefined;
  const [, said, code, counter, flags] = found;
  const [first = ''] = said!.replace(/^Oops: (?=.)/u, '').split(', ');
  return {
    trap: first,
    errorCode: Number.parseInt(code!, 16),
    counter: Number(counter),
    flags: flags!.split(/\s+/u).filter((word) => FLAG.test(word)),
  };
};
