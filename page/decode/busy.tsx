// While a text is read, and when it could not be.

import type { Reader } from './reader.js';

/** How far the reading is, and a button that ends it. */
export const Busy = ({
  reader,
  progress,
}: {
  reader: Reader;
  progress: { read: number; of: number; reports: number } | undefined;
}) => (
  <section class="busy" aria-label="Reading">
    <h1>Reading…</h1>
    <progress
      aria-label="Part of the text that is read"
      max={progress?.of ?? 1}
      value={progress?.read ?? 0}
    />
    <p role="status">
      {progress === undefined || progress.reports === 0
        ? 'No report so far.'
        : progress.reports === 1
          ? 'One report so far.'
          : `${progress.reports} reports so far.`}
    </p>
    <button type="button" onClick={reader.stop}>
      Stop
    </button>
  </section>
);

/** Why there is nothing to show. */
export const Failed = ({ reader, message }: { reader: Reader; message: string }) => (
  <section class="failed" aria-label="Not read">
    <h1>This was not read</h1>
    <p role="alert">{message}</p>
    <p class="actions">
      <button type="button" class="primary" onClick={reader.clear}>
        Back to the text
      </button>
      {reader.code !== undefined && (
        <button type="button" onClick={() => reader.read(reader.given, null)}>
          Read it without the code of {reader.code.label}
        </button>
      )}
    </p>
  </section>
);
