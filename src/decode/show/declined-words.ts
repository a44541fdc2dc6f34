// What is said of a report of another architecture, in one line.

import type { DeclinedReport } from '../read/other-architecture.js';
import { linesWords } from './report-words.js';

/** `lines 1 to 17: this is a report of a 32-bit x86 kernel (EIP:, *pde): oopslab reads reports of x86-64 kernels`. */
export const declinedWords = ({ architecture, marks, firstLine, lastLine }: DeclinedReport): string =>
  `${linesWords(firstLine, lastLine)}: this is a report of ${architecture} (${marks.join(', ')}): oopslab reads reports of x86-64 kernels`;
