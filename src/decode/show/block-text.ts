// Blocks for a terminal.

import { wrap } from '../../base/words.js';
import { greatest } from '../../base/long-lists.js';
import type { Block } from './blocks.js';

const WIDTH = 100;

const cut = (lines: readonly string[], most = Number.POSITIVE_INFINITY): string[] =>
  lines.length <= most
    ? [...lines]
    : [...lines.slice(0, most - 1), `    … ${lines.length - most + 1} more lines with --full`];

const linesOf = (block: Block): string[] => {
  switch (block.kind) {
    case 'heading':
      return [block.text];
    case 'rows': {
      const column = greatest(block.rows.map(([label]) => label.length)) + 2;
      return block.rows.flatMap(([label, text]) =>
        wrap(text, WIDTH, `  ${label.padEnd(column)}`, ' '.repeat(column + 2)),
      );
    }
    case 'fixed':
      return [
        `  ${block.title}`,
        ...cut(
          block.lines.map((line) => `    ${line}`.trimEnd()),
          block.most,
        ),
      ];
    case 'sentences':
      return [
        `  ${block.title}`,
        ...cut(
          block.items.flatMap(({ sure, text }) =>
            sure === undefined
              ? wrap(text, WIDTH, '    ', '      ')
              : wrap(text, WIDTH, `    ${sure.padEnd(9)}`, ' '.repeat(13)),
          ),
          block.most,
        ),
      ];
    case 'list':
      return [
        ...(block.title === '' ? [] : [`  ${block.title}`]),
        ...block.items.flatMap((item) => wrap(item, WIDTH, '    - ', '      ')),
      ];
    case 'note':
      return wrap(block.text, WIDTH, '  ', '  ');
  }
};

/** The lines of blocks; an empty one between two blocks, none after a heading that rows follow. */
export const textOf = (blocks: readonly Block[]): string[] =>
  blocks.flatMap((block, index) => {
    const before = blocks[index - 1];
    const close = before === undefined || (before.kind === 'heading' && block.kind === 'rows');
    return [...(close ? [] : ['']), ...linesOf(block)];
  });
