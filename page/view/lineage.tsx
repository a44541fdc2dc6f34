// The lineage chart: rows are places, time runs right, one colour and letter for each value, deaths marked.

import { useMemo, useState } from 'preact/hooks';
import type { PageValue } from '../../src/report/page-data.js';
import { type Bar, COLOURS, type Row, type Stretch, isAbout, rowsOf, signOf } from '../model/chart.js';
import { valueOf } from '../model/knows.js';
import { readAsked } from '../model/places.js';
import { Biography } from './biography.js';
import type { Desk } from './desk.js';
import { Roving } from './roving.js';

const AUTO = 'auto';

// The step that is shown: the one that runs, unless another one is chosen.
const useStretch = ({ run, at }: Desk) => {
  const [chosen, setChosen] = useState(AUTO);
  const steps = run.data.steps.filter(({ from, to }) => to > from);
  const running = steps.findLast(({ from }) => from <= at) ?? steps[0];
  const found = chosen === AUTO ? running : steps[Number(chosen)];
  const stretch: Stretch =
    found === undefined ? { from: 0, to: run.end } : { from: found.from, to: found.to };
  return { steps, chosen, setChosen, stretch };
};

interface BarProps {
  /** Whether all but the followed value stand back. */
  readonly dims: boolean;
  readonly desk: Desk;
  readonly bar: Bar;
  readonly sign: string;
  readonly colour: number;
  readonly value: PageValue;
  readonly left: (state: number) => string;
  readonly width: (states: number) => string;
}

const BarButtons = ({ dims, desk, bar, sign, colour, value, left, width }: BarProps) => {
  const { place, from, to, death } = bar;
  const followed = desk.value === bar.value;
  const dimmed = dims && !followed;
  return (
    <>
      <button
        type="button"
        data-cell
        class={`bar colour${colour}${followed ? ' followed' : ''}${dimmed ? ' dimmed' : ''}`}
        style={{ left: left(from), width: width(to - from + 1) }}
        aria-pressed={followed}
        aria-label={`${sign}: ${value.name} in ${place.place}, steps ${place.from} to ${place.until ?? 'the end'}, ${place.end}`}
        title={`${value.name} in ${place.place}\nmade: ${place.made}\n${place.end}`}
        onClick={() => desk.follow(followed ? undefined : bar.value)}
      >
        {sign}
      </button>
      {death !== undefined && (
        <button
          type="button"
          data-cell
          class={`death${dimmed ? ' dimmed' : ''}`}
          style={{ left: left(death + 1) }}
          aria-label={`Go to step ${death}: ${value.name} in ${place.place} ${place.end}`}
          title={`${value.name} ${place.end}\nGo to step ${death}`}
          onClick={() => desk.go(death)}
        >
          ×
        </button>
      )}
    </>
  );
};

interface ChartProps {
  readonly desk: Desk;
  readonly rows: readonly Row[];
  readonly stretch: Stretch;
  readonly order: ReadonlyMap<number, number>; // of values
}

const Chart = ({ desk, rows, stretch, order }: ChartProps) => {
  const states = stretch.to - stretch.from + 1;
  const share = (count: number): string => `${(count / states) * 100}%`;
  const left = (state: number): string => share(state - stretch.from);
  const here = desk.at >= stretch.from && desk.at <= stretch.to;
  return (
    <Roving
      label="Lineage chart: arrow keys go from bar to bar, Enter follows a value or goes to a death"
      class="chart"
    >
      {rows.map(({ label, key, bars }) => (
        <div class="chartrow" key={key}>
          <span class="place" title={key}>
            {label}
          </span>
          <div class="lane">
            {here && <i class="now" style={{ left: left(desk.at) }} />}
            {bars.map((bar, index) => {
              const number = order.get(bar.value) ?? 0;
              const value = desk.run.data.values[bar.value];
              return value === undefined ? null : (
                <BarButtons
                  key={index}
                  desk={desk}
                  dims={desk.value !== undefined && order.has(desk.value)}
                  bar={bar}
                  value={value}
                  sign={signOf(number)}
                  colour={number % COLOURS}
                  left={left}
                  width={share}
                />
              );
            })}
          </div>
        </div>
      ))}
    </Roving>
  );
};

/** The lineage. */
export const Lineage = ({ desk: outer }: { desk: Desk }) => {
  const { run } = outer;
  // Where none is followed, the value of the place that is asked about is.
  const asked = useMemo(
    () => (outer.asked === undefined ? undefined : valueOf(run, readAsked(run, outer.asked))),
    [run, outer.asked],
  );
  const desk: Desk = { ...outer, value: outer.value ?? asked };
  const { values } = run.data;
  const { steps, chosen, setChosen, stretch } = useStretch(desk);
  const { from, to } = stretch;
  const { order, rows } = useMemo(() => {
    const about = values.flatMap((value, index) => (isAbout(value, { from, to }) ? [index] : []));
    return {
      order: new Map(about.map((value, index) => [value, index])),
      rows: rowsOf(values, about, { from, to }),
    };
  }, [values, from, to]);
  const followed = desk.value === undefined ? undefined : values[desk.value];
  if (values.length === 0) return <p class="none">No value has a name in this run.</p>;
  return (
    <div class="lineage">
      <section class="pane" aria-label="Lineage chart">
        <h2>
          <label for="stretch">Where values lived</label>{' '}
          <select id="stretch" value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
            <option value={AUTO}>in the step that runs</option>
            {steps.map(({ step, from: first, to: last }, index) => (
              <option key={index} value={String(index)}>
                {step} ({first} to {last})
              </option>
            ))}
          </select>{' '}
          <small>× a place ends; the line is now</small>
        </h2>
        <Roving label="Values" class="values">
          {[...order].map(([value, number]) => (
            <button
              type="button"
              key={value}
              data-cell
              class={`value colour${number % COLOURS}`}
              aria-pressed={desk.value === value}
              onClick={() => desk.follow(desk.value === value ? undefined : value)}
            >
              <b>{signOf(number)}</b> {values[value]?.name}
            </button>
          ))}
        </Roving>
        <Chart desk={desk} rows={rows} stretch={stretch} order={order} />
      </section>
      <section class="pane" aria-label="The value that is followed">
        {followed === undefined ? (
          <p class="none">Choose a value above, or a bar, to follow it.</p>
        ) : (
          <Biography desk={desk} value={followed} />
        )}
      </section>
    </div>
  );
};
