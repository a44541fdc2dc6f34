// The lines that say what happened; headline-rows.ts has their table.

import { defined } from '../../base/defined.js';
import { findLocation } from './code-location.js';
import { type HeadlineFacts, cutAddressIn, factsOf, placeIn } from './headline-facts.js';
import { ROWS, type Row } from './headline-rows.js';
import { isProse } from './prose.js';
import type { CheckerFinding, CodeLocation, Inlined, ReportKind } from './report.js';
import { findInlined } from './source-place.js';

/** A headline; of several, the one of the highest rank is shown. */
export interface FoundHeadline {
  readonly kind: ReportKind;
  /** 3: says the cause; 2: says the kind; 1: names the exception alone; 0: adds something. */
  readonly rank: 0 | 1 | 2 | 3;
  /** Whether the line alone is a report. */
  readonly alone: boolean;
  /** Set when the line belongs to the report before it. */
  readonly follows: boolean;
  /** Set for the last of the lines that say what happened, the one with the die counter. */
  readonly die: boolean;
  /** Set where the same words again are not another event. */
  readonly repeats: boolean;
  readonly text: string;
  readonly facts: HeadlineFacts;
  /** The digits that are left of an address which was cut. */
  readonly cutAddress?: string;
  readonly location?: CodeLocation;
  readonly checker?: FoundChecker;
}

// A cheap look at every line: a word that a headline has.
const HINT =
  /BUG|nable to |LOCKUP|INFO|WARN|Badness|list_|panic|PANIC|fault|\[#?\d|Oops|NULL pointer|UBSAN|KASAN|kernel tried|refcount|usercopy|overflow|kasan|CFI|invalid opcode|divide error|stack segment|int3|protection|Hardware Error|Machine Check|EDAC|AER|PCIe Bus|temperature above|sysfs: |MSR|to become free|nobody cared|Busy inodes|Internal error|ssertion|Transaction aborted|kobject_add_|DMA-API|NETDEV WATCHDOG|unreferenced|kmemleak|oom-kill|Killed process|page allocation|vmalloc|ut of memory|ODEBUG|field-spanning|[yY]s[rR]q|-safe -> |stack-protector|NMI backtrace|mode:0x|has objects|FAULT_|file count is|task:/u;

/** What a checker says; `inlined`: the function that was inlined at the place, which a line of its own names. */
interface FoundChecker extends Omit<CheckerFinding, 'line'> {
  readonly inlined?: Inlined;
}

const checkerOf = (text: string): FoundChecker | undefined => {
  const found =
    /^(?:BUG: )?(K[A-Z]SAN|KASAN|KFENCE|KMSAN|KCSAN|UBSAN): ([\w -]{1,80}?)(?: in (\S{1,280}.*))?$/u.exec(
      text,
    );
  if (found === null) return undefined;
  const [, checker, bug, place = ''] = found;
  const inlined = findInlined(place);
  const at = findLocation(place)?.location;
  return defined({ checker: checker!, bug: bug!, at, inlined });
};

const made = ([, kind, rank, options]: Row, text: string): FoundHeadline =>
  defined({
    kind,
    rank,
    alone: options?.weak !== true && rank > 0 && !isProse(text),
    follows: options?.follows === true,
    die: options?.die === true,
    repeats: options?.repeats === true,
    text,
    facts: factsOf(text, kind),
    cutAddress: cutAddressIn(text, kind),
    location: placeIn(text),
    checker: checkerOf(text),
  });

/** The headline of a line; `undefined` for other lines. @param text without prefixes */
export const findHeadline = (text: string): FoundHeadline | undefined => {
  if (!HINT.test(text)) return undefined;
  // crash(8) quotes the headline: `PANIC: "BUG: unable to handle …"`.
  const line = text.trim().replace(/^PANIC: "(.{1,300}?)"?$/u, '$1');
  const row = ROWS.find(([pattern]) => pattern.test(line));
  return row === undefined ? undefined : made(row, line);
};
