// The lines of the kernel in a text, as it would print them: without what carried them, and joined where they were wrapped.

import { Carrier } from '../../carry/carrier.js';
import { LineSplitter } from '../../carry/text-lines.js';
import { type LogicalLine, Unwrapper } from '../../read/unwrap.js';

const printed = ({ text, time, caller }: LogicalLine): string => {
  const stamp = time === undefined || !/^\d{1,9}\.\d{1,9}$/u.test(time) ? '' : `[${time.padStart(12)}]`;
  const by = caller === undefined ? '' : `[${caller.padStart(6)}]`;
  return `${stamp}${by}${stamp === '' && by === '' ? '' : ' '}${text}`;
};

/** Those lines, each with the time and the task or CPU that printed it, where the text has them. */
export const plainLines = (text: string): string[] => {
  const splitter = new LineSplitter();
  const carrier = new Carrier();
  const unwrapper = new Unwrapper();
  const lines: string[] = [];
  const take = (line: LogicalLine | undefined): void => {
    if (line !== undefined) lines.push(printed(line));
  };
  for (const line of [...splitter.push(text), ...splitter.end()])
    for (const piece of carrier.push(line)) take(unwrapper.push(piece));
  for (const piece of carrier.end()) take(unwrapper.push(piece));
  take(unwrapper.end());
  return lines;
};
