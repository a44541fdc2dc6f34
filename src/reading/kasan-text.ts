// Findings as reports in the manner of KASAN, in own words: what, where, who called it, whose memory, and its bytes.

import { type Addr, hex16 } from '../base/address.js';
import { bytesText, plural } from '../base/words.js';
import type { RecordedState } from '../recording/state.js';
import type { Case } from './case.js';
import { type Finding, findingText } from './findings.js';
import { framesOf } from './frames.js';

const RULE = '='.repeat(66);
const ROW = 16; // bytes
const MOST_FRAMES = 16;

/** Most reports that are printed; the others are counted. */
export const MAX_REPORTS = 200;

// The callers of the place, by their return addresses, innermost first.
const callersOf = (run: Case, { at, instruction }: Finding): string[] => {
  if (at === null) return [];
  const state = run.stateAt(instruction);
  const frames = framesOf(state, run.symbols, state.registers, undefined);
  return frames.slice(0, MOST_FRAMES).flatMap(({ slot }) => {
    if (!state.isMapped(slot, 8)) return [];
    const to = run.symbols.findLocation(state.readU64(slot));
    return to === undefined ? [] : [`  ${run.symbols.formatLocation(state.readU64(slot))}`];
  });
};

const rowText = (state: RecordedState, start: Addr, from: Addr, size: number): string[] => {
  if (!state.isMapped(start, ROW)) return [];
  const bytes = [...state.read(start, ROW)];
  const first = Number(from - start);
  const mark =
    first >= 0 && first < ROW
      ? [`${' '.repeat(20 + first * 3)}${'^'.repeat(Math.min(size, ROW - first) * 3 - 1)}`]
      : [];
  return [`  ${hex16(start)}: ${bytesText(bytes)}`, ...mark];
};

// The bytes around an address before the instruction.
const memoryOf = (run: Case, { address, instruction, size }: Finding): string[] => {
  if (address === null) return [];
  const state = run.stateAt(instruction);
  const from = BigInt(address);
  const row = from - (from % BigInt(ROW));
  const rows = [-1n, 0n, 1n].flatMap((index) =>
    rowText(state, BigInt.asUintN(64, row + index * BigInt(ROW)), from, Math.max(1, size)),
  );
  return rows.length === 0 ? [] : ['Memory before it:', ...rows];
};

const reportOf = (run: Case, found: Finding): string[] => {
  const { kind, at, step, access, address, size, instruction } = found;
  const accessed =
    access === null
      ? []
      : [`${access === 'read' ? 'Read' : 'Write'} of ${plural(size, 'byte')} at ${address}`];
  const callers = callersOf(run, found);
  return [
    RULE,
    `BUG: ${kind} in ${at ?? 'the sandbox'}`,
    ...accessed,
    findingText(found),
    `Step "${step}", instruction ${instruction}`,
    ...(callers.length === 0 ? [] : ['Called from:', ...callers]),
    ...memoryOf(run, found),
    RULE,
  ];
};

/** A report for each finding, in lines; a sentence where there is none. */
export const kasanText = (run: Case): string[] => {
  const { findings } = run;
  if (findings.length === 0) return ['No finding: nothing to report.'];
  const more = findings.length - MAX_REPORTS;
  return [
    ...findings.slice(0, MAX_REPORTS).flatMap((found) => [...reportOf(run, found), '']),
    ...(more > 0 ? [`… and ${more} more; replay --json lists each.`, ''] : []),
  ].slice(0, -1);
};
