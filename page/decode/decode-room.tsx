// Where reports are read: a text is given, read, and what it says is shown. A page of its own, or a room of another one.

import { type ComponentChildren, Fragment } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { SiteCrash } from '../../src/site/site-data.js';
import { laboratory } from '../model/laboratory.js';
import { Busy, Failed } from './busy.js';
import { Paste } from './paste.js';
import type { Place } from './place.js';
import { type Reader, useReader } from './reader.js';
import { Result } from './result.js';
import { takeFiles } from './take-files.js';

/** A report to try. */
export type Sample = Pick<SiteCrash, 'report' | 'code'>;

/** Props of the room. */
export interface DecodeRoomProps {
  readonly place: Place;
  readonly sample: Sample | undefined;
  /** What its button says. */
  readonly sampleLabel: string;
  /** What stands below the box. */
  readonly below?: (reader: Reader) => ComponentChildren;
}

/** The room; files and texts can be dropped anywhere in it. */
export const DecodeRoom = ({ place, sample, sampleLabel, below }: DecodeRoomProps) => {
  const reader = useReader();
  const [problem, setProblem] = useState<string | undefined>();
  const root = useRef<HTMLDivElement>(null);
  const { state } = reader.reading;
  useEffect(() => {
    void laboratory.start().catch(() => undefined); // what is wrong is said when something is asked
  }, []);
  // What is new is above what was looked at, and a screen reader begins there.
  useEffect(() => {
    if (reader.reading.state === 'read') place.go(Math.max(1, reader.reading.decoded.first));
    if (state !== 'read' && state !== 'failed') return;
    window.scrollTo(0, 0);
    root.current?.parentElement?.scrollTo(0, 0);
    root.current?.focus({ preventScroll: true });
  }, [reader.reading]);
  const atStart = state === 'waiting' || (state === 'read' && place.number === 0);
  const take = (files: readonly File[]): void => void takeFiles(reader, files).then(setProblem);
  return (
    <div
      ref={root}
      class="decode"
      tabIndex={-1}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        const files = [...(event.dataTransfer?.files ?? [])];
        const text = event.dataTransfer?.getData('text/plain') ?? '';
        if (files.length > 0) take(files);
        else if (text !== '') reader.read({ text });
      }}
    >
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {atStart && <Paste reader={reader} sample={sample} sampleLabel={sampleLabel} onFiles={take} />}
      {reader.reading.state === 'busy' && <Busy reader={reader} progress={reader.reading.progress} />}
      {reader.reading.state === 'failed' && <Failed reader={reader} message={reader.reading.message} />}
      {reader.reading.state === 'read' && !atStart && (
        <Result reader={reader} place={place} decoded={reader.reading.decoded} onFiles={take} />
      )}
      {atStart && <Fragment>{below?.(reader)}</Fragment>}
    </div>
  );
};
