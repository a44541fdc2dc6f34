// How often something may happen: a bucket of tokens that fills with time. The clock is given.

/** Each call takes a token; it may not go on without one. */
export class TokenBucket {
  #tokens: number;
  #filledAt: number;

  /**
   * @param size tokens at most, and at first
   * @param perSecond tokens that come back
   * @param now milliseconds of a clock that never goes back
   */
  constructor(
    readonly size: number,
    readonly perSecond: number,
    private readonly now: () => number,
  ) {
    this.#tokens = size;
    this.#filledAt = now();
  }

  /** Take a token. @returns whether there was one */
  take(): boolean {
    const now = this.now();
    this.#tokens = Math.min(this.size, this.#tokens + ((now - this.#filledAt) / 1000) * this.perSecond);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
