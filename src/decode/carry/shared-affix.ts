// Finds out what stands before and after the kernel's text in each line of a log whose form no table has: what several
// lines of a report share, up to their numbers. A window of lines is kept until that is decided.

import { type BeginningKind, beginsReportLine, findBeginning, findEntryStart } from './kernel-beginnings.js';
import { smallest } from '../../base/long-lists.js';
import type { StrippedLine } from './line-prefix.js';
import { type Vary, shapeOf } from './shape.js';

const WINDOW = 32; // lines
const MAX_TAIL = 300; // characters of a suffix

// Up to the end that lines of these kinds have by themselves.
const WHOLE =
  /^\s{0,8}(?:R[A-Z0-9]{2}: [0-9a-f]{16} R[A-Z0-9]{2}: [0-9a-f]{16} R[A-Z0-9]{2}: [0-9a-f]{16}|CR2: [0-9a-f]{16}(?: CR3: [0-9a-f]{16} CR4: [0-9a-f]{16})?|CS: {1,2}[0-9a-f]{4} DS: [0-9a-f]{4} ES: [0-9a-f]{4} CR0: [0-9a-f]{16}|RSP: [0-9a-f]{4}:[0-9a-f]{16} {1,2}EFLAGS: [0-9a-f]{8}(?: ORIG_RAX: [0-9a-f]{16})?|Call Trace:|-{4,40}\[ cut here \]-{4,40}|---\[ end trace [0-9a-f]{16} \]---|BUG: .{1,60}, address: [0-9a-f]{16}|BUG: .{1,60} for address: [0-9a-f]{16}|(?:BUG: )?[Uu]nable to handle kernel .{1,40} at [0-9a-f]{16}(?: RIP:)?|#PF: .{1,60} in kernel mode|<\/?TASK>)/u;

// A beginning, or an entry of a trace, and where it is.
const anchorIn = (text: string): { kind: BeginningKind | 'entry'; index: number } | undefined => {
  const entry = findEntryStart(text);
  const found = findBeginning(text);
  if (found !== undefined && (entry === undefined || found.index <= entry)) return found;
  return entry === undefined ? undefined : { kind: 'entry', index: entry };
};

// What follows the end of a line; `undefined` where no end is known, or another line follows.
const restOf = (text: string): string | undefined => {
  const whole = WHOLE.exec(text);
  const rest = whole === null ? '' : text.slice(whole[0].length).trimEnd();
  return rest === '' || rest.length > MAX_TAIL || anchorIn(rest) !== undefined ? undefined : rest;
};

interface Group {
  readonly shape: string;
  count: number;
  readonly kinds: Set<string>;
}

const most = (groups: Iterable<Group>): Group | undefined =>
  [...groups].toSorted((one, other) => other.count - one.count)[0];

const groupsOf = (found: readonly { shape: string; kind: string }[]): Group[] => {
  const groups = new Map<string, Group>();
  for (const { shape, kind } of found) {
    const group = groups.get(shape) ?? { shape, count: 0, kinds: new Set<string>() };
    group.count += 1;
    group.kinds.add(kind);
    groups.set(shape, group);
  }
  return [...groups.values()];
};

// Blanks between the prefix and lines that do not begin with one.
const gapAfter = (texts: readonly string[], pattern: RegExp): number => {
  const gaps = texts.flatMap((text) => {
    const found = pattern.exec(text);
    const rest = found === null ? '' : text.slice(found[0].length);
    return beginsReportLine(rest) ? [rest.length - rest.trimStart().length] : [];
  });
  return gaps.length === 0 ? 0 : smallest(gaps);
};

const prefixOf = (texts: readonly string[], vary: Vary): RegExp | undefined => {
  const before = texts.flatMap((text) => {
    const anchor = anchorIn(text);
    return anchor === undefined ? [] : [{ kind: anchor.kind, before: text.slice(0, anchor.index).trimEnd() }];
  });
  const groups = groupsOf(before.map((one) => ({ kind: one.kind, shape: shapeOf(one.before, vary) })));
  const group = most(groups);
  if (group === undefined || group.shape === '' || [...group.kinds].every((kind) => kind === 'entry'))
    return undefined;
  const pattern = new RegExp(`^${group.shape}`, 'u');
  const support = texts.filter((text) => pattern.test(text)).length;
  const enough =
    vary === 'words'
      ? group.count >= 4 && group.kinds.size >= 3 && support >= 0.6 * texts.length
      : (group.count >= 2 && support >= 0.5 * texts.length) || support >= Math.max(4, 0.6 * texts.length);
  return enough ? new RegExp(`^${group.shape}\\s{0,${gapAfter(texts, pattern)}}`, 'u') : undefined;
};

const suffixOf = (texts: readonly string[]): RegExp | undefined => {
  const rests = texts.flatMap((text) => restOf(text) ?? []);
  const group = most(
    groupsOf(rests.map((rest) => ({ kind: '', shape: shapeOf(rest.trimStart(), 'numbers') }))),
  );
  if (group === undefined || group.count < 2) return undefined;
  return new RegExp(String.raw`\s{0,20}${group.shape}\s{0,8}$`, 'u');
};

/** Takes lines without their known prefixes and gives lines without the others. */
export class SharedAffix<Line extends StrippedLine> {
  #window: Line[] = [];
  #prefix: RegExp | undefined;
  #suffix: RegExp | undefined;

  /** Whether lines are kept until it is known what they share. */
  get pending(): boolean {
    return this.#window.length > 0;
  }

  /** The lines that are decided. */
  push(line: Line): readonly Line[] {
    if (this.#window.length > 0) {
      this.#window.push(line);
      return this.#window.length < WINDOW ? [] : this.end();
    }
    const stripped = this.#strip(line);
    if (!this.#isOdd(stripped.text)) return [stripped];
    this.#window.push(line);
    return [];
  }

  /** The lines that are kept, decided by what there is. */
  end(): readonly Line[] {
    const lines = this.#window;
    this.#window = [];
    if (lines.length > 0) this.#learn(lines.map(({ text }) => text).filter((text) => text.trim() !== ''));
    return lines.map((line) => this.#strip(line));
  }

  // Whether a line of a report seems to begin after something, or to be followed by something.
  #isOdd(text: string): boolean {
    if (beginsReportLine(text)) return restOf(text) !== undefined;
    const anchor = anchorIn(text);
    return anchor !== undefined && text.slice(0, anchor.index).trim() !== '';
  }

  #learn(texts: readonly string[]): void {
    this.#prefix = prefixOf(texts, 'numbers') ?? prefixOf(texts, 'words') ?? this.#prefix;
    const prefix = this.#prefix;
    const bare = prefix === undefined ? texts : texts.map((text) => text.replace(prefix, ''));
    this.#suffix = suffixOf(bare) ?? this.#suffix;
  }

  #strip(line: Line): Line {
    let { text } = line;
    const forms = [...line.forms];
    const before = this.#prefix?.exec(text);
    if (before !== null && before !== undefined) {
      text = text.slice(before[0].length);
      forms.push('shared-prefix');
    }
    const after = this.#suffix?.exec(text.slice(-MAX_TAIL));
    if (after !== null && after !== undefined) {
      text = text.slice(0, text.length - after[0].length);
      forms.push('shared-suffix');
    }
    return text === line.text
      ? line
      : { ...line, text, forms, prefixed: line.prefixed || before !== undefined };
  }
}
