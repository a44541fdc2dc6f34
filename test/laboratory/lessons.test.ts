// Lessons as the page gets them: every shipped question, its right answers and its wrong ones, graded as the terminal
// grades them; and no answer in what the page gets before it asks.
import { describe, expect, it } from 'vitest';
import { CaseBook } from '../../src/lesson/case-book.js';
import { Course } from '../../src/lesson/course.js';
import { type Graded, gradeQuestion } from '../../src/lesson/grade.js';
import { type Lesson, type Question, loadLesson } from '../../src/lesson/lesson.js';
import { listLessons } from '../../src/lesson/shelf.js';
import { Bench } from '../../src/laboratory/bench.js';
import { answer } from '../../src/laboratory/laboratory.js';
import type { LessonData, LessonQuestion } from '../../src/laboratory/lesson-data.js';
import type { Kind, Questions, Refusal } from '../../src/laboratory/questions.js';
import type { Standing } from '../../src/lesson/said.js';
import { recordingOf } from '../helpers/step-recordings.js';

const bench = new Bench([recordingOf('shm-close-bug'), recordingOf('shm-close-control')]);
const book = new CaseBook();
const FRESH: Standing = { wrong: 0, hints: 0, given: [] };

const ask = <K extends Kind>(kind: K, asks: Questions[K]['asks']): Questions[K]['answer'] | Refusal => {
  let found: Questions[K]['answer'] | Refusal | undefined;
  answer(bench, { id: 1, kind, asks }, (told) => {
    if ('answer' in told) found = told.answer as Questions[K]['answer'];
    if ('refusal' in told) found = told.refusal;
  });
  return found!;
};

const grade = (lesson: string, question: string, line: string, standing = FRESH) =>
  ask('grade', { lesson, question, line, standing }) as Questions['grade']['answer'];

/** A question at the terminal: what is said to each line, in one line. */
const atTerminal = (lesson: Lesson, id: string): ((line: string) => string) => {
  const written: string[] = [];
  const write = (text: string): void => void written.push(text);
  const over = { right: true, wrong: 0, hints: 0, points: 0 };
  const others = lesson.questions.filter((one) => one.id !== id).map((one) => [one.id, over]);
  const done = Object.fromEntries(others) as Record<string, typeof over>;
  const course = new Course(lesson, book, { width: 100_000, pages: false, done, write });
  course.start();
  return (line) => {
    written.length = 0;
    course.input(line);
    return written[0]!.trim();
  };
};

// Some keys take runs of their own.
const known = new Map<Question, Graded>();
const graded = (question: Question): Graded => {
  const found = known.get(question) ?? gradeQuestion(question, book);
  known.set(question, found);
  return found;
};

const questionsOf = ({ parts }: LessonData): LessonQuestion[] =>
  parts.flatMap((part) => (part.kind === 'question' ? [part.question] : []));

const shipped = listLessons().map(({ name, file }) => ({ name, lesson: loadLesson(file) }));

it('lists every lesson in the order of the command, and each can be taken', () => {
  const { lessons } = ask('lessons', {}) as Questions['lessons']['answer'];
  expect(lessons.map(({ name }) => name)).toEqual(shipped.map(({ name }) => name));
  expect(lessons.filter(({ problem }) => problem !== null)).toEqual([]);
});

describe.each(shipped)('$name', ({ name, lesson }) => {
  const data = ask('lesson', { name }) as LessonData;
  const questions = questionsOf(data);

  it('has every question, with the run and the state that it is about', () => {
    expect(questions.map(({ id }) => id)).toEqual(lesson.questions.map(({ id }) => id));
    for (const { run, at, id } of questions) {
      const { recording } = book.open(lesson.questions.find((one) => one.id === id)!);
      expect(at).toBeLessThanOrEqual(recording.instructions);
      if (recording.header.scenario === 'shm-close-bug' && Object.keys(lesson.set).length === 0)
        expect(run).toSatisfy((one: unknown) => one === 'A' || typeof one === 'object');
    }
  });

  it('shows what the terminal shows, with blanks for its tabs', () => {
    const shown = data.parts.flatMap((part) => (part.kind === 'show' ? part.shown : []));
    const commands = lesson.parts.flatMap((part) => (part.kind === 'replay' ? part.commands : []));
    expect(shown.map(({ title }) => title)).toEqual(commands.map(({ text }) => text));
    const words = (lines: readonly string[]): string[] => lines.join(' ').split(/\s+/u);
    expect(words(shown.flatMap(({ lines }) => lines))).toEqual(
      words(commands.flatMap(({ run }) => run(book))),
    );
    for (const { lines } of shown) expect(lines.join('')).not.toContain('\t');
  });

  it('gives neither keys nor hints nor remarks nor wrong answers before they are asked for', () => {
    const text = JSON.stringify(data);
    for (const question of questions)
      expect(Object.keys(question).toSorted()).toEqual(
        ['ask', 'at', 'choices', 'hints', 'id', 'kind', 'number', 'points', 'run', 'wrongCost'],
      ); // prettier-ignore
    for (const { hints, remark, queries, wrong } of lesson.questions) {
      const kept = [...hints.map((one) => one.text), remark, ...queries.map((one) => one.text)];
      for (const secret of kept.filter((one) => one.length > 16))
        expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
      if (wrong.length > 1) expect(text).not.toContain(JSON.stringify(wrong));
    }
  });

  it('takes every right answer in all its spellings, for all its points', () => {
    for (const question of lesson.questions)
      for (const text of graded(question).spelled.slice(0, 6).flat()) {
        const { said } = grade(name, question.id, text);
        expect(said, `${question.id}: ${text}`).toMatchObject({ kind: 'right', points: question.points });
      }
  });

  it('refuses wrong answers one after the other with the words of the terminal', () => {
    for (const question of lesson.questions) {
      const terminal = atTerminal(lesson, question.id);
      let standing = FRESH;
      for (const line of [
        ...question.wrong.slice(0, 3),
        ...question.wrong.slice(0, 1),
        'not this',
        '77',
        'r15',
      ]) {
        const { said, standing: after } = grade(name, question.id, line, standing);
        if (said.kind === 'right') break; // 77, or r15, where that is the key
        standing = after;
        const words = terminal(line);
        if (said.kind === 'wrong') {
          const cost = said.again
            ? 'again, at no cost'
            : `${said.left} point${said.left === 1 ? '' : 's'} left`;
          expect(words).toBe(`No (${cost}): ${said.reason}`);
        } else expect(said).toMatchObject({ kind: 'unread', reason: words.slice(0, -1) });
        if (question.wrong.includes(line)) expect(said.kind).toBe('wrong');
      }
    }
  });

  it('gives each hint once, at its cost, and the answer with its reasons to who gives up', () => {
    for (const { id, hints, points } of lesson.questions) {
      let standing = FRESH;
      for (const { text, cost } of hints) {
        const given = grade(name, id, 'hint', standing);
        expect(given.said).toEqual({ kind: 'hint', text, cost });
        standing = given.standing;
      }
      expect(grade(name, id, 'hint', standing).said).toEqual({ kind: 'no hint' });
      const { said } = grade(name, id, 'skip', standing);
      expect(said.kind === 'skipped' && said.answers.length > 0).toBe(true);
      const [first] = gradeQuestion(
        lesson.questions.find((one) => one.id === id)!,
        book,
      ).spelled[0]!;
      const cost = hints.reduce((sum, one) => sum + one.cost, 0);
      expect(grade(name, id, first!, standing).said).toMatchObject({ points: Math.max(0, points - cost) });
    }
  });

  it('has a key of the answers that are right', () => {
    const { questions: keys } = ask('key', { lesson: name }) as Questions['key']['answer'];
    for (const { id, answers, wrong } of keys) {
      expect(answers.length).toBeGreaterThan(0);
      for (const { answer: line } of wrong) expect(grade(name, id, line).said.kind).toBe('wrong');
    }
  });
});

describe('what is wrong with a question is a refusal', () => {
  it.each([
    ['lesson', { name: 'no-such' }, /^there is no lesson "no-such"/u],
    ['grade', { lesson: 'first-steps', question: 'x', line: '1', standing: FRESH }, /has no question "x"/u],
    ['grade', { lesson: 'first-steps', question: 'rip', line: '1'.repeat(1001), standing: FRESH }, /at most 1000/u],
    ['key', { lesson: '../secrets' }, /cannot be read/u],
  ] as const)('%s %j', (kind, asks, message) => {
    expect(ask(kind, asks as never)).toMatchObject({ message: expect.stringMatching(message) as unknown });
  }); // prettier-ignore
});

it('a wrong answer costs once, and looks at the run cost nothing', () => {
  const first = grade('first-steps', 'rip', 'ffff880211337d88');
  expect(first.said).toMatchObject({ kind: 'wrong', again: false, left: 1 });
  const again = grade('first-steps', 'rip', 'FFFF880211337D88', first.standing);
  expect(again.said).toMatchObject({ kind: 'wrong', again: true, left: 1 });
  const look = grade('first-steps', 'rip', 'crash rd -x ffff880211337d88', first.standing);
  expect(look).toMatchObject({ said: { kind: 'look' }, standing: first.standing });
  expect(grade('first-steps', 'rip', 'help').said).toMatchObject({ kind: 'look' });
});
