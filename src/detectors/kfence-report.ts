// What KFENCE prints about an access to a guard page or to a freed object.
// Source: kfence_report_error() and kfence_handle_page_fault(), mm/kfence/report.c and core.c, v5.13

import { type Addr, PAGE_SIZE, pageStart } from '../base/address.js';
import type { Case } from '../reading/case.js';
import { kfenceName, kfenceObjectLine } from '../run/kfence-pool.js';
import type { PoolObject } from '../run/pool-heap.js';
import type { Forbidden } from './forbidden.js';
import { instructionOf } from './guest-accesses.js';
import { printedSymbol } from './sight.js';

const PAGE = BigInt(PAGE_SIZE);

// The object that a report about a guard page names: of those in the pages beside it the nearer one.
const besideGuard = (address: Addr, objects: readonly PoolObject[]): PoolObject | undefined => {
  const inPage = (page: Addr): PoolObject | undefined =>
    objects.find((object) => pageStart(object.address) === page);
  const before = inPage(pageStart(address) - PAGE);
  const after = inPage(pageStart(address) + PAGE);
  if (before === undefined || after === undefined) return before ?? after;
  const behind = address - (before.address + BigInt(before.requested));
  return behind > after.address - address ? after : before;
};

/** Its lines, without the stack trace. */
export const kfenceReport = (
  { recording, symbols }: Case,
  { index, address, isWrite }: Forbidden,
  objects: readonly PoolObject[],
): string[] => {
  const where = printedSymbol(symbols, instructionOf(recording, index));
  const access = isWrite ? 'write' : 'read';
  const own = objects.find((object) => pageStart(object.address) === pageStart(address));
  if (own !== undefined)
    return [
      `BUG: KFENCE: use-after-free ${access} in ${where}`,
      '',
      `Use-after-free ${access} at 0x${address.toString(16)} (in ${kfenceName(own)}):`,
      ` ${where}`,
      '',
      kfenceObjectLine(own),
    ];
  const object = besideGuard(address, objects);
  if (object === undefined)
    return [
      `BUG: KFENCE: invalid ${access} in ${where}`,
      '',
      `Invalid ${access} at 0x${address.toString(16)}:`,
      ` ${where}`,
    ];
  const isLeft = address < object.address;
  const distance = isLeft ? object.address - address : address - object.address;
  const place = `${distance}B ${isLeft ? 'left' : 'right'} of ${kfenceName(object)}`;
  return [
    `BUG: KFENCE: out-of-bounds ${access} in ${where}`,
    '',
    `Out-of-bounds ${access} at 0x${address.toString(16)} (${place}):`,
    ` ${where}`,
    '',
    kfenceObjectLine(object),
  ];
};
