// Blocks as Markdown, to be pasted into a bug report. Nothing of a report becomes markup.

import type { Block } from './blocks.js';
import { greatest } from '../../base/long-lists.js';
import { plain } from './report-words.js';

// A fence that the text cannot end.
const fenced = (lines: readonly string[]): string[] => {
  const longest = greatest(
    lines.flatMap((line) => [...line.matchAll(/`+/gu)].map(([run]) => run.length)),
    2,
  );
  const fence = '`'.repeat(longest + 1);
  return [fence, ...lines, fence];
};

const cut = (lines: readonly string[], most = Number.POSITIVE_INFINITY): string[] =>
  lines.length <= most
    ? [...lines]
    : [...lines.slice(0, most - 1), `… ${lines.length - most + 1} more with --full`];

const linesOf = (block: Block): string[] => {
  switch (block.kind) {
    case 'heading':
      return [`## ${plain(block.text)}`];
    case 'rows':
      return [
        '| | |',
        '| --- | --- |',
        ...block.rows.map(([label, text]) => `| ${label} | ${plain(text)} |`),
      ];
    case 'fixed':
      return [`**${plain(block.title)}**`, '', ...fenced(cut(block.lines, block.most))];
    case 'sentences': {
      const items = block.items.map(
        ({ sure, text }) => `- ${sure === undefined ? '' : `_${sure}_: `}${plain(text)}`,
      );
      return [`**${plain(block.title)}**`, '', ...cut(items, block.most)];
    }
    case 'list':
      return [
        ...(block.title === '' ? [] : [`**${plain(block.title)}**`, '']),
        ...block.items.map((item) => `- ${plain(item)}`),
      ];
    case 'note':
      return [plain(block.text)];
  }
};

/** The lines of blocks, with an empty one between two. */
export const markdownOf = (blocks: readonly Block[]): string[] =>
  blocks.flatMap((block, index) => [...(index === 0 ? [] : ['']), ...linesOf(block)]);
