// Where the report says that it trapped, besides its sets of registers: the end of a headline of 2.6, the `IP:` line, and
// the line at the end that repeats RIP.
// Source: do_page_fault(), arch/x86_64/mm/fault.c, v2.6.9 (`RIP:`, and the place on the next line); v2.6.25 (`IP:`)

import { defined } from '../../base/defined.js';
import { findLocation } from './code-location.js';
import type { FoundRip } from './register-line.js';
import type { SaidLine } from './said-lines.js';
import type { CheckerFinding, CodeLocation, KernelReport, RegisterSet } from './report.js';

export class TrapPlace {
  #named: CodeLocation | undefined;
  #follows = false; // `… at 0000000000000008 RIP:` was the line before
  #repeated: CodeLocation | undefined;
  #layout: KernelReport['layout'];

  get layout(): KernelReport['layout'] {
    return this.#layout;
  }

  /** A line that says what happened. */
  headline(text: string): void {
    const rip = / RIP:\s*(\S.*)?$/u.exec(text);
    if (rip?.[1] !== undefined) this.#named ??= findLocation(rip[1])?.location;
    this.#follows = rip !== null && rip[1] === undefined;
  }

  /** Another line of the report came: the place of the headline is not there. */
  noMore(): void {
    this.#follows = false;
  }

  /** Take the line after such a headline, if it is nothing but a place. */
  next(text: string): boolean {
    if (!this.#follows) return false;
    if (!/^\s*(?:\[<|<[0-9a-f]{16}|\[(?:[\w-]{1,64}:)?[\w.$]{1,255}\+)/u.test(text)) return false;
    const place = findLocation(text)?.location;
    this.#named ??= place;
    this.#follows = place === undefined;
    return place !== undefined;
  }

  /** Take an `IP:` line. */
  ip(text: string): boolean {
    const ip = /^\s*IP:\s?(.*)$/u.exec(text);
    if (ip === null) return false;
    this.#named ??= findLocation(ip[1]!)?.location;
    return true;
  }

  /** A `RIP:` line; whether it only repeats the one of a set. */
  rip({ layout, repeats, location }: FoundRip): boolean {
    this.#layout ??= layout;
    if (repeats) this.#repeated ??= location?.location;
    return repeats;
  }

  /**
   * Where it trapped; without a trap, what the headline names, or where the CPU was.
   *
   * @param set the one that the report is about
   * @param blamed what the text itself blames: where a lock is taken, or what a checker names
   */
  finish(
    set: RegisterSet | undefined,
    headline: SaidLine | undefined,
    checker: CheckerFinding | undefined,
    blamed: CodeLocation | undefined,
  ): Pick<KernelReport, 'trap' | 'place'> {
    const trap = (set?.role === 'trap' ? set.rip : undefined) ?? this.#named ?? this.#repeated;
    const found = set?.role === 'user' ? undefined : set?.rip;
    return defined({ trap, place: trap ?? headline?.location ?? checker?.at ?? blamed ?? found });
  }
}
