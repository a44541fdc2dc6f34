// The laboratory: the run again, with something changed.

import type { RoomProps } from '../view/rooms.js';

/** The room. */
export const Change = ({ desk }: RoomProps) => (
  <section class="change" aria-label="Change something">
    <p>{desk.run.data.scenario}</p>
  </section>
);
