// What happened so far, newest last: steps, calls, allocations, frees, and what is wrong, marked with a !.

import type { Look } from './look.js';
import type { Pane } from './pane.js';
import type { Scene } from '../reading/scene.js';
import { span } from './styled.js';

/** How many events a state has. */
export const eventCount = ({ events, at }: Scene): number => {
  const after = events.findIndex((event) => event.at > at);
  return after < 0 ? events.length : after;
};

export const eventsPane = (scene: Scene, look: Look): Pane => {
  const count = eventCount(scene);
  const anchor = Math.max(0, Math.min(look.event ?? count - 1, count - 1));
  return {
    title: `events: ${count} so far`,
    count: Math.max(1, count),
    anchor,
    row: (index) => {
      const event = scene.events[index];
      if (event === undefined || index >= count) return [span(' nothing yet')];
      const isCursor = look.focus === 'events' && index === anchor;
      const mark = event.kind === 'alarm' ? '!' : ' ';
      const style = isCursor
        ? 'cursor'
        : event.kind === 'alarm'
          ? 'alarm'
          : event.kind === 'step'
            ? 'title'
            : 'plain';
      return [
        span(
          `${isCursor ? '>' : ' '}${mark}${String(event.at).padStart(String(scene.recording.instructions).length)} ${event.text}`,
          style,
        ),
      ];
    },
  };
};
