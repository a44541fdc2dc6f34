// What a conditional jump went by, in a sentence: `0x5c >= 0x40`.

import { hex } from '../base/address.js';
import { errorText } from '../reading/objects.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import { conditionHolds } from '../x86/transfer.js';
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

// How a comparison takes its operands: as they are best told, without a sign, or with one.
type Numbers = 'any' | 'unsigned' | 'signed';

const numberText = (view: RunView, value: bigint, size: number, step: number, numbers: Numbers): string => {
  if (numbers === 'any') return view.valueText(value, size, step);
  const bits = BigInt.asUintN(size * 8, value);
  const signed = BigInt.asIntN(size * 8, value);
  if (numbers === 'signed' && signed < 0n) return String(signed);
  const error = size === 8 ? errorText(bits) : undefined;
  if (error !== undefined) return `${hex(bits)} (${error})`;
  return bits < 10n ? String(bits) : bits < SMALL && size > 1 ? `${hex(bits)} (${bits})` : hex(bits);
};

/** Numbers up to this are told in decimal, too. */
const SMALL = 1n << 32n;

const textOf = (
  view: RunView,
  operand: Operand,
  place: Place | undefined,
  step: number,
  { numbers, size: width }: { readonly numbers: Numbers; readonly size: number },
): string => {
  if (operand.kind === 'immediate') return numberText(view, operand.value, width, step, numbers);
  const value = place === undefined ? undefined : view.value(place, step);
  if (place === undefined || value === undefined) return 'a value';
  const size = place.kind === 'register' || place.kind === 'memory' ? place.size : 8;
  return `${nameOf(view, place, step)} = ${numberText(view, value, size, step, numbers)}`;
};

// Conditions that compare numbers, by how they take them.
const NUMBERS: readonly Numbers[] = [
  'any', 'any', 'unsigned', 'unsigned', 'any', 'any', 'unsigned', 'unsigned', 'any', 'any', 'any', 'any', 'signed', 'signed',
  'signed', 'signed',
]; // prettier-ignore

// What conditions say of a result.
const ZERO: Readonly<Record<number, string>> = {
  4: '= 0', 5: '!= 0', 8: '< 0', 9: '>= 0', 12: '< 0', 13: '>= 0', 14: '<= 0', 15: '> 0',
}; // prettier-ignore

const sentence = (view: RunView, site: Site, step: number, reads: readonly Touch[], held: number): string => {
  const { operation } = site.transfer;
  const [first, second] = site.operands;
  if (first === undefined || held < 0) return `by the flags of ${operation}`;
  const word = WORDS[held]!;
  const how = { numbers: NUMBERS[held]!, size: first.size };
  const [one, other] = [first, second].map(
    (operand) => operand && textOf(view, operand, placeOf(operand, reads), step, how),
  );
  if (operation === 'cmp' && other !== undefined)
    return /^[<>=!]/u.test(word) ? `${one} ${word} ${other}` : `${one} less ${other}: ${word}`;
  if (operation === 'test') {
    const same = first.kind === 'register' && second?.kind === 'register' && first.at === second.at;
    if (same && word === '=') return String(one);
    if (same) return `${one}${word === '!=' ? ', not 0' : `, ${ZERO[held] ?? word}`}`;
    return `${one} & ${other} ${ZERO[held] ?? word}`;
  }
  const result = (ZERO[held] ?? word).replace(/^= /u, '').replace(/^!= /u, 'not ');
  return `the result of ${operation} (${one}) is ${result}`;
};

/**
 * What a step that acts by a condition went by: a jump, a conditional move or set.
 *
 * @param step of that instruction
 * @param flags the step that set its flags
 */
export const comparedAt = (view: RunView, step: number, flags: number): Compared => {
  const { trace } = view;
  const jump = trace.siteOf(step);
  const site = trace.siteOf(flags);
  const { reads } = trace.touches(flags);
  const condition = jump.flags?.condition ?? -1;
  const rflags = Number(trace.register(step, REGISTER_INDEX.rflags) & 0xfffn);
  const held = condition < 0 ? -1 : conditionHolds(condition, rflags) ? condition : condition ^ 1;
  const places = site.operands.flatMap((operand) => placeOf(operand, reads) ?? []);
  return { step: flags, places, text: sentence(view, site, flags, reads, held) };
};
