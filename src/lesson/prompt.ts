// What can be typed at a question besides an answer: hints and the like, and looks at the run that the question is about.

import { InputError } from '../base/errors.js';
import type { CaseBook } from './case-book.js';
import type { Part, Question } from './lesson.js';
import { LOOKS } from './prompt-words.js';
import { registerAt } from './reasons.js';
import { type Command, readCommand } from './show.js';

/** The replays that a question needs: those that it names, otherwise those of its page, otherwise the last before it. */
export const neededBy = (parts: readonly Part[], question: Question): readonly Command[] => {
  if (question.show.length > 0) return question.show;
  const at = parts.findIndex((part) => part.kind === 'question' && part.question === question);
  const before = parts.slice(0, Math.max(0, at));
  const onPage = before
    .slice(pageOf(parts, at))
    .flatMap((part) => (part.kind === 'replay' ? part.commands : []));
  if (onPage.length > 0) return onPage;
  const last = before.findLast((part) => part.kind === 'replay');
  return last?.kind === 'replay' ? last.commands : [];
};

/** The part that begins the page of a part. */
export const pageOf = (parts: readonly Part[], at: number): number =>
  Math.max(
    0,
    parts.findLastIndex((part, index) => index <= at && part.kind === 'prose' && /^##? /u.test(part.text)),
  );

/** A command and its output, indented. */
export const shownBy = ({ text, run }: Command, book: CaseBook): string[] => [
  `  ${text}`,
  ...run(book).map((line) => `  ${line}`.trimEnd()),
  '',
];

/**
 * A look at the run of a question.
 *
 * @returns its lines, or the complaint about it; `undefined` for a line that is not a look
 */
export const lookAt = (
  line: string,
  parts: readonly Part[],
  question: Question,
  book: CaseBook,
): readonly string[] | undefined => {
  const [word, rest = ''] = line.split(/\s+(.*)/su) as [string, string?];
  const look = LOOKS.find((one) => one === word.toLowerCase());
  if (look === undefined) return undefined;
  try {
    if (look === 'show') {
      const commands = neededBy(parts, question);
      if (commands.length === 0) return ['This question is about its text alone; "again" repeats it.'];
      return commands.flatMap((command) => shownBy(command, book));
    }
    const which = book.open(question);
    const here = which.symbols.findLocation(registerAt(which, which.last, 'rip'))?.symbol.name;
    const text =
      look === 'crash'
        ? `crash: ${rest === '' ? 'bt' : rest}`
        : look === 'dis'
          ? `dis ${rest === '' ? (here ?? '') : rest}`
          : look === 'why'
            ? `why ${rest}`.trim()
            : look;
    return shownBy(readCommand(text, question), book);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return [/[.?]$/u.test(error.message) ? error.message : `${error.message}.`];
  }
};
