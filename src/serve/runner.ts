// Runs of the live page in a process of their own: one that ends or takes too long is an error message, and the next
// run gets a new one.

import { type ChildProcess, fork, isStartError } from '../host/processes.js';
import { watchCpuTime } from '../base/cpu-time.js';
import { InputError, type Where } from '../base/errors.js';
import { systemProblem } from '../base/system-words.js';
import { compiledFile } from '../base/package-folder.js';
import type { LiveAnswer } from './live-data.js';
import type { LiveRequest } from './live-request.js';
import type { ChildOrder, ChildReply, ChildTask } from './run-child.js';

/**
 * How much CPU time the process may use to start, and then for a run, in milliseconds. Its budget of instructions ends a
 * run; this is for an emulator that hangs.
 */
export const MAX_RUN_MS = 60_000;

/** Heap of the process, in megabytes. */
export const MAX_HEAP_MB = 1024;

/** An answer other than a run: a mistake that the reader can correct. */
export class RunError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly where: Where = {},
  ) {
    super(message);
  }
}

const child = compiledFile('serve/run-child.js');

/** Runs a scenario with one set of parameters after the other. */
export class Runner {
  #process: ChildProcess | undefined;

  /** @param patience how much CPU time the process may use for one run, in milliseconds */
  constructor(
    private readonly task: ChildTask,
    private readonly patience = MAX_RUN_MS,
  ) {}

  /**
   * Run once. Calls must not overlap.
   *
   * @throws {RunError} when parameters are wrong, or the process ended or took too long
   */
  async run({ set, length }: LiveRequest): Promise<LiveAnswer> {
    const running = await this.#ready();
    const order: ChildOrder = { set: [...set], length: length ?? null };
    const reply = await this.#reply(running, this.patience, order);
    if (reply === 'ready') throw new Error('the process is ready twice');
    if (reply.ok) return reply.answer;
    throw new RunError(reply.code, reply.message, reply.where);
  }

  /** End the process. */
  close(): void {
    this.#process?.kill('SIGKILL');
    this.#process = undefined;
  }

  // What it says next.
  #reply(running: ChildProcess, limit: number, order?: ChildOrder): Promise<ChildReply> {
    return new Promise((resolve, reject) => {
      const onMessage = (message: unknown): void => finish(() => resolve(message as ChildReply));
      const onExit = (status: number | null, signal: NodeJS.Signals | null): void =>
        finish(() => reject(this.#ended(status, signal)));
      const onError = (error: Error): void => {
        if (isStartError(error)) finish(() => reject(this.#notStarted(error)));
      };
      const endWatch = watchCpuTime(running.pid, limit, () => finish(() => reject(this.#late(limit))));
      const finish = (settle: () => void): void => {
        endWatch();
        running.off('message', onMessage).off('exit', onExit).off('error', onError);
        settle();
      };
      running.once('message', onMessage).once('exit', onExit).on('error', onError);
      if (order === undefined) return;
      running.send(order, (error) => {
        if (error !== null) finish(() => reject(this.#ended(null, null)));
      });
    });
  }

  // The process that is there, or a new one when it has started.
  async #ready(): Promise<ChildProcess> {
    const running = this.#process;
    if (running?.connected === true && running.exitCode === null && running.signalCode === null)
      return running;
    const started = this.#fork();
    // In a message: an argument holds 128 KiB at most, on Linux.
    started.send(this.task satisfies ChildTask, () => undefined);
    this.#process = started;
    await this.#reply(started, MAX_RUN_MS);
    return started;
  }

  #fork(): ChildProcess {
    try {
      const started = fork(child, [], {
        execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`],
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        serialization: 'json',
      });
      started.on('error', () => undefined); // its end says the same, unless it was not started
      return started;
    } catch (error) {
      throw this.#notStarted(error);
    }
  }

  #notStarted(error: unknown): RunError {
    this.close();
    return new RunError('ERR_RUN', `a process for this run ${systemProblem('started', error)}`);
  }

  #late(limit: number): RunError {
    this.close();
    return new RunError(
      'ERR_RUN',
      `this run used ${limit / 1000} s of CPU time without an end and was stopped`,
    );
  }

  #ended(status: number | null, signal: NodeJS.Signals | null): RunError {
    this.close();
    return new RunError(
      'ERR_RUN',
      `this run ended its process (${signal ?? `status ${status}`}); oopslab replay with the same values may say more`,
    );
  }
}

/** Whether an error is one to show to the reader. */
export const isReaderError = (error: unknown): error is RunError | InputError =>
  error instanceof RunError || error instanceof InputError;
