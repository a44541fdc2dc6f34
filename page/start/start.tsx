// The first screen: the point of the run in one sentence, the bytes that it is about, why it ended so, and where to go
// from here.

import { formatLink } from '../model/link.js';
import type { RoomProps } from '../view/rooms.js';
import { Strip } from '../view/strip.js';
import { Words } from '../view/words.js';
import { Chain } from './chain.js';

/** The room. */
export const Start = ({ desk, play }: RoomProps) => {
  const { side, run } = desk;
  const { scenario, claim, point, oops, asExpected } = run.data;
  const { headline, strip, why, end, isWrong } = point;
  // A run with other values can end otherwise than its scenario: what that says is not true of it.
  const title = asExpected ? run.data.title : 'ended otherwise than its scenario says';
  const which = side === 0 ? {} : { run: 2 };
  return (
    <>
      <section class="point" aria-label="The point">
        <p class="eyebrow">
          <b>{scenario}</b> {title}
        </p>
        <h2 class="headline">
          <Words words={headline} />
        </h2>
        {strip !== null && <Strip strip={strip} />}
      </section>
      <div class="below">
        {why === null ? (
          <section class="claim" aria-label="About this run">
            <p>{!asExpected ? `This run ${title}.` : claim === '' ? title : claim}</p>
          </section>
        ) : (
          <Chain why={why} side={side} />
        )}
        <nav class="ways" aria-label="Go on">
          <p class={isWrong ? 'verdict wrong' : 'verdict'}>
            <span aria-hidden="true">{oops === null ? (isWrong ? '!' : '✓') : '×'}</span> {end}
          </p>
          <a
            class="first"
            href={formatLink({ room: 'story', step: run.data.scenes[0]?.at ?? 0, ...which })}
            onClick={play.playStory}
          >
            Play the story
          </a>
          <a href={formatLink({ room: 'step', step: point.at ?? 0, ...which })}>Step yourself</a>
          <a href={formatLink({ room: 'change', step: point.at ?? 0, ...which })}>Change something</a>
          <a href={formatLink({ room: 'course', step: 0, ...which })}>Take the course</a>
        </nav>
      </div>
    </>
  );
};
