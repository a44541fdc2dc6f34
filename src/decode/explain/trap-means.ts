// A sentence about a trap, as a statement.

import { type Claim, type Statement, type Sure, type TrapTopic, statement } from '../code/statement.js';

type Facts = Extract<Claim, { readonly kind: 'trap-means' }>['facts'];

/** A statement about the trap. @param says a sentence without full stop; @param facts the numbers of it */
export const means = (
  topic: TrapTopic,
  sure: Sure,
  says: string,
  facts: Facts = {},
  because: readonly string[] = [],
): Statement => statement({ kind: 'trap' }, sure, { kind: 'trap-means', topic, says, facts }, because);
