// The function that runs: machine code with its source lines, and what runs next. Each line answers when it is clicked,
// where something asks for it.

import { useLayoutEffect, useRef } from 'preact/hooks';
import type { PageFunction, PageLine } from '../../src/report/page-data.js';
import type { Run } from '../model/run.js';
import { Kept } from '../step/kept.js';
import { keepInView } from './keep-in-view.js';
import { Roving } from './roving.js';

const PROVENANCE: Readonly<Record<string, string>> = {
  D: 'published dump',
  L: 'published listing',
  R: 'reconstructed',
};

/** Props of the code. */
export interface CodeProps {
  readonly run: Run;
  readonly at: number;
  /** What it is called by a screen reader. */
  readonly label: string;
  /** Only so many lines around the current one, which answer nothing. */
  readonly around?: number;
}

// Without the address where the name of the target says it.
const short = (text: string): string => text.replace(/ 0x[0-9a-f]{8,16} (?=<.+>$)/u, ' ');

interface LineProps {
  readonly line: PageLine;
  readonly here: boolean;
  /** Function and line by their numbers, where the line answers. */
  readonly place: string | undefined;
  /** Whether it belongs to the line of C that runs. */
  readonly isOfLine: boolean;
}

const Line = ({ line, here, place, isOfLine }: LineProps) => {
  const { offset, text, bytes, source, provenance } = line;
  return (
    <>
      {source !== null && <li class="source">{source}</li>}
      <li
        class={`line${here ? ' here' : ''}${isOfLine ? ' ofline' : ''}`}
        aria-current={here ? 'step' : undefined}
        title={`${text}\n${bytes}`}
      >
        <span class="arrow" aria-hidden="true">
          {here ? '▶' : ''}
        </span>
        <abbr title={PROVENANCE[provenance ?? ''] ?? 'origin not known'}>{provenance ?? '·'}</abbr>
        <span class="offset">+0x{offset.toString(16)}</span>
        {place === undefined ? (
          <code>{text}</code>
        ) : (
          <button type="button" class="asks" data-cell={here ? 'first' : ''} data-line={place}>
            <code>{short(text)}</code>
          </button>
        )}
      </li>
    </>
  );
};

interface LinesProps {
  readonly found: PageFunction;
  readonly number: number;
  readonly current: number;
  readonly around: number | undefined;
}

const Lines = ({ found, number, current, around }: LinesProps) => {
  const first = around === undefined ? 0 : Math.max(0, current - around);
  const last = around === undefined ? found.lines.length : current + around + 1;
  const c = found.lines[current]?.c?.join();
  return (
    <>
      {found.lines.slice(first, last).map((line, index) => {
        const here = first + index === current;
        const isOfLine = c !== undefined && line.c?.join() === c;
        const place = around === undefined ? `${number} ${first + index}` : undefined;
        return (
          <Kept
            key={`${found.address} ${line.offset}`}
            is={`${here} ${isOfLine}`}
            render={() => <Line line={line} here={here} place={place} isOfLine={isOfLine} />}
          />
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
  const lines = found !== undefined && site !== undefined && (
    <ol
      ref={list}
      class="scroll"
      aria-label={`Instructions of ${found.name}`}
      tabIndex={around === undefined ? undefined : 0}
    >
      <Lines found={found} number={site.function} current={site.line} around={around} />
    </ol>
  );
  return (
    <section class="pane code" aria-label={label}>
      <h2>
        Code <code>{found?.name}</code>
      </h2>
      {lines === false ? (
        <p class="none">No bytes are known of what runs here{site === undefined ? '' : `: ${site.at}`}.</p>
      ) : around === undefined ? (
        <Roving label="Lines of code" class="codelines">
          {lines}
        </Roving>
      ) : (
        lines
      )}
      {around === undefined && (
        <p class="legend">
          <b>D</b> published dump, <b>L</b> published listing, <b>R</b> reconstructed
        </p>
      )}
    </section>
  );
};
