// Collects the list of modules of a report, which may have several lines.

import { defined } from '../../base/defined.js';
import { append } from '../../base/long-lists.js';
import { type FoundModules, findModules, findMoreModules } from './module-line.js';
import type { ModuleEntry, ModuleList } from './report.js';

/** Modules that are kept. */
export const MAX_MODULES = 4096;

/** Takes lines in the order of the text. */
export class ModuleCollector {
  readonly #modules: ModuleEntry[] = [];
  #line: number | undefined;
  #open = false;
  #elided = false;
  #lastUnloaded: string | undefined;
  /** Modules that were left out because there were too many. */
  dropped = 0;

  /** A line of another kind follows: the list ends. */
  leave(): void {
    this.#open = false;
  }

  /** Take a line that continues the list: it is indented, and has names only. */
  more(text: string): boolean {
    const found = this.#open && /^\s/u.test(text) ? findMoreModules(text) : undefined;
    if (found === undefined) return false;
    this.#add(found);
    return true;
  }

  /** Take the first line of a list. That of a second list is one, too, and adds nothing. */
  start(text: string, line: number): boolean {
    const found = findModules(text);
    if (found === undefined) return false;
    this.#open = this.#line === undefined;
    if (this.#open) this.#add(found);
    this.#line ??= line;
    return true;
  }

  /** The list; `undefined` when the text has none. */
  finish(): ModuleList | undefined {
    if (this.#line === undefined) return undefined;
    return defined({
      line: this.#line,
      modules: this.#modules,
      complete: !this.#elided,
      lastUnloaded: this.#lastUnloaded,
    });
  }

  #add({ modules, lastUnloaded, elided }: FoundModules): void {
    const room = Math.max(0, MAX_MODULES - this.#modules.length);
    this.dropped += Math.max(0, modules.length - room);
    append(this.#modules, modules.slice(0, room));
    this.#elided ||= elided;
    this.#lastUnloaded ??= lastUnloaded;
  }
}
