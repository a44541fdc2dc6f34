// The page: a text is pasted, dropped or picked, read, and what it says is shown; below it the crashes of the site.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { SiteData } from '../../src/site/site-data.js';
import { laboratory } from '../model/laboratory.js';
import { ThemeSwitch } from '../view/theme.js';
import { Busy, Failed } from './busy.js';
import { Crashes } from './crashes.js';
import { Licences } from './licences.js';
import { Paste } from './paste.js';
import { usePlace } from './place.js';
import { useReader } from './reader.js';
import { Result } from './result.js';
import { takeFiles } from './take-files.js';

/** The page. */
export const DecodePage = ({ data }: { data: SiteData }) => {
  const reader = useReader();
  const place = usePlace();
  const [problem, setProblem] = useState<string | undefined>();
  const main = useRef<HTMLElement>(null);
  const { state } = reader.reading;
  useEffect(() => {
    void laboratory.start().catch(() => undefined); // what is wrong is said when something is asked
  }, []);
  // What is new is above what was looked at, and a screen reader begins there.
  useEffect(() => {
    if (reader.reading.state === 'read') place.go(Math.max(1, reader.reading.decoded.first));
    if (state !== 'read' && state !== 'failed') return;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [reader.reading]);
  const atStart = state === 'waiting' || (state === 'read' && place.number === 0);
  const take = (files: readonly File[]): void => void takeFiles(reader, files).then(setProblem);
  return (
    <div
      class="decode"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        const files = [...(event.dataTransfer?.files ?? [])];
        const text = event.dataTransfer?.getData('text/plain') ?? '';
        if (files.length > 0) take(files);
        else if (text !== '') reader.read({ text });
      }}
    >
      <header class="top">
        <p class="title">
          <span class="brand">oopslab</span> What does a kernel report say?
        </p>
        <div class="controls">
          <ThemeSwitch />
        </div>
      </header>
      <main ref={main} tabIndex={-1}>
        {problem !== undefined && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        {atStart && <Paste reader={reader} crashes={data.crashes} onFiles={take} />}
        {reader.reading.state === 'busy' && <Busy reader={reader} progress={reader.reading.progress} />}
        {reader.reading.state === 'failed' && <Failed reader={reader} message={reader.reading.message} />}
        {reader.reading.state === 'read' && !atStart && (
          <Result reader={reader} place={place} decoded={reader.reading.decoded} onFiles={take} />
        )}
        {atStart && <Crashes crashes={data.crashes} reader={reader} />}
      </main>
      <footer>
        <p>Made by oopslab, which replays kernel crashes. This page loads nothing and keeps no text.</p>
        <Licences />
      </footer>
    </div>
  );
};
