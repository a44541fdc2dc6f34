// What a run is about: of all that it did wrong, the access or free that its end came from, as `why` tells it. Where the
// chain names none, what the chain ends with.

import { InputError } from '../base/errors.js';
import type { Case } from '../reading/case.js';
import type { Finding } from '../reading/findings.js';
import type { LocatedOutOfBounds } from '../reading/out-of-bounds.js';
import type { Link } from '../why/link.js';
import { type Why, WhyCase } from '../why/why.js';

/** What it is. */
export type Subject =
  | { readonly kind: 'access'; readonly access: LocatedOutOfBounds }
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'cause'; readonly link: Link };

const WRONG_FREES: readonly Finding['kind'][] = ['double-free', 'invalid-free'];

/** Opens a run for `why`; undefined where an instruction cannot be followed. */
export const whyCaseOf = (run: Case, control: Case | undefined): WhyCase | undefined =>
  refusable(() => new WhyCase(run, control));

const refusable = <Result>(made: () => Result): Result | undefined => {
  try {
    return made();
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
};

/** The access that a step did out of bounds or after a free: a write before a read. */
export const accessAt = (run: Case, step: number): LocatedOutOfBounds | undefined => {
  const found = run.outOfBoundsIn(step, step + 1);
  return found.find(({ access }) => access === 'write') ?? found[0];
};

// The write that did most harm: one that changed a byte of another object, otherwise the first.
const worstWrite = (run: Case): LocatedOutOfBounds | undefined => {
  const writes = run.outOfBounds.filter(({ access }) => access === 'write');
  const changed = new Set(run.damage.all.map(({ instruction }) => instruction));
  return (
    writes.find(({ victim, instruction }) => victim.kind === 'object' && changed.has(instruction)) ??
    writes.find(({ instruction }) => changed.has(instruction)) ??
    writes[0]
  );
};

// Of a run that nothing ended: what it did all the same.
const unnoticed = (run: Case): Subject | undefined => {
  const write = worstWrite(run);
  if (write !== undefined) return { kind: 'access', access: write };
  const order: readonly Finding['kind'][] = [
    'double-free',
    'invalid-free',
    'use-after-free',
    'out-of-bounds',
  ];
  const finding =
    order.map((kind) => run.findings.find((one) => one.kind === kind)).find((one) => one !== undefined) ??
    run.findings[0];
  if (finding === undefined) return undefined;
  const access = finding.access === null ? undefined : accessAt(run, finding.instruction);
  return access === undefined ? { kind: 'finding', finding } : { kind: 'access', access };
};

// The last link of a chain that is a wrong access or free.
const incidentIn = (run: Case, links: readonly Link[]): Subject | undefined => {
  const own = links
    .filter(({ inControl, at }) => inControl !== true && !at.startsWith('step "'))
    .toReversed();
  for (const { step, by } of own) {
    if (by !== 'out-of-bounds write' && by !== 'use after free' && by !== 'double free') continue;
    const free = run.findingsIn(step, step + 1).find(({ kind }) => WRONG_FREES.includes(kind));
    if (free !== undefined) return { kind: 'finding', finding: free };
    const access = accessAt(run, step);
    if (access !== undefined) return { kind: 'access', access };
  }
  for (const { step } of own) {
    const finding = run.findingsIn(step, step + 1).find(({ kind }) => kind === 'uninitialised');
    if (finding !== undefined) return { kind: 'finding', finding };
  }
  return undefined;
};

// A use of a freed object in the step that the trap ended.
const staleBeforeTrap = (run: Case, trap: number): Subject | undefined => {
  const step = run.recording.header.steps.find(({ from, to }) => trap >= from && trap < to)?.step;
  const finding = run.findings.find(
    (one) => one.kind === 'use-after-free' && one.instruction <= trap && one.step === step,
  );
  const access = finding && accessAt(run, finding.instruction);
  return access && { kind: 'access', access };
};

/** Why the run ended as it did. Of damage that nothing noticed: why it is there. */
export const whyOf = (run: Case, why: WhyCase | undefined): Why | undefined => {
  if (why === undefined) return undefined;
  const write =
    run.trap === undefined && run.recording.header.outcome.kind !== 'budget' ? worstWrite(run) : undefined;
  const byte = run.damage.all.find(({ instruction }) => instruction === write?.instruction);
  if (byte === undefined) return refusable(() => why.explain());
  const { address, instruction } = byte;
  const name = run.objects.nameOf(address, instruction + 1, true) ?? `0x${address.toString(16)}`;
  return refusable(() =>
    why.explain({ place: { kind: 'memory', address, size: 1 }, state: instruction + 1, name }),
  );
};

/** What the run is about; undefined where nothing is wrong. */
export const subjectOf = (run: Case, why: Why | undefined): Subject | undefined => {
  const { outcome } = run.recording.header;
  if (outcome.kind === 'returned') return unnoticed(run);
  const links = why?.links ?? [];
  const found =
    incidentIn(run, links) ?? (run.trap === undefined ? undefined : staleBeforeTrap(run, run.trap));
  if (found !== undefined) return found;
  const last = links.at(-1);
  return last === undefined || links.length < 2 ? undefined : { kind: 'cause', link: last };
};
