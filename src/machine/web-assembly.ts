// What of WebAssembly the engine uses. Node's types have it not.

import { HostError } from '../base/errors.js';

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
