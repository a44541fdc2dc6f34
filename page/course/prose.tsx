// Prose of a lesson: its tree as elements. Text is only ever text.

import type { Inline, ProseBlock } from '../../src/lesson/prose-tree.js';

/** A line of prose. */
export const Line = ({ text }: { text: readonly Inline[] }) => (
  <>
    {text.map((one, index) => {
      switch (one.kind) {
        case 'code':
          return <code key={index}>{one.text}</code>;
        case 'strong':
          return <strong key={index}>{one.text}</strong>;
        case 'emphasis':
          return <em key={index}>{one.text}</em>;
        case 'text':
          return one.text;
      }
    })}
  </>
);

// The page's own heading is the first level, the lesson's title the second.
const Heading = ({ level, text }: { level: number; text: readonly Inline[] }) =>
  level <= 2 ? (
    <h3>
      <Line text={text} />
    </h3>
  ) : (
    <h4>
      <Line text={text} />
    </h4>
  );

const List = ({ first, items }: { first: number | null; items: readonly (readonly Inline[])[] }) => {
  const all = items.map((text, index) => (
    <li key={index}>
      <Line text={text} />
    </li>
  ));
  return first === null ? <ul>{all}</ul> : <ol start={first}>{all}</ol>;
};

const Table = ({ rows }: { rows: readonly (readonly (readonly Inline[])[])[] }) => (
  <div class="wide" tabIndex={0} role="group" aria-label="Table">
    <table>
      <thead>
        <tr>
          {rows[0]?.map((cell, index) => (
            <th key={index} scope="col">
              <Line text={cell} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.slice(1).map((row, index) => (
          <tr key={index}>
            {row.map((cell, column) => (
              <td key={column}>
                <Line text={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

const BlockOf = ({ block }: { block: ProseBlock }) => {
  switch (block.kind) {
    case 'heading':
      return <Heading {...block} />;
    case 'paragraph':
      return (
        <p>
          <Line text={block.text} />
        </p>
      );
    case 'quote':
      return (
        <blockquote>
          <Line text={block.text} />
        </blockquote>
      );
    case 'list':
      return <List {...block} />;
    case 'code':
      return <pre>{block.lines.join('\n')}</pre>;
    case 'table':
      return <Table rows={block.rows} />;
  }
};

/** Blocks of prose. @param title the lesson's title: a first heading that repeats it is left out */
export const Prose = ({ blocks, title }: { blocks: readonly ProseBlock[]; title: string }) => {
  const [first] = blocks;
  const repeats = first?.kind === 'heading' && first.text.map((one) => one.text).join('') === title;
  return (
    <>
      {blocks.slice(repeats ? 1 : 0).map((block, index) => (
        <BlockOf key={index} block={block} />
      ))}
    </>
  );
};
