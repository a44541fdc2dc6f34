// One job at a time, and a short queue.

/** The queue is full. */
export class TooBusyError extends Error {}

/** Runs jobs one after the other, in the order in which they came. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @param room jobs that may wait or run at once */
  constructor(private readonly room: number) {}

  /**
   * Do a job when those before it are done.
   *
   * @param isWanted asked when its turn comes; a job that is no longer wanted is left out
   * @returns `undefined` for a job that was left out
   * @throws {TooBusyError} when no more may wait; and what the job throws
   */
  async take<Result>(job: () => Promise<Result>, isWanted: () => boolean): Promise<Result | undefined> {
    if (this.#waiting >= this.room) throw new TooBusyError('busy');
    this.#waiting += 1;
    const turn = this.#last.then(() => (isWanted() ? job() : undefined));
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }
}
