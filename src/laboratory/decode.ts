// The kernel reports of a text that a reader pasted, as `oopslab decode` reads them. The text is in memory here, and so is
// the answer: both are bounded, in characters and in reports.

import { InputError } from '../base/errors.js';
import { append } from '../base/long-lists.js';
import { escapeInvisible } from '../base/visible-text.js';
import type { NamedCode } from '../decode/explain/explain.js';
import { type Explained, Explainer } from '../decode/explain/explainer.js';
import { namedCode } from '../decode/explain/with-code.js';
import { redactText, redactionNotes } from '../decode/judge/redact/redact-text.js';
import { textChunksNow } from '../decode/carry/text-chunks.js';
import type { DeclinedReport } from '../decode/read/other-architecture.js';
import { readReportsNow } from '../decode/read/read-reports.js';
import type { KernelReport } from '../decode/read/report.js';
import { markdownOf } from '../decode/show/block-markdown.js';
import { textOf } from '../decode/show/block-text.js';
import type { Block } from '../decode/show/blocks.js';
import { declinedWords } from '../decode/show/declined-words.js';
import { firstToRead, overviewBlocks } from '../decode/show/overview.js';
import { HardwareReports, shownOf } from '../decode/show/printer.js';
import { type Shown, reportBlocks } from '../decode/show/report-blocks.js';
import { decodeDocument } from '../decode/show/report-document.js';
import { filedOf } from '../decode/judge/filed.js';
import { linesOf } from './decode-lines.js';
import { MAX_EXPLAINED, MAX_PASTED } from './limits.js';
import type { Printed, Questions } from './questions.js';

type Asks = Questions['decode']['asks'];
type Tell = (tells: Questions['decode']['tells']) => void;

const CHUNK = 1 << 18;

const printed = (short: readonly Block[], blocks: readonly Block[]): Printed => ({
  blocks,
  text: escapeInvisible(`${textOf(short).join('\n')}\n`),
  markdown: escapeInvisible(`${markdownOf(short).join('\n')}\n`),
});

function* chunksOf(
  text: string | Uint8Array,
  onRead: (read: number) => void,
): Generator<string | Uint8Array> {
  for (let at = 0; at < text.length; at += CHUNK) {
    onRead(at);
    yield typeof text === 'string' ? text.slice(at, at + CHUNK) : text.subarray(at, at + CHUNK);
  }
}

const redacted = (text: string | Uint8Array, notes: string[]): string => {
  const found = redactText([...textChunksNow(chunksOf(text, () => undefined))].join(''));
  append(notes, redactionNotes(found));
  return found.text;
};

// The reports with their explanations, in the order of the text.
function* explainedIn(
  text: string | Uint8Array,
  code: NamedCode | undefined,
  tell: Tell,
  decline: (declined: DeclinedReport) => void,
  pass: (report: KernelReport) => void,
): Generator<Explained> {
  const explainer = new Explainer(code);
  let [read, reports] = [0, 0];
  const say = (): void => tell({ read, of: text.length, reports });
  const chunks = chunksOf(text, (at) => {
    read = at;
    say();
  });
  for (const report of readReportsNow(chunks, decline)) {
    reports += 1;
    pass(report);
    yield* explainer.take(report, reports);
    say();
    if (reports === MAX_EXPLAINED) break;
  }
  explainer.end();
}

/**
 * Read a text.
 *
 * @throws {InputError} when it is too long, or the code is not that of its reports
 */
export const answerDecode = (
  { text: pasted, code, libraries = [], redact = false }: Asks,
  tell: Tell,
): Questions['decode']['answer'] => {
  if (pasted.length > MAX_PASTED)
    throw new InputError(
      `is longer than ${MAX_PASTED >> 20} MiB, the most that a page reads; oopslab decode reads texts of any length`,
      { field: 'text' },
    );
  const notes: string[] = [];
  const declined: DeclinedReport[] = [];
  const hardware = new HardwareReports();
  const shown: Shown[] = [];
  const text = redact ? redacted(pasted, notes) : pasted;
  const named = code === undefined ? undefined : namedCode({ code, libraries });
  const decline = (one: DeclinedReport): void => void declined.push(one);
  for (const one of explainedIn(text, named, tell, decline, (report) => hardware.take(report))) {
    if (one.other !== undefined)
      notes.push(`report ${one.number} is explained without --code ${code}: ${one.other.message}`);
    shown.push(shownOf(one, hardware));
  }
  append(notes, declined.map(declinedWords));
  if (shown.length === MAX_EXPLAINED)
    notes.push(
      `the first ${MAX_EXPLAINED} reports are explained, and what follows them is not read; oopslab decode reads all`,
    );
  const filed = shown.map(({ report, judgement }) => filedOf(report, judgement));
  const overview = shown.length > 1 ? overviewBlocks(filed) : undefined;
  const lines = linesOf(text, shown);
  return {
    document: decodeDocument(null, shown, declined),
    reports: shown.map((one, index) => ({
      ...printed(reportBlocks(one, false), reportBlocks(one, true)),
      lines: lines[index]!,
    })),
    overview: overview === undefined ? null : printed(overview, overview),
    first: shown.length === 0 ? 0 : firstToRead(filed) + 1,
    notes,
  };
};
