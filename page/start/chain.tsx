// The chain of causes: each link leads to its step.

import type { PagePoint } from '../../src/report/page-data.js';
import { formatLink } from '../model/link.js';

type Why = NonNullable<PagePoint['why']>;
type Link = Why['links'][number];

// What somebody did wrong, and where a chain ends.
const WRONG: readonly Link['by'][] = ['out-of-bounds write', 'use after free', 'double free'];

// The place stands before the sentence already.
const told = ({ says, at }: Link): string => (says.startsWith(`${at} `) ? says.slice(at.length + 1) : says);

/** The chain. @param side 1 for the second run, whose steps the links are of */
export const Chain = ({ why, side }: { why: Why; side: number }) => (
  <section class="causes" aria-label="Why" tabIndex={0}>
    <h2>
      Why?{' '}
      <small>
        Each line follows from the one below. {why.control !== null && 'Compared with the control.'}
      </small>
    </h2>
    <ol>
      {why.links.map((link, index) => {
        const run = link.inControl ? 2 : side + 1;
        return (
          <li key={index} class={WRONG.includes(link.by) ? 'wrong' : link.inControl ? 'control' : ''}>
            <a href={formatLink({ room: 'step', step: link.step, ...(run === 2 ? { run } : {}) })}>
              <span class="number">{link.inControl ? `B ${link.step}` : link.step}</span>
              <code>{link.at}</code>
              <span class="says">{told(link)}</span>
            </a>
          </li>
        );
      })}
    </ol>
  </section>
);
