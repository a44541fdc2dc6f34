// The frame of a trace that says who did it: of an allocation or a free, the caller of the allocator.

import type { CodeLocation, Trace } from '../read/report.js';
import { skipOf } from './skips.js';
import { bareSymbol } from './symbol.js';

/** The first reliable entry that the table of skips does not leave out; `undefined` where there is none. */
export const ownFrame = (trace: Trace | undefined): CodeLocation | undefined =>
  trace?.entries.find(
    ({ symbol, reliable }) =>
      reliable && symbol !== undefined && skipOf(bareSymbol(symbol), new Set()) === undefined,
  );
