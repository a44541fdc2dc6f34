// Files as one piece of bytes, for a page: written by the build and by `report`, read in the page's worker.

import { deflateSync, inflateSync } from 'fflate';

const HEAD = 4; // bytes: how long the list is

/** Absolute paths and contents. */
type PackedFiles = ReadonlyMap<string, Uint8Array>;

/** Pack files: a list of names and sizes, then the contents; deflated, the same on every machine. */
export const packFiles = (files: PackedFiles): Uint8Array => {
  const sizes = [...files].map(([path, bytes]): [string, number] => [path, bytes.length]);
  const list = new TextEncoder().encode(JSON.stringify(sizes));
  const whole = new Uint8Array(HEAD + list.length + sizes.reduce((sum, [, size]) => sum + size, 0));
  new DataView(whole.buffer).setUint32(0, list.length, true);
  whole.set(list, HEAD);
  let at = HEAD + list.length;
  for (const bytes of files.values()) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return deflateSync(whole, { level: 9 });
};

/** Unpack what `packFiles` made. */
export const unpackFiles = (packed: Uint8Array): PackedFiles => {
  const whole = inflateSync(packed);
  const length = new DataView(whole.buffer, whole.byteOffset).getUint32(0, true);
  const sizes = JSON.parse(new TextDecoder().decode(whole.subarray(HEAD, HEAD + length))) as [
    string,
    number,
  ][];
  let at = HEAD + length;
  return new Map(
    sizes.map(([path, size]) => {
      at += size;
      return [path, whole.subarray(at - size, at)];
    }),
  );
};
