// Markdown prose as a tree: what a page shows of it.
import { describe, expect, it } from 'vitest';
import { loadLesson } from '../../src/lesson/lesson.js';
import { type Inline, type ProseBlock, inlineOf, proseTree } from '../../src/lesson/prose-tree.js';
import { listLessons } from '../../src/lesson/shelf.js';

const plain = (text: string): Inline[] => [{ kind: 'text', text }];

const wordsOf = (block: ProseBlock): string => {
  const said = (text: readonly Inline[]): string => text.map((one) => one.text).join('');
  switch (block.kind) {
    case 'code':
      return block.lines.join(' ');
    case 'list':
      return block.items.map(said).join(' ');
    case 'table':
      return block.rows.flat().map(said).join(' ');
    default:
      return said(block.text);
  }
};

describe('a line', () => {
  it.each<[string, readonly Inline[]]>([
    ['no marks', plain('no marks')],
    ['`mov %rdi,%rbx` copies', [{ kind: 'code', text: 'mov %rdi,%rbx' }, ...plain(' copies')]],
    ['**never** and *ever*', [{ kind: 'strong', text: 'never' }, ...plain(' and '), { kind: 'emphasis', text: 'ever' }]],
    ['struct file *file, a*b*c, vm_file, 2 * 3 * 4', plain('struct file *file, a*b*c, vm_file, 2 * 3 * 4')],
    ['`*p` is not **', [{ kind: 'code', text: '*p' }, ...plain(' is not **')]],
    ['<img src=x onerror=alert(1)>', plain('<img src=x onerror=alert(1)>')],
  ])('%s', (text, pieces) => {
    expect(inlineOf(text)).toEqual(pieces);
  }); // prettier-ignore
});

it('headings, paragraphs, lists, code, quotes and tables are blocks; comments are none', () => {
  const text = [
    '# A title', 'One', 'paragraph.', '<!-- for', 'authors -->', '- first,', '  longer', '- second', '',
    '3. third', '4. fourth', '```c', 'int x; /* `no` */', '', 'y', '```', '> said', '> so', '',
    '| a | b |', '| - | :-: |', '| 1 | x\\|y |', '', '    verbatim',
  ].join('\n'); // prettier-ignore
  expect(proseTree(text)).toEqual([
    { kind: 'heading', level: 1, text: plain('A title') },
    { kind: 'paragraph', text: plain('One paragraph.') },
    { kind: 'list', first: null, items: [plain('first, longer'), plain('second')] },
    { kind: 'list', first: 3, items: [plain('third'), plain('fourth')] },
    { kind: 'code', lines: ['int x; /* `no` */', '', 'y'] },
    { kind: 'quote', text: plain('said so') },
    { kind: 'table', rows: [[plain('a'), plain('b')], [plain('1'), plain('x|y')]] },
    { kind: 'code', lines: ['verbatim'] },
  ]); // prettier-ignore
});

it('loses no word of a shipped lesson', () => {
  const letters = (text: string): string => text.replaceAll(/[^A-Za-z0-9]+/gu, '');
  for (const { file } of listLessons())
    for (const part of loadLesson(file).parts)
      if (part.kind === 'prose') {
        const words = letters(proseTree(part.text).map(wordsOf).join(' '));
        // The numbers of a list are not among its words.
        expect(words).toBe(letters(part.text.replaceAll(/^\d+\. /gmu, '').replaceAll(/^(?:```|~~~).*$/gmu, '')));
      }
}); // prettier-ignore
