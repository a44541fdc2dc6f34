// Redacts a text before it is passed on, and makes sure that the analysis of it stays the same.

import { explainReport } from '../../explain/explain.js';
import { reportsOf } from '../../read/read-reports.js';
import type { KernelReport } from '../../read/report.js';
import { judge } from '../judgement.js';
import { withoutKnown, wordsOf } from './known-names.js';
import { plainLines } from './plain-lines.js';
import { PRIVATE_KINDS, Pseudonyms } from './pseudonyms.js';
import { Redactor, isKernelThread } from './redactor.js';

/** How a text was redacted. */
const REDACTIONS = [
  'in place', // other names, and nothing else
  'same length', // each name as long as the real one: the length of a line says where it was cut
  'plain', // without what carried the text, which had taken names apart
  'changed', // plain, and the analysis is not the same
] as const;

/** A text without what is private in it. */
export interface RedactedText {
  readonly text: string;
  readonly how: (typeof REDACTIONS)[number];
}

/** What a reader should know of how it was done. */
export const redactionNotes = ({ how }: RedactedText): string[] => [
  ...(how === 'plain' || how === 'changed'
    ? ["names were divided by what carried the text: lines are counted in the kernel's own"]
    : []),
  ...(how === 'changed' ? ['without the private names, the text is not read in the same way'] : []),
];

// What must stay.
const essenceOf = (reports: readonly KernelReport[]): string =>
  JSON.stringify(
    reports.map((report) => {
      const { title, class: bugClass, signature } = judge(report, explainReport(report));
      const registers = report.registers.map(({ values, control }) =>
        [...values, ...control].map(([name, value]) => `${name}=${value.toString(16)}`),
      );
      const code = report.codeLines.map(({ bytes, marked }) => [Buffer.from(bytes).toString('hex'), marked]);
      const { kind, pid, cpu, release, hardware } = report;
      return [kind, title, bugClass, signature, registers, code, pid, cpu, release, hardware];
    }),
  );

const literal = (character: string): string =>
  /[\^$\\.*+?()[\]{}|/]/u.test(character) ? `\\${character}` : character;

const LINE_END = String.raw`=?\r?\n[>|\t ]{0,20}`;
const MOST_TEXT = 1 << 22;
const MOST_NAMES = 100;
const SHORTEST = 3; // characters of a name that is looked for over the ends of lines

// A name that the end of a line divides: a mail program or a terminal wrapped it.
// Of a text with too many names it is left to the check for leaks.
const withoutDivided = (text: string, names: Pseudonyms): string => {
  if (text.length > MOST_TEXT || names.known('task').length > MOST_NAMES) return text;
  let whole = text;
  for (const name of names.known('task')) {
    if (name.length < SHORTEST || name.length > 64) continue;
    const characters = [...name].map((character) => (character === ' ' ? ' ?' : literal(character)));
    const pattern = new RegExp(`(?<![\\w-])${characters.join(`(?:${LINE_END})?`)}(?![\\w-])`, 'gu');
    whole = whole.replaceAll(pattern, (found) => {
      const ends = found.slice(0).match(new RegExp(LINE_END, 'gu')) ?? [];
      return ends.length === 0 ? found : `${names.of('task', name)}${ends.join('')}`;
    });
  }
  return whole;
};

// Whether a private word is left: what carried the text may have spelt or divided it in another way.
const leaks = (text: string, names: Pseudonyms): boolean => {
  const left = new Pseudonyms();
  const redactor = new Redactor(left);
  for (const line of plainLines(text)) redactor.line(line);
  return PRIVATE_KINDS.some((kind) => left.known(kind).some((name) => !names.isMade(name)));
};

const redactLines = (lines: readonly string[], names: Pseudonyms, kept: ReadonlySet<string>): string => {
  const redactor = new Redactor(names);
  const text = lines.map((line) => redactor.line(line)).join('\n');
  return withoutDivided(withoutKnown(text, names, kept), names);
};

// Of functions, files, modules and machines: a host or a user may be called like one.
const neededWords = (reports: readonly KernelReport[], essence: string): ReadonlySet<string> => {
  const words = reports.flatMap(({ traces, modules, said, source, message }) => [
    ...traces.flatMap(({ entries }) => entries.flatMap(({ symbol = '', module = '' }) => [symbol, module])),
    ...(modules?.modules.map(({ name }) => name) ?? []),
    ...said,
    source?.file ?? '',
    message ?? '',
  ]);
  return wordsOf(`${words.join(' ')} ${essence.replaceAll('\\n', ' ')}`);
};

/**
 * A text with other names in the place of hosts, users and programs, of addresses of networks, serial numbers and private
 * paths: `host-1`, `task-2`, the same for the same name. What the analysis needs stays: its result is compared.
 */
export const redactText = (text: string): RedactedText => {
  const reports = reportsOf(text);
  const essence = essenceOf(reports);
  // The reader puts names together that the text has in pieces.
  const tasks = new Set(
    reports.flatMap(({ comm }) => (comm === undefined || isKernelThread(comm) ? [] : [comm])),
  );
  const needed = neededWords(reports, essence);
  const attempt = (lines: readonly string[], sameLength: boolean): { text: string; good: boolean } => {
    const names = new Pseudonyms({ sameLength });
    for (const task of tasks) names.of('task', task);
    const redacted = redactLines(lines, names, needed);
    return { text: redacted, good: !leaks(redacted, names) && essenceOf(reportsOf(redacted)) === essence };
  };
  const lines = text.split('\n');
  for (const sameLength of [false, true]) {
    const { text: redacted, good } = attempt(lines, sameLength);
    if (good) return { text: redacted, how: sameLength ? 'same length' : 'in place' };
  }
  const plain = attempt(plainLines(text), false);
  return { text: `${plain.text}\n`, how: plain.good ? 'plain' : 'changed' };
};
