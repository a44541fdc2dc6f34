// Files of the machine that oopslab runs on: all that src/ uses of node:fs. No messages here: base/ has the words.

import fs from 'node:fs';

type Files = typeof fs;

// Looked up at each call, so that a test can put one in its place that fails.
const late = <Name extends keyof Files>(name: Name): Files[Name] =>
  ((...args: readonly unknown[]) =>
    (fs[name] as (...passed: readonly unknown[]) => unknown)(...args)) as Files[Name];

export const { constants } = fs;

export const closeSync = late('closeSync');
export const createReadStream = late('createReadStream');
export const existsSync = late('existsSync');
export const fstatSync = late('fstatSync');
export const lstatSync = late('lstatSync');
export const mkdirSync = late('mkdirSync');
export const mkdtempSync = late('mkdtempSync');
export const openSync = late('openSync');
export const readFileSync = late('readFileSync');
export const readSync = late('readSync');
export const readdirSync = late('readdirSync');
export const readlinkSync = late('readlinkSync');
export const realpathSync = late('realpathSync');
export const renameSync = late('renameSync');
export const rmSync = late('rmSync');
export const statSync = late('statSync');
export const writeFileSync = late('writeFileSync');
