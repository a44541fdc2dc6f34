// What the course of a page keeps, and what it offers to be clicked.
import { describe, expect, it } from 'vitest';
import { endOf, pointsOf, readProgress } from '../../page/course/kept.js';
import { piecesOf, takes } from '../../page/course/picks.js';
import { CaseBook } from '../../src/lesson/case-book.js';
import { loadLesson } from '../../src/lesson/lesson.js';
import { listLessons } from '../../src/lesson/shelf.js';

const KINDS = ['place', 'register', 'instruction', 'address', 'value', 'choice'] as const;

const words = (line: string, kind: (typeof KINDS)[number]): string[] =>
  piecesOf(line, kind).flatMap(({ answer }) => answer ?? []);

describe('words of a line that can be clicked', () => {
  it.each<[(typeof KINDS)[number], string, readonly string[]]>([
    ['register', '0xffffffff811e4634 <shm_close+4>: mov 0x98(%rdi),%rax', ['%rdi', '%rax']],
    ['register', 'RAX: ffffffffffffffea R08: 0000000000000002 hard', ['RAX', 'R08']],
    ['place', 'rsp+0x8 | 0xffff88016d2319e0 | at ffff880211337d88', ['rsp', '0xffff88016d2319e0', 'ffff880211337d88']],
    ['instruction', 'RIP: 0010:[<ffffffff811e466e>] shm_close+0x3e/0xb0', ['shm_close+0x3e/0xb0']],
    ['address', 'RSP: 0018:ffff880211337d88 EFLAGS: 00010202', ['ffff880211337d88']],
    ['value', 'id = 13008988, cr2 0x38, 22 of -22', ['13008988', '0x38']],
    ['choice', 'RAX: ffffffffffffffea', []],
  ])('%s: %s', (kind, line, found) => {
    expect(words(line, kind)).toEqual(found);
  }); // prettier-ignore

  it('are the line again, of all that the first lessons show', () => {
    const book = new CaseBook();
    for (const { file } of listLessons().slice(0, 3))
      for (const part of loadLesson(file).parts)
        for (const line of part.kind === 'replay' ? part.commands.flatMap(({ run }) => run(book)) : [])
          for (const kind of KINDS)
            expect(piecesOf(line, kind).map(({ text }) => text).join('')).toBe(line);
  }); // prettier-ignore

  it('are none where no question is open', () => {
    expect(piecesOf('RAX: 0x5c', undefined)).toEqual([{ text: 'RAX: 0x5c', answer: undefined }]);
    expect(takes(undefined, 'register')).toBe(false);
  });
});

describe('kept progress', () => {
  const right = { kind: 'right', points: 2, reason: '', remark: '' };
  const done = {
    standing: { wrong: 1, hints: 0, given: ['5'] },
    exchanges: [{ line: 'rbx', said: right }],
  };
  const text = (lessons: unknown, format = 'oopslab lessons of a page 1'): string =>
    JSON.stringify({ format, lessons });

  it('is read as it was written', () => {
    const progress = readProgress(text({ a: { q: done } }));
    expect(progress).toEqual({ a: { q: done } });
    expect(endOf(progress['a']!['q'])).toEqual(right);
    expect(pointsOf(progress['a']!['q'])).toBe(2);
  });

  it.each([
    ['nothing', null],
    ['no JSON', '{'],
    ['another version', text({ a: { q: done } }, 'oopslab lessons of a page 2')],
    ['a list', text([])],
    ['a count below zero', text({ a: { q: { ...done, standing: { ...done.standing, wrong: -1 } } } })],
    ['a kind that is kept nowhere', text({ a: { q: { ...done, exchanges: [{ line: 'x', said: { kind: 'look', lines: [] } }] } } })],
    ['a kind of the language', text({ a: { q: { ...done, exchanges: [{ line: 'x', said: { kind: 'toString' } }] } } })],
    ['a line that is no text', text({ a: { q: { ...done, exchanges: [{ line: 1, said: right }] } } })],
    ['too much', ' '.repeat((1 << 20) + 1)],
  ])('counts as none: %s', (_, kept) => {
    expect(readProgress(kept)).toEqual({});
  }); // prettier-ignore
});
