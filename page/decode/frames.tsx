// The frames of the call trace, with the guilty one marked.

import type { Report } from '../model/decoded.js';
import type { About } from '../model/report-words.js';

const MOST = 16;

/** The first trace; the others are in the rest. */
export const Frames = ({ report, onWord }: { report: Report; onWord: (word: About) => void }) => {
  const trace = report.traces.findIndex(({ entries }) => entries.length > 0);
  const entries = report.traces[trace]?.entries ?? [];
  if (entries.length === 0) return null;
  return (
    <>
      <h3>The frames</h3>
      <ol class="frames">
        {entries.slice(0, MOST).map((entry, index) => (
          <li
            key={index}
            class={entry.symbol !== null && report.guilty?.symbol === entry.symbol ? 'is-guilty' : undefined}
          >
            <button
              type="button"
              class="known"
              onClick={() => onWord({ kind: 'entry', trace, entry: index })}
            >
              {entry.reliable ? '' : '? '}
              {entry.symbol ?? entry.address ?? 'unknown'}
              {entry.offset === null ? '' : `+0x${entry.offset.toString(16)}`}
            </button>
            {entry.module !== null && <span class="module">[{entry.module}]</span>}
          </li>
        ))}
        {entries.length > MOST && <li>… {entries.length - MOST} more</li>}
      </ol>
    </>
  );
};
