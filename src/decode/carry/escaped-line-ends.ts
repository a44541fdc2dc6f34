// Line ends that a tool wrote as characters: `\n` of programs, `#012` of rsyslog, `%0A` of web forms; and lines that it
// put one after another, each with the prefix of its log.
// Source: $EscapeControlCharactersOnReceive of rsyslog; Documentation/ABI/testing/dev-kmsg, v6.14 (`\x0a`)

import { beginsReportLine, findBeginning } from './kernel-beginnings.js';
import { stripLine } from './line-prefix.js';
import { shapeOf } from './shape.js';
import { unescapeJson } from './json-strings.js';
import type { TextForm } from './text-form.js';
import type { PhysicalLine } from './text-lines.js';

const HINT = /\\{1,4}n|#012|\\012|\\x0a|\\u000a|&#10;|&#x0?[aA];|%0[aA]|[\u2424\u240a]/u;
const END =
  /(?:\\{1,4}r)?\\{1,4}n|(?:#015)?#012|(?:\\015)?\\012|(?:\\x0d)?\\x0a|(?:\\u000d)?\\u000a|(?:&#13;)?&#10;|&#x0?[aA];|(?:%0[dD])?%0[aA]|[\u2424\u240a]/gu;
const MIN_PREFIX = 6; // characters
const MIN_REPEATS = 3;

const withForm = ({ forms = [], ...line }: PhysicalLine, text: string, form: TextForm): PhysicalLine => ({
  ...line,
  text,
  forms: forms.includes(form) ? forms : [...forms, form],
});

// The other characters that are escaped by what escaped the line ends.
const unescape = (text: string): string => {
  if (text.includes('#0')) return text.replaceAll('#011', '\t').replaceAll('#015', '');
  if (/%[23][0-9A-F]/u.test(text)) {
    return text.replaceAll(/%([0-7][0-9A-Fa-f])/gu, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
  }
  return unescapeJson(text);
};

// What a page or a service printed as one line: `+` for blanks is not undone, since it stands in `symbol+0x3e`.
const cutAtEnds = (line: PhysicalLine): readonly PhysicalLine[] => {
  const pieces = line.text.split(END);
  const several = pieces.some(
    (piece, index) => index > 0 && beginsReportLine(stripLine(unescape(piece)).text),
  );
  const ends = pieces.slice(1).every((piece) => /^["'\s,\]}]{0,20}$/u.test(piece));
  // A file name or a format may hold these characters.
  if (!several && !ends && line.part !== true) return [line];
  const [first = '', ...others] = pieces;
  // `output: b'BUG: …`: the first line begins after a quote.
  const at = several ? findBeginning(first)?.index : undefined;
  const begun = at !== undefined && /["']$/u.test(first.slice(0, at)) ? first.slice(at) : first;
  const kept = ends ? [first] : [begun, ...others];
  return kept.map((piece) => withForm(line, unescape(piece), 'escaped-line-ends'));
};

const cutAtPrefixes = (line: PhysicalLine): readonly PhysicalLine[] => {
  const { text, prefixed } = stripLine(line.text);
  const length = line.text.length - text.length;
  if (!prefixed || length < MIN_PREFIX || length > 200 || !line.text.endsWith(text)) return [line];
  // Blanks after the prefix may be the kernel's own.
  const prefix = line.text.slice(0, length).trim();
  const starts = [...line.text.matchAll(new RegExp(shapeOf(prefix, 'numbers'), 'gu'))].map(
    ({ index }) => index,
  );
  if (starts.length < MIN_REPEATS) return [line];
  return starts.map((start, index) => withForm(line, line.text.slice(start, starts[index + 1]), 'one-line'));
};

/** The lines that a line of a text holds. */
export const cutEscaped = (line: PhysicalLine): readonly PhysicalLine[] => {
  const lines = HINT.test(line.text) ? cutAtEnds(line) : [line];
  return lines.length === 1 && lines[0]!.text.length > 200 ? cutAtPrefixes(lines[0]!) : lines;
};
