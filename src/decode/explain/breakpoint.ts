// An int3 without a handler.

import { decodeOne } from '../../x86/disasm.js';
import type { Statement } from '../code/statement.js';
import type { CodeBytes, KernelReport } from '../read/report.js';
import { means } from './trap-means.js';

const INT3 = 0xcc;

const THUNK =
  /^(?:__x86_(?:indirect_thunk|return_thunk|indirect_its_thunk|indirect_jump_thunk)|(?:srso|retbleed)_\w*thunk|zen_untrain_ret|__x86_indirect_paranoid)/u;

/** What an unhandled breakpoint may be of. */
export const breakpointStatements = (report: KernelReport, code: CodeBytes | undefined): Statement[] => {
  if (!/^int3\b/u.test(report.die?.trap ?? '')) return [];
  const symbol = report.trap?.symbol ?? '';
  if (THUNK.test(symbol))
    return [
      means(
        'indirect-branch',
        'likely',
        `${symbol} has int3 after its branch, to stop speculation: that it was executed means that the branch was not taken, or that a return went there`,
      ),
    ];
  // A breakpoint is a trap: RIP is after it.
  const before = code?.marked === undefined ? undefined : code.bytes[code.marked - 1];
  const here = code?.marked === undefined ? undefined : code.bytes[code.marked];
  if (before === undefined && here === undefined) return [];
  if (before === INT3 && here === INT3)
    return [
      means(
        'breakpoint',
        'likely',
        'It ran into the int3 bytes between functions: a function was left without a return, or a jump went there',
      ),
    ];
  if (before === INT3)
    return [means('breakpoint', 'certain', 'The byte before RIP is int3, which was executed')];
  if (here === undefined || decodeOne(code!.bytes.subarray(code!.marked), 0n).flow === 'bad') return [];
  return [
    means(
      'breakpoint',
      'likely',
      'No int3 is there any more: a breakpoint of text patching (static calls, jump labels, ftrace), of kprobes or of a debugger was taken away while this CPU met it',
    ),
  ];
};
