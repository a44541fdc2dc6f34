// The C of the function that runs, where the recording holds it, with the line that the next instruction comes from.

import { useLayoutEffect, useRef } from 'preact/hooks';
import type { PageFunction } from '../../src/report/page-data.js';
import type { Run } from '../model/run.js';
import { keepInView } from '../view/keep-in-view.js';
import { Kept } from './kept.js';

/** Lines that are shown before the first one that has code, and after the last one. */
const AROUND = 2;

/** Most lines of one function. */
const MAX_SHOWN = 400;

interface Place {
  readonly source: number;
  readonly line: number;
}

// The line of C that an instruction of a function comes from.
const placeOf = (found: PageFunction, line: number): Place | undefined => {
  const [source, number] = found.lines[line]?.c ?? [];
  return source === undefined || number === undefined ? undefined : { source, line: number };
};

// The lines of a file that a function has code for, with the header above them.
const extentOf = (found: PageFunction, source: number): readonly [first: number, last: number] => {
  const lines = found.lines.flatMap(({ c }) => (c?.[0] === source ? [c[1]] : []));
  const first = lines.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY);
  const last = lines.reduce((most, one) => Math.max(most, one), 0);
  return [Math.max(1, first - AROUND), Math.min(last + AROUND, first + MAX_SHOWN)];
};

/** The C pane; nothing where no C is known. */
export const Source = ({ run, at }: { run: Run; at: number }) => {
  const list = useRef<HTMLOListElement>(null);
  const found = run.functionAt(at);
  const here = found && placeOf(found, run.siteAt(at)?.line ?? -1);
  const file = here && run.data.sources[here.source];
  useLayoutEffect(() => {
    const line = list.current?.querySelector<HTMLElement>('.here');
    if (list.current !== null && line != null) keepInView(list.current, line);
  });
  if (found === undefined || here === undefined || file === undefined) return null;
  const [first, last] = extentOf(found, here.source);
  return (
    <section class="pane source" aria-label="C source">
      <h2>
        C <code>{file.file}</code> <small>line {here.line}</small>
      </h2>
      <ol ref={list} class="scroll" start={first} tabIndex={0} aria-label={`Lines of ${file.file}`}>
        {file.lines.slice(first - 1, last).map((text, index) => {
          const number = first + index;
          const isHere = number === here.line;
          return (
            <Kept
              key={`${here.source} ${number}`}
              is={String(isHere)}
              render={() => (
                <li class={`line${isHere ? ' here' : ''}`} aria-current={isHere ? 'step' : undefined}>
                  <span class="offset">{number}</span>
                  <code>{text}</code>
                </li>
              )}
            />
          );
        })}
      </ol>
    </section>
  );
};
