// What is said of a check that found nothing, and may not have looked at all.

import { type CheckedCandidate, isIncomplete } from './form.js';

const isCut = (reason: string | null): boolean => reason === 'interrupted' || reason === 'time limit';

/** The verdict in words: "holds" alone would say too much where not all was looked at. */
export const verdictText = (candidate: Pick<CheckedCandidate, 'verdict' | 'complete' | 'reason'>): string => {
  if (!isIncomplete(candidate)) return candidate.verdict;
  return isCut(candidate.reason) ? 'holds so far' : 'holds where it ran';
};

/** The note, for a candidate that `isIncomplete`. */
export const incompleteText = ({
  name,
  runs,
  reason,
}: Pick<CheckedCandidate, 'name' | 'runs' | 'reason'>): string =>
  isCut(reason)
    ? `${name}: holds so far; ${reason} after ${runs} worlds`
    : `${name}: holds where it ran; ${reason}`;
