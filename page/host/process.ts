// Stands for the global `process`, and for Node's modules that src/ asks it for.

import { sha256 } from '@noble/hashes/sha2.js';
import { Buffer } from 'buffer';

class Hash {
  readonly #hash = sha256.create();

  update(content: string | Uint8Array): this {
    this.#hash.update(typeof content === 'string' ? new TextEncoder().encode(content) : content);
    return this;
  }

  digest(): Buffer;
  digest(encoding: 'hex'): string;
  digest(encoding?: 'hex'): Buffer | string {
    const bytes = Buffer.from(this.#hash.digest());
    return encoding === undefined ? bytes : bytes.toString(encoding);
  }
}

/** Of node:crypto. */
export const createHash = (): Hash => new Hash();

const MODULES: Readonly<Record<string, unknown>> = { 'node:crypto': { createHash } };

export const process = {
  env: {} as Record<string, string>,
  argv: ['oopslab', 'oopslab'],
  platform: 'browser',
  arch: 'wasm',
  pid: 1,
  versions: {},
  cwd: (): string => '/given',
  on: (): void => undefined,
  off: (): void => undefined,
  hrtime: { bigint: (): bigint => 0n },
  getBuiltinModule: (name: string): unknown => {
    const module = MODULES[name];
    if (module === undefined) throw new Error(`the page has no ${name}`);
    return module;
  },
};
