// Taking a lesson: a line goes in, text comes out. The same for a terminal, a pipe and a script; no streams here.

import { listOf, plural, wrap } from '../base/words.js';
import { FRESH, attempt } from './attempt.js';
import type { CaseBook } from './case-book.js';
import { type Graded, gradeQuestion } from './grade.js';
import type { Lesson, Part, Question } from './lesson.js';
import { type Done, isOver } from './progress.js';
import { neededBy, pageOf, shownBy } from './prompt.js';
import { PROMPT_HELP } from './prompt-words.js';
import { wrapProse } from './prose.js';
import type { Said, Standing } from './said.js';
import { pointsLeft, wrongCost } from './scoring.js';

export interface CourseOptions {
  /** Columns of prose. */
  readonly width: number;
  /** Whether it waits for Enter after each page. */
  readonly pages: boolean;
  /** Questions that were answered before: their part is gone over quickly. */
  readonly done?: Readonly<Record<string, Done>>;
  readonly write: (text: string) => void;
  /** A question is over, or what it will give has changed. */
  readonly onDone?: (id: string, done: Done) => void;
  /** Said at the end: what to take next. */
  readonly next?: string;
}

type Waits = 'nothing' | 'Enter' | 'answer';

interface Open {
  readonly graded: Graded;
  standing: Standing;
}

/** One run through a lesson. */
export class Course {
  readonly results = new Map<string, Done>();
  waits: Waits = 'nothing';
  ended = false; // quit, or nothing is left
  #next = 0; // part
  #open: Open | undefined;
  #goesOn = false; // the next question is the first of one that goes on
  readonly #begun = new Map<string, Done>();

  constructor(
    readonly lesson: Lesson,
    private readonly book: CaseBook,
    private readonly options: CourseOptions,
  ) {
    for (const [id, done] of Object.entries(options.done ?? {}))
      if (lesson.questions.some((question) => question.id === id))
        (isOver(done) ? this.results : this.#begun).set(id, done);
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
      [
        `${title}: ${questions.length} questions, ${this.points.of} points.${talk}`,
        ...PROMPT_HELP,
        '',
      ].flatMap((line) => (line === '' ? [''] : wrap(line, this.options.width))),
    );
    // What lies before the first open question was read before.
    const open = this.lesson.parts.findIndex(
      (part) => part.kind === 'question' && !this.results.has(part.question.id),
    );
    if (open < 0) {
      this.#write('All questions are done. --reset begins again.\n');
      return this.#finish();
    }
    if (this.results.size > 0) {
      this.#write(
        `${this.results.size} of ${questions.length} questions are done; this is the next. --reset begins again.\n`,
      );
      this.#next = pageOf(this.lesson.parts, open);
      this.#goesOn = true;
    }
    this.#advance();
  }

  // Of a course that goes on: what its first question needs and its page, which was just shown, does not have.
  #remind(question: Question): void {
    const { parts } = this.lesson;
    const at = parts.findIndex((part) => part.kind === 'question' && part.question === question);
    const page = parts
      .slice(pageOf(parts, at), at)
      .flatMap((part) => (part.kind === 'replay' ? part.commands.map(({ text }) => text) : []));
    for (const command of neededBy(parts, question))
      if (!page.includes(command.text)) this.#write(shownBy(command, this.book));
  }

  #advance(): void {
    for (;;) {
      const part = this.lesson.parts[this.#next];
      if (part === undefined) return this.#finish();
      this.#next += 1;
      if (part.kind === 'question') {
        if (this.results.has(part.question.id)) continue;
        const { wrong = 0, hints = 0 } = this.#begun.get(part.question.id) ?? {};
        this.#open = {
          graded: gradeQuestion(part.question, this.book),
          standing: { ...FRESH, wrong, hints },
        };
        if (this.#goesOn) this.#remind(part.question);
        this.#goesOn = false;
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
    for (const command of part.commands) this.#write(shownBy(command, this.book));
  }

  #ask(): void {
    const { graded, standing } = this.#open!;
    const { wrong, hints } = standing;
    const { id, ask, choices, points, hints: all } = graded.question;
    const number = this.lesson.questions.findIndex((question) => question.id === id) + 1;
    const left = all.length - hints;
    const offer =
      left === 0
        ? ''
        : `, ${plural(left, 'hint')} at ${listOf([...new Set(all.slice(hints).map(({ cost }) => cost))], 'or')}`;
    const price = `, a wrong answer ${wrongCost(graded.question)}`;
    const { width } = this.options;
    const now = pointsLeft(graded.question, wrong, hints);
    const worth = now === points ? plural(points, 'point') : `${now} of ${plural(points, 'point')} left`;
    this.#write([
      ...wrap(
        `Question ${number} of ${this.lesson.questions.length} (${worth}${offer}${price}): ${ask}`,
        width,
      ),
      ...Object.entries(choices).flatMap(([word, text], index) =>
        wrap(`${index + 1}. ${word}: ${text}`, width, '  ', '     '),
      ),
    ]);
  }

  #close(right: boolean, points: number): void {
    const { graded, standing } = this.#open!;
    const { id } = graded.question;
    const done: Done = { right, wrong: standing.wrong, hints: standing.hints, points };
    this.results.set(id, done);
    this.options.onDone?.(id, done);
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
    if (this.options.next !== undefined) this.#write(this.options.next);
  }

  // Hints and wrong answers count also after "quit".
  #keepOpen(): void {
    const { graded, standing } = this.#open!;
    const { wrong, hints } = standing;
    this.options.onDone?.(graded.question.id, { right: false, wrong, hints, points: 0, open: true });
  }

  // The answer with the facts that it follows from, for somebody who gave up.
  #explain({ answers, why, more, remark }: Said & { readonly kind: 'skipped' }): void {
    const { width } = this.options;
    this.#write([
      ...wrap(`Right would have been: ${answers.join(', ')}.`, width),
      ...why.flatMap((text) => wrap(text, width, '  because ', '    ')),
      ...(more > 0 ? [`  and ${plural(more, 'other fact')}`] : []),
      ...(remark === '' ? [] : wrap(remark, width)),
      '',
    ]);
  }

  /** A line that was typed. */
  input(line: string): void {
    if (this.ended) return undefined;
    const text = line.trim();
    if (['quit', 'q', 'exit'].includes(text.toLowerCase())) {
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
    const { width } = this.options;
    const { said, standing } = attempt(open.graded, text, open.standing, this.lesson.parts, this.book);
    open.standing = standing;
    switch (said.kind) {
      case 'help':
        return this.#write(PROMPT_HELP.flatMap((line) => wrap(line, width)));
      case 'ask':
        return this.#ask();
      case 'look':
        return this.#write(said.lines);
      case 'no hint':
        return this.#write('There is no other hint.');
      case 'hint':
        this.#write(wrap(`Hint (${plural(said.cost, 'point')}): ${said.text}`, width));
        return this.#keepOpen();
      case 'unread':
        return this.#write(wrap(`${said.reason}.`, width));
      case 'wrong': {
        const cost = said.again ? 'again, at no cost' : `${plural(said.left, 'point')} left`;
        this.#write(wrap(`No (${cost}): ${said.reason}`, width));
        return this.#keepOpen();
      }
      case 'skipped':
        this.#explain(said);
        return this.#close(false, 0);
      case 'right': {
        const words = [`Right. ${said.reason}`.trim(), said.remark].filter((one) => one !== '').join(' ');
        this.#write([...wrap(words, width), '']);
        return this.#close(true, said.points);
      }
    }
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
