// The story of the run beside the machine of the moment.

import type { RoomProps } from './rooms.js';
import { Story } from './story.js';
import { Timeline } from './timeline.js';

/** The room. */
export const StoryRoom = ({ desk, play }: RoomProps) => (
  <>
    <Timeline desk={desk} play={play} />
    <Story desk={desk} />
  </>
);
