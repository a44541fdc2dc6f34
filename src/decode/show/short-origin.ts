// An origin as an address expression, for one line: `[[rbx+0x18]+0x10]`.

import { hex } from '../../base/address.js';
import { ARGUMENT_REGISTERS } from '../../x86/registers.js';
import { hasOtherArguments } from '../code/fragment.js';
import type { Origin } from '../code/statement.js';
import { addressText } from './origin-text.js';

const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'] as const;

const signed = (value: bigint): string => (value < 0n ? `-${hex(-value)}` : `+${hex(value)}`);

const sized = (text: string, size: number): string => (size === 8 ? text : `${text}:${size}`);

/** The leaves of an expression that need a word: what `rdi` is, or which call returned. */
const leaves = (origin: Origin, start: string | undefined): string[] => {
  switch (origin.kind) {
    case 'entry': {
      const at = origin.at ?? start;
      if (at === undefined) return [`${origin.register} as it was before the visible code`];
      const position = (ARGUMENT_REGISTERS as readonly string[]).indexOf(origin.register);
      const isArgument = position >= 0 && at.endsWith('+0x0') && !hasOtherArguments(at.slice(0, -4));
      return [
        isArgument
          ? `${origin.register} at ${at}, its ${ORDINALS[position]!} argument`
          : `${origin.register} at ${at}`,
      ];
    }
    case 'argument':
      return [`${origin.name}, an argument of ${origin.of}`];
    case 'result':
      return [`the result of ${origin.by.at} (${origin.by.text})`];
    case 'left':
      return [`left by ${origin.by.at} (${origin.by.text})`];
    case 'sum':
    case 'part':
      return leaves(origin.of, start);
    case 'load':
      return leaves(origin.address, start);
    case 'computed':
      return origin.from.flatMap((one) => leaves(one, start));
    default:
      return [];
  }
};

/** `undefined` where the expression would have a part without a name. */
const expression = (origin: Origin): string | undefined => {
  switch (origin.kind) {
    case 'entry':
    case 'left':
      return origin.register;
    case 'constant':
      return hex(origin.value);
    case 'address':
      return origin.of.startsWith('%') ? addressText(origin) : undefined;
    case 'argument':
      return origin.name;
    case 'result':
      return origin.name ?? 'result';
    case 'sum': {
      const of = expression(origin.of);
      return origin.name ?? (of === undefined ? undefined : `${of}${signed(BigInt.asIntN(64, origin.plus))}`);
    }
    case 'part': {
      const of = expression(origin.of);
      return origin.name ?? (of === undefined ? undefined : `(low ${origin.size * 8} bits of ${of})`);
    }
    case 'load': {
      const address = expression(origin.address);
      return origin.name ?? (address === undefined ? undefined : sized(`[${address}]`, origin.size));
    }
    case 'computed':
      return origin.expression ?? origin.name;
    default:
      return undefined;
  }
};

/** The last instruction that made it. */
const maker = (origin: Origin): string | undefined =>
  origin.kind === 'load' || origin.kind === 'computed' ? origin.by.at : undefined;

/**
 * An origin in one line: `[[rbx+0x18]+0x10], loaded at frob_lookup+0x26; rbx as it was before the visible code`.
 * `undefined` where only sentences can say it.
 *
 * @param start of the function, `frob_lookup+0x0`, where the visible code begins there or before
 */
export const shortOrigin = (origin: Origin, start?: string): string | undefined => {
  const text = expression(origin);
  if (text === undefined) return undefined;
  const [leaf] = leaves(origin, start);
  const by = maker(origin);
  const made = by === undefined ? '' : `, ${origin.kind === 'load' ? 'loaded' : 'made'} at ${by}`;
  if (leaf === undefined) return `${text}${made}`;
  return origin.kind === 'entry' || origin.kind === 'result' || origin.kind === 'left'
    ? leaf
    : `${text}${made}; ${leaf}`;
};
