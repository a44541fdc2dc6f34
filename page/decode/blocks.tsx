// The parts of a report as decode prints them.

import type { Block } from '../../src/decode/show/blocks.js';
import { Sure } from './sure.js';

const One = ({ block }: { block: Block }) => {
  switch (block.kind) {
    case 'heading':
      return <h3>{block.text}</h3>;
    case 'note':
      return <p class="note">{block.text}</p>;
    case 'rows':
      return (
        <dl class="rows">
          {block.rows.map(([label, text], index) => (
            <div key={index}>
              <dt>{label}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      );
    case 'fixed':
      return (
        <>
          <h3>{block.title}</h3>
          <pre tabIndex={0} aria-label={block.title}>
            {block.lines.join('\n')}
          </pre>
        </>
      );
    case 'sentences':
      return (
        <>
          <h3>{block.title}</h3>
          <ul class="sentences">
            {block.items.map(({ sure, text }, index) => (
              <li key={index}>
                <Sure sure={sure} /> {text}
              </li>
            ))}
          </ul>
        </>
      );
    case 'list':
      return (
        <>
          {block.title !== '' && <h3>{block.title}</h3>}
          <ul>
            {block.items.map((item, index) => (
              <li key={index}>{item}</li>
            ))}
          </ul>
        </>
      );
  }
};

/** All of them, in their order. */
export const Blocks = ({ blocks }: { blocks: readonly Block[] }) => (
  <div class="blocks">
    {blocks.map((block, index) => (
      <One key={index} block={block} />
    ))}
  </div>
);
