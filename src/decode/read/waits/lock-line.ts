// A lock as lockdep prints it, and the locks that a task holds.
// Sources: print_lock_name() and print_lock(), kernel/locking/lockdep.c, v2.6.18 (`(&l){--..}, at: [<…>] f`) to v6.14.

import { defined } from '../../../base/defined.js';
import { findLocation } from '../code-location.js';
import type { LockUse, WaitingTask } from './waits.js';

const LOCK =
  /^(?:(?:0x)?([0-9a-f]{8,16}) )?\((.{1,200})\)(?:\{([^{}]{1,16})\})?(?:-\{(\d{1,2}:\d{1,2})\})?(?:,? at: ?(\S.{0,300}))?:?$/u;

/** `ffff… (&f->lock){+.+.}-{3:3}, at: frob+0x12/0x40`, from its first part that is there. */
export const findLock = (text: string): LockUse | undefined => {
  const found = LOCK.exec(text.trim());
  if (found === null) return undefined;
  const [, address, name, state, depth, at] = found;
  if (state === undefined && at === undefined && address === undefined) return undefined;
  return defined({
    // From 4.15 on, in some releases, it is a hash of 32 bits.
    address: address === undefined || /^0{8}/u.test(address) ? undefined : BigInt(`0x${address}`),
    name: name!,
    state,
    depth,
    at: at === undefined ? undefined : findLocation(at)?.location,
  });
};

/** `(&a){-.-.}-{2:2} -> (&b){+.+.}-{2:2}`: the names. */
export const findDependency = (text: string): [held: string, taken: string] | undefined => {
  const line = text.trim();
  const arrow = line.indexOf(' -> (');
  if (arrow < 0 || line.length > 600) return undefined;
  const held = findLock(line.slice(0, arrow));
  const taken = findLock(line.slice(arrow + 4));
  return held === undefined || taken === undefined ? undefined : [held.name, taken.name];
};

/** `2 locks held by frobd/123:`; `no locks held by frobd/123.` */
export const findHolder = (text: string): { task: WaitingTask; count: number } | undefined => {
  const found = /^\s*(no|\d{1,4}) locks? held by (.{1,64})\/(\d{1,9})\b/u.exec(text);
  if (found === null) return undefined;
  const [, count, comm, pid] = found;
  return { task: { comm: comm!, pid: Number(pid) }, count: count === 'no' ? 0 : Number(count) };
};

/** ` #0: ffff… (&f->lock){+.+.}-{3:3}, at: …`, of the locks that a task holds. */
export const findHeldLock = (text: string): LockUse | undefined => {
  const found = /^\s*#\d{1,4}:\s{1,4}(\S.{0,500})$/u.exec(text);
  return found === null ? undefined : findLock(found[1]!);
};
