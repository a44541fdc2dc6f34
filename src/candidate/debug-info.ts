// Source lines and frames of the linked bytes, from the object's debug information, as manifests hold them.

import { basename, isAbsolute, normalize } from 'node:path';
import type { Addr } from '../base/address.js';
import { InputError } from '../base/errors.js';
import { findInvisible } from '../base/visible-text.js';
import { listSome } from '../base/words.js';
import type { FrameRule, LineRule } from '../kernel/symbols.js';
import { ByteReader } from '../elf/byte-reader.js';
import { type FunctionFrame, readFrames } from '../elf/dwarf-frames.js';
import { type InlinedCall, readInlinedCalls } from '../elf/dwarf-inlines.js';
import { type LineRow, readLineFiles, readLineRows } from '../elf/dwarf-lines.js';
import { HEADER_FILE } from './header.js';
import type { Linked } from './link.js';

type Fail = (problem: string) => never;

interface DebugInfo {
  readonly lines: readonly LineRule[];
  readonly frame: readonly FrameRule[];
  readonly notes: readonly string[];
}

const MAX_LINE = 0x7fff_ffff;

/** A path as it is shown: as the user gave it; of an absolute one, which would differ between machines, the last part. */
export const shownPath = (path: string): string =>
  isAbsolute(path) ? basename(path) : normalize(path).replaceAll('\\', '/');

// clang names a file below the working directory relative to it, even if it was given an absolute path.
const nameFor = (brought: string, fail: Fail): ((file: string) => string) => {
  const names = new Map<string, string>();
  return (file) => {
    const known = names.get(file);
    if (known !== undefined) return known;
    const name = shownPath(brought === file || brought.endsWith(`/${file}`) ? brought : file);
    const hidden = findInvisible(name);
    if (hidden !== undefined) fail(`a name of a file has a control or invisible character: ${hidden.shown}`);
    names.set(file, name);
    return name;
  };
};

const reader = (linked: Linked, name: string, fail: (problem: string) => never): ByteReader | undefined => {
  const bytes = linked.readAside(name);
  return typeof bytes === 'object' ? new ByteReader(bytes, fail) : undefined;
};

/** Rows as rules: sorted, one for each place, and none that repeats the one before. */
const rulesOf = (
  rows: readonly LineRow[],
  { start, size }: { readonly start: Addr; readonly size: number },
  nameOf: (file: string) => string,
  callerOf: (address: bigint) => InlinedCall | undefined,
): LineRule[] => {
  const byOffset = new Map<number, LineRow>();
  for (const row of rows) {
    const offset = Number(BigInt.asIntN(64, row.address - start));
    if (offset < 0 || offset >= size || row.file === '') continue;
    const other = byOffset.get(offset);
    // Where a sequence ends another may begin; of several rows for one place the last one counts.
    if (!row.end || other === undefined || other.end) byOffset.set(offset, row);
  }
  const rules: LineRule[] = [];
  for (const [offset, row] of [...byOffset].toSorted(([a], [b]) => a - b)) {
    const { end } = row;
    // Code of the header is shown as the line that calls it: that is the author's.
    const caller = basename(row.file) === HEADER_FILE ? callerOf(row.address) : undefined;
    const { file, line } = caller ?? row;
    const hasLine = !end && line > 0 && line <= MAX_LINE;
    const rule: LineRule = { offset, file: nameOf(file), ...(hasLine ? { line } : {}) };
    const last = rules.at(-1);
    if (last === undefined || last.file !== rule.file || last.line !== rule.line) rules.push(rule);
  }
  return rules;
};

// The inlined call of another file than the header around an address, the innermost one.
const inlinedCalls = (
  linked: Linked,
  filesAt: (offset: number) => (index: number) => string,
  fail: Fail,
): ((address: bigint) => InlinedCall | undefined) => {
  const info = reader(linked, '.debug_info', fail);
  if (info === undefined) return () => undefined;
  const sectionAt = (section: string, offset: number): ByteReader | undefined => {
    const whole = reader(linked, section, fail);
    if (whole === undefined || offset >= whole.end) return undefined;
    whole.at = offset;
    return whole;
  };
  const calls = readInlinedCalls({ info, sectionAt, filesAt, fail }).filter(
    ({ file }) => basename(file) !== HEADER_FILE,
  );
  // What is inside another call comes after it.
  return (address) =>
    calls.findLast(({ ranges }) => ranges.some(({ from, to }) => address >= from && address < to));
};

const linesOf = (linked: Linked, brought: string, fail: Fail): LineRule[] => {
  const line = reader(linked, '.debug_line', (problem) => fail(`.debug_line: ${problem}`));
  if (line === undefined) return [];
  const textAt = (section: string, offset: number): string => {
    const text = reader(linked, section, (problem) => fail(`${section}: ${problem}`));
    if (text === undefined || offset >= text.end)
      return fail(`.debug_line: refers to a text that ${section} lacks`);
    text.at = offset;
    return text.text();
  };
  const failIn =
    (section: string): Fail =>
    (problem) =>
      fail(`${section}: ${problem}`);
  const rows = readLineRows({ line, textAt, fail: failIn('.debug_line') });
  const hasHeader = rows.some(({ file }) => basename(file) === HEADER_FILE);
  const filesAt = (offset: number) => {
    if (offset >= line.end) return failIn('.debug_info')('refers to a line table that is not there');
    line.at = offset;
    return readLineFiles({ line, textAt, fail: failIn('.debug_line') });
  };
  const callerOf = hasHeader ? inlinedCalls(linked, filesAt, failIn('.debug_info')) : () => undefined;
  return rulesOf(rows, linked.placement, nameFor(brought, failIn('.debug_line')), callerOf);
};

const framesOf = (linked: Linked, fail: (problem: string) => never): FunctionFrame[] =>
  (['.eh_frame', '.debug_frame'] as const).flatMap((kind) => {
    const say = (problem: string): never => fail(`${kind}: ${problem}`);
    const frames = reader(linked, kind, say);
    return frames === undefined ? [] : readFrames(frames, kind, say);
  });

// The rules of each function, and the names of functions without.
const frameRules = (
  { parts, placement }: Linked,
  frames: readonly FunctionFrame[],
): { readonly rules: FrameRule[]; readonly missing: string[]; readonly carried: string[] } => {
  const { start, entryOffset } = placement;
  const byStart = new Map(frames.map((frame) => [frame.from, frame]));
  const rules: FrameRule[] = [];
  const missing: string[] = [];
  const carried: string[] = [];
  for (const { name, from, to } of parts) {
    const frame = byStart.get(start + BigInt(from));
    if (from === 0 && entryOffset !== 0) rules.push({ offset: 0, cfa: 8 });
    else if (frame === undefined) missing.push(name);
    else if (frame.rows === undefined) carried.push(name);
    else {
      for (const { address, cfa } of frame.rows) {
        const offset = Number(address - start);
        if (offset >= from && offset < to) rules.push({ offset, cfa });
      }
    }
  }
  const isSorted = rules.every(({ offset }, index) => index === 0 || offset > rules[index - 1]!.offset);
  return {
    rules: isSorted ? rules : [],
    missing: isSorted ? missing : parts.map(({ name }) => name),
    carried,
  };
};

/**
 * Read the debug information of a linked object.
 *
 * @throws {InputError} when it is damaged
 */
export const debugInfoOf = (linked: Linked, file: string): DebugInfo => {
  const fail = (problem: string): never => {
    throw new InputError(`its debug information is damaged: ${problem}`, { file });
  };
  const lines = linesOf(linked, file, fail);
  const { rules, missing, carried } = frameRules(linked, framesOf(linked, fail));
  const notes: string[] = [];
  if (linked.readAside('.debug_line') === 'compressed')
    notes.push('its debug information is compressed, so no source lines are known; compile with -gz=none');
  else if (lines.length === 0)
    notes.push('it has no line table, so no source lines are known; compile with -g');
  if (missing.length > 0)
    notes.push(`there is no frame information for ${listSome(missing, 5)}: call traces end there`);
  if (carried.length > 0)
    notes.push(
      `another register than RSP carries the frame of ${listSome(carried, 5)}: call traces end there; ` +
        '-fomit-frame-pointer, and no array of variable size, would let them go on',
    );
  return { lines, frame: rules, notes };
};
