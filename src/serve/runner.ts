// Runs of the live page in a process of their own: one that ends or takes too long is an error message, and the next
// run gets a new one.

import { type ChildProcess, fork } from 'node:child_process';
import { InputError, type Where } from '../base/errors.js';
import { compiledFile } from '../base/package-folder.js';
import type { LiveAnswer } from './live-data.js';
import type { LiveRequest } from './live-request.js';
import type { ChildOrder, ChildReply, ChildTask } from './run-child.js';

/** How long a run may take, in milliseconds; its budget of instructions ends it before, as a rule. */
const MAX_RUN_MS = 20_000;

/** Heap of the process, in megabytes. */
const MAX_HEAP_MB = 1024;

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

  constructor(private readonly task: ChildTask) {}

  /**
   * Run once. Calls must not overlap.
   *
   * @throws {RunError} when parameters are wrong, or the process ended or took too long
   */
  async run({ set, length }: LiveRequest): Promise<LiveAnswer> {
    const running = this.#start();
    const order: ChildOrder = { set: [...set], length: length ?? null };
    const reply = await new Promise<ChildReply>((resolve, reject) => {
      const timer = setTimeout(() => finish(() => reject(this.#late())), MAX_RUN_MS);
      const onMessage = (message: unknown): void => finish(() => resolve(message as ChildReply));
      const onExit = (status: number | null, signal: NodeJS.Signals | null): void =>
        finish(() => reject(this.#ended(status, signal)));
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        running.off('message', onMessage).off('exit', onExit);
        settle();
      };
      running.once('message', onMessage).once('exit', onExit);
      running.send(order, (error) => {
        if (error !== null) finish(() => reject(this.#ended(null, null)));
      });
    });
    if (reply.ok) return reply.answer;
    throw new RunError(reply.code, reply.message, reply.where);
  }

  /** End the process. */
  close(): void {
    this.#process?.kill('SIGKILL');
    this.#process = undefined;
  }

  #start(): ChildProcess {
    const running = this.#process;
    if (running?.connected === true && running.exitCode === null && running.signalCode === null)
      return running;
    const started = fork(child, [JSON.stringify(this.task)], {
      execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'json',
    });
    started.on('error', () => undefined); // its end says the same
    this.#process = started;
    return started;
  }

  #late(): RunError {
    this.close();
    return new RunError('ERR_RUN', `this run took longer than ${MAX_RUN_MS / 1000} s and was ended`);
  }

  #ended(status: number | null, signal: NodeJS.Signals | null): RunError {
    this.close();
    return new RunError(
      'ERR_RUN',
      `this run ended its process (${signal ?? `status ${status}`}): with snippets of your own, most likely because ` +
        'the guest jumped into the middle of an instruction, where this Unicorn cannot translate what it finds',
    );
  }
}

/** Whether an error is one to show to the reader. */
export const isReaderError = (error: unknown): error is RunError | InputError =>
  error instanceof RunError || error instanceof InputError;
