// A report in parts, in one order for text and Markdown: block-text.ts and block-markdown.ts print them.

import type { Sure } from '../code/statement.js';

/** A sentence, and how sure it is; facts have no such word. */
export interface Sentence {
  readonly sure?: Sure;
  readonly text: string;
}

/** A part of a report. `most`: printed lines (in Markdown items) that are shown; what is left out is counted. */
export type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'rows'; readonly rows: readonly (readonly [label: string, text: string])[] }
  | {
      readonly kind: 'fixed'; // columns: neither wrapped nor marked up
      readonly title: string;
      readonly lines: readonly string[];
      readonly most?: number;
    }
  | {
      readonly kind: 'sentences';
      readonly title: string;
      readonly items: readonly Sentence[];
      readonly most?: number;
    }
  | { readonly kind: 'list'; readonly title: string; readonly items: readonly string[] }
  | { readonly kind: 'note'; readonly text: string };

/** Blocks without those that would print nothing. */
export const filled = (blocks: readonly Block[]): Block[] =>
  blocks.filter((block) => {
    if (block.kind === 'rows') return block.rows.length > 0;
    if (block.kind === 'fixed') return block.lines.length > 0;
    if (block.kind === 'sentences' || block.kind === 'list') return block.items.length > 0;
    return true;
  });
