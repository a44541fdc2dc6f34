// Scenarios: merged with what they extend, then checked.

import { basename, dirname, join, resolve } from 'node:path';
import { unknownName } from '../base/did-you-mean.js';
import { InputError } from '../base/errors.js';
import { findGivenProblem } from '../oops/given.js';
import { packageFolder } from '../base/package-folder.js';
import { isThere, listFolder } from '../base/read-file.js';
import { type FieldPath, findProblem, formatPath } from '../base/check-form.js';
import type { Code } from '../release/code.js';
import { type Release, loadRelease } from '../release/snippet.js';
import { CASE_SCENARIO, codeOfCase, isCaseFolder, moduleOf } from '../source/case-code.js';
import { refreshLibrary, structsOf } from '../source/library.js';
import { withCalls } from './calls.js';
import { DEFAULT_RETURN, DEFAULT_RSP, defaultWorldFile } from './default-world.js';
import { withFlatFields } from './nested-fields.js';
import { type FilePlace, ScenarioFile } from './file.js';
import {
  type CallSpec,
  type ScenarioSpec,
  type StepSpec,
  SCENARIO_FORMAT,
  scenarioFileForm,
  scenarioForm,
} from './form.js';

type Json = unknown;
const isMap = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A scenario whose form is right. */
export class Scenario {
  constructor(
    readonly spec: ScenarioSpec,
    /** The scenario's own file last, what it extends before it. */
    private readonly sources: readonly ScenarioFile[],
    /** The compiled C of its case, and the structs of its headers. */
    readonly code: readonly Code[] = [],
  ) {}

  get name(): string {
    return this.spec.name;
  }

  /** The same with other values for some of its fields; complaints still name the files. */
  with(changes: Partial<ScenarioSpec>): Scenario {
    return new Scenario({ ...this.spec, ...changes }, this.sources, this.code);
  }

  /** What is known of its kernel, with its own code. @param libraries folders with user snippets */
  release(libraries: readonly string[] = []): Release {
    return loadRelease(this.spec.release, libraries, this.code);
  }

  /** Where a field, or the nearest parent that a file has, stands: in the last of its files that has it. */
  placeOf(path: FieldPath): FilePlace | undefined {
    for (const source of this.sources.toReversed()) {
      const place = source.placeOf(path);
      if (place !== undefined) return place;
    }
    return undefined;
  }

  /** All of its files: its own last, what it extends before it. */
  get files(): readonly string[] {
    return this.sources.map(({ file }) => file);
  }

  /** The scenario's own file. */
  get ownFile(): string {
    return this.sources.at(-1)!.file;
  }

  /** The file that a field of the scenario is from; it is not looked for in the text, which would have to be parsed. */
  fileOf(field: keyof ScenarioSpec): string {
    const has = ({ value }: ScenarioFile): boolean => isMap(value) && Object.hasOwn(value, field);
    return (this.sources.findLast(has) ?? this.sources.at(-1)!).file;
  }

  /** Complain about a field. @throws {InputError} with the place of the field in its file */
  fail(path: FieldPath, message: string): never {
    const place = this.placeOf(path) ?? { file: this.sources.at(-1)!.file };
    throw new InputError(message, { ...place, field: formatPath(path) });
  }
}

export const MAX_EXTENDS = 8;

// RFC 7386: maps merge, everything else replaces, null removes. Keys keep their order, new ones go last.
// A field that null removes must be there, otherwise it is a slip.
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

/** The folder of the cases that are shipped. */
const caseFolder = (): string => join(packageFolder(), 'cases');

/** The folder of the scenarios that are shipped. */
const scenarioFolder = (): string => join(packageFolder(), 'scenarios');

const folders = (libraries: readonly string[]): string[] => [
  ...libraries.map((library) => join(library, 'scenarios')),
  scenarioFolder(),
];

/** Names of all scenarios that can be named, with their files; libraries first. @throws {InputError} where a `scenarios` is not a folder */
export const listScenarios = (libraries: readonly string[] = []): { name: string; file: string }[] => {
  const found = new Map<string, string>();
  for (const folder of folders(libraries)) {
    if (!isThere(folder)) continue; // a library need not have scenarios
    for (const entry of listFolder(folder).filter((name) => name.endsWith('.yaml'))) {
      const name = basename(entry, '.yaml');
      if (!found.has(name)) found.set(name, join(folder, entry));
    }
  }
  for (const folder of [...libraries.map((library) => join(library, 'cases')), caseFolder()]) {
    if (!isThere(folder)) continue;
    for (const entry of listFolder(folder)) {
      const own = join(folder, entry);
      if (!isThere(join(own, CASE_SCENARIO))) continue;
      for (const file of listFolder(own).filter((one) => one.endsWith('.yaml'))) {
        const name = file === CASE_SCENARIO ? entry : `${entry}-${basename(file, '.yaml')}`;
        if (!found.has(name)) found.set(name, join(own, file));
      }
    }
  }
  return [...found].map(([name, file]) => ({ name, file })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
};

// A shipped scenario extends shipped ones, whatever a library has; one that extends its own name, the shipped one.
const fileOf = (reference: string, libraries: readonly string[], from?: string): string => {
  if (/[/\\]|\.ya?ml$/u.test(reference)) {
    const path = resolve(from === undefined ? '.' : dirname(from), reference);
    return isCaseFolder(path) ? join(path, CASE_SCENARIO) : path;
  }
  const isShipped = from !== undefined && dirname(from) === scenarioFolder();
  const known = listScenarios(isShipped ? [] : libraries);
  const match = known.find(({ name }) => name === reference);
  if (match !== undefined && match.file === from && !isShipped) return fileOf(reference, [], from);
  if (match !== undefined) return match.file;
  const folder = resolve(from === undefined ? '.' : dirname(from), reference);
  if (isCaseFolder(folder)) return join(folder, CASE_SCENARIO);
  const names = known.map(({ name }) => name);
  throw new InputError(
    `${unknownName('scenario', reference, names)}; ` +
      'a file is named with its path, and --library adds a folder with your own scenarios',
    { field: 'scenario' },
  );
};

/**
 * The control that a scenario names, loaded; `undefined` where it names none.
 *
 * @throws {InputError} where there is no such scenario, or it is its own control
 */
export const loadControl = (scenario: Scenario, libraries: readonly string[] = []): Scenario | undefined => {
  const { control, name } = scenario.spec;
  if (control === undefined) return undefined;
  const file = scenario.fileOf('control');
  let found: string;
  try {
    found = fileOf(control, libraries, file);
  } catch (error) {
    if (error instanceof InputError) scenario.fail(['control'], error.message);
    throw error;
  }
  if (found === scenario.ownFile) return undefined; // a control that extends its scenario names itself
  const loaded = loadScenario(found, libraries);
  if (loaded.name === name) scenario.fail(['control'], `${control} is this scenario; null removes a control`);
  return loaded;
};

const extendedFile = (base: string, libraries: readonly string[], source: ScenarioFile): string => {
  try {
    return fileOf(base, libraries, source.file);
  } catch (error) {
    if (error instanceof InputError) throw source.error(['extends'], error.message);
    throw error;
  }
};

// The structs that a file takes from a header beside it.
const headerOf = (source: ScenarioFile): Code | undefined => {
  const { value, file } = source;
  const header = isMap(value) ? value['structs'] : undefined;
  if (typeof header !== 'string') return undefined;
  try {
    return structsOf(resolve(dirname(file), header));
  } catch (error) {
    if (error instanceof InputError && error.where.file === undefined)
      throw source.error(['structs'], error.message);
    throw error;
  }
};

// What the default world gives: lists that stand beside the scenario's own, a stack for each call, the module of a case.
const completed = (spec: ScenarioSpec, world: Json, module: string | undefined): ScenarioSpec => {
  const added = (name: 'memory' | 'words') => {
    const own = spec.world[name];
    const given = isMap(world) ? world[name] : undefined;
    return Array.isArray(given) && given !== own ? { [name]: [...(given as unknown[]), ...(own ?? [])] } : {};
  };
  const steps = Object.entries(spec.steps).map(([name, step]): [string, StepSpec] => {
    if (!isMap(step.call)) return [name, step];
    const { rsp = DEFAULT_RSP, returnTo = DEFAULT_RETURN } = step.call as Partial<CallSpec>;
    return [name, { ...step, call: { ...step.call, rsp, returnTo } }];
  });
  return {
    ...spec,
    world: { ...spec.world, ...added('memory'), ...added('words') },
    steps: Object.fromEntries(steps),
    ...(module === undefined ? {} : { given: { modules: [module], ...spec.given } }),
  };
};

// A world of its own has no stack that a call could take without a word.
const needPlaces = (scenario: Scenario): void => {
  for (const [name, { call }] of Object.entries(scenario.spec.steps))
    for (const field of ['rsp', 'returnTo'] as const)
      if (call !== undefined && call[field] === undefined)
        scenario.fail(
          ['steps', name, 'call'],
          `the field "${field}" is missing: only the default world, of a scenario without "world", has one`,
        );
};

/**
 * Load a scenario.
 *
 * @param reference the name of a shipped scenario or of one in a library, or the path of a file
 * @param libraries folders with user-supplied scenarios, snippets and so on
 * @throws {InputError} when it is unknown, unreadable, not YAML, or not of the form of a scenario
 */
export const loadScenario = (reference: string, libraries: readonly string[] = []): Scenario => {
  const sources: ScenarioFile[] = [];
  const values: unknown[] = [];
  let own = false; // whether a file is not a shipped one
  let folder: string | undefined; // the case that it is of
  let file = fileOf(reference, libraries);
  for (;;) {
    const source = new ScenarioFile(file);
    const { value } = source;
    if (value === null)
      throw new InputError(`is empty; a scenario starts with "format: ${SCENARIO_FORMAT}"`, { file });
    const base = isMap(value) ? value['extends'] : undefined;
    const isDefault = file === defaultWorldFile();
    own ||= dirname(file) !== scenarioFolder();
    if (own && !isDefault) source.read(scenarioFileForm);
    sources.unshift(source);
    values.unshift(own ? withFlatFields(withCalls(source)) : withCalls(source));
    if (isCaseFolder(dirname(file))) folder ??= dirname(file);
    if (typeof base !== 'string') {
      if (isDefault || !isMap(value) || (folder === undefined && value['world'] !== undefined)) break;
      file = defaultWorldFile();
      continue;
    }
    const next = extendedFile(base, libraries, source);
    if (sources.some((known) => known.file === next) || sources.length >= MAX_EXTENDS) {
      const problem = `${base} comes back to this file, or is over ${MAX_EXTENDS} files deep`;
      throw source.error(['extends'], problem);
    }
    file = next;
  }
  const whole = values.reduce((base, patch, index) => merge(base, patch, sources[index]!), {});
  const { extends: _extends, ...merged } = whole as ScenarioSpec & { extends?: string };
  for (const library of libraries) refreshLibrary(library);
  const code = [
    ...sources.flatMap((source) => headerOf(source) ?? []),
    ...(folder === undefined ? [] : [codeOfCase(folder)]),
  ];
  const isDefault = sources[0]!.file === defaultWorldFile();
  const spec = isDefault
    ? completed(merged, (values[0] as { world?: Json }).world, folder && moduleOf(folder))
    : merged;
  const scenario = new Scenario(spec, sources, code);
  const wrong = own ? findProblem(scenarioForm, spec) : undefined;
  if (wrong !== undefined) scenario.fail(wrong.path, wrong.message);
  if (own && !isDefault) needPlaces(scenario);
  const problem = findGivenProblem(spec.given ?? {});
  if (problem !== undefined) scenario.fail(['given', problem.name], problem.message);
  return scenario;
};
