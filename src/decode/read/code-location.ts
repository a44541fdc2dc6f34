// Reads the ways in which kernels print a place in code.
// Sources: printk_address(), arch/x86_64/kernel/traps.c, v2.6.9 (`{symbol+12}`) and v2.6.18 (`symbol+0xc/0x40`);
// %pB, lib/vsprintf.c, v2.6.37 and later; module_address_lookup() with build ids, v5.14.

import { defined, numberIn } from '../../base/defined.js';
import type { CodeLocation } from './place.js';
import { findSource } from './source-place.js';

const NAMED =
  /^([A-Za-z_.$][\w.$-]{0,255})\+0x([0-9a-f]{1,12})(?:\/0x([0-9a-f]{1,12}))?(?:\s{1,4}\[([\w.-]{1,64})(?:\([A-Z+-]{0,8}\))?(?: ([0-9a-f]{8,64}))?\])?/u;
const BRACED = /^<?([0-9a-f]{8,16})?>?\{(?::([\w-]{1,64}):)?([\w.$]{1,255})([+-]\d{1,9})\}/u;
const BRACKETED = /^\[<([0-9a-f]{8,16}|\s{0,12}\(null\))>\]\s{0,12}/u;
// klogd put the symbol into the brackets of the address: `[frob:frob_thread+0xc4/0x630]`, in older ones with decimals.
// Source: sysklogd 1.5, ksym.c
const KLOGD =
  /^\[(?:([\w-]{1,64}):)?([A-Za-z_.$][\w.$-]{0,255})\+(0x[0-9a-f]{1,8}|\d{1,7})(?:\/(0x[0-9a-f]{1,8}|\d{1,7}))?\]\s{0,12}/u;
// Kernels before 2.6.26 put the module before the symbol.
const IN_MODULE = /^:([\w-]{1,64}):/u;
// A symbol whose offset a tool replaced by places in the source.
const SOURCED = /^([A-Za-z_$][\w.$-]{0,255})(?= \()/u;
const BARE = /^0x([0-9a-f]{1,16})\b/u;

/** A place, and how many characters of the text it took. */
export interface FoundLocation {
  readonly location: CodeLocation;
  readonly length: number;
  /** Whether the symbol is in braces, as before 2.6.18. */
  readonly braced: boolean;
  /** Whether a `?` stands before the symbol: it was found on the stack. */
  readonly guess: boolean;
}

/** `symbol+0x3e/0xb0 [module]` at the start of a text. */
export const findNamed = (text: string): FoundLocation | undefined => {
  const before = IN_MODULE.exec(text);
  const found = NAMED.exec(before === null ? text : text.slice(before[0].length));
  if (found === null) return undefined;
  const [whole, symbol, offset, size, module, buildId] = found;
  return {
    location: defined({
      symbol: symbol!,
      offset: Number.parseInt(offset!, 16),
      size: numberIn(size, 16),
      module: module ?? before?.[1],
      buildId,
    }),
    length: whole.length + (before?.[0].length ?? 0),
    braced: false,
    guess: false,
  };
};

const numberOf = (digits: string | undefined): number | undefined =>
  digits === undefined ? undefined : Number(digits);

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
    guess: false,
  };
};

const findSourced = (text: string): FoundLocation | undefined => {
  const symbol = SOURCED.exec(text)?.[1];
  const source = symbol === undefined ? undefined : findSource(text.slice(symbol.length));
  if (symbol === undefined || source === undefined) return undefined;
  const location = { symbol, ...source.place };
  return { location, length: symbol.length + source.length, braced: false, guess: false };
};

// A place in the source may follow the name.
const withSource = (found: FoundLocation, text: string): FoundLocation => {
  const source = found.location.source === undefined ? findSource(text.slice(found.length)) : undefined;
  if (source === undefined) return found;
  return {
    ...found,
    location: { ...source.place, ...found.location },
    length: found.length + source.length,
  };
};

/**
 * The place that a text starts with, in any of the kernel's forms: `[<address>] [<address>] symbol+0x3e/0xb0 [module]`,
 * `<address>{:module:symbol+62}`, `symbol+0x3e/0xb0`, `0xaddress`.
 */
export const findLocation = (text: string): FoundLocation | undefined => {
  let rest = text.trimStart();
  let address: bigint | undefined;
  let klogd: CodeLocation | undefined;
  for (let times = 0; times < 2; times += 1) {
    const bracketed = BRACKETED.exec(rest);
    const named = bracketed === null ? KLOGD.exec(rest) : null;
    if (bracketed !== null) address = bracketed[1]!.endsWith(')') ? 0n : BigInt(`0x${bracketed[1]}`);
    else if (named !== null)
      klogd = defined({
        symbol: named[2]!,
        offset: Number(named[3]),
        size: numberOf(named[4]),
        module: named[1],
      });
    else break;
    rest = rest.slice((bracketed ?? named)![0].length);
  }
  const mark = /^\?\s{0,4}/u.exec(rest)?.[0].length ?? 0;
  const taken = text.length - rest.length + mark;
  rest = rest.slice(mark);
  const guess = mark > 0;
  const named = findNamed(rest) ?? findBraced(rest) ?? findSourced(rest);
  if (named !== undefined) {
    const { location, length, braced } = withSource(named, rest);
    return {
      location: { ...defined({ address }), ...location },
      length: taken + length,
      braced,
      guess,
    };
  }
  if (klogd !== undefined) return { location: klogd, length: taken, braced: false, guess };
  const bare = BARE.exec(rest);
  if (bare !== null) {
    const location = { address: address ?? BigInt(bare[0]) };
    return { location, length: taken + bare[0].length, braced: false, guess };
  }
  const nothing = /^\(null\)/u.exec(rest);
  if (address === undefined && nothing === null) return undefined;
  return {
    location: { address: address ?? 0n },
    length: taken + (nothing?.[0].length ?? 0),
    braced: false,
    guess,
  };
};
