// Files of lessons: each slip gets one complaint, with its place.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { OopslabError, formatWhere } from '../../src/base/errors.js';
import { CaseBook } from '../../src/lesson/case-book.js';
import { gradeLesson } from '../../src/lesson/grade.js';
import { parseLesson } from '../../src/lesson/lesson.js';
import { cases } from '../helpers/effort.js';
import { oopslab } from '../helpers/oopslab.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'oopslab-lesson-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const book = new CaseBook();

const FRONT = [
  '---',
  'format: oopslab lesson 1',
  'name: x',
  'title: X',
  'scenario: shm-close-bug',
  '---',
  '',
];
const QUESTION = ['```question', 'id: a', 'ask: What?', 'kind: value', 'key: register rax', '```', ''];
const file = (...parts: readonly (readonly string[])[]): string => parts.flat().join('\n');
const without = (lines: readonly string[], start: string): string[] =>
  lines.filter((line) => !line.startsWith(start));
const replaced = (lines: readonly string[], start: string, ...by: readonly string[]): string[] =>
  lines.flatMap((line) => (line.startsWith(start) ? by : [line]));

describe('a bad file gets one complaint, with its place', () => {
  const problem = (text: string): string => {
    try {
      gradeLesson(parseLesson(text, 'x.md'), book);
    } catch (error) {
      if (!(error instanceof OopslabError)) throw error;
      return `${formatWhere(error.where)}: ${error.message}`;
    }
    return '';
  };

  it('the file that the table changes is a good one', () => expect(problem(file(FRONT, QUESTION))).toBe(''));

  it('points that are left empty are the usual ones, and no wrong answers is a list, too', () => {
    expect(problem(file(FRONT, replaced(QUESTION, 'key', 'key: register rax', 'points:', 'wrong: []')))).toBe(
      '',
    );
  });

  it.each([
    ['no front matter', file(QUESTION), 'x.md:1:1: should begin with front matter'],
    ['another version', file(replaced(FRONT, 'format', 'format: oopslab lesson 2'), QUESTION), 'x.md:2:9: format: should be "oopslab lesson 1", found "oopslab lesson 2"'],
    ['no title', file(without(FRONT, 'title'), QUESTION), 'x.md:2:1: the field "title" is missing'],
    ['an unknown field', file(replaced(FRONT, 'title', 'title: X', 'slide: 4'), QUESTION), 'slide: unknown field "slide"; did you mean "slides"?'],
    ['no YAML', file(replaced(FRONT, 'title', 'title: [X'), QUESTION), 'x.md:5:1: YAML:'],
    ['no question', file(FRONT), 'has no question'],
    ['an endless block', file(FRONT, QUESTION.slice(0, 4)), 'x.md:8:1: the block that begins here never ends'],
    ['no key', file(FRONT, without(QUESTION, 'key')), '"key" is missing'],
    ['an unknown query', file(FRONT, replaced(QUESTION, 'key', 'key: answer 42')), 'x.md:12:6: key: "answer 42" is not a query; a query begins with place'],
    ['a query written wrong', file(FRONT, replaced(QUESTION, 'key', 'key: place vma')), 'it is written: place of VALUE [at LOCATION]'],
    ['a query of another kind', file(FRONT, replaced(QUESTION, 'key', 'key: trap')), '"trap" answers no question of kind value, but instruction or address'],
    ['an unknown step', file(FRONT, replaced(QUESTION, 'key', 'key: register rax | square')), 'there is no step "square" after a |'],
    ['a step named as something else is', file(FRONT, replaced(QUESTION, 'key', 'key: register rax | constructor')), 'there is no step "constructor"'],
    ['a sweep without end', file(FRONT, replaced(QUESTION, 'key', 'key: sweep prepath length 99999999999999999999999 to 99999999999999999999999 where bug')), 'up to 4096 bytes'],
    ['too many runs', file(FRONT, replaced(QUESTION, 'key', 'key: sweep prepath length 1 to 999 where bug')), 'a sweep has 1 to 256 runs'],
    ['an aliased bomb', file(replaced(FRONT, 'title', 'title: X', 'x: &x [1,1]', 'y: [*x,*x]'), QUESTION), 'unknown field "x"'],
    ['an unknown register', file(FRONT, replaced(QUESTION, 'key', 'key: register rqx')), 'x.md:12:6: key: rqx is not a register'],
    ['a value that the run does not have', file(FRONT, replaced(replaced(QUESTION, 'kind', 'kind: place'), 'key', 'key: place of nothing')), 'there is no value nothing before shm_close+0x3e; there are'],
    ['a place that was not reached', file(FRONT, replaced(QUESTION, 'key', 'key: register rax at shm_destroy')), 'shm_destroy was not reached'],
    ['a field of no object', file(FRONT, replaced(QUESTION, 'key', 'key: field sfd.idd')), 'sfd.idd is not a field'],
    ['an unknown kind', file(FRONT, replaced(QUESTION, 'kind', 'kind: number')), 'x.md:11:7: kind: should be one of "place", "register", "instruction", "address", "value", "choice", found "number"'],
    ['a choice without words', file(FRONT, replaced(replaced(QUESTION, 'kind', 'kind: choice'), 'key', 'key: outcome')), 'choices: should have two words or more'],
    ['words without the answer', file(FRONT, replaced(replaced(QUESTION, 'kind', 'kind: choice', 'choices: { returned: a, fault: b }'), 'key', 'key: outcome')), 'the answer "bug" is not among the choices'],
    ['a hint without text', file(FRONT, replaced(QUESTION, 'key', 'key: register rax', 'hints: [{ cost: 1 }]')), 'hints[0]: the field "text" is missing'],
    ['a hint that costs nothing whole', file(FRONT, replaced(QUESTION, 'key', 'key: register rax', 'hints: [{ text: a, cost: 0.5 }]')), 'hints[0].cost: should be a whole number'],
    ['a question of blanks', file(FRONT, replaced(QUESTION, 'ask', "ask: '  '")), 'ask: should be text that has more than blanks, found "  "'],
    ['a title of blanks', file(replaced(FRONT, 'title', "title: ' '"), QUESTION), 'title: should be text that has more than blanks'],
    ['a hint of blanks', file(FRONT, replaced(QUESTION, 'key', 'key: register rax', "hints: [{ text: ' ' }]")), 'hints[0].text: should be text that has more than blanks'],
    ['a parameter of blanks', file(replaced(FRONT, 'title', 'title: X', "set: { prepath: ' ' }"), QUESTION), 'set.prepath: should be'],
    ['an id twice', file(FRONT, QUESTION, QUESTION), 'x.md:16:5: id: "a" is taken by a question above'],
    ['an unknown command', file(FRONT, ['```replay', 'rm -rf /', '```'], QUESTION), 'x.md:9:1: replay: there is no command "rm" in a replay block'],
    ['an unknown option', file(FRONT, ['```replay', 'oops --full', '```'], QUESTION), '--full is not for this command; it takes --set'],
    ['an unknown scenario', file(replaced(FRONT, 'scenario', 'scenario: no-such-case'), QUESTION), 'there is no scenario "no-such-case"'],
    ['an unknown parameter', file(replaced(FRONT, 'scenario', 'scenario: shm-close-bug', 'set: { color: red }'), QUESTION), 'color'],
  ])('%s', (_what, text, message) => expect(problem(text)).toContain(message)); // prettier-ignore

  it('a damaged file is read, or refused with its place', () => {
    const whole = readFileSync(join(root, 'lessons/reading-an-oops.md'), 'utf8');
    const junk = fc.constantFrom(
      '',
      '```',
      '---',
      ': ',
      '[',
      '&a',
      '*a',
      '\t',
      '- ',
      '"',
      '{',
      'key: trap\n',
      '```question\n',
    );
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(40), junk, (at, length, instead) => {
        const text = whole.slice(0, at) + instead + whole.slice(at + length);
        try {
          return parseLesson(text, 'x.md').questions.length > 0;
        } catch (error) {
          return (
            error instanceof OopslabError && error.where.file === 'x.md' && !error.message.includes('\n')
          );
        }
      }),
      { numRuns: cases(300) },
    );
  });

  it('exits with 2, in one line', async () => {
    writeFileSync(join(folder, 'bad.md'), file(FRONT, replaced(QUESTION, 'key', 'key: answer 42')));
    const { status, stderr } = await oopslab(['lesson', './bad.md'], { cwd: folder });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^oopslab: \.\/bad\.md:12:6: key: [^\n]*\n$/u);
  });
});
