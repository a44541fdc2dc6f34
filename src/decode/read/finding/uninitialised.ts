// KMSAN's reports. Source: kmsan_report() and kmsan_print_origin(), mm/kmsan/report.c, v6.1 to v6.14.

import { defined } from '../../../base/defined.js';
import { type CheckerTable, address, place } from './part.js';

export const KMSAN: CheckerTable = {
  checker: 'KMSAN',
  begins: [
    [
      /^BUG: KMSAN: ([\w -]{1,40}?)(?: in (\S.{0,300}))?$/u,
      ([, bug, at]) => defined({ bug: bug!, at: place(at) }),
    ],
  ],
  adds: [
    [
      /^Bytes? (\d{1,9}(?:-\d{1,9})?) of (\d{1,9}) (?:is|are) uninitialized/u,
      ([, bytes, of]) => ({ facts: { bytes: bytes!, of: of! } }),
    ],
    [
      /^Memory access of size (\d{1,9}) starts at (?:0x)?([0-9a-f]{8,16})/u,
      ([, size, addr]) => ({ size: Number(size), address: address(addr)! }),
    ],
    [
      /^Data copied to user address (?:0x)?([0-9a-f]{1,16})/u,
      ([, to]) => ({ facts: { copiedTo: `0x${to!}` } }),
    ],
    // Of a use after free it is where it was freed.
    [
      /^Uninit was created at:/u,
      (_found, so, line) => (so.bug === 'use-after-free' ? { freedBy: { line } } : { allocatedBy: { line } }),
    ],
    [/^Uninit was stored to memory at:/u, (_found, _so, line) => ({ storedBy: { line } })],
    [
      /^Local variable (\S{1,120}) created at:/u,
      ([, name], _so, line) => ({
        object: { kind: 'stack' },
        allocatedBy: { line },
        facts: { variable: name!.replace(/^-{1,8}/u, '') },
      }),
    ],
  ],
};
