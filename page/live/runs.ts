// Asks the server for runs: one at a time, and of the requests that come meanwhile only the last.

import { type LiveAnswer, type LiveProblem, type LiveWish, RUN_PATH } from '../../src/serve/live-data.js';

/** Reports about a request. */
export interface RunsListener {
  readonly onStart: () => void;
  /** `isLast`: nothing else is wished for by now. */
  readonly onAnswer: (answer: LiveAnswer, isLast: boolean) => void;
  readonly onProblem: (problem: LiveProblem['error'], isLast: boolean) => void;
}

const MAX_TRIES = 5;
const PAUSE_MS = 1000; // as the server's Retry-After says

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

const problem = (code: string, message: string): LiveProblem => ({ error: { code, message, where: {} } });

const ask = async (wish: LiveWish): Promise<LiveAnswer | LiveProblem> => {
  for (let tries = 1; ; tries += 1) {
    let response: Response;
    try {
      response = await fetch(RUN_PATH, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(wish),
        credentials: 'omit',
        cache: 'no-store',
      });
    } catch {
      return problem('ERR_SERVER', 'the server does not answer: is oopslab serve still running?');
    }
    // Too many requests, or other runs under way: later.
    if ((response.status === 429 || response.status === 503) && tries < MAX_TRIES) await pause();
    else return (await response.json()) as LiveAnswer | LiveProblem;
  }
};

/** The runs of one page. */
export class Runs {
  #isBusy = false;
  readonly #waiting: LiveWish[] = []; // one at most

  constructor(private readonly listener: RunsListener) {}

  /** Wish for a run. */
  async wish(wish: LiveWish): Promise<void> {
    this.#waiting.splice(0, 1, wish);
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      this.listener.onStart();
      const found = await ask(next);
      const isLast = this.#waiting.length === 0;
      if ('error' in found) this.listener.onProblem(found.error, isLast);
      else this.listener.onAnswer(found, isLast);
    }
    this.#isBusy = false;
  }
}
