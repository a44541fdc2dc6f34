// Threads of this process.

import threads from 'node:worker_threads';

export type { Worker } from 'node:worker_threads';

export const { isMainThread, parentPort } = threads;

/** Start a thread that runs a file. */
export const startThread = (file: string | URL): threads.Worker => new threads.Worker(file);
