// The map of path lengths against what lay in the slot, as it is computed. Each cell was run, and can be run again.

import { useRef, useState } from 'preact/hooks';
import { byteText } from '../../src/base/words.js';
import type { SweepHead, SweepTold, SweptCell } from '../../src/laboratory/sweep-data.js';
import { RefusedError, laboratory } from '../model/laboratory.js';
import { Roving } from '../view/roving.js';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Props of the sweep. */
export interface SweepPanelProps {
  readonly offer: SweepHead;
  readonly scenario: string;
  /** Values of the other parameters. */
  readonly set: Readonly<Record<string, string>>;
  /** Run a cell. */
  readonly onCell: (set: Readonly<Record<string, string>>) => void;
}

const wordsOf = ({ length, harm, end }: SweptCell): string =>
  `${length} bytes: ${harm ?? 'nothing outside changes'}; ${end}`;

interface CellProps {
  readonly cell: SweptCell;
  readonly letter: string;
  readonly onCell: SweepPanelProps['onCell'];
}

const Cell = ({ cell, letter, onCell }: CellProps) => {
  const isHarm = cell.harm !== null;
  const { set } = cell;
  return (
    <button
      type="button"
      data-cell=""
      class={`lab-cell ${isHarm ? 'lab-harm' : ''} ${isHarm && letter !== 'A' ? 'lab-other' : ''}`.trim()}
      aria-label={wordsOf(cell)}
      aria-disabled={set === null}
      title={wordsOf(cell)}
      onClick={() => set !== null && onCell(set)}
    >
      <span>{cell.next === null ? '' : byteText(cell.next)}</span>
      <b>{letter}</b>
    </button>
  );
};

/** The sweep. */
export const SweepPanel = ({ offer, scenario, set, onCell }: SweepPanelProps) => {
  const [rows, setRows] = useState<readonly SweepTold[]>([]);
  const [end, setEnd] = useState<string>();
  const stop = useRef<AbortController | undefined>(undefined);
  const [isRunning, setRunning] = useState(false);
  const kinds = [...new Set(rows.flatMap(({ cells }) => cells.flatMap(({ harm }) => harm ?? [])))];
  const letterOf = (harm: string | null): string =>
    harm === null ? '' : (LETTERS[kinds.indexOf(harm)] ?? '*');

  const start = async (): Promise<void> => {
    stop.current = new AbortController();
    setRows([]);
    setEnd(undefined);
    setRunning(true);
    try {
      await laboratory.ask(
        'sweep',
        { scenario, set },
        {
          signal: stop.current.signal,
          onTold: (told) => {
            if ('row' in told) setRows((known) => [...known, told]);
          },
        },
      );
      setEnd('Every cell was run.');
    } catch (error) {
      const why = error instanceof RefusedError ? error.refusal.message : String(error);
      setEnd(`The sweep ended early: ${why}.`);
    } finally {
      setRunning(false);
    }
  };

  return (
    <section class="lab-card lab-sweep" aria-labelledby="lab-sweep-title">
      <h2 id="lab-sweep-title">Which lengths corrupt?</h2>
      <p class="lab-help">
        Paths of {offer.lengths[0]} to {offer.lengths.at(-1)} bytes, over {offer.rows.length} kinds of what
        lay in their slot before. In each cell: the byte right after the path.
      </p>
      <p class="lab-row">
        {isRunning ? (
          <button type="button" class="lab-main" onClick={() => stop.current?.abort()}>
            Stop
          </button>
        ) : (
          <button type="button" class="lab-main" onClick={() => void start()}>
            {rows.length === 0 ? 'Run the sweep' : 'Run it again'}
          </button>
        )}
        <span role="status">{isRunning ? `${rows.length} of ${offer.rows.length} rows` : (end ?? '')}</span>
      </p>
      {rows.length > 0 && (
        <Roving label="Cells of the sweep" class="lab-map">
          <p class="lab-maphead" aria-hidden="true">
            <span />
            {offer.lengths.map((length) => (
              <span key={length}>{length % 5 === 0 || length === 1 ? length : ''}</span>
            ))}
          </p>
          {rows.map(({ row, cells, note }) => (
            <div class="lab-maprow" role="group" aria-label={`${offer.rows[row]}, ${note}`} key={row}>
              <p>
                <b>{offer.rows[row]}</b> <small>{note}</small>
              </p>
              {cells.map((cell) => (
                <Cell key={cell.length} cell={cell} letter={letterOf(cell.harm)} onCell={onCell} />
              ))}
            </div>
          ))}
        </Roving>
      )}
      {kinds.length > 0 && (
        <ul class="lab-kinds">
          {kinds.map((kind, index) => (
            <li key={kind}>
              <b class={`lab-harm ${index > 0 ? 'lab-other' : ''}`.trim()}>{LETTERS[index] ?? '*'}</b> {kind}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
};
