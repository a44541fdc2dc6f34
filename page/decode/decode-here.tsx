// The reader's own report, in the page of a run: the same room, with the report of this run to try.

import { useState } from 'preact/hooks';
import type { RoomProps } from '../view/rooms.js';
import { DecodeRoom } from './decode-room.js';

/** The room. Which of several reports is shown is no part of the address: that is about the run. */
export const DecodeHere = ({ desk }: RoomProps) => {
  const [number, go] = useState(0);
  const { oops } = desk.run.data;
  const sample = oops === null ? undefined : { report: oops.text, code: null };
  return (
    <div class="decode-here">
      <DecodeRoom place={{ number, go }} sample={sample} sampleLabel="Try the report of this run" />
    </div>
  );
};
