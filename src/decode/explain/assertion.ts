// The kind of assertion that a trapping ud2 or ud1 is: from the kernel's own lines and from the bytes around it.

import type { Assertion, Sure } from '../code/statement.js';
import { isWarnTrap } from './assertion-detail.js';
import type { KernelReport } from '../read/report.js';

/** A kind of assertion, and the reasons. */
interface Asserted {
  readonly what: Assertion;
  readonly sure: Sure;
  readonly detail: string;
  readonly because: readonly string[];
}

// The lines that the kernel prints before a report of each kind. Sources: lib/refcount.c, lib/list_debug.c, mm/usercopy.c,
// kernel/cfi.c, lib/ubsan.c, v6.6
const SAID: readonly (readonly [RegExp, Assertion])[] = [
  [/^refcount_t: /u, 'refcount'],
  [/^list_(?:add|del) /u, 'list'],
  [/^(?:slab|list).* corruption/u, 'list'],
  [/^usercopy: /u, 'usercopy'],
  [/^CFI failure /u, 'KCFI'],
  [/UBSAN: /u, 'UBSAN'],
];

const sourceOf = ({ source }: KernelReport): string =>
  source === undefined ? '' : `${source.file}:${source.line}`;

/** @param bytes starting at the trapping instruction */
export const assertionOf = (report: KernelReport, bytes: Uint8Array): Asserted | undefined => {
  const [first, second, third, fourth] = bytes;
  const isUd2 = first === 0x0f && second === 0x0b;
  const isWarn = isWarnTrap(bytes);
  const isUd1 =
    isWarn || (first === 0x0f && second === 0xb9) || (first === 0x67 && second === 0x0f && third === 0xb9);
  if (!isUd2 && !isUd1) return undefined;
  const texts = [...report.said.map(({ text }) => text), report.headline?.text ?? ''];
  for (const [pattern, what] of SAID) {
    const text = texts.find((one) => pattern.test(one));
    if (text !== undefined)
      return { what, sure: 'likely', detail: '', because: [`the kernel printed "${text}"`] };
  }
  const source = sourceOf(report);
  const endless = third === 0xeb && fourth === 0xfe;
  const loop = endless ? ['a jump to itself follows (eb fe), as BUG() of kernels before 4.11 has it'] : [];
  if (report.kind === 'bug' || (endless && report.kind !== 'warning')) {
    const because =
      report.kind === 'bug' ? [`the kernel printed "${report.headline?.text ?? 'kernel BUG'}"`] : [];
    return {
      what: 'BUG',
      sure: because.length > 0 ? 'certain' : 'likely',
      detail: source,
      because: [...because, ...loop],
    };
  }
  if (report.kind === 'warning') {
    const because = [`the kernel printed "${report.headline?.text ?? 'WARNING'}"`];
    return { what: 'WARN', sure: 'certain', detail: source, because };
  }
  if (isWarn)
    return { what: 'WARN', sure: 'certain', detail: source, because: ['no other check is ud1 (%edx)'] };
  if (isUd1)
    return { what: 'UBSAN', sure: 'likely', detail: '', because: ['it is ud1, which checks of clang use'] };
  return {
    what: 'unreachable',
    sure: 'possible',
    detail: '',
    because: ['it is ud2, and the kernel found no BUG() and no WARN() for it in its bug table'],
  };
};
