// What a run did to memory that was not its own, in a sentence for somebody who turns its knobs. Reads a recording only.

import type { Recording } from '../recording.js';
import { formatOutcome } from '../story.js';
import { Teller } from '../teller.js';

/** What became of a run. */
export interface LiveVerdict {
  readonly isCorrupt: boolean;
  /** `corrupt: shm_file_data.id 13008943 (0xc6802f) -> 13008988 (0xc6805c) (0x2f -> 0x5c)`, or `safe: …`. */
  readonly sentence: string;
  /** How the run ended. */
  readonly outcome: string;
}

const MOST = 3; // victims that are named

/** Judge a run: only writes that changed a byte of somebody else's count. */
export const liveVerdict = (recording: Recording): LiveVerdict => {
  const teller = new Teller(recording);
  const harmful = teller.found.filter(
    ({ access, old, new: now, victim }) => access === 'write' && old !== now && victim.kind !== 'slack',
  );
  const outcome = formatOutcome(recording.header.outcome);
  if (harmful.length === 0)
    return { isCorrupt: false, sentence: 'safe: no byte outside an allocation is changed', outcome };
  const told = harmful.slice(0, MOST).map((write) => {
    const { field, object, kind } = write.victim;
    const before = teller.field(write, write.instruction);
    const after = teller.field(write, write.instruction + 1);
    const bytes = `${write.old ?? 'nothing'} -> ${write.new ?? 'nothing'}`;
    const where = field ?? object ?? kind;
    return before === undefined || after === undefined
      ? `${where} at ${write.address} (${bytes})`
      : `${where} ${before.text} -> ${after.text} (${bytes})`;
  });
  const more = harmful.length > MOST ? `, and ${harmful.length - MOST} more` : '';
  return { isCorrupt: true, sentence: `corrupt: ${told.join(', ')}${more}`, outcome };
};
