// The time line of the run: steps of the scenario as a band, jump marks, a slider, and the buttons that move.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { PageMark } from '../../src/report/page-data.js';
import { sceneAt } from '../model/scenes.js';
import type { Desk } from './desk.js';
import { Kept } from '../step/kept.js';
import { Roving } from './roving.js';

/** How long a state, and a scene of the story, stays when the run is played; milliseconds. */
export const SPEEDS = [
  { name: 'slow', state: 600, scene: 9000 },
  { name: 'normal', state: 200, scene: 5000 },
  { name: 'fast', state: 40, scene: 2500 },
] as const;

const NORMAL = 1; // index

/** A sign for each kind of mark: colour is not the only one. */
const SIGNS: Readonly<Record<PageMark['kind'], string>> = {
  step: '|',
  allocate: '+',
  reuse: '±',
  free: '−',
  guilty: '!',
  finding: '!',
  trap: '×',
  end: '■',
};

/** Where two runs part, as a mark. */
const DIFFERENCE = 'first difference';

/** The marks of a run, with where two runs part. */
export const marksOf = ({ run, data, side }: Desk): PageMark[] => {
  const fork = data.comparison?.firstDifference?.instruction;
  const marks = [...run.data.marks];
  if (fork !== undefined && side === 0)
    marks.push({ at: fork, after: fork, label: DIFFERENCE, kind: 'step' });
  return marks.toSorted((a, b) => a.at - b.at);
};

/** Stop or go on: from state to state, in the story from scene to scene. */
export const usePlay = (desk: Desk) => {
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<number>(NORMAL);
  const { at, run, by, tell, room } = desk;
  const { scenes } = run.data;
  const isStory = room === 'story';
  const scene = sceneAt(scenes, at, desk.scene);
  const ended = isStory ? scene >= scenes.length - 1 : at >= run.end;
  const { state: perState, scene: perScene } = SPEEDS[speed] ?? SPEEDS[NORMAL];
  // Another room stops it, unless the way there was a wish to play.
  const wished = useRef(false);
  useEffect(() => {
    setPlaying(wished.current && isStory);
    wished.current = false;
  }, [room]);
  useEffect(() => {
    if (!playing) return undefined;
    if (ended) {
      setPlaying(false);
      return undefined;
    }
    const timer = isStory ? setTimeout(() => tell(scene + 1), perScene) : setInterval(() => by(1), perState);
    return () => clearInterval(timer);
  }, [playing, ended, perState, perScene, by, tell, isStory, isStory ? scene : 0]);
  const toggle = (): void => {
    if (!playing && ended) {
      if (isStory) tell(0);
      else desk.go(0);
    }
    setPlaying(!playing);
  };
  /** Play the story as soon as its room is entered. */
  const playStory = (): void => {
    wished.current = true;
  };
  return { playing, toggle, playStory, speed, setSpeed };
};

/** What `usePlay` gives. */
export type Play = ReturnType<typeof usePlay>;

const Buttons = ({ desk, play }: { desk: Desk; play: Play }) => {
  const { at, run } = desk;
  return (
    <div class="buttons" role="group" aria-label="Move in time">
      <button
        type="button"
        onClick={() => desk.go(0)}
        disabled={at === 0}
        aria-label="To the start"
        title="To the start (Home)"
      >
        ⇤
      </button>
      <button
        type="button"
        onClick={() => desk.by(-1)}
        disabled={at === 0}
        aria-label="Step back"
        title="Step back (b or ←)"
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
        onClick={() => desk.by(1)}
        disabled={at >= run.end}
        aria-label="Step forward"
        title="Step forward (s or →)"
      >
        ▸
      </button>
      <button
        type="button"
        onClick={() => desk.go(run.end)}
        disabled={at >= run.end}
        aria-label="To the end"
        title="To the end (End)"
      >
        ⇥
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
};

/** The states that the marks lead to, each once, in their order. */
export const statesOf = (desk: Desk): number[] =>
  [...new Set(marksOf(desk).flatMap(({ at, after }) => [at, after]))].toSorted((a, b) => a - b);

const Mark = ({ desk, mark }: { desk: Desk; mark: PageMark }) => {
  const { at, after, label, kind } = mark;
  return (
    <span class={`mark ${kind}`}>
      <button
        type="button"
        data-cell
        aria-current={at === desk.at ? 'step' : undefined}
        onClick={() => desk.go(at)}
        title={after === at ? `${label}, step ${at}` : `Before: ${label}, step ${at}`}
      >
        <span aria-hidden="true" class="sign">
          {label === DIFFERENCE ? '≠' : SIGNS[kind]}
        </span>
        {label}
      </button>
      {after !== at && (
        <button
          type="button"
          data-cell
          aria-current={after === desk.at ? 'step' : undefined}
          onClick={() => desk.go(after)}
          aria-label={`After: ${label}`}
          title={`After: ${label}, step ${after}`}
        >
          after
        </button>
      )}
    </span>
  );
};

const Marks = ({ desk }: { desk: Desk }) => {
  // What the sandbox did before the first instruction is a tick of the band only.
  const jumps = marksOf(desk).filter(
    ({ after, kind, label }) => label === DIFFERENCE || (kind !== 'step' && after > 0),
  );
  // The row is wider than most screens: it goes along with the run.
  const list = useRef<HTMLDivElement>(null);
  const passed = jumps.findLastIndex(({ at }) => at <= desk.at);
  useEffect(() => {
    const row = list.current?.querySelector<HTMLElement>('.marks');
    const mark = row?.children[Math.max(0, passed)];
    if (row == null || !(mark instanceof HTMLElement)) return;
    const middle = mark.offsetLeft - row.offsetLeft + mark.offsetWidth / 2;
    row.scrollLeft = middle - row.clientWidth / 2;
  }, [passed, desk.run]);
  return (
    <div ref={list}>
      <Roving label="Jump marks" class="marks">
        {jumps.map((mark, index) => (
          <Kept
            key={index}
            is={`${mark.label} ${mark.at} ${desk.side} ${mark.at === desk.at} ${mark.after === desk.at}`}
            render={() => <Mark desk={desk} mark={mark} />}
          />
        ))}
      </Roving>
    </div>
  );
};

const Band = ({ desk }: { desk: Desk }) => {
  const { run, at } = desk;
  const share = (state: number): string => `${(state / Math.max(1, run.end)) * 100}%`;
  return (
    <div class="band" aria-hidden="true">
      {run.data.steps
        .filter(({ from, to }) => to > from)
        .map(({ step, from, to }) => (
          <div
            key={from}
            class={at >= from && at < to ? 'segment here' : 'segment'}
            style={{ left: share(from), width: share(to - from) }}
          >
            {step}
          </div>
        ))}
      {marksOf(desk)
        .filter(({ kind, label }) => kind !== 'step' || label === DIFFERENCE)
        .map(({ at: state, kind }, index) => (
          <i key={index} class={`tick ${kind}`} style={{ left: share(state) }} />
        ))}
    </div>
  );
};

/** The time line. */
export const Timeline = ({ desk, play }: { desk: Desk; play: Play }) => {
  const { run, at } = desk;
  const site = run.siteAt(at);
  const step = run.stepAt(at);
  const where = `${step?.step ?? ''}, ${run.locationAt(at)}`;
  return (
    <section class="timeline" aria-label="Time line">
      <div class="row">
        <Buttons desk={desk} play={play} />
        <p class="where">
          <span class="count">
            step <b>{at}</b> of {run.end}
          </span>
          <span class="stepname">{step?.step}</span>
          <code>{run.locationAt(at)}</code>
          {at < run.end && <code class="next">{site?.text}</code>}
          <span class="source">{at < run.end ? run.sourceAt(at) : run.data.outcome}</span>
        </p>
      </div>
      <div class="track">
        <Band desk={desk} />
        <input
          type="range"
          min={0}
          max={run.end}
          step={1}
          value={at}
          aria-label="Step of the run"
          aria-valuetext={`step ${at} of ${run.end}: ${where}`}
          onInput={(event) => desk.go(Number(event.currentTarget.value))}
        />
      </div>
      <Marks desk={desk} />
    </section>
  );
};
