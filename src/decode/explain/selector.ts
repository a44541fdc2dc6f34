// The error code of a general protection fault, where it is not 0: the selector, or the vector, that was refused.

import { hex } from '../../base/address.js';
import type { Statement } from '../code/statement.js';
import type { KernelReport } from '../read/report.js';
import { means } from './trap-means.js';

// Source: arch/x86/include/asm/segment.h, v4.20 to v6.14
const ENTRIES = new Map<number, string>([
  [1, 'the 32-bit kernel code segment'],
  [2, 'the kernel code segment'],
  [3, 'the kernel data segment'],
  [4, 'the 32-bit user code segment'],
  [5, 'the user data segment'],
  [6, 'the user code segment'],
  [8, 'the TSS'],
  [10, 'the LDT'],
  [12, 'a TLS segment'],
  [13, 'a TLS segment'],
  [14, 'a TLS segment'],
  [15, 'the segment of the CPU number'],
]);

const SELECTORS = /protection fault|segment not present|stack segment|invalid TSS/u;

/** What the error code of a fault of segments names. Source: Intel SDM vol. 3, 6.13 */
export const selectorStatements = ({ die }: KernelReport): Statement[] => {
  if (die === undefined || die.errorCode === 0 || !SELECTORS.test(die.trap)) return [];
  const code = die.errorCode & 0xffff;
  const index = code >> 3;
  const outside = (code & 1) !== 0 ? ', while an event from outside was delivered' : '';
  const facts = { errorCode: code, index, idt: (code & 2) !== 0, ldt: (code & 6) === 4 };
  if ((code & 2) !== 0)
    return [
      means(
        'selector',
        'certain',
        `The error code ${hex(code)} names vector ${hex(index)} of the IDT${outside}`,
        facts,
      ),
    ];
  const isLdt = (code & 4) !== 0;
  const name = isLdt ? undefined : ENTRIES.get(index);
  const means_ = name === undefined ? '' : `, ${name}`;
  return [
    means(
      'selector',
      'certain',
      `The error code ${hex(code)} names the selector ${hex(code & ~3)}: entry ${index} of the ${isLdt ? 'LDT' : 'GDT'}${means_}${outside}`,
      facts,
    ),
  ];
};
