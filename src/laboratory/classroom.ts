// The lessons that are open in a laboratory: each read once, its runs made once, its keys computed once. The last is kept.

import { InputError } from '../base/errors.js';
import { CaseBook } from '../lesson/case-book.js';
import { type Graded, gradeQuestion } from '../lesson/grade.js';
import { type Lesson, loadLesson } from '../lesson/lesson.js';
import { findLesson } from '../lesson/shelf.js';

/** A lesson with its runs. */
export class OpenLesson {
  readonly book: CaseBook;
  readonly #graded = new Map<string, Graded>();

  constructor(
    readonly lesson: Lesson,
    libraries: readonly string[],
  ) {
    this.book = new CaseBook(libraries);
  }

  /** A question with its key. @throws {InputError} when there is none of the id, or the run has no answer */
  question(id: string): Graded {
    const known = this.#graded.get(id);
    if (known !== undefined) return known;
    const { name, questions } = this.lesson;
    const question = questions.find((one) => one.id === id);
    if (question === undefined)
      throw new InputError(`the lesson ${name} has no question "${id}"`, { field: 'question' });
    const graded = gradeQuestion(question, this.book);
    this.#graded.set(id, graded);
    return graded;
  }
}

/** The lessons of a laboratory. */
export class Classroom {
  #open: { readonly name: string; readonly lesson: OpenLesson } | undefined;

  constructor(readonly libraries: readonly string[]) {}

  /** @param name as the list has it @throws {InputError} when there is none of the name, or its file is wrong */
  open(name: string): OpenLesson {
    if (this.#open?.name !== name) {
      const lesson = new OpenLesson(loadLesson(findLesson(name, this.libraries)), this.libraries);
      this.#open = { name, lesson };
    }
    return this.#open.lesson;
  }
}
