// Every struct of Linux 3.0.101 by its kernel name: what scenarios, types of pointers and views look up.
import type { Struct } from '../layout.js';
import * as cifs from './cifs.js';
import * as fs from './fs.js';
import * as ipc from './ipc.js';
import * as list from './list.js';
import * as mm from './mm.js';
import * as slabStructs from './slab.js';
import * as task from './task.js';

const isStruct = (value: unknown): value is Struct =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'struct';

const all = new Map(
  [cifs, fs, ipc, list, mm, slabStructs, task]
    .flatMap((module) => Object.values(module) as unknown[])
    .filter(isStruct)
    .map((struct) => [struct.name, struct]),
);

/** The struct layouts of a release. */
export interface Structs {
  /** The layout of `struct NAME`, or `undefined`. */
  find(name: string): Struct | undefined;
  /** The names of all known structs, sorted. */
  names(): string[];
}

/** The layouts of Linux 3.0.101, as far as they are known. */
export const STRUCTS: Structs = { find: (name) => all.get(name), names: () => [...all.keys()].sort() };
export const { find: findStruct, names: structNames } = STRUCTS;
