// Reads the text of a checker line by line, and gives its finding once the report ends.

import { defined } from '../../../base/defined.js';
import type { CodeLocation } from '../place.js';
import type { Finding, RaceAccess, Track } from './finding.js';
import { FORTIFY, REFCOUNT, STACK_PROTECTOR, USERCOPY } from './hardening.js';
import { KASAN } from './kasan.js';
import { KFENCE } from './kfence.js';
import { LIST } from './list.js';
import { KMEMLEAK, OOM, PAGE, PAGE_ALLOCATOR, RSS } from './memory.js';
import { NETDEVICE, ODEBUG, SYSFS } from './objects.js';
import { type CheckerTable, type Part, type Row, joined } from './part.js';
import { KCSAN } from './race.js';
import { SLUB } from './slub.js';
import { UBSAN } from './ubsan.js';
import { KMSAN } from './uninitialised.js';

const TABLES: readonly CheckerTable[] = [
  KASAN,
  KFENCE,
  KCSAN,
  KMSAN,
  UBSAN,
  SLUB,
  LIST,
  REFCOUNT,
  USERCOPY,
  STACK_PROTECTOR,
  FORTIFY,
  KMEMLEAK,
  ODEBUG,
  PAGE,
  RSS,
  PAGE_ALLOCATOR,
  OOM,
  SYSFS,
  NETDEVICE,
];

// Lines worth a closer look while no checker has begun.
const HINT =
  /^\s*(?:BUG|K[ACM]SAN|UBSAN|list_|refcount_t|usercopy|Bad or missing|[Kk]ernel (?:memory|panic)|stack-protector|\w{1,40}: detected |detected buffer|unreferenced|ODEBUG|.{1,64}(?:page allocation|oom-killer)|(?:Memory cgroup o|O)ut of memory|sysfs: |unregister_netdevice|kmem_cache_destroy|cache_from_obj)/u;

const MAX_LINE = 800; // characters: no line of a checker is longer

const firstOf = (rows: readonly Row[], text: string, so: Part, line: number): Part | undefined => {
  for (const [pattern, read] of rows) {
    const found = pattern.exec(text);
    if (found !== null) return read(found, so, line);
  }
  return undefined;
};

/** Of the lines of one report, in order. The first checker that begins is the one of the finding. */
export class FindingCollector {
  #table: CheckerTable | undefined;
  #part: Part = {};
  #line = 0;

  /** The function that the checker names. */
  get place(): CodeLocation | undefined {
    return this.#part.at;
  }

  /** Take a line, if it is one of a checker. @param text without prefixes */
  take(text: string, line: number): boolean {
    if (text.length > MAX_LINE) return false;
    if (this.#table === undefined) return HINT.test(text) && this.#begin(text.trim(), line);
    const more = firstOf(this.#table.adds, text.trim(), this.#part, line);
    if (more === undefined) return false;
    this.#part = joined(this.#part, more);
    return true;
  }

  #begin(text: string, line: number): boolean {
    for (const table of TABLES) {
      const part = firstOf(table.begins, text, {}, line);
      if (part === undefined) continue;
      this.#table = table;
      this.#part = part;
      this.#line = line;
      // A line may begin and go on: `Out of memory: Killed process …` without the line before it.
      const more = firstOf(table.adds, text, part, line);
      if (more !== undefined) this.#part = joined(part, more);
      return true;
    }
    return false;
  }

  /** @param traces of the report; a track names the one that its line opens */
  finish(traces: readonly { readonly line: number }[]): Finding | undefined {
    if (this.#table === undefined) return undefined;
    const at = ({ line }: { readonly line: number }): { trace?: number } => {
      const index = traces.findIndex((trace) => trace.line === line);
      return index < 0 ? {} : { trace: index };
    };
    const track = (one: Track | undefined): Track | undefined =>
      one === undefined ? undefined : { ...one, ...at(one) };
    const { bug, accesses, allocatedBy, freedBy, storedBy, ...rest } = this.#part;
    return {
      checker: this.#table.checker,
      bug: bug ?? 'undefined behaviour',
      line: this.#line,
      ...rest,
      ...defined({
        allocatedBy: track(allocatedBy),
        freedBy: track(freedBy),
        storedBy: track(storedBy),
        accesses: accesses?.map((one): RaceAccess => ({ ...one, ...at(one) })),
      }),
    };
  }
}
