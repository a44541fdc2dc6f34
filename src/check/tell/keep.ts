// Keeps counterexamples as scenario files in a user's folder, and reads them again.

import { join, relative, resolve, sep } from 'node:path';
import { InputError } from '../../base/errors.js';
import { type Parameters, formatParameters, readParameters } from '../../scenario/parameters.js';
import { listOf } from '../../base/words.js';
import { isThere, listFolder } from '../../base/read-file.js';
import { makeFolder, refuseUnwritableFolder, replaceFile } from '../../base/replace-file.js';
import type { Recording } from '../../recording/recording.js';
import { type ReplayOptions, replay } from '../../run/replay.js';
import { type Scenario, loadScenario } from '../../scenario/scenario.js';
import { ScenarioFile } from '../../scenario/file.js';
import { type CandidateCode, scenarioWith } from '../watch/arena.js';
import { checkedScenario } from '../world/stale-parameter.js';
import { keptText } from './kept-text.js';
import { PROPERTIES, type PropertyName } from '../property/properties.js';

/** Where counterexamples are kept, and the scenario that they are worlds of. */
export interface Keeping {
  /** The folder; `--library` takes it. It and its `scenarios` are made when they are missing. */
  readonly folder: string;
  /** The scenario that the candidate is checked in, without the candidate. */
  readonly scenario: Scenario;
  /** How the user named that scenario, where that is a path; otherwise the scenario's own name is taken. */
  readonly reference?: string;
  /** Folders with user snippets and scenarios; `folder` itself need not be among them. */
  readonly libraries?: readonly string[];
}

/** What is to be kept. */
export interface KeepOptions {
  readonly candidate: CandidateCode;
  readonly property: PropertyName;
  readonly world: Parameters;
  /** Sentences that become comments; one may be indented. */
  readonly notes?: readonly string[];
  /** Makes the recording that the expectation comes from: code that may end the process is recorded apart. */
  readonly record?: (scenario: Scenario, options: ReplayOptions) => Recording;
}

/** A counterexample in a file. */
export interface Kept {
  readonly file: string;
  /** The scenario's name. */
  readonly name: string;
  readonly property: PropertyName;
  readonly world: Parameters;
}

/** One that was kept just now. */
export interface NewlyKept extends Kept {
  /** The run that its expectation comes from, as `oopslab replay` makes it. */
  readonly recording: Recording;
}

// The name of a scenario is lower case; a candidate is named after its file.
const slugOf = (candidate: string): string => {
  const slug = candidate.toLowerCase().replaceAll(/[^a-z0-9.-]+/gu, '-');
  return /^[a-z0-9]/u.test(slug) ? slug : `x${slug}`;
};

const isPath = (reference: string): boolean => /[/\\]|\.ya?ml$/u.test(reference);

// The value of `extends`: a name, or the path from the kept file to another.
const extendsOf = ({ folder, scenario, reference = '' }: Keeping): string => {
  if (!isPath(reference)) return scenario.name;
  const way = relative(resolve(folder, 'scenarios'), resolve(reference)).split(sep).join('/');
  return isPath(way) ? way : `./${way}`;
};

/** The scenario with other defaults for its parameters, as a kept file has them after merging. */
const withDefaults = (scenario: Scenario, world: Parameters): Scenario => {
  const values = formatParameters(world);
  const parameters = Object.fromEntries(
    Object.entries(scenario.spec.parameters ?? {}).map(([name, spec]) => [
      name,
      {
        ...spec,
        ...(spec.type === 'contents' && spec.like === undefined ? { like: String(spec.default) } : {}),
        default: values[name] ?? spec.default,
      },
    ]),
  );
  return scenario.with({ parameters });
};

const parametersOf = ({ spec }: Scenario): string[] => Object.keys(spec.parameters ?? {});

// The parameter that a check adds to a scenario for what nobody wrote, where it does and the world needs it.
const addedTo = (scenario: Scenario, world: Parameters): string | undefined => {
  const own = parametersOf(scenario);
  const added = parametersOf(checkedScenario(scenario)).find((name) => !own.includes(name));
  const value = added === undefined ? undefined : world.get(added);
  const isNeeded = value?.type === 'contents' && value.fill?.some((byte) => byte !== 0) === true;
  return isNeeded ? added : undefined;
};

const sameWorld = (left: Parameters, right: Parameters): boolean =>
  JSON.stringify(formatParameters(left)) === JSON.stringify(formatParameters(right));

interface KeptFile {
  readonly file: string;
  readonly name: string;
  readonly property: PropertyName;
  readonly number: number;
}

// The files of a candidate, in the order of the properties, then of their numbers.
const filesOf = (folder: string, candidate: string): KeptFile[] => {
  const scenarios = join(folder, 'scenarios');
  if (!isThere(scenarios)) return [];
  const slug = slugOf(candidate);
  const names = new Set(listFolder(scenarios));
  return PROPERTIES.flatMap((property) =>
    [...names]
      .flatMap((entry) => {
        const stem = `${slug}-${property}`;
        if (!entry.startsWith(stem)) return [];
        const [, number] = /^(?:-([1-9]\d{0,8}))?\.yaml$/u.exec(entry.slice(stem.length)) ?? [null];
        if (number === null) return [];
        const name = entry.slice(0, -'.yaml'.length);
        return [{ file: join(scenarios, entry), name, property, number: Number(number ?? 1) }];
      })
      .toSorted((a, b) => a.number - b.number),
  );
};

const readOne = (
  { file, name, property }: KeptFile,
  reference: string,
  { folder, libraries = [] }: Keeping,
): Kept | undefined => {
  const { value } = new ScenarioFile(file);
  const extended = (value as { extends?: unknown } | null)?.extends;
  if (typeof extended === 'string' && extended !== reference) return undefined; // of another scenario
  const world = readParameters(checkedScenario(loadScenario(file, [...libraries, folder])));
  return { file, name, property, world };
};

// What is wrong with a file because the parameters of its scenario have changed; other mistakes are thrown.
const tryOne = (file: KeptFile, reference: string, keeping: Keeping): Kept | string | undefined => {
  try {
    const kept = readOne(file, reference, keeping);
    if (kept === undefined) return undefined;
    const names = parametersOf(checkedScenario(keeping.scenario));
    const missing = names.filter((name) => !kept.world.has(name));
    const unknown = [...kept.world.keys()].filter((name) => !names.includes(name));
    if (missing.length > 0) return `it lacks the parameter ${listOf(missing)}`;
    return unknown.length === 0 ? kept : `${keeping.scenario.name} has no parameter ${listOf(unknown)}`;
  } catch (error) {
    if (!(error instanceof InputError) || error.where.field?.startsWith('parameters') !== true) throw error;
    return `${error.where.field}: ${error.message}`;
  }
};

/**
 * The counterexamples of a candidate that are kept in a folder: in the order of the properties, worst first, then of the
 * files' numbers. None when the folder is not there. Those of another scenario are left out, and those that are no worlds
 * of the scenario any more, because its parameters have changed.
 *
 * @param candidate its name
 * @param onSkip called with each file of the latter kind, and why it is none
 * @throws {InputError} with the place, when one of the files is no scenario any more
 */
export const readKept = (
  keeping: Keeping,
  candidate: string,
  onSkip?: (file: string, why: string) => void,
): readonly Kept[] => {
  const reference = extendsOf(keeping);
  return filesOf(keeping.folder, candidate).flatMap((file) => {
    const kept = tryOne(file, reference, keeping);
    if (typeof kept !== 'string') return kept ?? [];
    onSkip?.(file.file, kept);
    return [];
  });
};

/**
 * Find out before a search that its counterexamples could not be kept in a folder: the scenarios, and the snippets of a
 * user's candidate beside them.
 *
 * @throws {InputError} when they could not
 */
export const refuseUnkeepable = (folder: string): void => {
  for (const part of ['scenarios', 'snippets']) refuseUnwritableFolder(join(folder, part));
};

/**
 * Keep a counterexample in `FOLDER/scenarios/CANDIDATE-PROPERTY.yaml`. Where another world is kept there, the file gets
 * a number; where the same is, it is written anew.
 *
 * @throws {InputError} when a file cannot be written, or one that is there cannot be read; nothing is left half-written
 * @throws {LibraryError} when libunicorn cannot be loaded
 */
export const keep = (
  keeping: Keeping,
  { candidate, property, world, notes = [], record = replay }: KeepOptions,
): NewlyKept => {
  const { folder, scenario, libraries = [] } = keeping;
  const all = isThere(folder) ? [...libraries, folder] : libraries;
  const added = addedTo(scenario, world);
  const whole = added === undefined ? scenario : checkedScenario(scenario);
  const names = parametersOf(whole);
  const kept = new Map([...world].filter(([name]) => names.includes(name)));
  const recording = record(withDefaults(scenarioWith(whole, candidate), kept), { libraries: all });
  const reference = extendsOf(keeping);
  const taken = filesOf(folder, candidate.name).filter((one) => one.property === property);
  const same = taken.find((one) => {
    const known = tryOne(one, reference, keeping);
    return typeof known === 'object' && sameWorld(known.world, world);
  });
  const number = taken.reduce((most, one) => Math.max(most, one.number), 0) + 1;
  const name = same?.name ?? `${slugOf(candidate.name)}-${property}${number === 1 ? '' : `-${number}`}`;
  const text = keptText({
    name,
    scenario: whole,
    added,
    reference,
    candidate: candidate.name,
    variants: candidate.variants,
    property,
    world: kept,
    outcome: recording.header.outcome,
    notes,
  });
  makeFolder(join(folder, 'scenarios'));
  const file = join(folder, 'scenarios', `${name}.yaml`);
  replaceFile(file, text);
  return { file, name, property, world, recording };
};
