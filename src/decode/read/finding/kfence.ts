// KFENCE's reports. Source: kfence_report_error() and kfence_print_object(), mm/kfence/report.c, v5.12 to v6.14.

import { defined } from '../../../base/defined.js';
import { type CheckerTable, type Part, kernelAddress, place } from './part.js';
import { TRACKS } from './track.js';

const accessOf = (word: string | undefined): Pick<Part, 'access'> =>
  word === 'read' || word === 'write' || word === 'free' ? { access: word } : {};

export const KFENCE: CheckerTable = {
  checker: 'KFENCE',
  begins: [
    [
      /^BUG: KFENCE: ([\w -]{1,40}?)(?: (read|write|free))?(?: in (\S.{0,300}))?$/u,
      ([, bug, access, at]) => ({
        // `invalid free` and `invalid read` are kinds of their own: of no object.
        bug: bug === 'invalid' ? `invalid ${access ?? ''}`.trim() : bug!,
        ...accessOf(access),
        ...defined({ at: place(at) }),
      }),
    ],
  ],
  adds: [
    // Both distances are from the object's first byte.
    [
      /^Out-of-bounds (read|write) at 0x([0-9a-f]{1,16}) \((\d{1,9})B (left|right) of kfence-#/u,
      ([, access, addr, bytes, side]) => ({
        ...accessOf(access),
        ...defined({ address: kernelAddress(addr) }),
        direction: side === 'left' ? 'left' : 'right',
        object: { kind: 'slab', offset: side === 'left' ? -Number(bytes) : Number(bytes), state: 'live' },
      }),
    ],
    [
      /^Use-after-free (read|write) at 0x([0-9a-f]{1,16})/u,
      ([, access, addr]) => ({
        ...accessOf(access),
        ...defined({ address: kernelAddress(addr) }),
        object: { kind: 'slab', state: 'freed' },
      }),
    ],
    [
      /^Corrupted memory at 0x([0-9a-f]{1,16}) (\[.{1,120}\])?/u,
      ([, addr, bytes]) => ({
        ...defined({ address: kernelAddress(addr) }),
        ...(bytes === undefined ? {} : { facts: { bytes } }),
      }),
    ],
    [
      /^Invalid (free|read|write) (?:of|at) 0x([0-9a-f]{1,16})/u,
      ([, access, addr]) => ({ ...accessOf(access), ...defined({ address: kernelAddress(addr) }) }),
    ],
    [
      /^kfence-#\d{1,6}:? ?\[?0x([0-9a-f]{1,16})-0x[0-9a-f]{1,16}, size=(\d{1,9}), cache=([^\]\s]{1,80})(?:\] allocated by task (\d{1,9}))?/u,
      ([, from, size, cache, track], so, line) => {
        const start = kernelAddress(from);
        const offset =
          so.address === undefined || start === undefined ? undefined : Number(so.address - start);
        const near = offset !== undefined && Math.abs(offset) < 65_536;
        return {
          object: {
            kind: 'slab',
            ...defined({ address: start }),
            size: Number(size),
            cache: cache!,
            ...(near ? { offset } : {}),
          },
          ...(track === undefined ? {} : { allocatedBy: { line, pid: Number(track) } }),
        };
      },
    ],
    ...TRACKS,
  ],
};
