// The rooms of the page, and the links that lead from one to the other. Each room is a view of the same desk.

import type { ComponentChildren } from 'preact';
import { Course } from '../course/course.js';
import { DecodeHere } from '../decode/decode-here.js';
import { Change } from '../lab/change.js';
import { Start } from '../start/start.js';
import { StoryRoom } from '../story/story-room.js';
import { formatLink } from '../model/link.js';
import type { Desk, RoomName } from './desk.js';
import { StepRoom } from './step-room.js';
import type { Play } from './timeline.js';

/** Props of a room. */
export interface RoomProps {
  readonly desk: Desk;
  readonly play: Play;
}

/** A room: what its link says, and what is in it. A narrow screen shows the label alone, without `more`. */
interface Room {
  readonly room: RoomName;
  readonly label: string;
  readonly more?: string;
  readonly View: (props: RoomProps) => ComponentChildren;
}

/** Every room, in the order of the links. */
export const ALL_ROOMS: readonly Room[] = [
  { room: 'start', label: 'The point', View: Start },
  { room: 'story', label: 'Story', View: StoryRoom },
  { room: 'step', label: 'Step', View: StepRoom },
  { room: 'change', label: 'Change', more: ' something', View: Change },
  { room: 'course', label: 'Course', View: Course },
  { room: 'decode', label: 'Decode', View: DecodeHere },
];

/** The links. */
export const Rooms = ({ desk }: { desk: Desk }) => (
  <nav class="rooms" aria-label="Rooms of the page">
    {ALL_ROOMS.map(({ room, label, more = '' }) => (
      <a
        key={room}
        href={formatLink({ room, step: desk.at })}
        aria-current={room === desk.room ? 'page' : undefined}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          desk.enter(room);
        }}
      >
        <span data-text={`${label}${more}`} data-short={label}>
          {label}
          {more !== '' && <span class="more">{more}</span>}
        </span>
      </a>
    ))}
  </nav>
);
