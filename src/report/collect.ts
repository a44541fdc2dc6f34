// Makes the page's data from recordings: the one place that walks a run from its first state to its last.

import { hex } from '../base/address.js';
import { InputError } from '../base/errors.js';
import { damageText } from '../reading/damage.js';
import { Case } from '../reading/case.js';
import type { LocatedOutOfBounds } from '../reading/out-of-bounds.js';
import { hashRecording } from '../recording/file.js';
import type { Recording } from '../recording/recording.js';
import { Scene } from '../reading/scene.js';
import { formatOutcome } from '../recording/outcome.js';
import { pageCode } from './code.js';
import { pageComparison } from './compare.js';
import { pageSlabs } from './heap.js';
import { type NameOf, pageValues } from './ledger.js';
import { marksOf } from './marks.js';
import { ShownMemory, pageReads, pageRegions, pageWrites } from './memory.js';
import { pagePoint } from './point.js';
import { pageScenes } from './scenes.js';
import { subjectOf, whyCaseOf, whyOf } from './subject.js';
import { pageObjects, pagePointers, pageStructs } from './objects.js';
import { pageOops } from './oops.js';
import {
  PAGE_FORMAT,
  type PageData,
  type PageLoss,
  type PageMeaning,
  type PageOutOfBounds,
  type PageRun,
} from './page-data.js';
import { RegisterTracks } from './registers.js';
import { StackTracks } from './stack.js';
import { Pool } from './track.js';

// The longest run that a page takes, instructions.
export const MAX_INSTRUCTIONS = 200_000;

/** Most events, and most out-of-bounds accesses, that a page lists. */
export const MAX_LISTED = 2000;

export interface PageOptions {
  /** Folders with a user's own snippets. */
  readonly libraries?: readonly string[];
}

const outOfBounds = (found: LocatedOutOfBounds): PageOutOfBounds => {
  const { instruction, access, by, address, size, old, new: made, allocation, requested, beyond } = found;
  const { kind, object, cache, field } = found.victim;
  const what = [
    object ?? (kind === 'object' ? 'an object' : kind),
    cache === null ? '' : `of ${cache}`,
    field ?? '',
  ];
  const victim = what.filter((part) => part !== '').join(' ');
  return { instruction, access, by, address, size, old, new: made, allocation, requested, beyond, victim };
};

// Everything that changes from state to state, in one pass.
const walk = (scene: Scene, registers: RegisterTracks, stack: StackTracks): void => {
  const { recording, navigator } = scene;
  const changes = new Set(recording.header.events.map(({ at }) => at));
  for (const { from, to } of recording.header.steps) changes.add(from).add(to);
  for (let state = 0; state <= recording.instructions; state += 1) {
    navigator.goTo(state);
    const all = state === 0 || state === recording.instructions || changes.has(state);
    registers.take(all);
    stack.take(all);
  }
};

/** Runs with more objects than this have places by the names of the lineage: all of them are looked through for each. */
const MAX_LOOKED_THROUGH = 2000;

const namesOf = ({ objects }: Scene): NameOf =>
  objects.all.length > MAX_LOOKED_THROUGH
    ? () => undefined
    : (address, state) => objects.nameOf(address, state, true);

// Values of names; none where an instruction could not be followed, which the scene knows by then.
const valuesOf = (scene: Scene) =>
  scene.names.problem === undefined ? pageValues(scene.lineageIn(scene.view), namesOf(scene)) : [];

// What the run is about, and its story.
const toldOf = (scene: Scene, control: Case | undefined): Pick<PageRun, 'point' | 'scenes'> => {
  const why = whyOf(scene, whyCaseOf(scene, control));
  const subject = subjectOf(scene, why);
  return { point: pagePoint(scene, subject, why), scenes: pageScenes(scene, subject, why) };
};

/**
 * One run for the page.
 *
 * @param control what its end is compared with
 * @throws {InputError} when it is longer than MAX_INSTRUCTIONS
 */
export const pageRun = (
  recording: Recording,
  { libraries = [] }: PageOptions = {},
  control?: Recording,
): PageRun => {
  const { header, instructions } = recording;
  if (instructions > MAX_INSTRUCTIONS)
    throw new InputError(
      `the run of ${header.scenario} has ${instructions} instructions; a page takes up to ${MAX_INSTRUCTIONS}`,
    );
  const scene = new Scene(recording, libraries);
  const words = new Pool<string>();
  const meanings = new Pool<PageMeaning>();
  const losses = new Pool<PageLoss>();
  const registers = new RegisterTracks(scene, words, meanings, losses);
  const stack = new StackTracks(scene, words);
  walk(scene, registers, stack);
  const shown = new ShownMemory(scene, [
    ...scene.outOfBounds.flatMap(({ address, allocation }) => [
      BigInt(address),
      ...(allocation === null ? [] : [BigInt(allocation)]),
    ]),
    ...header.events.flatMap((event) =>
      event.kind === 'allocate' || event.kind === 'free' ? [BigInt(event.address)] : [],
    ),
  ]);
  const objects = pageObjects(recording, scene.objects.all);
  return {
    scenario: header.scenario,
    title: header.title,
    claim: header.claim,
    release: header.release,
    parameters: Object.entries(header.parameters).map(([name, value]) => [name, String(value)]),
    outcome: formatOutcome(header.outcome),
    asExpected: header.asExpected,
    hash: hashRecording(recording),
    ...toldOf(scene, control === undefined ? undefined : new Case(control, libraries)),
    instructions,
    steps: header.steps.map(({ step, says, call, from, to }) => ({ step, says, call, from, to })),
    events: scene.events.slice(0, MAX_LISTED),
    eventsOmitted: Math.max(0, scene.events.length - MAX_LISTED),
    marks: marksOf(scene),
    ...pageCode(scene),
    meanings: meanings.items,
    registers: registers.registers(),
    losses: losses.items,
    regions: pageRegions(scene, shown),
    writes: pageWrites(recording, shown, words),
    reads: pageReads(recording, shown),
    stack: stack.stackWords(shown),
    slabs: pageSlabs(scene, shown),
    objects,
    structs: pageStructs(objects, scene.structs),
    pointers: pagePointers(scene, shown),
    outOfBounds: scene.outOfBounds.slice(0, MAX_LISTED).map(outOfBounds),
    outOfBoundsOmitted: Math.max(0, scene.outOfBounds.length - MAX_LISTED),
    damage: scene.damage.all.slice(0, MAX_LISTED).map((one) => ({
      address: hex(one.address),
      old: one.old,
      from: one.from,
      until: one.until ?? null,
      says: damageText(one),
    })),
    values: valuesOf(scene),
    namesProblem: scene.names.problem ?? null,
    oops: pageOops(scene),
    words: words.items,
  };
};

/**
 * The page's data of a recording, beside another one where it is given.
 *
 * @param other the control, or whatever the first is to be compared with
 * @throws {InputError} when a run is longer than MAX_INSTRUCTIONS
 */
export const pageData = (
  recording: Recording,
  other: Recording | undefined,
  options: PageOptions = {},
): PageData => {
  const first = pageRun(recording, options, other);
  if (other === undefined) return { format: PAGE_FORMAT, runs: [first], comparison: null };
  const second = pageRun(other, options);
  const comparison = pageComparison([recording, other], [first, second]);
  return { format: PAGE_FORMAT, runs: [first, second], comparison };
};
