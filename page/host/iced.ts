// iced-x86 as a page has it: its package is for Node and reads its WebAssembly from a file, so the build takes that
// part off (scripts/bundle-laboratory.mjs), and the page says where the bytes are.

import make from 'virtual:iced-x86';

let bytes: Uint8Array | undefined;
let loaded: unknown;

/** @param wasm the package's iced_x86_bg.wasm */
export const setIced = (wasm: Uint8Array): void => {
  bytes = wasm;
};

export const loadIced = (): unknown => {
  if (bytes === undefined) throw new Error('the disassembler is not packed');
  return (loaded ??= make(bytes));
};
