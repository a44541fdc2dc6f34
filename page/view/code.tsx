// The function that runs: machine code with its source lines, and what runs next.

import { useLayoutEffect, useRef } from 'preact/hooks';
import type { PageFunction } from '../../src/report/page-data.js';
import type { Run } from '../model/run.js';

const PROVENANCE: Readonly<Record<string, string>> = {
  D: 'published dump',
  L: 'published listing',
  R: 'reconstructed',
};

const keepInView = (list: HTMLElement, line: HTMLElement): void => {
  const top = line.offsetTop - list.offsetTop;
  const margin = Math.min(96, list.clientHeight / 3);
  if (top < list.scrollTop + margin) list.scrollTop = top - margin;
  else if (top > list.scrollTop + list.clientHeight - margin)
    list.scrollTop = top - list.clientHeight + margin;
};

/** Props of the code. */
export interface CodeProps {
  readonly run: Run;
  readonly at: number;
  /** What it is called by a screen reader. */
  readonly label: string;
  /** Only so many lines around the current one. */
  readonly around?: number;
}

const Lines = ({
  found,
  current,
  around,
}: {
  found: PageFunction;
  current: number;
  around: number | undefined;
}) => {
  const first = around === undefined ? 0 : Math.max(0, current - around);
  const last = around === undefined ? found.lines.length : current + around + 1;
  return (
    <>
      {found.lines.slice(first, last).map(({ offset, text, bytes, source, provenance }, index) => {
        const here = first + index === current;
        return (
          <>
            {source !== null && (
              <li key={`source ${offset}`} class="source">
                {source}
              </li>
            )}
            <li
              key={offset}
              class={here ? 'line here' : 'line'}
              aria-current={here ? 'step' : undefined}
              title={bytes}
            >
              <span class="arrow" aria-hidden="true">
                {here ? '▶' : ''}
              </span>
              <abbr title={PROVENANCE[provenance ?? ''] ?? 'origin not known'}>{provenance ?? '·'}</abbr>
              <span class="offset">+0x{offset.toString(16)}</span>
              <code>{text}</code>
            </li>
          </>
        );
      })}
    </>
  );
};

/** The code pane. */
export const Code = ({ run, at, label, around }: CodeProps) => {
  const list = useRef<HTMLOListElement>(null);
  const found = run.functionAt(at);
  const site = run.siteAt(at);
  useLayoutEffect(() => {
    const line = list.current?.querySelector<HTMLElement>('.here');
    if (list.current !== null && line != null) keepInView(list.current, line);
  });
  return (
    <section class="pane code" aria-label={label}>
      <h2>
        Code <code>{found?.name}</code>
      </h2>
      {found === undefined || site === undefined ? (
        <p class="none">No bytes are known of what runs here{site === undefined ? '' : `: ${site.at}`}.</p>
      ) : (
        <ol ref={list} class="scroll" tabIndex={0} aria-label={`Instructions of ${found.name}`}>
          <Lines found={found} current={site.line} around={around} />
        </ol>
      )}
      {around === undefined && (
        <p class="legend">
          <b>D</b> published dump, <b>L</b> published listing, <b>R</b> reconstructed
        </p>
      )}
    </section>
  );
};
