// The course: lessons with the machine beside them.

import type { RoomProps } from '../view/rooms.js';

/** The room. */
export const Course = ({ desk }: RoomProps) => (
  <section class="course" aria-label="Course">
    <p>{desk.run.data.scenario}</p>
  </section>
);
