// `oopslab scenarios`: what can be replayed.

import type { TypeOf } from '../base/form.js';
import type { ScenarioSpec } from '../scenario/form.js';
import type { brokenScenarioForm, scenarioEntryForm } from './forms.js';
import { InputError } from '../base/errors.js';
import { wrap } from '../base/words.js';
import { greatest } from '../base/long-lists.js';
import { listScenarios, loadScenario } from '../scenario/scenario.js';
import { type LibraryOptions, librariesOf } from './options.js';
import type { Io } from './output.js';

type ScenarioEntry = TypeOf<typeof scenarioEntryForm>;

type BrokenScenario = TypeOf<typeof brokenScenarioForm>;

// `BUG at shm_close+0x3e`
const symptomOf = (outcome: ScenarioSpec['expect']['outcome']): string | null => {
  if (outcome === undefined) return null;
  const { kind, at, access, address } = outcome;
  const words = { bug: 'BUG', fault: 'fault', returned: 'returns', budget: 'does not end' }[kind];
  if (at !== undefined) return `${words} at ${at}`;
  return access === undefined || address === undefined ? words : `${words}: ${access} at ${address}`;
};

const describe = (name: string, libraries: readonly string[]): ScenarioEntry | BrokenScenario => {
  try {
    const { spec } = loadScenario(name, libraries);
    return {
      name,
      title: spec.title,
      claim: spec.claim ?? null,
      symptom: symptomOf(spec.expect.outcome),
      cause: spec.cause === undefined ? null : { kind: spec.cause.kind, source: spec.cause.source ?? null },
      control: spec.cause === undefined ? null : (spec.control ?? null),
      release: spec.release,
      parameters: Object.fromEntries(
        Object.entries(spec.parameters ?? {}).map(([key, { type, default: value, help }]) => [
          key,
          { type, default: value, help: help ?? null },
        ]),
      ),
    };
  } catch (error) {
    if (error instanceof InputError) return { name, problem: error.message };
    throw error;
  }
};

const WIDTH = 100;

const parametersOf = (entry: ScenarioEntry | BrokenScenario): string[] => {
  const parameters = 'problem' in entry ? [] : Object.entries(entry.parameters);
  const settings = parameters.map(([name, { default: value }]) => `${name}=${value}`);
  return settings.length === 0 ? [] : wrap(settings.join(', '), WIDTH, '    parameters: ', '      ');
};

// What each parameter means; once for scenarios with the same help for it.
const explain = (entries: readonly (ScenarioEntry | BrokenScenario)[]): string[] => {
  const lines = new Set<string>();
  for (const entry of entries) {
    if ('problem' in entry) continue;
    for (const [name, { type, help }] of Object.entries(entry.parameters))
      lines.add(`${name} (${type})${help === null ? '' : `: ${help}`}`);
  }
  return [...lines].flatMap((line) => wrap(line, WIDTH, '  ', '    '));
};

const HEAD = ['scenario', 'symptom', 'cause', 'modelled on', 'control'];

// The bugs, each with what is seen of it and what is behind that.
const bugs = (entries: readonly (ScenarioEntry | BrokenScenario)[]): string[] => {
  const rows = entries.flatMap((entry) =>
    'problem' in entry || entry.cause === null
      ? []
      : [
          [
            entry.name,
            entry.symptom ?? '-',
            entry.cause.kind,
            entry.cause.source ?? '-',
            entry.control ?? '-',
          ],
        ],
  );
  if (rows.length === 0) return [];
  const widths = HEAD.map((_, column) => greatest([HEAD, ...rows].map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd();
  return ['Bugs, by symptom and cause:', line(HEAD), ...rows.map(line), '', 'All scenarios:'];
};

const format = (entries: readonly (ScenarioEntry | BrokenScenario)[]): string => {
  const width = greatest(entries.map(({ name }) => name.length));
  const explained = explain(entries);
  return [
    ...bugs(entries),
    ...entries.flatMap((entry) => [
      `${entry.name.padEnd(width)}  ${'problem' in entry ? `cannot be used: ${entry.problem}` : entry.title}`,
      ...parametersOf(entry),
    ]),
    ...(explained.length === 0 ? [] : ['', 'Parameters, with their defaults above:', ...explained]),
  ].join('\n');
};

export const run = (_io: Io, options: LibraryOptions) => {
  const libraries = librariesOf(options);
  const entries = listScenarios(libraries).map(({ name }) => describe(name, libraries));
  return { json: () => ({ scenarios: entries }), text: () => format(entries) };
};
