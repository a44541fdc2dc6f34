// Taking a lesson: what answers cost, words for slips, what the prompt shows, and how a course goes on.
import { describe, expect, it } from 'vitest';
import { CaseBook } from '../../src/lesson/case-book.js';
import { Course, type CourseOptions } from '../../src/lesson/course.js';
import { gradeQuestion } from '../../src/lesson/grade.js';
import { type Lesson, loadLesson, parseLesson } from '../../src/lesson/lesson.js';
import type { Done } from '../../src/lesson/progress.js';
import { pointsLeft, wrongCost } from '../../src/lesson/scoring.js';
import { findLesson, listLessons } from '../../src/lesson/shelf.js';

const book = new CaseBook();

const take = (lesson: Lesson, lines: readonly string[], options: Partial<CourseOptions> = {}) => {
  const written: string[] = [];
  const write = (text: string): void => void written.push(text);
  const course = new Course(lesson, book, { width: 200, pages: false, write, ...options });
  course.start();
  const before = written.length;
  for (const line of lines) course.input(line);
  return { course, text: written.slice(before).join('\n'), start: written.slice(0, before).join('\n') };
};

const question = (...fields: readonly string[]): Lesson =>
  parseLesson(
    ['---', 'format: oopslab lesson 1', 'name: x', 'title: X', 'scenario: shm-close-bug', '---', '# X', '```question', 'id: a', 'ask: What?', ...fields, '```'].join('\n'),
    'x.md',
  ); // prettier-ignore

const reason = (answer: string, ...fields: readonly string[]): string =>
  gradeQuestion(question(...fields).questions[0]!, book).check(answer).reason;

const shipped = listLessons().map(({ file }) => loadLesson(file));

describe('points', () => {
  it('in each shipped question a hint costs less than a wrong answer', () => {
    for (const { questions } of shipped)
      for (const one of questions)
        for (const { cost } of one.hints) expect(cost, one.id).toBeLessThan(wrongCost(one));
  });

  it('with all hints read and answered right there is more than with a guess at chance', () => {
    const choices = { a: '', b: '' };
    const one = { points: 3, hints: [{ text: '', cost: 1 }], choices };
    const guess = (pointsLeft(one, 0, 0) + pointsLeft(one, 1, 0)) / 2;
    expect(pointsLeft(one, 0, 1)).toBeGreaterThan(guess);
  });

  it('are never below zero, and one wrong answer costs once', () => {
    const { course, text } = take(question('kind: value', 'key: register rax'), ['5', '5', '5', '-22']);
    expect(text).toContain('No (1 point left): 5 is in no register');
    expect(text).toContain('No (again, at no cost)');
    expect(course.results.get('a')).toMatchObject({ wrong: 1, points: 1 });
    const wild = take(question('kind: value', 'key: register rax'), ['5', '7', '8', '9', '-22']);
    expect(wild.course.results.get('a')).toMatchObject({ wrong: 4, points: 0 });
  });

  it('are not lost by what cannot be read, and not won back by "quit"', () => {
    const lesson = question('kind: value', 'key: register rax');
    const kept = new Map<string, Done>();
    const onDone = (id: string, done: Done): void => void kept.set(id, done);
    take(lesson, ['?!x', '5', 'quit'], { onDone });
    expect(kept.get('a')).toMatchObject({ wrong: 1, open: true });
    const { course, start } = take(lesson, ['-22'], { done: Object.fromEntries(kept) });
    expect(start).toContain('1 of 3 points left');
    expect(course.results.get('a')).toMatchObject({ right: true, points: 1 });
  });
});

describe('a slip has its own word', () => {
  it.each([
    ['22', /^The sign:/u, 'kind: value', 'key: register rax'],
    ['4294967274', /^The width:/u, 'kind: value', 'key: register rax'],
    ['204', /^Off by one:/u, 'kind: value', 'key: trap line'],
    ['0x205', /^The base:/u, 'kind: value', 'key: trap line'],
    ['0x5c80c600', /^The order of the bytes:/u, 'kind: value', 'key: field sfd.id'],
    ['ebp', /^The width: ebp is a name of only the lower half/u, 'kind: register', 'key: registers written by shm_close+0x12'],
    ['shm_close+0x13', /lies inside of an instruction/u, 'kind: instruction', 'key: start of the Code line'],
    ['shm_close+12', /^The base:/u, 'kind: instruction', 'key: start of the Code line'],
    ['shm_close+0xb', /^One instruction off:/u, 'kind: instruction', 'key: start of the Code line'],
    ['[rsp+8]', /^One word off:/u, 'kind: place', 'key: place of vma'],
  ])('%s', (answer, word, ...fields) => expect(reason(answer, ...fields)).toMatch(word)); // prettier-ignore

  it('where no width is lost, a part of a register counts', () => {
    const check = (answer: string, at: string): boolean =>
      gradeQuestion(question('kind: register', `key: registers written by ${at}`).questions[0]!, book).check(answer).right; // prettier-ignore
    expect(check('esi', 'shm_close+0x25')).toBe(true);
    expect(check('rsi', 'shm_close+0x25')).toBe(true);
    expect(check('si', 'shm_close+0x25')).toBe(false);
  });

  it('a name of the scenario is not its address', () => {
    const sfd = ['kind: address', 'key: field file.private_data'];
    expect(reason('sfd', ...sfd)).toContain('cannot be read');
    expect(reason('&sfd', ...sfd)).toContain('cannot be read');
  });
});

describe('the prompt', () => {
  const lesson = loadLesson(findLesson('reading-an-oops'));

  it('skip gives the answer, the facts that it follows from, and the remark', () => {
    const { text } = take(lesson, ['skip']);
    expect(text).toContain('Right would have been: shm_close+0x3e.');
    expect(text).toContain('because shm_close+0x3e: ud2');
    expect(text).toContain(lesson.questions[0]!.remark);
  });

  it('show, oops, dis and crash look at the run, in capitals too, and cost nothing', () => {
    const { course, text } = take(lesson, ['show', 'OOPS', 'dis remove_vma', 'dis', 'crash rd -x ffff880211337d88', 'crash nonsense', 'dis nowhere', 'why', 'why rbx', 'why nonsense']); // prettier-ignore
    expect(text.split('kernel BUG at').length).toBe(3);
    expect(text).toContain('<remove_vma+36>');
    expect(text).toContain('<shm_close+62>: ud2');
    expect(text).toContain('there is no snippet "nowhere"');
    expect(text).toMatch(/\$ oopslab why\n[^]*convert_delimiter\+0x1c/u);
    expect(text).toContain('$ oopslab why rbx');
    expect(text).toMatch(/nonsense[^]*\./u);
    expect(course.question?.id).toBe('trap');
    expect(course.results.size).toBe(0);
  });

  it('a choice cannot be called as a word of the prompt', () => {
    expect(() => question('kind: choice', 'choices: { skip: a, bug: b }', 'key: outcome')).toThrow(
      '"skip" means something at the prompt',
    );
  });
});

describe('a course that goes on', () => {
  const done = ({ questions }: Lesson, count: number): Record<string, Done> =>
    Object.fromEntries(questions.slice(0, count).map(({ id }) => [id, { right: true, wrong: 0, hints: 0, points: 3 }])); // prettier-ignore

  it('shows its page again, and what the question needs from elsewhere', () => {
    const oops = loadLesson(findLesson('reading-an-oops'));
    // "Who called" has no replay; the question is about the report.
    const { start, course } = take(oops, [], { done: done(oops, 6) });
    expect(course.question?.id).toBe('caller');
    expect(start).toContain('Call Trace:');
    expect(start).not.toContain('dis -r');
    const ids = loadLesson(findLesson('which-id'));
    expect(take(ids, [], { done: done(ids, 4) }).start).toContain('crash> ipcs -m');
  });

  it('every shipped question needs something that can be shown', () => {
    for (const lesson of shipped)
      for (const [index, { id }] of lesson.questions.entries()) {
        const { course, text } = take(lesson, ['show'], { done: done(lesson, index) });
        expect(course.question?.id).toBe(id);
        expect(text.split('\n').length, `${lesson.name}, ${id}`).toBeGreaterThan(2);
      }
  });

  it('with all of them done ends at once, and names the next', () => {
    const lesson = loadLesson(findLesson('which-id'));
    const { course, start } = take(lesson, [], { done: done(lesson, 9), next: 'Next: x' });
    expect(course.ended).toBe(true);
    expect(start).toMatch(/All questions are done[^]*The end[^]*Next: x/u);
    expect(start).not.toContain('ipcs');
  });
});
