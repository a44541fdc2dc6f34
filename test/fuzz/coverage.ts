// Which code ran, by V8's own block coverage: an input that reaches a block, or a new order of magnitude of counts of it, is
// worth keeping. jazzer.js would do the same with libFuzzer; its 4.0.0 and 1.6.0 load on glibc from 2.38 on only.
import { type Profiler, Session } from 'node:inspector';

const DIST = '/dist/';

/** Coverage of the compiled modules, between two looks. */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    this.take();
  }

  /** How many blocks were seen, in orders of magnitude of counts. */
  get size(): number {
    return this.#seen.size;
  }

  /** What ran since the last look and had not been seen. */
  take(): string[] {
    const fresh: string[] = [];
    this.#session.post('Profiler.takePreciseCoverage', (error, found) => {
      if (error === null) this.#add(found.result, fresh);
    });
    for (const key of fresh) this.#seen.add(key);
    return fresh;
  }

  #add(scripts: readonly Profiler.ScriptCoverage[], fresh: string[]): void {
    for (const { url, functions } of scripts) {
      const at = url.lastIndexOf(DIST);
      if (at < 0) continue;
      const file = url.slice(at + DIST.length);
      for (const { ranges } of functions)
        for (const { startOffset, endOffset, count } of ranges) {
          if (count === 0) continue;
          const key = `${file}:${startOffset}-${endOffset}:${Math.min(6, Math.floor(Math.log2(count) / 2))}`;
          if (!this.#seen.has(key)) fresh.push(key);
        }
    }
  }

  /** End it: code runs at full speed again. */
  close(): void {
    this.#session.post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }
}
