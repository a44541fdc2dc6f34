// Other processes and threads, and the folder for temporary files. Node's modules for them are loaded when they are
// used: they take longer than a start should.

import type { ChildProcess } from 'node:child_process';
import type { MessagePort, Worker } from 'node:worker_threads';

export type { ChildProcess, SpawnSyncOptionsWithStringEncoding } from 'node:child_process';
export type { Worker } from 'node:worker_threads';

type Children = typeof import('node:child_process');

// Looked up at each call, so that a test can put one in its place that fails.
const children = (): Children => process.getBuiltinModule('node:child_process');

export const fork = (...args: Parameters<Children['fork']>): ChildProcess => children().fork(...args);

/** Whether an error of a child process is that it was not started; any other is told by its end, too. */
export const isStartError = (error: Error): boolean =>
  ((error as NodeJS.ErrnoException).syscall ?? '').startsWith('spawn');

export const spawnSync = ((...args: Parameters<Children['spawnSync']>) =>
  children().spawnSync(...args)) as Children['spawnSync'];

const threads = () => process.getBuiltinModule('node:worker_threads');

/** Start a thread that runs a file. */
export const startThread = (file: string | URL): Worker => new (threads().Worker)(file);

/** In a thread, what reaches the one that started it; `undefined` in the main thread. */
export const portOfThread = (): MessagePort | undefined =>
  threads().isMainThread ? undefined : (threads().parentPort ?? undefined);

/** The folder for temporary files: what TMPDIR names. */
export const tmpdir = (): string => process.getBuiltinModule('node:os').tmpdir();
