// Other processes, and the folder for what is handed to them. Loaded only by what starts one: node:child_process takes
// longer than a start should.

import childProcess from 'node:child_process';
import os from 'node:os';

export type { ChildProcess, SpawnSyncOptionsWithStringEncoding } from 'node:child_process';

// Looked up at each call, so that a test can put one in its place that fails.
export const fork = ((...args: Parameters<typeof childProcess.fork>) =>
  childProcess.fork(...args)) as typeof childProcess.fork;
export const spawnSync = ((...args: Parameters<typeof childProcess.spawnSync>) =>
  childProcess.spawnSync(...args)) as typeof childProcess.spawnSync;
/** The folder for temporary files. */
export const tmpdir = (): string => os.tmpdir();
