// How a run ended, in words.

import { plural } from '../base/words.js';
import type { Outcome } from './recording.js';

/** An outcome in a line. */
export const formatOutcome = (outcome: Outcome): string => {
  switch (outcome.kind) {
    case 'returned':
      return `returned ${outcome.value}`;
    case 'bug':
      return `BUG at ${outcome.at} (${outcome.file}:${outcome.line})`;
    case 'fault':
      if (outcome.trap !== undefined)
        return [`${outcome.trap} at ${outcome.at}:`, outcome.instruction, outcome.does]
          .filter(Boolean)
          .join(' ');
      return `fault at ${outcome.at}: ${outcome.access} of ${plural(outcome.size, 'byte')} at ${outcome.address}`;
    case 'budget':
      return `out of budget at ${outcome.at}, after ${outcome.instructions} instructions`;
  }
};
