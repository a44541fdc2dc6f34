// `oopslab lineage`: where each named value lived and died.

import { defined } from '../base/defined.js';
import { InputError } from '../base/errors.js';
import { type Lineage, lineageOf } from '../lineage/lineage.js';
import type { Known, Value } from '../lineage/value.js';
import { chartOf } from '../lineage/chart.js';
import { lineageDocument } from '../lineage/document.js';
import { staleSince } from '../lineage/stale.js';
import { knownText, ledgerText } from '../lineage/text.js';
import type { Answer } from './command.js';
import { VIEWS, rangeOf, valuesOf } from './lineage-selection.js';
import { librariesOf, type ScenarioOptions } from './options.js';
import type { Io } from './output.js';
import { recordingOf } from './reference.js';

interface Options extends ScenarioOptions {
  readonly run?: true;
  readonly analyst?: true;
  readonly value?: string;
  readonly at?: string;
  readonly step?: string;
  readonly all?: true;
  readonly chart?: true;
  readonly json?: true;
}

const PLAIN_WIDTH = 100; // columns of output that is not a terminal

const exclusive = (options: Options, ...names: readonly (keyof Options)[]): void => {
  const given = names.filter((name) => options[name] !== undefined);
  if (given.length > 1) {
    const list = given.map((name) => `--${name}`).join(' and ');
    throw new InputError(`give one of ${list}, not both`, { field: `--${given[1]!}` });
  }
};

interface Knowledge {
  readonly state: number;
  readonly known: readonly Known[];
  /** The values of the call up to there. */
  readonly others: readonly Value[];
}

const answerAt = (lineage: Lineage, location: string, options: Options): Knowledge => {
  const range = rangeOf(lineage.recording, options.step === undefined ? { ...options, all: true } : options);
  const states = lineage.statesAt(location).filter((state) => state >= range.from && state <= range.to);
  const state = states.at(-1);
  if (state === undefined)
    throw new InputError(`${location} was not reached in step ${options.step}`, { field: '--at' });
  const step = lineage.recording.header.steps.findLast(({ from, call }) => from <= state && call !== null);
  const from = step?.from ?? 0;
  const others = valuesOf(lineage, { title: '', from, to: state }, defined({ value: options.value }));
  const ids = new Set(others.map(({ id }) => id));
  const known = lineage.knownAt(state).filter(({ value }) => ids.has(value.id));
  return { state, known, others };
};

const showAt = (lineage: Lineage, location: string, options: Options): Answer => {
  const { state, known, others } = answerAt(lineage, location, options);
  const values = known.map(({ value, places }) => ({ ...value, places: places.map(({ place }) => place) }));
  const title = `${location}, instruction ${state}, ${VIEWS[lineage.view]}`;
  return {
    json: () => lineageDocument(lineage, values),
    text: () => `${title}\n\n${knownText(lineage, state, known, others)}`,
  };
};

const show = (io: Io, lineage: Lineage, options: Options): Answer => {
  const range = rangeOf(lineage.recording, options);
  const values = valuesOf(lineage, range, options);
  const { scenario } = lineage.recording.header;
  const last = Math.max(range.from, range.to - 1);
  const title = `${scenario}, ${range.title}, instructions ${range.from} to ${last}, ${VIEWS[lineage.view]}`;
  const width = io.stdout.columns || PLAIN_WIDTH;
  const json = () => lineageDocument(lineage, values);
  if (options.chart !== true)
    return {
      json,
      text: () => `${title}\n\n${ledgerText(values, range.from, staleSince(lineage.recording))}`,
    };
  return {
    json,
    text: () => [{ text: `${title}\n\n` }, ...chartOf(lineage, values, { ...range, width })],
  };
};

export const run = (io: Io, scenario: string | undefined, options: Options) => {
  exclusive(options, 'run', 'analyst');
  exclusive(options, 'at', 'chart');
  exclusive(options, 'chart', 'json');
  exclusive(options, 'step', 'all');
  const recording = recordingOf(scenario, options);
  const analyst = options.analyst === true || (options.at !== undefined && options.run !== true);
  const view = analyst ? 'analyst' : 'run';
  const lineage = lineageOf(recording, { view, libraries: librariesOf(options) });
  return options.at === undefined ? show(io, lineage, options) : showAt(lineage, options.at, options);
};
