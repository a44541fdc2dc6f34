// What a run did to memory outside its allocations, in a sentence for a reader who tries parameters.

import { formatOutcome } from '../recording/outcome.js';
import type { Case } from '../reading/case.js';
import { fieldValue } from '../reading/victim.js';
import type { Trial } from './change-questions.js';

type Verdict = Pick<Trial, 'isCorrupt' | 'sentence' | 'outcome'>;

// Without the number in hexadecimal digits: the bytes follow.
const plain = (text: string): string => text.replace(/ \(0x[0-9a-f]+\)$/u, '');

const MOST = 3; // victims that are named

/** Judge a run: of writes only those that changed a byte of another owner count; a run that did not return is not safe. */
export const verdictOf = (run: Case): Verdict => {
  const harmful = run.outOfBounds.filter(
    ({ access, old, new: now, victim }) => access === 'write' && old !== now && victim.kind !== 'slack',
  );
  const outcome = formatOutcome(run.recording.header.outcome);
  const misused = run.findings.find(({ kind }) => /^(?:use-after|double|invalid)-free$/u.test(kind));
  if (harmful.length === 0 && misused !== undefined)
    return { isCorrupt: true, sentence: `not safe: ${misused.says}`, outcome };
  if (harmful.length === 0 && run.recording.header.outcome.kind !== 'returned')
    return {
      isCorrupt: true,
      sentence: 'not safe: the run does not return, though it changed no byte outside an allocation',
      outcome,
    };
  if (harmful.length === 0)
    return { isCorrupt: false, sentence: 'safe: no byte outside an allocation is changed', outcome };
  const told = harmful.slice(0, MOST).map((write) => {
    const { field, object, kind } = write.victim;
    const before = fieldValue(run, write, write.instruction);
    const after = fieldValue(run, write, write.instruction + 1);
    const bytes = `${write.old ?? 'nothing'} -> ${write.new ?? 'nothing'}`;
    const where = field ?? object ?? kind;
    return before === undefined || after === undefined
      ? `${where} at ${write.address} (${bytes})`
      : `${where} ${plain(before.text)} -> ${plain(after.text)} (${bytes})`;
  });
  const more = harmful.length > MOST ? `, and ${harmful.length - MOST} more` : '';
  return { isCorrupt: true, sentence: `corrupt: ${told.join(', ')}${more}`, outcome };
};
