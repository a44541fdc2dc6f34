// Taking a lesson: a line goes in, text comes out. The same for a terminal, a pipe and a script; no streams here.

import { plural, wrap } from '../base/words.js';
import { append } from '../base/long-lists.js';
import type { CaseBook } from './case-book.js';
import { type Graded, gradeQuestion } from './grade.js';
import type { Lesson, Part, Question } from './lesson.js';
import type { Done } from './progress.js';

export interface CourseOptions {
  /** Columns of prose. */
  readonly width: number;
  /** Whether it waits for Enter after each page. */
  readonly pages: boolean;
  /** Questions that were answered before: their part is gone over quickly. */
  readonly done?: Readonly<Record<string, Done>>;
  readonly write: (text: string) => void;
  /** A question is over. */
  readonly onDone?: (id: string, done: Done) => void;
}

type Waits = 'nothing' | 'Enter' | 'answer';

const HELP =
  'hint: a hint, for points. again: the question. skip: go on without points. quit: end; what is done is kept.';

interface Open {
  readonly graded: Graded;
  wrong: number;
  hints: number;
}

// Prose with its paragraphs wrapped; headings, lists, tables and fences as they are.
const wrapProse = (text: string, width: number): string[] => {
  let fenced = false;
  const out: string[] = [];
  let paragraph: string[] = [];
  const flush = (): void => {
    append(out, wrap(paragraph.join(' '), width));
    paragraph = [];
  };
  for (const line of text.split('\n')) {
    if (/^(?:```|~~~)/u.test(line)) {
      flush();
      fenced = !fenced;
      continue;
    }
    const item = /^(\s*(?:[-*]|\d+\.) )(.*)$/u.exec(line);
    if (fenced) out.push(`  ${line}`);
    else if (line.trim() === '' || /^(?:#|\||>| {4})/u.test(line)) {
      flush();
      out.push(
        line.replace(/^(#+) (.*)$/u, (_, marks: string, title: string) =>
          marks.length === 1 ? title.toUpperCase() : title,
        ),
      );
      const heading = /^##? (.*)$/u.exec(line);
      if (heading !== null) out.push('-'.repeat(Math.min(width, heading[1]!.length)));
    } else if (item !== null) {
      flush();
      append(out, wrap(item[2]!, width, item[1]!, ' '.repeat(item[1]!.length)));
    } else if (/^ {2,}\S/u.test(line) && paragraph.length === 0 && out.length > 0) {
      const last = out.pop()!;
      append(out, wrap(`${last.trimStart()} ${line.trim()}`, width, /^\s*/u.exec(last)![0], '  '));
    } else paragraph.push(line.trim());
  }
  flush();
  return out;
};

/** One run through a lesson. */
export class Course {
  readonly results = new Map<string, Done>();
  waits: Waits = 'nothing';
  ended = false; // quit, or nothing is left
  #next = 0; // part
  #open: Open | undefined;

  constructor(
    readonly lesson: Lesson,
    private readonly book: CaseBook,
    private readonly options: CourseOptions,
  ) {
    for (const [id, done] of Object.entries(options.done ?? {}))
      if (lesson.questions.some((question) => question.id === id)) this.results.set(id, done);
  }

  get question(): Question | undefined {
    return this.#open?.graded.question;
  }

  /** Points of all questions that are over, and of all that there are. */
  get points(): { readonly have: number; readonly of: number } {
    const have = [...this.results.values()].reduce((sum, { points }) => sum + points, 0);
    return { have, of: this.lesson.questions.reduce((sum, { points }) => sum + points, 0) };
  }

  /** Whether every question was answered right. */
  get right(): boolean {
    return this.lesson.questions.every(({ id }) => this.results.get(id)?.right === true);
  }

  #write(lines: readonly string[] | string): void {
    this.options.write(typeof lines === 'string' ? lines : lines.join('\n'));
  }

  /** Begin: up to the first thing that it waits for. */
  start(): void {
    const { title, slides, questions } = this.lesson;
    const talk = slides === '' ? '' : ` Slides ${slides} of the talk.`;
    this.#write(
      [`${title}: ${questions.length} questions, ${this.points.of} points.${talk} ${HELP}`, ''].flatMap(
        (line) => (line === '' ? [''] : wrap(line, this.options.width)),
      ),
    );
    // What lies before the first open question was read before.
    const open = this.lesson.parts.findIndex(
      (part) => part.kind === 'question' && !this.results.has(part.question.id),
    );
    if (this.results.size > 0 && open > 0) {
      this.#write(
        `${this.results.size} of ${questions.length} questions are done; this is the next. --reset begins again.\n`,
      );
      this.#next = this.#afterQuestion(open);
    }
    this.#advance();
  }

  // The first part after the question before a part.
  #afterQuestion(index: number): number {
    const before = this.lesson.parts.slice(0, index).findLastIndex((part) => part.kind === 'question');
    return before + 1;
  }

  #advance(): void {
    for (;;) {
      const part = this.lesson.parts[this.#next];
      if (part === undefined) return this.#finish();
      this.#next += 1;
      if (part.kind === 'question') {
        if (this.results.has(part.question.id)) continue;
        this.#open = { graded: gradeQuestion(part.question, this.book), wrong: 0, hints: 0 };
        this.#ask();
        this.waits = 'answer';
        return;
      }
      this.#show(part);
      const next = this.lesson.parts[this.#next];
      if (this.options.pages && next?.kind === 'prose' && next.text.startsWith('#')) {
        this.waits = 'Enter';
        return;
      }
    }
  }

  #show(part: Exclude<Part, { kind: 'question' }>): void {
    if (part.kind === 'prose') {
      this.#write([...wrapProse(part.text, this.options.width), '']);
      return;
    }
    for (const { text, run } of part.commands)
      this.#write([`  ${text}`, ...run(this.book).map((line) => `  ${line}`.trimEnd()), '']);
  }

  #ask(): void {
    const { graded, hints } = this.#open!;
    const { id, ask, choices, points, hints: all } = graded.question;
    const number = this.lesson.questions.findIndex((question) => question.id === id) + 1;
    const left = all.length - hints;
    const offer = left === 0 ? '' : `, ${plural(left, 'hint')}`;
    const { width } = this.options;
    this.#write([
      ...wrap(
        `Question ${number} of ${this.lesson.questions.length} (${points} points${offer}): ${ask}`,
        width,
      ),
      ...Object.entries(choices).flatMap(([word, text], index) =>
        wrap(`${index + 1}. ${word}: ${text}`, width, '  ', '     '),
      ),
    ]);
  }

  #close(right: boolean): void {
    const { graded, wrong, hints } = this.#open!;
    const { question } = graded;
    const cost = question.hints.slice(0, hints).reduce((sum, hint) => sum + hint.cost, 0);
    const done: Done = { right, wrong, hints, points: right ? Math.max(0, question.points - cost) : 0 };
    this.results.set(question.id, done);
    this.options.onDone?.(question.id, done);
    this.#open = undefined;
    this.#advance();
  }

  #finish(): void {
    this.waits = 'nothing';
    this.ended = true;
    const { have, of } = this.points;
    const right = this.lesson.questions.filter(({ id }) => this.results.get(id)?.right === true).length;
    this.#write(
      `The end: ${right} of ${this.lesson.questions.length} questions right, ${have} of ${of} points.`,
    );
  }

  /** A line that was typed. */
  input(line: string): void {
    if (this.ended) return undefined;
    const text = line.trim();
    if (text === 'quit' || text === 'q' || text === 'exit') {
      this.ended = true;
      this.waits = 'nothing';
      return;
    }
    if (this.waits === 'Enter') return this.#advance();
    if (this.#open === undefined || text === '') return undefined;
    return this.#answer(text);
  }

  #answer(text: string): void {
    const open = this.#open!;
    const { question } = open.graded;
    const { width } = this.options;
    switch (text) {
      case 'help':
      case '?':
        return this.#write(wrap(HELP, width));
      case 'again':
        return this.#ask();
      case 'skip':
        this.#write([...wrap(`Right would have been: ${open.graded.texts.join(', ')}.`, width), '']);
        return this.#close(false);
      case 'hint': {
        const hint = question.hints[open.hints];
        if (hint === undefined) return this.#write('There is no other hint.');
        open.hints += 1;
        return this.#write(wrap(`Hint (${plural(hint.cost, 'point')}): ${hint.text}`, width));
      }
      default:
    }
    const { right, read, reason } = open.graded.check(text);
    if (!right) {
      if (read) open.wrong += 1;
      return this.#write(wrap(`No: ${reason}`, width));
    }
    const said = [`Right. ${reason}`.trim(), question.remark].filter((one) => one !== '').join(' ');
    this.#write([...wrap(said, width), '']);
    return this.#close(true);
  }

  /** Skip to a question, for scripts that name the one they answer. @returns whether it lies ahead */
  goTo(id: string): boolean {
    while (!this.ended && this.question?.id !== id) {
      const ahead = this.lesson.parts
        .slice(this.#next)
        .some((part) => part.kind === 'question' && part.question.id === id);
      if (!ahead) return false;
      this.input(this.waits === 'answer' ? 'skip' : '');
    }
    return !this.ended;
  }
}
