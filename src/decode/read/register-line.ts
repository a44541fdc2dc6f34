// The lines of a set of registers: RIP, RSP, general, segment, control and debug registers.
// Sources: __show_regs(), arch/x86/kernel/process_64.c, v2.6.32 to v6.14; show_ip(), arch/x86/kernel/dumpstack.c, v4.10.

import { defined, numberIn } from '../../base/defined.js';
import { type FoundLocation, findLocation } from './code-location.js';
import type { Inlined } from './place.js';
import { findInlined } from './source-place.js';

export interface FoundRip {
  readonly selector?: number;
  readonly location?: FoundLocation;
  /** True for the line at the end of a report, which repeats RIP and does not start a set of registers. */
  readonly repeats: boolean;
  readonly layout: 'oldest' | 'old' | 'new';
}

const RIP = /^\s*RIP(:?)\s{1,4}(?:([0-9a-f]{4}):)?\s{0,4}(.*)$/u;

// The `bt` of crash(8): `[exception RIP: frob_get+30]`, then `RIP: ffffffff81234567  RSP: …  RFLAGS: …`.
const EXCEPTION_RIP = /^\s*\[exception RIP: ([A-Za-z_.$][\w.$-]{0,255})\+(\d{1,8})\]\s*$/u;
const CRASH_RIP = /^\s*RIP: ([0-9a-f]{16})\s{1,4}RSP: [0-9a-f]{16}\s{1,4}RFLAGS: /u;
const CRASH_CS = /^\s*(?:ORIG_RAX: [0-9a-f]{16}\s{1,4})?CS:\s{0,4}[0-9a-f]{4}\b/u;

/** The `RIP:` line. @param text without prefixes */
export const findRip = (text: string): FoundRip | undefined => {
  const exception = EXCEPTION_RIP.exec(text);
  if (exception !== null) {
    const [whole, symbol, offset] = exception;
    const location = { symbol: symbol!, offset: Number(offset) };
    return {
      location: { location, length: whole.length, braced: false, guess: false },
      repeats: false,
      layout: 'new',
    };
  }
  const found = RIP.exec(text);
  if (found === null) return undefined;
  const [, colon, selector, rest] = found;
  if (findInlined(rest!) !== undefined) return undefined;
  const location = findLocation(rest!);
  if (location === undefined && selector === undefined) return undefined;
  const bracketed = rest!.startsWith('[') || rest!.startsWith('<');
  return defined({
    selector: numberIn(selector, 16),
    location,
    repeats: colon === '' || (selector === undefined && (bracketed || / RSP:? /u.test(rest!))),
    layout: location?.braced === true ? 'oldest' : bracketed ? 'old' : 'new',
  });
};

/**
 * A function that was inlined at RIP: `RIP: 0010:callee file.c:12 [inline]`, as syzbot writes it. The line of the function
 * around it follows.
 */
export const findRipInline = (text: string): Inlined | undefined => {
  const found = RIP.exec(text);
  const inlined = found === null ? undefined : findInlined(found[3]!);
  return inlined && { symbol: inlined.symbol, source: inlined.source };
};

/** Registers of a line, by the emulator's names. */
export interface FoundRegisters {
  readonly values: ReadonlyMap<string, bigint>;
  readonly selectors: ReadonlyMap<string, number>;
  readonly control: ReadonlyMap<string, bigint>;
  readonly origRax?: bigint;
}

const HINT = /(?:R[A-Z0-9]{2}|RFLAGS|CR\d|DR\d|FS|GS|CS|PKRU):/u;
const VALUE =
  /\b(R[A-Z0-9]{2}|R[89]|CR[0-48]|DR[0-367]|ORIG_RAX|[ER]FLAGS|PKRU|CR0):\s{0,4}(?:([0-9a-f]{4}):)?([0-9a-f]{8,16})\b/gu;
const BASE = /\b(FS|knlGS|GS):\s{0,4}([0-9a-f]{16})(?:\(([0-9a-f]{1,4})\))?/gu;
const SELECTOR = /\b(CS|DS|ES):\s{0,4}([0-9a-f]{4})\b/gu;
const GENERAL = new Set([
  'RAX',
  'RBX',
  'RCX',
  'RDX',
  'RSI',
  'RDI',
  'RBP',
  'RSP',
  'RIP',
  ...Array.from({ length: 8 }, (_, index) => `R${String(index + 8).padStart(2, '0')}`),
]);

/** The registers that a line prints; `undefined` when there is none. @param text without prefixes */
export const findRegisters = (text: string): FoundRegisters | undefined => {
  if (!HINT.test(text) || text.length > 400) return undefined;
  const values = new Map<string, bigint>();
  const selectors = new Map<string, number>();
  const control = new Map<string, bigint>();
  let origRax: bigint | undefined;
  for (const [, label, selector, digits] of text.matchAll(VALUE)) {
    const value = BigInt(`0x${digits}`);
    const wide = digits!.length === 16;
    if (label === 'ORIG_RAX') origRax = value;
    else if (label === 'EFLAGS' || label === 'RFLAGS') values.set('rflags', value);
    else if (label === 'PKRU') control.set('pkru', value);
    else if (label === 'RIP')
      continue; // RIP: 0010:… is another line's
    else if (GENERAL.has(label!) || label === 'R8' || label === 'R9') {
      if (!wide) continue; // cut: not the value
      values.set(label!.toLowerCase().replace(/^r0/u, 'r'), value);
      if (label === 'RSP' && selector !== undefined) selectors.set('ss', Number.parseInt(selector, 16));
    } else if (wide) control.set(label!.toLowerCase(), value);
  }
  for (const [, label, base, selector] of text.matchAll(BASE)) {
    const name = label!.toLowerCase();
    control.set(name, BigInt(`0x${base}`));
    if (selector !== undefined && name !== 'knlgs') selectors.set(name, Number.parseInt(selector, 16));
  }
  const at = CRASH_RIP.exec(text)?.[1];
  if (at !== undefined) values.set('rip', BigInt(`0x${at}`));
  if (CRASH_CS.test(text)) {
    for (const [, label, value] of text.matchAll(SELECTOR))
      selectors.set(label!.toLowerCase(), Number.parseInt(value!, 16));
  }
  if (values.size + selectors.size + control.size === 0 && origRax === undefined) return undefined;
  return defined({ values, selectors, control, origRax });
};
