// The first screen: the point of the run in one sentence, and where to go from here.

import type { RoomProps } from '../view/rooms.js';

/** The room. */
export const Start = ({ desk }: RoomProps) => (
  <section class="start" aria-label="The point">
    <p class="headline">{desk.run.data.title}</p>
    <button type="button" onClick={() => desk.enter('story')}>
      Play the story
    </button>
  </section>
);
