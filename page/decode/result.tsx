// What was read: the reports of the text, and one of them, with its verdict first.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { type Decoded, type ReadReport, reportOf } from '../model/decoded.js';
import type { About } from '../model/report-words.js';
import { CodeField } from './code-field.js';
import { Copy } from './copy.js';
import { Evidence } from './evidence.js';
import { NoReport, Notes } from './notes.js';
import { Overview } from './overview.js';
import type { Place } from './place.js';
import type { Reader } from './reader.js';
import { ReportText } from './report-text.js';
import { Verdict } from './verdict.js';
import { WordPanel } from './word-panel.js';

/** The answer. */
export const Result = ({
  reader,
  place,
  decoded,
  onFiles,
}: {
  reader: Reader;
  place: Place;
  decoded: Decoded;
  onFiles: (files: readonly File[]) => void;
}) => {
  const { number } = place;
  const [chosen, setChosen] = useState<{ of: ReadReport; word: About } | undefined>();
  const read = useMemo(() => reportOf(decoded, number), [decoded, number]);
  const word = chosen !== undefined && chosen.of === read ? chosen.word : undefined;
  const onWord = (next: About): void => {
    if (read !== undefined) setChosen({ of: read, word: next });
  };
  useEffect(() => {
    const before = document.title;
    document.title = `${read?.report.title ?? 'No report'} - oopslab`;
    return () => {
      document.title = before;
    };
  }, [read]);
  return (
    <div class="result">
      <div class="reading-bar">
        <button type="button" onClick={() => place.go(0)}>
          ← Another text
        </button>
        <CodeField reader={reader} onFiles={onFiles} />
        <label class="redacts">
          <input
            type="checkbox"
            checked={reader.redacts}
            onChange={(event) => reader.redact(event.currentTarget.checked)}
          />{' '}
          Other names for what is private
        </label>
        {read !== undefined && <Copy decoded={decoded} number={number} />}
      </div>
      <Notes notes={decoded.notes} />
      {decoded.document.reports.length > 1 && (
        <Overview decoded={decoded} number={number} onShow={place.go} />
      )}
      {read === undefined ? (
        <NoReport />
      ) : (
        <div class="columns" key={number}>
          <div class="found">
            <Verdict report={read.report} number={number} />
            <Evidence {...read} onWord={onWord} />
          </div>
          <div class="text">
            <WordPanel report={read.report} word={word} />
            <ReportText {...read} word={word} onWord={onWord} />
          </div>
        </div>
      )}
    </div>
  );
};
