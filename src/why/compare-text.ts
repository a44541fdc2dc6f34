// What a conditional jump went by, in a sentence: `0x5c >= 0x40`.

import type { Place } from './place.js';
import type { Operand, Site } from './site.js';
import type { Touch } from './trace.js';
import type { RunView } from './view.js';

/** What was compared, and how it came out. */
export interface Compared {
  /** Step of the instruction that set the flags. */
  readonly step: number;
  /** The operands that are not in the instruction, the first one first. */
  readonly places: readonly Place[];
  /** `rax = -22 (-EINVAL) > 0xfffffffffffff000` */
  readonly text: string;
}

const WORDS: readonly string[] = [
  'overflow', 'no overflow', '<', '>=', '=', '!=', '<=', '>', 'negative', 'not negative', 'even parity', 'odd parity',
  '<', '>=', '<=', '>',
]; // prettier-ignore
const SIGNED = 12; // conditions from here on compare signed numbers

const placeOf = (operand: Operand, reads: readonly Touch[]): Place | undefined => {
  if (operand.kind === 'register') return { kind: 'register', at: operand.at, size: operand.size };
  const [read] = reads;
  return operand.kind === 'memory' && read !== undefined
    ? { kind: 'memory', address: read.address, size: Math.min(8, read.size) }
    : undefined;
};

const nameOf = (view: RunView, place: Place, step: number): string => {
  const variable = view.variable(place, step);
  const name = view.placeName(place, step);
  return variable === undefined ? name : `${variable} (${name})`;
};

const textOf = (view: RunView, operand: Operand, place: Place | undefined, step: number): string => {
  if (operand.kind === 'immediate') return view.valueText(operand.value, operand.size, step);
  const value = place === undefined ? undefined : view.value(place, step);
  if (place === undefined || value === undefined) return 'a value';
  const size = place.kind === 'register' || place.kind === 'memory' ? place.size : 8;
  return `${nameOf(view, place, step)} = ${view.valueText(value, size, step)}`;
};

// Whether a jump was taken decides between a condition and its opposite.
const wordOf = (site: Site, isTaken: boolean): { word: string; signed: boolean } => {
  const condition = site.flags?.condition ?? -1;
  if (condition < 0) return { word: '', signed: false };
  const held = isTaken ? condition : condition ^ 1;
  return { word: WORDS[held]!, signed: held >= SIGNED };
};

const comparesWithZero = (word: string, signed: boolean): string => {
  if (word === '=' || word === '!=') return `${word} 0`;
  if (word === 'negative') return '< 0';
  if (word === 'not negative') return '>= 0';
  return signed ? `${word} 0` : word;
};

const sentence = (
  view: RunView,
  site: Site,
  step: number,
  reads: readonly Touch[],
  word: string,
  signed: boolean,
): string => {
  const { operation } = site.transfer;
  const [first, second] = site.operands;
  if (first === undefined) return `the flags of ${operation}`;
  const [one, other] = [first, second].map(
    (operand) => operand && textOf(view, operand, placeOf(operand, reads), step),
  );
  if (operation === 'cmp' && other !== undefined) return `${one} ${word} ${other}`;
  if (operation === 'test') {
    const same = first.kind === 'register' && second?.kind === 'register' && first.at === second.at;
    if (same && word === '=') return String(one);
    if (same) return `${one}${word === '!=' ? ', not 0' : ` ${comparesWithZero(word, signed)}`}`;
    return `${one} & ${other} ${comparesWithZero(word, signed)}`;
  }
  const zero = comparesWithZero(word, signed)
    .replace(/^= /u, '')
    .replace(/^!= 0$/u, 'what is not 0');
  return `${operation} gives ${zero} (${one})`;
};

/**
 * What a step's jump went by.
 *
 * @param step of a conditional jump
 * @param flags the step that set its flags
 */
export const comparedAt = (view: RunView, step: number, flags: number): Compared => {
  const { trace } = view;
  const jump = trace.siteOf(step);
  const site = trace.siteOf(flags);
  const { reads } = trace.touches(flags);
  const isTaken = trace.siteOf(step + 1).address !== jump.address + BigInt(jump.length);
  const { word, signed } = wordOf(jump, isTaken);
  const places = site.operands.flatMap((operand) => placeOf(operand, reads) ?? []);
  return { step: flags, places, text: sentence(view, site, flags, reads, word, signed) };
};
