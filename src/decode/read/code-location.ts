// Reads the ways in which kernels print a place in code.
// Sources: printk_address(), arch/x86_64/kernel/traps.c, v2.6.9 (`{symbol+12}`) and v2.6.18 (`symbol+0xc/0x40`);
// %pB, lib/vsprintf.c, v2.6.37 and later; module_address_lookup() with build ids, v5.14.

import { defined, numberIn } from '../../base/defined.js';
import type { CodeLocation } from './report.js';

const NAMED =
  /^([A-Za-z_.$][\w.$-]{0,255})\+0x([0-9a-f]{1,12})(?:\/0x([0-9a-f]{1,12}))?(?:\s{1,4}\[([\w.-]{1,64})(?:\([A-Z+-]{0,8}\))?(?: ([0-9a-f]{8,64}))?\])?/u;
const BRACED = /^<?([0-9a-f]{8,16})?>?\{(?::([\w-]{1,64}):)?([\w.$]{1,255})([+-]\d{1,9})\}/u;
const BRACKETED = /^\[<([0-9a-f]{8,16}|\s{0,12}\(null\))>\]\s{0,12}/u;
// The output of decode_stacktrace.sh for `symbol+0x3e/0xb0`, without the offset.
const SOURCED = /^([A-Za-z_$][\w.$-]{0,255})(?= \((?:[^()\s]{1,250}:\d{1,6}\b|\?\?:))/u;
const BARE = /^0x([0-9a-f]{1,16})\b/u;

/** A place, and how many characters of the text it took. */
export interface FoundLocation {
  readonly location: CodeLocation;
  readonly length: number;
  /** Whether the symbol is in braces, as before 2.6.18. */
  readonly braced: boolean;
}

/** `symbol+0x3e/0xb0 [module]` at the start of a text. */
export const findNamed = (text: string): FoundLocation | undefined => {
  const found = NAMED.exec(text);
  if (found === null) return undefined;
  const [whole, symbol, offset, size, module, buildId] = found;
  return {
    location: defined({
      symbol: symbol!,
      offset: Number.parseInt(offset!, 16),
      size: numberIn(size, 16),
      module,
      buildId,
    }),
    length: whole.length,
    braced: false,
  };
};

const findBraced = (text: string): FoundLocation | undefined => {
  const found = BRACED.exec(text);
  if (found === null) return undefined;
  const [whole, address, module, symbol, offset] = found;
  return {
    location: defined({
      address: address === undefined ? undefined : BigInt(`0x${address}`),
      symbol: symbol!,
      offset: Number(offset),
      module,
    }),
    length: whole.length,
    braced: true,
  };
};

/**
 * The place that a text starts with, in any of the kernel's forms: `[<address>] [<address>] symbol+0x3e/0xb0 [module]`,
 * `<address>{:module:symbol+62}`, `symbol+0x3e/0xb0`, `0xaddress`.
 */
export const findLocation = (text: string): FoundLocation | undefined => {
  let rest = text.trimStart();
  let address: bigint | undefined;
  for (let times = 0; times < 2; times += 1) {
    const bracketed = BRACKETED.exec(rest);
    if (bracketed === null) break;
    address = bracketed[1]!.endsWith(')') ? 0n : BigInt(`0x${bracketed[1]}`);
    rest = rest.slice(bracketed[0].length);
  }
  const taken = text.length - rest.length;
  const mark = /^\?\s{0,4}/u.exec(rest)?.[0].length ?? 0;
  rest = rest.slice(mark);
  const named = findNamed(rest) ?? findBraced(rest);
  if (named !== undefined) {
    const location = { ...defined({ address }), ...named.location };
    return { location, length: taken + mark + named.length, braced: named.braced };
  }
  const sourced = SOURCED.exec(rest);
  if (sourced !== null) {
    const symbol = sourced[1]!;
    const location = defined({ address, symbol });
    return { location, length: taken + mark + symbol.length, braced: false };
  }
  const bare = BARE.exec(rest);
  if (bare !== null) {
    return {
      location: { address: address ?? BigInt(bare[0]) },
      length: taken + mark + bare[0].length,
      braced: false,
    };
  }
  const nothing = /^\(null\)/u.exec(rest);
  if (address === undefined && nothing === null) return undefined;
  return {
    location: { address: address ?? 0n },
    length: taken + mark + (nothing?.[0].length ?? 0),
    braced: false,
  };
};
