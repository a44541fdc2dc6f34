// Scenarios: merged with what they extend, checked against the schema. Every complaint says file, line, column,
// field and what would be right. No machine here: a scenario is data.
// Over 300 lines because half of them are the types of what a file may say.

import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { nearest } from '../base/did-you-mean.js';
import { InputError } from '../base/errors.js';
import { findGivenProblem } from '../recording/given.js';
import { packageFolder } from '../base/package-folder.js';
import { listFolder } from '../base/read-file.js';
import { type FieldPath, formatPath } from '../base/check-form.js';
import { ScenarioFile } from './file.js';
import { validateScenario } from './schema.js';

/** A number, or an expression that the world resolves. */
export type Value = string | number;

/** A parameter as a scenario declares it. */
export interface ParameterSpec {
  readonly type: 'text' | 'choice' | 'contents' | 'int32';
  readonly default: string | number;
  readonly min?: number;
  readonly max?: number;
  /** The word for contents that stay as the steps leave them; the default's without it. */
  readonly like?: string;
  readonly limit?: string;
  readonly lead?: string;
  readonly choices?: Readonly<Record<string, Value>>;
  readonly help?: string;
}

/** An object of the world. */
export interface ObjectSpec {
  readonly struct?: string;
  readonly size?: number;
  readonly at: Value;
  readonly cache?: string;
  readonly header?: number;
  readonly source: string;
  readonly set?: Readonly<Record<string, Value>>;
}

/** A cache of the world and the page frames it may take. */
export interface CacheSpec {
  readonly frames: readonly Value[];
  readonly colours?: Readonly<Record<string, number>>;
  readonly objectSize?: number;
  readonly align?: number;
}

/** Everything that existed before the first step. */
export interface WorldSpec {
  readonly cpu?: number;
  readonly gs?: Value;
  readonly current?: Value;
  readonly caches?: Readonly<Record<string, CacheSpec>>;
  readonly memory?: readonly {
    readonly name: string;
    readonly at: Value;
    readonly size: number;
    readonly source: string;
  }[];
  readonly objects?: Readonly<Record<string, ObjectSpec>>;
  /** Frees, and page frames that were used up, in order; exactly one of the two in each. */
  readonly history?: readonly {
    readonly free?: string;
    readonly fill?: { readonly cache: string; readonly frame: Value };
  }[];
  readonly words?: readonly { readonly at: Value; readonly value: Value; readonly source: string }[];
}

/** An allocation that a step makes. */
export interface AllocationSpec {
  readonly as: string;
  readonly struct?: string;
  readonly size?: number;
  readonly text?: string;
  /** A name for the struct slab of the slab that the object lies in; for caches that keep it off-slab. */
  readonly slab?: string;
  readonly set?: Readonly<Record<string, Value>>;
}

/** Something that the sandbox does in a step; exactly one of these. */
export interface OperationSpec {
  readonly kmalloc?: AllocationSpec;
  readonly kzalloc?: AllocationSpec;
  readonly free?: string;
  readonly set?: Readonly<Record<string, Value>>;
  readonly add?: Readonly<Record<string, number>>;
  readonly stale?: { readonly texts: readonly string[]; readonly with: string };
  readonly allocations?: AllocationsSpec;
}

/** Bytes that a contents parameter gives, or those of an object where it keeps its default. */
export interface ContentsSpec {
  readonly with: string;
  readonly like: string;
}

/** What the allocations of the step's call meet. */
export interface AllocationsSpec {
  readonly position: string;
  readonly behind: string;
  readonly previous: ContentsSpec;
  /** `as`: a name for the object behind the first slot where it is a live copy of `like`, else for `like` itself. */
  readonly neighbour: ContentsSpec & { readonly as: string };
  readonly fail?: string;
  /** The object right below another cache's struct slab. */
  readonly management?: string;
}

/** One part of the text that a checked call promises. */
export interface TextPart {
  /** A text parameter, as $name. */
  readonly of: string;
  /** Values of choice parameters that it takes for the part to be there. */
  readonly when?: Readonly<Record<string, string>>;
}

/** What a checked call promises to return. */
export interface PromiseSpec {
  /** A C string in an allocation of its own. */
  readonly text?: {
    readonly parts: readonly TextPart[];
    /** Text parameters without which the whole is empty. */
    readonly emptyWithout?: readonly string[];
    /** By the key of a choice parameter: which byte becomes which. */
    readonly replace?: {
      readonly by: string;
      readonly choices: Readonly<Record<string, { readonly from: string; readonly to: string }>>;
    };
  };
  /** What the same call returns and leaves in what it may write, done by these variants. */
  readonly like?: Readonly<Record<string, string>>;
}

/** What is checked about one call, whatever the parameters are. */
export interface CheckSpec {
  /** The function that a candidate takes the place of. */
  readonly function: string;
  /** The step whose call is watched. */
  readonly step: string;
  /** Objects that the call may read. */
  readonly reads?: readonly string[];
  /** Objects that it may change. */
  readonly writes?: readonly string[];
  readonly promise?: PromiseSpec;
  /** A later step that makes the same call with the same inputs: it must give the same text or value. */
  readonly again?: string;
  /** The int32 parameter that says which allocation fails, counted from 1. */
  readonly fail?: string;
}

/** A call into the guest. */
export interface CallSpec {
  readonly function: string;
  readonly arguments?: readonly Value[];
  readonly current?: Value;
  readonly rsp: Value;
  readonly returnTo: Value;
  readonly registers?: Readonly<Record<string, Value>>;
  readonly as?: string;
}

/** A step: what the sandbox does, then what the guest runs. */
export interface StepSpec {
  readonly says?: string;
  readonly do?: readonly OperationSpec[];
  readonly call?: CallSpec;
}

/** What must be seen at the end. */
export interface ExpectSpec {
  readonly outcome?: {
    readonly kind: 'returned' | 'bug' | 'fault' | 'budget';
    readonly at?: string;
    readonly file?: string;
    readonly line?: number;
    readonly value?: Value;
    readonly access?: string;
    readonly address?: Value;
  };
  readonly registers?: Readonly<Record<string, Value>>;
  readonly objects?: Readonly<Record<string, Value>>;
  readonly fields?: Readonly<Record<string, Value>>;
}

/** What a scenario file says, merged with what it extends. */
export interface ScenarioSpec {
  readonly name: string;
  readonly title: string;
  readonly claim?: string;
  readonly release: string;
  readonly variants?: Readonly<Record<string, string>>;
  readonly budget?: number;
  readonly parameters?: Readonly<Record<string, ParameterSpec>>;
  readonly world: WorldSpec;
  readonly steps: Readonly<Record<string, StepSpec>>;
  readonly given?: Readonly<Record<string, string | number | boolean | null | readonly string[]>>;
  readonly check?: CheckSpec;
  readonly expect: ExpectSpec;
}

/** A scenario that passed the schema. */
export class Scenario {
  constructor(
    readonly spec: ScenarioSpec,
    /** The scenario's own file last, what it extends before it. */
    private readonly sources: readonly ScenarioFile[],
  ) {}

  get name(): string {
    return this.spec.name;
  }

  /** The same with other values for some of its fields; complaints still name the files. */
  with(changes: Partial<ScenarioSpec>): Scenario {
    return new Scenario({ ...this.spec, ...changes }, this.sources);
  }

  /** Complain about a field. @throws {InputError} with the place of the field in its file */
  fail(path: FieldPath, message: string): never {
    for (const source of this.sources.toReversed()) {
      const place = source.placeOf(path);
      if (place !== undefined) throw new InputError(message, { ...place, field: formatPath(path) });
    }
    throw new InputError(message, { file: this.sources.at(-1)!.file, field: formatPath(path) });
  }
}

const MAX_EXTENDS = 8;

const check = (value: unknown, source: ScenarioFile): void => {
  const problem = validateScenario(value);
  if (problem !== undefined) throw source.error(problem.path, problem.message);
};

type Json = unknown;
const isMap = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

// RFC 7386: maps merge, everything else replaces, null removes. Keys keep their order, new ones go last.
// What null removes must be there: else it is a slip.
const merge = (base: Json, patch: Json, source: ScenarioFile, path: FieldPath = []): Json => {
  if (!isMap(patch)) return patch;
  const merged = new Map(isMap(base) ? Object.entries(base) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value !== null) merged.set(key, merge(merged.get(key), value, source, [...path, key]));
    else if (!merged.delete(key)) {
      const problem = 'null removes what an extended scenario has here, and there is nothing';
      throw source.error([...path, key], problem);
    }
  }
  return Object.fromEntries(merged);
};

// What a file that extends another says, without what it removes: the schema need not allow null everywhere.
const withoutRemovals = (value: Json): Json =>
  isMap(value)
    ? Object.fromEntries(
        Object.entries(value)
          .filter(([, entry]) => entry !== null)
          .map(([key, entry]) => [key, withoutRemovals(entry)]),
      )
    : value;

/** The folder of the scenarios that are shipped. */
export const scenarioFolder = (): string => join(packageFolder(), 'scenarios');

const folders = (libraries: readonly string[]): string[] => [
  ...libraries.map((library) => join(library, 'scenarios')),
  scenarioFolder(),
];

/** Names of all scenarios that can be named, with their files; libraries first. @throws {InputError} where a `scenarios` is no folder */
export const listScenarios = (libraries: readonly string[] = []): { name: string; file: string }[] => {
  const found = new Map<string, string>();
  for (const folder of folders(libraries)) {
    if (!existsSync(folder)) continue; // a library need not have scenarios
    for (const entry of listFolder(folder).filter((name) => name.endsWith('.yaml'))) {
      const name = basename(entry, '.yaml');
      if (!found.has(name)) found.set(name, join(folder, entry));
    }
  }
  return [...found].map(([name, file]) => ({ name, file })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
};

// A shipped scenario extends shipped ones, whatever a library has; one that extends its own name, the shipped one.
const fileOf = (reference: string, libraries: readonly string[], from?: string): string => {
  if (/[/\\]|\.ya?ml$/u.test(reference)) return resolve(from === undefined ? '.' : dirname(from), reference);
  const isShipped = from !== undefined && dirname(from) === scenarioFolder();
  const known = listScenarios(isShipped ? [] : libraries);
  const match = known.find(({ name }) => name === reference);
  if (match !== undefined && match.file === from && !isShipped) return fileOf(reference, [], from);
  if (match !== undefined) return match.file;
  const names = known.map(({ name }) => name);
  const meant = nearest(reference, names);
  const hint = meant === undefined ? '; there' : `; did you mean "${meant}"? There`;
  throw new InputError(
    `there is no scenario "${reference}"${hint} are ${names.join(', ')}; ` +
      'a file is named with its path, and --library adds a folder with scenarios of your own',
    { field: 'scenario' },
  );
};

const extendedFile = (base: string, libraries: readonly string[], source: ScenarioFile): string => {
  try {
    return fileOf(base, libraries, source.file);
  } catch (error) {
    if (error instanceof InputError) throw source.error(['extends'], error.message);
    throw error;
  }
};

/**
 * Load a scenario.
 *
 * @param reference the name of a shipped scenario or of one in a library, or the path of a file
 * @param libraries folders that hold a user's own scenarios, snippets and so on
 * @throws {InputError} when it is unknown, unreadable, no YAML, or not what the schema wants
 */
export const loadScenario = (reference: string, libraries: readonly string[] = []): Scenario => {
  const sources: ScenarioFile[] = [];
  const values: unknown[] = [];
  let own = false; // whether a file is not a shipped one
  let file = fileOf(reference, libraries);
  for (;;) {
    const source = new ScenarioFile(file);
    const { value } = source;
    if (value === null)
      throw new InputError('is empty; a scenario starts with "format: oopslab scenario 1"', { file });
    const base = isMap(value) ? value['extends'] : undefined;
    own ||= dirname(file) !== scenarioFolder();
    if (own) check(base === undefined ? value : withoutRemovals(value), source);
    sources.unshift(source);
    values.unshift(value);
    if (typeof base !== 'string') break;
    const next = extendedFile(base, libraries, source);
    if (sources.some((known) => known.file === next) || sources.length >= MAX_EXTENDS) {
      const problem = `${base} comes back to this file, or is over ${MAX_EXTENDS} files deep`;
      throw source.error(['extends'], problem);
    }
    file = next;
  }
  const whole = values.reduce((base, patch, index) => merge(base, patch, sources[index]!), {});
  const { extends: _extends, ...merged } = whole as ScenarioSpec & { extends?: string };
  if (own) check(merged, sources.at(-1)!);
  const scenario = new Scenario(merged, sources);
  const problem = findGivenProblem(merged.given ?? {});
  if (problem !== undefined) scenario.fail(['given', problem.name], problem.message);
  return scenario;
};
