// The text of a counterexample as a scenario file: YAML for people, with comments. Writes no file and runs nothing.

import { escapeInvisible, findInvisible } from '../../base/visible-text.js';
import { wrap } from '../../base/words.js';
import { type Parameters, formatParameters } from '../../scenario/parameters.js';
import type { Outcome } from '../../recording/recording.js';
import type { Scenario } from '../../scenario/scenario.js';
import { type PropertyName, propertyOf } from '../property/properties.js';

interface KeptCase {
  /** Name of the scenario, as its file's. */
  readonly name: string;
  /** The scenario that it is a world of, and how the file refers to it. */
  readonly scenario: Scenario;
  /** A contents parameter that the scenario has not, for its checked step's `call.stack`; undefined for none. */
  readonly added?: string | undefined;
  readonly reference: string;
  readonly candidate: string;
  readonly variants: Readonly<Record<string, string>>;
  readonly property: PropertyName;
  readonly world: Parameters;
  /** How a run of it ends. */
  readonly outcome: Outcome;
  /** Sentences for comments, such as which parameters matter; one may be indented. */
  readonly notes: readonly string[];
}

const WIDTH = 118;

// Text that reads the same in single quotes as without: letters and signs on one line, nothing invisible.
const PLAIN = /^[\x20-\x7e\p{L}\p{N}\p{P}\p{S}]*$/u;

const escaped = (char: string): string => {
  if (char === '"' || char === '\\') return `\\${char}`;
  if (PLAIN.test(char) && findInvisible(char) === undefined) return char;
  const code = char.codePointAt(0)!;
  return code > 0xffff
    ? `\\U${code.toString(16).padStart(8, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
};

/** A text as YAML, always quoted, so that `no`, `~`, `0x10` and `1e3` stay texts. */
export const quote = (text: string): string =>
  PLAIN.test(text) && findInvisible(text) === undefined
    ? `'${text.replaceAll("'", "''")}'`
    : `"${[...text].map(escaped).join('')}"`;

const comment = (text: string): string[] => {
  const indent = /^ */u.exec(text)![0];
  return wrap(text, WIDTH, `# ${indent}`, `# ${indent}${indent}`);
};

const valueText = (value: string | number): string =>
  typeof value === 'number' ? String(value) : quote(value);

// A contents parameter whose word is its default would lose the word with it.
const likeText = (scenario: Scenario, name: string): string => {
  const spec = scenario.spec.parameters?.[name];
  return spec?.type !== 'contents' || spec.like !== undefined ? '' : `, like: ${quote(String(spec.default))}`;
};

const parameterLines = ({ scenario, world, added }: KeptCase): string[] =>
  Object.entries(formatParameters(world)).map(([name, value]) => {
    if (name !== added) return `  ${name}: { default: ${valueText(value)}${likeText(scenario, name)} }`;
    const { max = 64, help = '' } = scenario.spec.parameters![name]!;
    return `  ${name}: { type: contents, default: ${valueText(value)}, max: ${max}, help: ${quote(help)} }`;
  });

const stepLines = ({ scenario, added }: KeptCase): string[] =>
  added === undefined
    ? []
    : [
        '',
        ...comment('What lies where nobody wrote when the call is made.'),
        'steps:',
        `  ${quote(scenario.spec.check!.step)}: { call: { stack: ${quote(`$${added}`)} } }`,
      ];

// Fields of an outcome that a scenario can expect, besides the kind, which it always does.
const EXPECTED: readonly string[] = ['at', 'file', 'line', 'value', 'access', 'address'];

// Expectations of the extended scenario are removed where the end differs.
const expectLines = ({ scenario, outcome }: KeptCase): string[] => {
  const { outcome: before = {}, ...others } = scenario.spec.expect;
  const fields = Object.entries<string | number>(outcome).filter(([name]) => EXPECTED.includes(name));
  const gone = Object.keys(before).filter(
    (name) => name !== 'kind' && fields.every(([field]) => field !== name),
  );
  return [
    'expect:',
    '  outcome:',
    `    kind: ${outcome.kind}`,
    ...fields.map(([name, value]) => `    ${name}: ${valueText(value)}`),
    ...gone.map((name) => `    ${name}: null`),
    ...Object.entries(others)
      .filter(([, value]) => value !== undefined)
      .map(([name]) => `  ${name}: null`),
  ];
};

/** The whole file. */
export const keptText = (kept: KeptCase): string => {
  const { name, scenario, reference, candidate, variants, property, notes } = kept;
  const checked = scenario.spec.check?.function ?? 'the function';
  const what = propertyOf(property).breaks;
  const variantLines = Object.entries(variants).map(([of, variant]) => `  ${quote(of)}: ${quote(variant)}`);
  const lines = [
    ...comment(`A world in which ${candidate} breaks the property ${property}, kept by "oopslab check".`),
    ...comment('The next check of this candidate tries it first. Delete the file to forget it.'),
    'format: oopslab scenario 1',
    `name: ${name}`,
    `extends: ${quote(reference)}`,
    `title: ${quote(`${candidate} breaks ${property}: it ${what}`)}`,
    `claim: ${quote(`With these parameters ${checked}(), as the candidate ${candidate} has it, ${what}.`)}`,
    ...(variantLines.length === 0
      ? []
      : ['', '# The code of the candidate, by function.', 'variants:', ...variantLines]),
    '',
    ...comment('The world. Texts have \\xHH for a byte and \\\\ for a backslash.'),
    ...notes.flatMap(comment),
    'parameters:',
    ...parameterLines(kept),
    ...stepLines(kept),
    '',
    ...comment('How the whole run ends. That the property is broken does not depend on it.'),
    ...expectLines(kept),
  ];
  return escapeInvisible(`${lines.join('\n')}\n`);
};
