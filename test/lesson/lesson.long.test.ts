// Lessons: every shipped key is computed, every shipped wrong answer gets its reason, and no answer is typed in here.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { OopslabError } from '../../src/base/errors.js';
import { CaseBook } from '../../src/lesson/case-book.js';
import { Course, type CourseOptions } from '../../src/lesson/course.js';
import { type Graded, gradeLesson } from '../../src/lesson/grade.js';
import { QUERIES, type Lesson, loadLesson } from '../../src/lesson/lesson.js';
import { loadProgress, progressFile, saveProgress } from '../../src/lesson/progress.js';
import { findLesson, listLessons } from '../../src/lesson/shelf.js';
import { cases } from '../helpers/effort.js';
import { oopslab } from '../helpers/oopslab.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'oopslab-lesson-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (args: readonly string[], stdin = '', env: Record<string, string> = {}) =>
  oopslab(['lesson', ...args], { stdin, cwd: folder, env: { OOPSLAB_STATE: join(folder, 'state'), ...env } });

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, strictTypes: false });
const valid = ajv.compile(
  JSON.parse(readFileSync(join(root, 'schema/lesson.schema.json'), 'utf8')) as object,
);
const validError = ajv.compile(
  JSON.parse(readFileSync(join(root, 'schema/error.schema.json'), 'utf8')) as object,
);

const book = new CaseBook();
const graded = new Map<string, { lesson: Lesson; all: Graded[] }>();
const grade = (name: string) => {
  const known = graded.get(name);
  if (known !== undefined) return known;
  const lesson = loadLesson(findLesson(name));
  const made = { lesson, all: gradeLesson(lesson, book) };
  graded.set(name, made);
  return made;
};

const shipped = listLessons();
const names = shipped.map(({ name }) => name);

/** Takes a lesson in this process. */
const take = (lesson: Lesson, lines: readonly string[], options: Partial<CourseOptions> = {}) => {
  const written: string[] = [];
  const course = new Course(lesson, book, {
    width: 80,
    pages: false,
    write: (text) => written.push(text),
    ...options,
  });
  course.start();
  for (const line of lines) course.input(line);
  return { course, text: written.join('\n') };
};

describe('the shipped lessons', () => {
  it('are the six courses in their order, each in a file of its name', () => {
    expect(names.slice(0, 6)).toEqual([
      'first-steps',
      'reading-an-oops',
      'who-has-the-vma',
      'which-id',
      'the-pattern',
      'once-in-six-years',
    ]);
    for (const { file, name } of shipped) expect(loadLesson(file).name).toBe(name);
  });

  it.each(names)('%s has three to ten questions, each with a key that is computed from the run', (name) => {
    const { lesson, all } = grade(name);
    expect(lesson.questions.length).toBeGreaterThanOrEqual(3);
    expect(lesson.questions.length).toBeLessThanOrEqual(10);
    for (const { texts, key } of all) {
      expect(texts.length).toBeGreaterThan(0);
      expect(key.why.length).toBeGreaterThan(0);
    }
  });

  it.each(names)(
    '%s: each shipped wrong answer is wrong, and its reason names an instruction, a value or the choice',
    (name) => {
      for (const { question, check } of grade(name).all) {
        expect(question.wrong.length, question.id).toBeGreaterThan(0);
        for (const wrong of question.wrong) {
          const { right, reason } = check(wrong);
          expect(right, `${question.id}: ${wrong}`).toBe(false);
          // Of a choice, what was chosen may be all that can be said.
          const said = question.kind === 'choice' ? `|${wrong}` : '';
          expect(reason, `${question.id}: ${wrong}`).toMatch(
            new RegExp(
              `\\w+\\+0x[0-9a-f]+|0x[0-9a-f]+|\\b\\d+\\b|\\b[0-9a-f]{2}\\b|[0-9a-f]{16}|^rdi holds vma${said}`,
              'u',
            ),
          );
          expect(reason, `${question.id}: ${wrong}`).not.toMatch(/cannot be read|undefined|NaN/u);
        }
      }
    },
  );

  it.each(names)('%s: any right answer counts, in any spelling', (name) => {
    for (const { question, spelled, check } of grade(name).all) {
      fc.assert(
        fc.property(
          fc.constantFrom(...spelled.flat()),
          fc.boolean(),
          fc.constantFrom('', ' ', '  '),
          (answer, upper, blanks) => {
            // A symbol's letters mean what they are; a number's and a register's do not.
            const text =
              upper && /^(?:0x)?[0-9a-f]+$|^%?r\w+$/u.test(answer)
                ? answer.toUpperCase().replace('0X', '0x')
                : answer;
            return check(`${blanks}${text}${blanks}`).right;
          },
        ),
        { numRuns: cases(40) },
      );
      for (const text of spelled.flat()) expect(check(text).right, `${question.id}: ${text}`).toBe(true);
    }
  });

  it.each(names)('%s: what its replay blocks show is there', (name) => {
    for (const part of grade(name).lesson.parts) {
      if (part.kind !== 'replay') continue;
      for (const { text, run: show } of part.commands) expect(show(book).length, text).toBeGreaterThan(0);
    }
  });

  it.each(names)('%s: a script of the computed answers ends with 0', async (name) => {
    const script = join(folder, `${name}.txt`);
    writeFileSync(
      script,
      grade(name)
        .all.map(({ spelled }) => `${spelled[0]![0]!}\n`)
        .join(''),
    );
    const { status, stdout, stderr } = await run([name, '--script', script]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const count = grade(name).lesson.questions.length;
    expect(stdout).toContain(`The end: ${count} of ${count} questions right`);
  });
});

describe('reasons', () => {
  const reason = (name: string, id: string, answer: string) =>
    grade(name)
      .all.find(({ question }) => question.id === id)!
      .check(answer).reason;

  it('say until when a register held the value, what ended that, and what is there now', () => {
    expect(reason('who-has-the-vma', 'survivor', 'rbx')).toBe(
      'rbx held vma until shm_close+0xb, which put sfd over it (mov 0xa0(%rax),%rbx); ' +
        'at shm_close+0x3e it holds shp, -22 (0xffffffffffffffea, -EINVAL).',
    );
  });

  it('tell what may be lost from what is lost for certain', () => {
    expect(reason('who-has-the-vma', 'file-certain', 'shm_close+32')).toContain(
      'may be lost, but that is not certain',
    );
    expect(reason('who-has-the-vma', 'file-fate', 'alive')).toContain(
      'the calling convention lets it change rax',
    );
  });

  it('say what a number is instead', () => {
    expect(reason('which-id', 'id', '13008943')).toContain('13008943 (0xc6802f) is what segment.shm_perm.id');
    expect(reason('reading-an-oops', 'slot', '6')).toContain('is in rcx and rdi');
  });

  it('replay what another answer would have meant', () => {
    expect(reason('reading-an-oops', 'exit', 'minus-one')).toContain('rsi would be 2147483647');
    expect(reason('once-in-six-years', 'shortest', '7')).toContain('no access is out of bounds');
  });

  it('say how an answer is written that cannot be read', () => {
    expect(reason('who-has-the-vma', 'copy', 'dunno')).toContain('do_exit+0x7 or do_exit+26');
    expect(reason('who-has-the-vma', 'file-fate', '9')).toContain('alive, may be lost, destroyed, restored');
  });
});

describe('whatever is typed', () => {
  const piece = fc.constantFrom(
    'shm_close', 'rax', 'rsp', '%', '[', ']', '(', ')', '+', '-', '0x', 'ffff880211337d88', '8', '99999999999999999999',
    ' ', '.', '->', 'sfd', 'id', '&', '*', '<', '>', '/', "'", 'EINVAL', '\\', 'é', '\u0000',
  ); // prettier-ignore
  const text = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 6 }).map((parts) => parts.join('')),
  );

  it.each(names)('%s: an answer is right, or wrong with a reason', (name) => {
    for (const { question, check } of grade(name).all) {
      fc.assert(
        fc.property(text, (answer) => {
          const { right, reason } = check(answer);
          return right || (reason.length > 10 && !/undefined|NaN/u.test(reason));
        }),
        { numRuns: cases(60), examples: question.wrong.map((wrong) => [wrong]) },
      );
    }
  });
});

describe('taking a lesson', () => {
  const { lesson, all } = grade('reading-an-oops');
  const right = all.map(({ spelled }) => spelled[0]![0]!);

  it('counts points, and hints cost', () => {
    const first = lesson.questions[0]!;
    const plain = take(lesson, [right[0]!]).course.results.get(first.id);
    expect(plain).toEqual({ right: true, wrong: 0, hints: 0, points: first.points });
    const hinted = take(lesson, ['hint', 'hint', first.wrong[0]!, right[0]!]);
    expect(hinted.course.results.get(first.id)).toEqual({
      right: true,
      wrong: 1,
      hints: 1,
      points: 0, // of 3, a hint costs 1 and a wrong answer 2
    });
    expect(hinted.text).toContain('There is no other hint.');
    expect(take(lesson, ['skip']).course.results.get(first.id)).toMatchObject({ right: false, points: 0 });
  });

  it('again asks again, quit ends, an empty line does nothing', () => {
    const { course, text } = take(lesson, ['', 'again', 'help', 'quit', right[0]!]);
    expect(text.split('Question 1 of').length).toBe(3);
    expect(text).toContain('skip: the answer');
    expect(course.ended).toBe(true);
    expect(course.results.size).toBe(0);
  });

  it('waits after each page at a terminal', () => {
    const { course } = take(lesson, [], { pages: true });
    expect(course.waits).toBe('Enter');
    course.input('');
    expect(course.waits).toBe('answer');
  });

  it('continues where it was left', () => {
    const [first, second] = lesson.questions;
    const done = { [first!.id]: { right: true, wrong: 0, hints: 0, points: 3 } };
    const { course, text } = take(lesson, [], { done });
    expect(course.question?.id).toBe(second!.id);
    expect(text).not.toContain('Question 1 of');
  });

  it('keeps progress, from a pipe too, and --reset forgets it', async () => {
    const state = { OOPSLAB_STATE: join(folder, 'kept') };
    const file = join(folder, 'kept/lessons.json');
    expect(await run(['reading-an-oops'], `${right[0]}\nhint\n${right[1]}\nquit\n`, state)).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(Object.keys(loadProgress(file)['reading-an-oops']!)).toEqual([
      lesson.questions[0]!.id,
      lesson.questions[1]!.id,
    ]);
    expect(readFileSync(file, 'utf8')).not.toMatch(/\b20\d\d-|time|date/u);
    expect((await run([], '', state)).stdout).toContain('2 of 9 questions done, 5 of 28 points');
    expect((await run(['reading-an-oops', '--reset'], '', state)).status).toBe(0);
    expect(loadProgress(file)).toEqual({});
  });

  it('reports damaged progress, and replaces it only when something was answered', async () => {
    const state = { OOPSLAB_STATE: join(folder, 'damaged') };
    const file = join(folder, 'damaged/lessons.json');
    mkdirSync(join(folder, 'damaged'));
    for (const content of [
      '{ "format": ',
      '[]',
      '{"format":"oopslab lesson progress 9","lessons":{}}',
      '{"format":"oopslab lesson progress 1","lessons":{"a":{"b":{"right":1}}}}',
    ]) {
      writeFileSync(file, content);
      expect(() => loadProgress(file), content).toThrow(OopslabError);
    }
    const before = readFileSync(file, 'utf8');
    const looked = await run([], '', state);
    expect(looked.status).toBe(0);
    expect(looked.stderr).toContain('lessons.json');
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect((await run(['reading-an-oops'], `${right[0]}\n`, state)).status).toBe(0);
    expect(Object.keys(loadProgress(file))).toEqual(['reading-an-oops']);
  });

  it('keeps none without a home, and says so', async () => {
    const { status, stdout, stderr } = await run([], '', { OOPSLAB_STATE: '', XDG_STATE_HOME: '', HOME: '' });
    expect(status).toBe(0);
    expect(stdout).toContain('reading-an-oops');
    expect(stderr).toContain('progress is not kept');
  });

  it('finds the place for it as XDG has it', () => {
    expect(progressFile({ OOPSLAB_STATE: '/a', HOME: '/h' })).toBe('/a/lessons.json');
    expect(progressFile({ XDG_STATE_HOME: '/x', HOME: '/h' })).toBe('/x/oopslab/lessons.json');
    expect(progressFile({ XDG_STATE_HOME: 'relative', HOME: '/h' })).toBe(
      '/h/.local/state/oopslab/lessons.json',
    );
  });

  it('does not leave half a file', () => {
    const file = join(folder, 'new/deep/lessons.json');
    saveProgress(file, { a: { b: { right: true, wrong: 0, hints: 0, points: 3 } } });
    expect(loadProgress(file)['a']!['b']!.points).toBe(3);
    writeFileSync(join(folder, 'no-folder'), '');
    expect(() => saveProgress(join(folder, 'no-folder/lessons.json'), {})).toThrow(OopslabError);
  });
});

describe('oopslab lesson', () => {
  const json = async (args: readonly string[]) => {
    const { status, stdout } = await run([...args, '--json']);
    const document = JSON.parse(stdout) as Record<string, unknown>;
    expect(valid(document), JSON.stringify(valid.errors)).toBe(true);
    return { status, document };
  };

  it('--json: the list, the key and a result, each after the schema', async () => {
    expect(await json([])).toMatchObject({ status: 0 });
    expect(await json(['which-id', '--answers'])).toMatchObject({
      status: 0,
      document: { lesson: 'which-id' },
    });
    const script = join(folder, 'wrong.txt');
    writeFileSync(script, '# nothing is right\nskip\nskip\n');
    expect(await json(['which-id', '--script', script])).toMatchObject({
      status: 1,
      document: { right: false, points: 0 },
    });
  });

  it('--answers prints each answer, its key and what it rests on', async () => {
    const { status, stdout } = await run(['who-has-the-vma', '--answers']);
    expect(status).toBe(0);
    for (const { texts } of grade('who-has-the-vma').all) expect(stdout).toContain(texts[0]);
    expect(stdout).toContain('because');
  });

  it('a script can name the question that it answers', async () => {
    const script = join(folder, 'named.txt');
    const { all } = grade('which-id');
    const last = all.at(-1)!;
    writeFileSync(script, `${last.question.id}: ${last.spelled[0]![0]!}\n`);
    const { document } = await json(['which-id', '--script', script]);
    expect((document['results'] as { right: boolean }[]).map(({ right }) => right)).toEqual([
      ...Array.from({ length: all.length - 1 }, () => false),
      true,
    ]);
  });

  it.each(['shm-close-bug', 'shm-close-control', 'slabinfo-bug'])(
    '--new writes a lesson about %s that runs',
    async (scenario) => {
      const name = `about-${scenario}`;
      const made = await run(['--new', name, '--scenario', scenario]);
      expect(made).toMatchObject({ status: 0, stdout: '' });
      const file = join(folder, `${name}.md`);
      const before = readFileSync(file, 'utf8');
      expect((await run(['--new', name])).stderr).toContain('is there already');
      expect(readFileSync(file, 'utf8')).toBe(before);
      const lesson = loadLesson(file);
      const all = gradeLesson(lesson, book);
      const script = join(folder, `${name}.txt`);
      writeFileSync(script, all.map(({ spelled }) => `${spelled[0]![0]!}\n`).join(''));
      expect(await run([`./${name}.md`, '--script', script])).toMatchObject({ status: 0, stderr: '' });
      for (const { question, check } of all)
        for (const wrong of question.wrong) expect(check(wrong).right).toBe(false);
    },
  );

  it('lessons of a library are found, with scenarios beside them', async () => {
    const library = join(folder, 'library');
    mkdirSync(join(library, 'lessons'), { recursive: true });
    mkdirSync(join(library, 'scenarios'));
    // A scenario that is named by its path is found from the lesson's folder.
    writeFileSync(
      join(library, 'scenarios/short.yaml'),
      'format: oopslab scenario 1\nname: short\nextends: shm-close-control\ntitle: Short\n',
    );
    expect((await run(['--new', 'own', '--scenario', 'short', '--library', library])).status).toBe(0);
    expect(existsSync(join(library, 'lessons/own.md'))).toBe(true);
    expect((await run(['--library', library])).stdout).toContain('own ');
    expect((await run(['own', '--answers', '--library', library])).stdout).toContain('Right: returned');
    expect(
      (await run(['--new', 'by-path', '--scenario', 'library/scenarios/short.yaml', '--library', library]))
        .status,
    ).toBe(0);
    const { scenario } = loadLesson(join(library, 'lessons/by-path.md'));
    expect(scenario).toBe(join(library, 'scenarios/short.yaml'));
  });

  it.each([
    [['no-such-lesson'], 'there is no lesson "no-such-lesson"'],
    [['which-ip'], 'did you mean which-id?'],
    [['./missing.md'], 'missing.md: cannot be read: ENOENT'],
    [['which-id', '--script', 'missing.txt'], 'missing.txt: cannot be read: ENOENT'],
    [['--answers'], '--answers needs the name of a lesson'],
    [['--new', 'Bad Name'], '--new: should be lower case'],
    [['which-id', '--answers', '--reset'], 'give one of'],
    [['which-id', '--json'], '--json is for'],
  ])('%j is bad usage', async (args, message) => {
    const { status, stdout, stderr } = await run(args);
    if (args.includes('--json')) expect(validError(JSON.parse(stdout))).toBe(true);
    expect(status).toBe(2);
    expect(stdout + stderr).toContain(message);
    expect((stdout + stderr).trim().split('\n').length).toBeLessThan(args.includes('--json') ? 9 : 2);
  });
});

describe('the queries', () => {
  it('are all in docs/lessons.md', () => {
    const docs = readFileSync(join(root, 'docs/lessons.md'), 'utf8').replaceAll('\\|', '|');
    for (const { form } of QUERIES) expect(docs).toContain(`\`${form}\``);
  });

  it('are each used by a shipped lesson, or by the starting point', () => {
    const used = new Set(
      names.flatMap((name) =>
        grade(name).lesson.questions.flatMap(({ queries }) => queries.map(({ form }) => form.form)),
      ),
    );
    expect(QUERIES.map(({ form }) => form).filter((form) => !used.has(form))).toEqual([]);
  });
});

describe('the lesson of a case', () => {
  const cases = join(folder, 'with-cases/cases/short');

  it('is that of its folder, and stands on the list after the courses', async () => {
    mkdirSync(cases, { recursive: true });
    writeFileSync(
      join(cases, 'scenario.yaml'),
      'format: oopslab scenario 1\nname: short\nextends: shm-close-control\ntitle: Short\n',
    );
    expect((await run([`${cases}/`])).stderr).toContain('is a folder without a lesson.md');
    expect((await run(['--new', 'short', '--scenario', join(cases, 'scenario.yaml')])).status).toBe(0);
    const text = readFileSync(join(folder, 'short.md'), 'utf8');
    writeFileSync(join(cases, 'lesson.md'), text.replace(/^scenario: .*$/mu, 'scenario: scenario.yaml'));
    expect((await run([`${cases}/`, '--answers'])).stdout).toContain('Right: returned');
    const library = join(folder, 'with-cases');
    expect((await run(['--library', library])).stdout).toMatch(/once-in-six-years[^]*short {2,}A lesson/u);
    expect((await run(['short', '--answers', '--library', library])).stdout).toContain('Right: returned');
  });
});
