// Markdown prose as a tree, for a page: data, never HTML. The same Markdown as prose.ts prints, and words in it that are
// code or stand out.

/** A piece of a line. */
export interface Inline {
  readonly kind: 'text' | 'code' | 'strong' | 'emphasis';
  readonly text: string;
}

/** A block of prose. */
export type ProseBlock =
  | { readonly kind: 'heading'; readonly level: number; readonly text: readonly Inline[] }
  | { readonly kind: 'paragraph' | 'quote'; readonly text: readonly Inline[] }
  | {
      readonly kind: 'list';
      /** The number of the first item; null for one without numbers. */
      readonly first: number | null;
      readonly items: readonly (readonly Inline[])[];
    }
  | { readonly kind: 'code'; readonly lines: readonly string[] }
  /** The first row is the heading. */
  | { readonly kind: 'table'; readonly rows: readonly (readonly (readonly Inline[])[])[] };

// A name with an underscore or a pointer with a star is not emphasis.
const PIECE = /`([^`]+)`|\*\*(\S(?:[^*]*\S)?)\*\*|(?<![\w*])\*([^\s*](?:[^*]*[^\s*])?)\*(?![\w*])/gu;

/** The pieces of a text of one paragraph. */
export const inlineOf = (text: string): Inline[] => {
  const found: Inline[] = [];
  let last = 0;
  const plain = (to: number): void => {
    if (to > last) found.push({ kind: 'text', text: text.slice(last, to) });
  };
  for (const match of text.matchAll(PIECE)) {
    const [whole, code, strong, emphasis] = match;
    plain(match.index);
    last = match.index + whole.length;
    if (code !== undefined) found.push({ kind: 'code', text: code });
    else if (strong !== undefined) found.push({ kind: 'strong', text: strong });
    else found.push({ kind: 'emphasis', text: emphasis! });
  }
  plain(text.length);
  return found;
};

const ITEM = /^\s*(?:[-*]|(\d{1,9})\.) (.*)$/u;

const cellsOf = (row: string): Inline[][] =>
  row
    .trim()
    .replaceAll(/^\||\|$/gu, '')
    .split(/(?<!\\)\|/u)
    .map((cell) => inlineOf(cell.trim().replaceAll('\\|', '|')));

type Open = { readonly kind: string; readonly lines: string[] };

// The lines of one block, of one kind.
const blockOf = ({ kind, lines }: Open): ProseBlock => {
  switch (kind) {
    case 'code':
      return { kind, lines };
    case 'table': {
      const rows = lines.filter((line) => !/^\|[\s:|-]+\|?\s*$/u.test(line));
      return { kind, rows: rows.map(cellsOf) };
    }
    case 'quote':
      return { kind, text: inlineOf(lines.map((line) => line.replace(/^>\s?/u, '')).join(' ')) };
    case 'list': {
      const first = ITEM.exec(lines[0]!)?.[1];
      const items = lines.map((line) => inlineOf(ITEM.exec(line)?.[2] ?? line));
      return { kind, first: first === undefined ? null : Number(first), items };
    }
    default:
      return { kind: 'paragraph', text: inlineOf(lines.join(' ')) };
  }
};

/** The blocks of a text. Comments of its author, `<!-- … -->` on lines of their own, are none. */
export const proseTree = (whole: string): ProseBlock[] => {
  const blocks: ProseBlock[] = [];
  let open: Open | undefined;
  let fence = '';
  const close = (): void => {
    if (open !== undefined) blocks.push(blockOf(open));
    open = undefined;
  };
  const add = (kind: string, line: string): void => {
    if (open?.kind !== kind) {
      close();
      open = { kind, lines: [] };
    }
    open!.lines.push(line);
  };
  for (const line of whole.replaceAll(/^<!--[^]*?-->$/gmu, '').split('\n')) {
    const mark = /^(`{3,}|~{3,})/u.exec(line)?.[1];
    const heading = /^(#{1,6}) (.*)$/u.exec(line);
    if (fence !== '') {
      if (mark === fence) {
        fence = '';
        close();
      } else add('code', line);
    } else if (mark !== undefined) {
      close();
      fence = mark;
      open = { kind: 'code', lines: [] };
    } else if (line.trim() === '') close();
    else if (heading !== null) {
      close();
      blocks.push({ kind: 'heading', level: heading[1]!.length, text: inlineOf(heading[2]!) });
    } else if (line.startsWith('|')) add('table', line);
    else if (line.startsWith('>')) add('quote', line);
    else if (/^ {4}/u.test(line) && open?.kind !== 'list') add('code', line.slice(4));
    else if (ITEM.test(line)) add('list', line);
    else if (open?.kind === 'list' && /^ {2,}\S/u.test(line))
      open.lines.push(`${open.lines.pop()!} ${line.trim()}`);
    else add('paragraph', line.trim());
  }
  close();
  return blocks;
};
