// What the bundler puts in place (scripts/bundle-laboratory.mjs).

declare module 'virtual:iced-x86' {
  const make: (wasm: Uint8Array) => unknown;
  export default make;
}
