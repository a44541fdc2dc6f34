// Where in a snippet instructions begin that no run goes past. Any byte can be where one begins: code can jump there.

import type { Addr } from '../base/address.js';
import { MAX_INSTRUCTION } from '../x86/fetch.js';
import { findForbidden } from '../x86/privileged.js';
import type { Snippet } from './snippet.js';

/** The addresses in a snippet's code at which a forbidden instruction would begin. */
export const forbiddenPlaces = ({ manifest, bytes, start }: Snippet): Addr[] => {
  const parts = manifest.parts.length === 0 ? [{ from: 0, to: bytes.length }] : manifest.parts;
  const places: Addr[] = [];
  for (const { from, to } of parts)
    for (let offset = from; offset < to; offset += 1)
      if (findForbidden(bytes.subarray(offset, offset + MAX_INSTRUCTION)) !== undefined)
        places.push(start + BigInt(offset));
  return places;
};
