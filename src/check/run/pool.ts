// Workers, up to a number: threads for shipped code, processes for user code, which could end the process that the
// emulator is in.

import { type ChildProcess, type Worker, fork, isStartError, startThread } from '../../host/processes.js';
import { watchCpuTime } from '../../base/cpu-time.js';
import { InputError, MemoryError } from '../../base/errors.js';
import { systemProblem } from '../../base/system-words.js';
import { compiledFile } from '../../base/package-folder.js';
import type { Hand, Hands } from './hands.js';
import { type Answer, type OpenOrder, type Order, type Results, receiveError } from './orders.js';

const WORKER = compiledFile('check/run/worker.js');

/**
 * How much CPU time a process may use for one order, in milliseconds. What bounds an order are budgets of instructions,
 * which are the same on every machine; this is for an emulator that hangs.
 */
export const PATIENCE = 600_000;

/** A worker ended before it answered. */
export class EndedError extends Error {
  /** @param how it ended: a signal, or a status */
  constructor(readonly how: string) {
    super(`a worker ended (${how})`);
  }
}

/** The check was interrupted before a worker answered. */
export class InterruptedError extends Error {
  constructor() {
    super('interrupted');
  }
}

interface Waiting {
  readonly answered: (answer: Answer) => void;
  readonly failed: (error: Error) => void;
}

// It says nothing about the candidate.
const notStarted = (error: unknown): InputError =>
  new InputError(`a process for the candidate ${systemProblem('started', error)}`);

const startProcess = (): ChildProcess => {
  try {
    return fork(WORKER, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  } catch (error) {
    throw notStarted(error);
  }
};

const startOne = (): Worker => {
  try {
    return startThread(WORKER);
  } catch (error) {
    throw new InputError(`a thread for the candidate ${systemProblem('started', error)}`);
  }
};

// Too little memory for a thread, or for its heap, says nothing about the candidate either.
const ofThread = (error: Error): Error =>
  String((error as NodeJS.ErrnoException).code).startsWith('ERR_WORKER')
    ? new MemoryError(`there is too little memory: ${error.message}`)
    : new EndedError(error.message);

/** One worker. It takes one order at a time. */
export class WorkerHand implements Hand {
  readonly #thread: Worker | undefined;
  readonly #child: ChildProcess | undefined;
  readonly #patience: number;
  #waiting: Waiting | undefined;
  #ended: Error | undefined;

  /**
   * @param apart whether it is a process of its own
   * @param patience how much CPU time such a process may use for one order, in milliseconds
   */
  constructor(apart: boolean, patience = PATIENCE) {
    this.#patience = patience;
    const ended = (how: string): void => this.#fail(new EndedError(how));
    if (apart) {
      const child = startProcess();
      child.on('message', (answer) => this.#answer(answer as unknown as Answer));
      child.on('error', (error) => isStartError(error) && this.#fail(notStarted(error)));
      child.on('exit', (status, signal) => ended(signal ?? `status ${status}`));
      this.#child = child;
    } else {
      const thread = startOne();
      thread.on('message', (answer: Answer) => this.#answer(answer));
      thread.on('error', (error) => this.#fail(ofThread(error)));
      thread.on('exit', (status) => ended(`status ${status}`));
      this.#thread = thread;
    }
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  #answer(answer: Answer): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.answered(answer);
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.failed(this.#ended);
  }

  /**
   * Give an order.
   *
   * @throws {EndedError} when the worker ends before it answers
   * @throws {InterruptedError} when the check is interrupted before that
   * @throws {InputError} when a process goes on for too long; it is stopped
   * @throws {OopslabError} that obeying threw
   */
  async ask<Kind extends Order['kind']>(order: Extract<Order, { kind: Kind }>): Promise<Results[Kind]> {
    let endWatch: (() => void) | undefined;
    const answer = await new Promise<Answer>((answered, failed) => {
      if (this.#ended !== undefined) return failed(this.#ended);
      this.#waiting = { answered, failed };
      if (this.#thread !== undefined) return this.#thread.postMessage(order, []);
      endWatch = watchCpuTime(this.#child?.pid, this.#patience, () => {
        this.#waiting = undefined;
        this.#child?.kill('SIGKILL');
        failed(
          new InputError(
            `the process that runs it worked for ${this.#patience / 1000} s without an answer ("${order.kind}"), and was stopped`,
          ),
        );
      });
      this.#child?.send(order);
    }).finally(() => endWatch?.());
    if (answer.kind === 'error') throw receiveError(answer.error);
    return answer.result as Results[Kind]; // the answer is of the order's kind
  }

  /** Stop it, and let who waits for it know that the check was interrupted. */
  interrupt(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#ended ??= new InterruptedError();
    waiting?.failed(this.#ended);
    void this.end();
  }

  /** Stop it, whatever it is doing. */
  async end(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#thread?.terminate();
  }
}

/** Workers with one candidate. Threads are kept for the next one. */
export class Pool implements Hands {
  readonly #jobs: number;
  readonly #patience: number;
  #threads: WorkerHand[] = [];
  #processes: WorkerHand[] = [];

  /**
   * @param jobs most workers at a time
   * @param patience how much CPU time a process may use for one order, in milliseconds
   */
  constructor(jobs: number, patience = PATIENCE) {
    this.#jobs = jobs;
    this.#patience = patience;
  }

  /**
   * A worker that has a candidate open.
   *
   * @throws {InputError} when the candidate cannot be run
   */
  async open(order: OpenOrder, apart: boolean, index = 0): Promise<WorkerHand> {
    const hands = apart ? this.#processes : this.#threads;
    let hand = hands[index];
    if (hand === undefined || hand.ended) {
      hand = new WorkerHand(apart, this.#patience);
      hands[index] = hand;
    }
    await hand.ask(order);
    return hand;
  }

  /** Up to as many workers as there are jobs, and as much work. */
  indices(work: number): number[] {
    return Array.from({ length: Math.max(1, Math.min(this.#jobs, work)) }, (_, index) => index);
  }

  /** Stop all that are at work: who waits for one gets an InterruptedError. Others can be opened afterwards. */
  interrupt(): void {
    for (const hand of [...this.#threads, ...this.#processes]) hand.interrupt();
  }

  /** Stop all of them. */
  async end(): Promise<void> {
    const all = [...this.#threads, ...this.#processes];
    this.#threads = [];
    this.#processes = [];
    await Promise.all(all.map((hand) => hand.end()));
  }
}
