// A fifo, which Node cannot make itself.
import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';

/** Make a fifo. */
export const makeFifo = (path: string): void => {
  expect(spawnSync('mkfifo', [path]).status).toBe(0);
};
