// Origins in words.

import { hex } from '../../base/address.js';
import { type CodePlace, type Origin, isKnown } from '../code/statement.js';

/** `shm_close+0x3 (push %rbx)`. */
export const placeText = ({ at, text, call }: CodePlace): string =>
  call === undefined ? `${at} (${text})` : `${at} (${text}), called at ${call},`;

const signed = (value: bigint): string => (value < 0n ? `-${hex(-value)}` : `+${hex(value)}`);

/** `frob_table+0x18`, and of a segment `%gs:0x1fbc0`, as objdump writes it. */
export const addressText = ({ of, plus }: Extract<Origin, { readonly kind: 'address' }>): string =>
  of.startsWith('%') ? `${of}:${hex(plus)}` : `${of}${signed(plus)}`;

const short = (origin: Origin): string | undefined => {
  switch (origin.kind) {
    case 'argument':
      return origin.name;
    case 'entry':
      return origin.at === null ? `the earlier ${origin.register}` : `${origin.register} at ${origin.at}`;
    case 'constant':
      return hex(origin.value);
    case 'address':
      return addressText(origin);
    case 'unknown':
      return undefined;
    case 'left':
      return `the value that ${origin.by.at} left in ${origin.register}`;
    default:
      return 'name' in origin ? origin.name : undefined;
  }
};

/** An origin in a few words, by its C name where it has one. */
export const originText = (origin: Origin, depth = 2): string => {
  const name = short(origin);
  switch (origin.kind) {
    case 'unknown':
      return 'an unknown value';
    case 'constant':
      return `the constant ${hex(origin.value)}`;
    case 'address':
      return origin.of.startsWith('%') ? addressText(origin) : `the address ${addressText(origin)}`;
    case 'argument':
      return `the argument ${origin.name} of ${origin.of}, which came in ${origin.register}`;
    case 'entry':
      return origin.at === null
        ? `the value of ${origin.register} before the visible code`
        : `the value of ${origin.register} at ${origin.at}`;
    case 'left':
      return `the value that the call ${placeText(origin.by)} left in ${origin.register}`;
    case 'result':
      return `the value that the call ${placeText(origin.by)} returned`;
    case 'sum': {
      const base = short(origin.of) ?? originText(origin.of, depth - 1);
      const sum = `${base.includes(' ') ? `(${base})` : base}${signed(origin.plus)}`;
      return name === undefined ? sum : `${name} (${sum})`;
    }
    case 'part': {
      const sign = origin.signed ? ', sign-extended' : '';
      const base = short(origin.of) ?? originText(origin.of, depth - 1);
      return `the low ${origin.size * 8} bits${sign} of ${base}`;
    }
    case 'load': {
      const loaded = `the ${origin.size === 1 ? 'byte' : `${origin.size} bytes`} that ${placeText(origin.by)} read`;
      if (name !== undefined) return `${name}, ${loaded}`;
      return depth > 0 && isKnown(origin.address)
        ? `${loaded} at ${originText(origin.address, depth - 1)}`
        : loaded;
    }
    case 'computed': {
      const mask =
        origin.bits === undefined
          ? ''
          : origin.bits === 1
            ? ' (its lowest bit)'
            : ` (its low ${origin.bits} bits)`;
      const made = `what ${placeText(origin.by)} made${mask}`;
      const from = origin.from.filter(isKnown);
      const meaning = origin.expression === undefined ? '' : ` = ${origin.expression}`;
      const whole = name === undefined ? made : `${name}${meaning}, ${made}`;
      if (from.length === 0 || depth <= 0) return whole;
      return `${whole} of ${[...new Set(from.map((one) => originText(one, depth - 1)))].join(' and ')}`;
    }
  }
};
