// No message of a wrong answer gives a key away: several hundred wrong answers to each shipped question.
import { describe, expect, it } from 'vitest';
import { CaseBook } from '../../src/lesson/case-book.js';
import { type Graded, gradeLesson } from '../../src/lesson/grade.js';
import { loadLesson } from '../../src/lesson/lesson.js';
import { listLessons } from '../../src/lesson/shelf.js';
import { cases } from '../helpers/effort.js';
import { leakIn, REGISTER_WORDS } from '../helpers/lesson-leaks.js';

const book = new CaseBook();

// A generator with a seed: the same answers in each run.
const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

// Each spelling with one key missed, struck twice, or beside the one that was meant.
const typos = (text: string): string[] =>
  [...text].flatMap((letter, at) => [
    text.slice(0, at) + text.slice(at + 1),
    text.slice(0, at) + letter + text.slice(at),
    `${text.slice(0, at)}x${text.slice(at + 1)}`,
    text.slice(0, at) + (text[at + 1] ?? '') + letter + text.slice(at + 2),
  ]);

// Wrong and right ones in one list: what is near the key, what the run has, and what makes no sense.
const attempts = ({ question, key, spelled }: Graded): string[] => {
  const which = book.open(question);
  const { recording, namedObjects } = which;
  const next = random(question.id.length + 1);
  const ran = new Set<string>();
  for (let state = 0; state < recording.instructions; state += 1) ran.add(which.lineage.moment(state).at);
  const near = key.answers.slice(0, 3).flatMap((answer) => {
    const value = answer.kind === 'number' ? answer.value : 'address' in answer ? answer.address : undefined;
    if (value === undefined) return [];
    const texts = [1n, -1n, 2n, -2n, 4n, -4n, 8n, -8n, 16n, 0x100n, -0x100n].map((by) => value + by);
    return [...texts, -value, value & 0xffn, value >> 8n, value << 8n].flatMap((one) =>
      answer.kind === 'number'
        ? [`${one}`, `0x${BigInt.asUintN(64, one).toString(16)}`]
        : [
            which.symbols.formatLocation(BigInt.asUintN(64, one)),
            `0x${BigInt.asUintN(64, one).toString(16)}`,
          ],
    );
  });
  const misspelled = spelled.slice(0, 3).flatMap((all) => all.slice(0, 2).flatMap(typos));
  const fields = namedObjects.flatMap(({ name, address }) => [name, `&${name}`, address, `${name}.id`]);
  const stack = Array.from({ length: 12 }, (_, index) => [`[rsp+${8 * index}]`, `${8 * index}(%rsp)`]).flat();
  const numbers = Array.from(
    { length: 40 },
    (_, index) => `${index < 20 ? index : Math.floor(next() * 1e6)}`,
  );
  const words = ['', 'yes', "don't know", '?!', 'EINVAL', 'ENOENT', '-', '/', "'\\'", 'shm_close', 'P,X'];
  const all = [
    ...question.wrong, ...near, ...misspelled, ...REGISTER_WORDS, ...REGISTER_WORDS.map((name) => `%${name}`),
    ...fields, ...stack, ...numbers, ...words, ...Object.keys(question.choices), '1', '2', '3', '4', '9',
  ]; // prettier-ignore
  const places = [...ran].filter(() => next() < 80 / ran.size);
  const whole = [...new Set([...all, ...places])];
  const step = Math.max(1, whole.length / cases(320, Infinity));
  return whole.filter((_, index) => index % step < 1);
};

const lessons = listLessons().map(({ name, file }) => ({ name, all: gradeLesson(loadLesson(file), book) }));
const questions = lessons.flatMap(({ name, all }) =>
  all.map((graded) => ({ what: `${name}, ${graded.question.id}`, graded })),
);

describe('no message of a wrong answer has the key, or says what to look up', () => {
  it.each(questions)('$what', ({ graded }) => {
    const wrong = attempts(graded)
      .map((answer) => ({ answer, ...graded.check(answer) }))
      .filter(({ right }) => !right);
    expect(wrong.length).toBeGreaterThan(cases(200) === 200 ? 200 : 5);
    const leaks = wrong.flatMap(({ answer, reason }) => {
      const leak = leakIn(graded, reason, answer, book);
      return leak === undefined ? [] : [`${answer} → ${leak}: ${reason}`];
    });
    expect(leaks.slice(0, 3)).toEqual([]);
  });
});
