// Where the bad value came from, in one line: from the code, or from what a checker recorded.

import type { Claim, Statement, Sure } from '../code/statement.js';
import { isKnown } from '../code/statement.js';
import type { Explanation } from '../explain/explain.js';
import { originText, placeText } from './origin-text.js';
import { partText } from './claims.js';
import { LINE } from './fit.js';
import { shortOrigin } from './short-origin.js';

/** A sentence about an origin, and how sure it is. */
interface OriginWords {
  readonly sure: Sure;
  readonly text: string;
}

const find = <K extends Claim['kind']>(
  statements: readonly Statement[],
  register: string,
  kind: K,
): (Statement & { readonly claim: Extract<Claim, { readonly kind: K }> }) | undefined =>
  statements.find(
    (one): one is Statement & { readonly claim: Extract<Claim, { readonly kind: K }> } =>
      one.claim.kind === kind && one.about.kind === 'register' && one.about.name === register,
  );

/**
 * The origin of the value of a register, as the code shows it; `undefined` where it shows nothing.
 *
 * @param start of the function, `frob_lookup+0x0`, where the visible code begins there or before
 */
export const originOf = (
  explanation: Explanation,
  register: string,
  start?: string,
): OriginWords | undefined => {
  const { registers } = explanation;
  const name = register.toUpperCase();
  const holds = find(registers, register, 'holds');
  if (holds !== undefined && isKnown(holds.claim.origin) && holds.claim.origin.kind !== 'constant') {
    const origin = shortOrigin(holds.claim.origin, start) ?? originText(holds.claim.origin, 1);
    if (origin.length <= LINE) return { sure: holds.sure, text: `${name} is ${origin}` };
  }
  const written = find(registers, register, 'written');
  if (written !== undefined) {
    const { by, calls, orBefore, part } = written.claim;
    const [only] = by;
    if (only !== undefined && by.length === 1 && !orBefore && calls.length === 0)
      return { sure: written.sure, text: `${name} was written${partText(part)} by ${placeText(only)}` };
    const [call] = calls;
    if (by.length === 0 && call !== undefined && calls.length === 1 && register === 'rax')
      return { sure: 'likely', text: `${name} is what ${placeText(call)} returned` };
    const places = [...by, ...calls].map(({ at }) => at);
    if (places.length > 0 && places.length <= 3)
      return {
        sure: written.sure,
        text: `${name} was last written${partText(part)} at ${places.join(' or ')}${orBefore ? ', or before the visible code' : ''}`,
      };
  }
  const unwritten = find(registers, register, 'unwritten');
  if (unwritten === undefined) return undefined;
  const { since } = unwritten.claim;
  return {
    sure: unwritten.sure,
    text:
      since === null
        ? `${name} came from before the visible code: nothing in it writes ${name}`
        : `${name} came from the caller: nothing writes it after ${since}`,
  };
};
