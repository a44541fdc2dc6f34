// A chain for people: the symptom and the cause first, then every link.

import { greatest } from '../base/long-lists.js';
import { plural, wrap } from '../base/words.js';
import type { Link } from './link.js';
import type { Why } from './why.js';

const WHERE = { 'initial state': 'the start', 'missing write': 'a missing write' } as const;

// What a chain ends with, in a word or two.
const endOf = ({ by, inControl }: Link): string =>
  by in WHERE ? WHERE[by as keyof typeof WHERE] : inControl === true ? 'the control' : by;

const stepText = ({ step, inControl, at }: Link): string =>
  /^(?:step "|the )/u.test(at) ? '' : inControl === true ? `(${step})` : String(step);

/**
 * The chain in lines, none longer than `width` where words allow.
 *
 * @param title what the chain is of: `shm-close-bug`
 */
export const whyText = (title: string, { of, at, links, control }: Why, width: number): string[] => {
  const last = links.at(-1);
  if (last === undefined) return [`${title}: nothing is known of ${of} at ${at}`];
  const compared = control === undefined ? 'without a control' : `beside ${control}`;
  const steps = greatest(links.map((link) => stepText(link).length));
  const places = greatest(links.map((link) => link.at.length));
  const indent = ' '.repeat(steps + 2);
  return [
    `${title}: why ${of} at ${at} is what it is: ${plural(links.length, 'link')} to ${endOf(last)}, ${compared}.`,
    '',
    ...links.flatMap((link, index) => {
      const source = link.line === undefined ? '' : `  ${link.line}`;
      const head = `${stepText(link).padStart(steps)}  ${link.at.padEnd(places)}${source}`.trimEnd();
      const by = index === 0 ? '' : `[${link.by}]`;
      return [`${head}  ${by}`.trimEnd(), ...wrap(link.says, width, `${indent}  `, `${indent}  `)];
    }),
  ];
};

/** A slice in lines, one for each link. */
export const sliceText = (slice: readonly Link[]): string[] => {
  const places = Math.min(40, greatest(slice.map(({ at }) => at.length)));
  return slice.map(
    (link) =>
      `${stepText(link).padStart(8)}  ${link.at.padEnd(places)}  ${link.by.padEnd(7)}  ${link.says}${link.value === undefined ? '' : `  ${link.name} = 0x${link.value.toString(16)}`}`,
  );
};
