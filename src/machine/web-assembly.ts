// What of WebAssembly the engine uses. Node's types have it not.

import { HostError, MemoryError } from '../base/errors.js';

/** Memory that code in WebAssembly and the host share. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/** A variable that code in WebAssembly exports. */
export interface WasmGlobal<Value> {
  readonly value: Value;
}

interface WebAssemblyApi {
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}

/** @throws {HostError} where this Node was started without it */
export const webAssembly = (): WebAssemblyApi => {
  const { WebAssembly: api } = globalThis as { readonly WebAssembly?: WebAssemblyApi };
  if (api !== undefined) return api;
  throw new HostError(
    'the engine "wasm" needs WebAssembly, which this Node was started without; look for --jitless or --no-expose-wasm ' +
      'on its command line and in NODE_OPTIONS',
  );
};

/** Bytes of a page of its memory. */
export const WASM_PAGE = 65536;

/**
 * Make something of WebAssembly.
 *
 * @param what that is, with its verb: `the memory of the guest needs 4096 bytes`
 * @throws {MemoryError} without room for it: V8 takes ten gigabytes of address space around each memory where it can
 */
export const orTooLittleMemory = <Made>(what: string, make: () => Made): Made => {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new MemoryError(
      `there is too little memory: ${what}, and address space around them; see "ulimit -v"`,
    );
  }
};

/** Memory of a size. @param size whole pages, in bytes @param what it is, for the message @throws {MemoryError} */
export const makeWasmMemory = (size: number, what: string): WasmMemory => {
  const pages = size / WASM_PAGE;
  return orTooLittleMemory(
    `${what} needs ${size} bytes`,
    () => new (webAssembly().Memory)({ initial: pages, maximum: pages }),
  );
};
