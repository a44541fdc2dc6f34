// What the parts of setup share. Node built-ins only; all output goes to stderr.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout, with a separator at its end. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** A path in the checkout. */
export const at = (...parts) => join(root, ...parts);

/** Print one line for people. */
export const say = (text) => process.stderr.write(`setup: ${text}\n`);

/** Something is missing or wrong; the message says what to do about it. */
export class SetupError extends Error {}

/** A JSON file; undefined where there is none, or a damaged one. */
export const readJson = (path) => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
};

/**
 * Run a command in the checkout; its output is progress, and goes to stderr.
 * The lock is kept alive meanwhile: nothing here waits for a process without letting others run.
 *
 * @returns `status`, or `error` where it could not be started
 */
export const run = (command, args, options = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
    child.on('error', (error) => resolve({ status: null, error }));
    child.on('close', (status, signal) => resolve({ status, signal }));
  });
