// What was read: the reports of the text, and one of them, with its verdict first.

import { useMemo, useState } from 'preact/hooks';
import { type Decoded, reportOf } from '../model/decoded.js';
import type { About } from '../model/report-words.js';
import { CodeField } from './code-field.js';
import { Copy } from './copy.js';
import { Evidence } from './evidence.js';
import { NoReport, Notes } from './notes.js';
import { Overview } from './overview.js';
import type { Reader } from './reader.js';
import { ReportText } from './report-text.js';
import { Verdict } from './verdict.js';
import { WordPanel } from './word-panel.js';

/** The answer. */
export const Result = ({
  reader,
  decoded,
  onFiles,
}: {
  reader: Reader;
  decoded: Decoded;
  onFiles: (files: readonly File[]) => void;
}) => {
  const [number, setNumber] = useState(decoded.first);
  const [word, setWord] = useState<About | undefined>();
  const read = useMemo(() => reportOf(decoded, number), [decoded, number]);
  const show = (next: number): void => {
    setNumber(next);
    setWord(undefined);
  };
  return (
    <div class="result">
      <div class="bar">
        <button type="button" onClick={reader.clear}>
          ← Another text
        </button>
        <CodeField reader={reader} onFiles={onFiles} />
        {read !== undefined && <Copy decoded={decoded} number={number} />}
      </div>
      <Notes notes={decoded.notes} />
      {decoded.document.reports.length > 1 && <Overview decoded={decoded} number={number} onShow={show} />}
      {read === undefined ? (
        <NoReport />
      ) : (
        <div class="columns" key={number}>
          <div class="found">
            <Verdict report={read.report} number={number} />
            <Evidence {...read} onWord={setWord} />
          </div>
          <div class="text">
            <WordPanel report={read.report} word={word} />
            <ReportText {...read} word={word} onWord={setWord} />
          </div>
        </div>
      )}
    </div>
  );
};
