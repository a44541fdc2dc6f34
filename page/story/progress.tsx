// The scenes in a row, to click, and the buttons that go from one to the next.

import type { PageScene } from '../../src/report/page-data.js';
import type { Desk } from '../view/desk.js';
import { Roving } from '../view/roving.js';
import { type Play, SPEEDS } from '../view/timeline.js';

/** Most scenes that are named in the row; of more, numbers alone. */
const MOST_NAMED = 14;

interface ProgressProps {
  readonly desk: Desk;
  readonly play: Play;
  readonly scenes: readonly PageScene[];
  readonly here: number;
}

const Buttons = ({ desk, play, scenes, here }: ProgressProps) => (
  <div class="buttons" role="group" aria-label="Go through the story">
    <button
      type="button"
      onClick={() => desk.tell(here - 1)}
      disabled={here === 0}
      aria-label="Scene before"
      title="Scene before (N)"
    >
      ◂
    </button>
    <button
      type="button"
      class="play"
      onClick={play.toggle}
      aria-label={play.playing ? 'Pause' : 'Play'}
      title="Play or pause (p)"
    >
      {play.playing ? '❚❚' : '▶'}
    </button>
    <button
      type="button"
      onClick={() => desk.tell(here + 1)}
      disabled={here === scenes.length - 1}
      aria-label="Next scene"
      title="Next scene (n)"
    >
      ▸
    </button>
    <select
      aria-label="Speed"
      value={String(play.speed)}
      onChange={(event) => play.setSpeed(Number(event.currentTarget.value))}
    >
      {SPEEDS.map(({ name }, index) => (
        <option key={name} value={String(index)}>
          {name}
        </option>
      ))}
    </select>
  </div>
);

/** The row. */
export const Progress = (props: ProgressProps) => {
  const { desk, scenes, here } = props;
  const isNamed = scenes.length <= MOST_NAMED;
  return (
    <section class="progress" aria-label="Scenes">
      <Buttons {...props} />
      <Roving label="All scenes" class={isNamed ? 'scenes named' : 'scenes'}>
        {scenes.map(({ title, where, kind, at }, index) => (
          <button
            type="button"
            key={index}
            data-cell
            class={`kind-${kind}${index < here ? ' past' : ''}`}
            aria-current={index === here ? 'step' : undefined}
            aria-label={`${index + 1} ${title}${where === '' ? '' : ` in ${where}`}`}
            title={`${title}, step ${at}`}
            onClick={() => desk.tell(index)}
          >
            <b>{kind === 'trap' ? '×' : kind === 'damage' ? '!' : index + 1}</b>
            {isNamed && (
              <>
                {' '}
                <span>{title}</span>
              </>
            )}
          </button>
        ))}
      </Roving>
    </section>
  );
};
