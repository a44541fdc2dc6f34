// `oopslab why`: from a value back to its cause, link by link.

import { statSync } from '../host/files.js';
import { InputError } from '../base/errors.js';
import { Case } from '../reading/case.js';
import { listScenarios } from '../scenario/scenario.js';
import { whyDocument } from '../why/document.js';
import { whyDot } from '../why/dot.js';
import type { Link } from '../why/link.js';
import { sliceLinks } from '../why/slice-links.js';
import { sliceText, whyText } from '../why/text.js';
import { WhyCase } from '../why/why.js';
import { type ScenarioOptions, librariesOf } from './options.js';
import type { Io } from './output.js';
import { runsOf } from './reference.js';

interface Options extends ScenarioOptions {
  readonly control?: string;
  readonly all?: true;
  readonly dot?: true;
  readonly json?: true;
}

const PLAIN_WIDTH = 100; // columns of output that is not a terminal

const isScenario = (text: string, libraries: readonly string[]): boolean =>
  /[/\\]|\.ya?ml$/u.test(text) ||
  listScenarios(libraries).some(({ name }) => name === text) ||
  statSync(text, { throwIfNoEntry: false }) !== undefined;

// One argument is a scenario if there is one of that name, otherwise a place.
const split = (
  first: string | undefined,
  second: string | undefined,
  options: Options,
): { scenario: string | undefined; place: string | undefined } => {
  if (options.recording !== undefined && second !== undefined)
    throw new InputError(`give a scenario or --recording, not both (found scenario "${first}")`, {
      field: '--recording',
    });
  if (first === undefined || second !== undefined) return { scenario: first, place: second };
  const isPlace = options.recording !== undefined || !isScenario(first, librariesOf(options));
  return isPlace ? { scenario: undefined, place: first } : { scenario: first, place: undefined };
};

const exclusive = ({ all, dot, json }: Options): void => {
  const given = Object.entries({ '--all': all, '--json': json, '--dot': dot }).filter(
    ([, value]) => value === true,
  );
  if (dot === true && given.length > 1)
    throw new InputError(`give one of ${given.map(([name]) => name).join(' and ')}, not both`, {
      field: '--dot',
    });
};

// The step that a reader will want to see: that of the damage, otherwise the last one of this run.
const placeToGo = (links: readonly Link[]): number => {
  const here = links.filter(({ inControl, at }) => inControl !== true && /\+0x|^0x/u.test(at));
  const damage = here.find(({ by }) => ['out-of-bounds write', 'use after free', 'double free'].includes(by));
  return (damage ?? here.at(-1))?.step ?? 0;
};

export const run = (io: Io, first: string | undefined, second: string | undefined, options: Options) => {
  exclusive(options);
  const { scenario, place } = split(first, second, options);
  const { run: recording, control: controlOf } = runsOf(scenario, options);
  const control = controlOf();
  const libraries = librariesOf(options);
  const why = new WhyCase(new Case(recording, libraries), control && new Case(control, libraries));
  const asked = place === undefined ? undefined : why.place(place);
  const found = why.explain(asked);
  const { scenario: title } = recording.header;
  const slice = options.all === true ? sliceLinks(why.view, why.slice(asked)) : undefined;
  const width = io.stdout.columns || PLAIN_WIDTH;
  const next = placeToGo(found.links);
  return {
    json: () => whyDocument(title, found, slice),
    text: () => {
      if (options.dot === true) return whyDot(title, found);
      const chain = whyText(title, found, width);
      if (slice !== undefined)
        return [...chain, '', `The whole slice, ${slice.length} entries:`, ...sliceText(slice)].join('\n');
      const name = scenario ?? (options.recording === undefined ? '' : `--recording ${options.recording}`);
      return [
        ...chain,
        '',
        `Go there: oopslab step${name === '' ? '' : ` ${name}`}, then :${next} and Enter. All that it depends on: --all.`,
      ].join('\n');
    },
  };
};
