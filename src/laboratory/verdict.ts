// What a run did to memory outside its allocations, in a sentence for a reader who tries parameters.

import { formatOutcome } from '../recording/outcome.js';
import type { Case } from '../reading/case.js';
import type { Damage } from '../reading/damage.js';
import type { Finding } from '../reading/findings.js';
import type { LocatedOutOfBounds, Victim } from '../reading/out-of-bounds.js';
import { fieldValue } from '../reading/victim.js';
import type { Trial } from './change-questions.js';

type Verdict = Pick<Trial, 'isCorrupt' | 'sentence' | 'outcome'>;

// Without the number in hexadecimal digits: the bytes follow.
const plain = (text: string): string => text.replace(/ \(0x[0-9a-f]+\)$/u, '');

const MOST = 3; // victims that are named

// What was hit where nothing has a name.
const KINDS: Readonly<Record<Victim['kind'], string>> = {
  object: 'an object',
  free: 'a free object',
  slack: 'what follows its slot',
  management: "the slab's own notes",
  unmapped: 'memory that is not mapped',
};

const withoutStop = (text: string): string => text.replace(/\.$/u, '');

// Whether a byte belongs to somebody else, or to nobody: not to the slot of what the pointer was made for.
const isForeign = ({ owner, stale }: LocatedOutOfBounds, at: bigint): boolean =>
  owner === undefined || stale || at < owner.start || at >= owner.start + BigInt(owner.room);

// The writes that changed a foreign byte, each with the first one that it changed.
const harmfulIn = ({ damage, outOfBounds }: Case): { write: LocatedOutOfBounds; at: bigint }[] => {
  const damaged = new Map<number, Damage[]>();
  for (const one of damage.all) {
    const known = damaged.get(one.instruction);
    if (known === undefined) damaged.set(one.instruction, [one]);
    else known.push(one);
  }
  return outOfBounds.flatMap((write) => {
    if (write.access !== 'write') return [];
    const start = BigInt(write.address);
    const found = damaged
      .get(write.instruction)
      ?.find(
        ({ address }) =>
          address >= start && address < start + BigInt(write.size) && isForeign(write, address),
      );
    return found === undefined ? [] : [{ write, at: found.address }];
  });
};

// What a run did that harmed nobody: a write before a read, a read before the rest.
const harmless = (findings: readonly Finding[]): Finding | undefined =>
  findings.find(({ access }) => access === 'write') ??
  findings.find(({ access }) => access === 'read') ??
  findings[0];

/**
 * Judge a run: of writes only those that changed a byte of another owner count. A run that did not return, or that used or
 * freed what was free, is not safe; one that did something else that no correct code does is not called safe either.
 */
export const verdictOf = (run: Case): Verdict => {
  const harmful = harmfulIn(run);
  const outcome = formatOutcome(run.recording.header.outcome);
  const misused = run.findings.find(({ kind }) => /^(?:use-after|double|invalid)-free$/u.test(kind));
  if (harmful.length === 0 && misused !== undefined)
    return { isCorrupt: true, sentence: `not safe: ${withoutStop(misused.says)}`, outcome };
  if (harmful.length === 0 && run.recording.header.outcome.kind !== 'returned')
    return {
      isCorrupt: true,
      sentence: 'not safe: the run does not return, though it changed no byte of another owner',
      outcome,
    };
  if (harmful.length === 0) {
    const found = harmless(run.findings);
    const sentence =
      found === undefined
        ? 'safe: no byte outside an allocation is changed'
        : `no harm: no byte of another owner is changed, but ${withoutStop(found.says)}`;
    return { isCorrupt: false, sentence, outcome };
  }
  const told = harmful.slice(0, MOST).map(({ write, at }) => {
    const { field, object, kind } = write.victim;
    const before = fieldValue(run, write, write.instruction);
    const after = fieldValue(run, write, write.instruction + 1);
    const bytes = `${write.old ?? 'nothing'} -> ${write.new ?? 'nothing'}`;
    // A write that begins in the rest of its own slot hits another one later.
    const name = kind === 'slack' ? run.objects.nameOf(at, write.instruction, true) : undefined;
    const where = name ?? field ?? object ?? KINDS[kind];
    return before === undefined || after === undefined || kind === 'slack'
      ? `${where} at ${write.address} (${bytes})`
      : `${where} ${plain(before.text)} -> ${plain(after.text)} (${bytes})`;
  });
  const more = harmful.length > MOST ? `, and ${harmful.length - MOST} more` : '';
  return { isCorrupt: true, sentence: `corrupt: ${told.join(', ')}${more}`, outcome };
};
