// Which reports came of an earlier one: a kernel that has died once, or has lost a CPU, reports more.

import type { Sure } from '../code/statement.js';
import type { BugClass } from './bug-classes.js';
import type { Filed } from './filed.js';

/** Why a report is a consequence of another. */
export interface Consequence {
  /** Index of the earlier report. */
  readonly of: number;
  /** Never certain: a report shows what was before it, not what it came of. */
  readonly sure: Exclude<Sure, 'certain'>;
  /** Reasons, in words that follow `because`. */
  readonly because: readonly string[];
}

/** What was reported since the machine started. */
interface Boot {
  readonly release: string | undefined;
  lastSeconds: number | undefined;
  died?: number;
  warned?: number;
  readonly diedTasks: Map<number, number>; // index by PID
  readonly hungTasks: Map<number, number>;
  readonly lockups: Map<number, number>; // index by CPU
  readonly damaged: Map<number, number>; // index by PID
}

const LOCKUPS: ReadonlySet<Filed['kind']> = new Set<Filed['kind']>([
  'soft-lockup',
  'hard-lockup',
  'rcu-stall',
]);
const DAMAGE: ReadonlySet<BugClass> = new Set<BugClass>([
  'use-after-free',
  'double-free',
  'invalid-free',
  'out-of-bounds',
  'list-corruption',
  'refcount',
  'stack-corruption',
]);

const newBoot = (release: string | undefined): Boot => ({
  release,
  lastSeconds: undefined,
  diedTasks: new Map(),
  hungTasks: new Map(),
  lockups: new Map(),
  damaged: new Map(),
});

const secondsOf = ({ time }: Filed): number | undefined =>
  time !== undefined && /^\d{1,12}(?:\.\d{1,9})?$/u.test(time) ? Number(time) : undefined;

/** Lines of several CPUs stand in the order of their locks, not of their clocks. */
const CLOCK_SLACK = 5; // seconds

// A clock that goes back, another kernel, or a die counter that begins again: the machine was started again.
const isSameBoot = (
  boot: Boot,
  one: Filed,
  seconds: number | undefined,
  before: Filed | undefined,
): boolean => {
  if (boot.release !== undefined && one.release !== undefined && boot.release !== one.release) return false;
  if (seconds !== undefined && boot.lastSeconds !== undefined && seconds + CLOCK_SLACK < boot.lastSeconds)
    return false;
  return !(one.counter === 1 && before !== undefined && (before.counter ?? 0) >= 1);
};

const lacks = ({ taint }: Filed, letter: string): boolean => taint !== undefined && !taint.includes(letter);

const beforeText = (one: Filed): string[] => [
  ...((one.counter ?? 1) > 1 ? [`its die counter is ${one.counter}: the kernel had died before`] : []),
  ...(one.taint?.includes('D') === true ? ['it carries taint D: the kernel had died before'] : []),
];

const ofDeath = (boot: Boot, one: Filed, filed: readonly Filed[]): Consequence | undefined => {
  // A kernel that died carries D from then on.
  if (boot.died === undefined || (lacks(one, 'D') && (one.counter ?? 1) < 2)) return undefined;
  const sameTask = one.pid === undefined ? undefined : boot.diedTasks.get(one.pid);
  if (sameTask !== undefined)
    return {
      of: sameTask,
      sure: 'likely',
      because: ['its task is the one that had died', ...beforeText(one)],
    };
  const first = filed[boot.died]!;
  if (LOCKUPS.has(one.kind) || one.kind === 'hung-task') {
    const because = ['a task that dies gives back none of the locks that it holds', ...beforeText(one)];
    return { of: boot.died, sure: 'likely', because };
  }
  const reasons = beforeText(one);
  if (reasons.length === 0) return undefined;
  const sameCpu = one.cpu !== undefined && one.cpu === first.cpu;
  return {
    of: boot.died,
    sure: 'possible',
    because: [...reasons, ...(sameCpu ? [`both are of CPU ${one.cpu}`] : [])],
  };
};

const ofLockup = (boot: Boot, one: Filed): Consequence | undefined => {
  if (!LOCKUPS.has(one.kind) || one.cpu === undefined) return undefined;
  const before = boot.lockups.get(one.cpu);
  if (before === undefined) return undefined;
  return { of: before, sure: 'likely', because: [`CPU ${one.cpu} was stuck already`] };
};

const ofOwner = (boot: Boot, one: Filed): Consequence | undefined => {
  for (const pid of one.owners) {
    const died = boot.diedTasks.get(pid);
    if (died !== undefined)
      return { of: died, sure: 'likely', because: [`PID ${pid}, which holds the lock, had died`] };
    const hung = boot.hungTasks.get(pid);
    if (hung !== undefined)
      return { of: hung, sure: 'likely', because: [`PID ${pid}, which holds the lock, hangs itself`] };
  }
  return undefined;
};

const ofDamage = (boot: Boot, one: Filed): Consequence | undefined => {
  if (!one.died || one.pid === undefined) return undefined;
  const damaged = boot.damaged.get(one.pid);
  if (damaged === undefined) return undefined;
  return { of: damaged, sure: 'likely', because: ['memory was found damaged in the same task before'] };
};

const ofWarning = (boot: Boot, one: Filed, filed: readonly Filed[]): Consequence | undefined => {
  if (boot.warned === undefined || one.taint?.includes('W') !== true) return undefined;
  const first = filed[boot.warned]!;
  if (one.pid === undefined || one.pid !== first.pid) return undefined;
  const because = ['a warning had been printed in the same task, and it carries taint W'];
  return { of: boot.warned, sure: 'possible', because };
};

const remember = (boot: Boot, one: Filed, index: number): void => {
  if (one.died) {
    boot.died ??= index;
    if (one.pid !== undefined && !boot.diedTasks.has(one.pid)) boot.diedTasks.set(one.pid, index);
  }
  if (one.kind === 'warning') boot.warned ??= index;
  if (one.kind === 'hung-task' && one.pid !== undefined && !boot.hungTasks.has(one.pid))
    boot.hungTasks.set(one.pid, index);
  if (LOCKUPS.has(one.kind) && one.cpu !== undefined && !boot.lockups.has(one.cpu))
    boot.lockups.set(one.cpu, index);
  if (DAMAGE.has(one.class) && one.pid !== undefined) boot.damaged.set(one.pid, index);
};

/** Finds of which earlier report one probably came. Reports are given in the order in which they begin. */
export class Consequences {
  readonly #filed: Filed[] = []; // by index
  #boot: Boot | undefined;

  /**
   * The next report.
   *
   * Earlier is what begins earlier in the text. A start of the machine in between ends that.
   *
   * @param index by which a consequence of it names it
   * @returns `undefined` where nothing speaks for an earlier one
   */
  next(one: Filed, index: number): Consequence | undefined {
    const filed = this.#filed;
    filed[index] = one;
    let boot = this.#boot;
    const seconds = secondsOf(one);
    const before = boot?.died === undefined ? undefined : filed[boot.died];
    if (boot === undefined || !isSameBoot(boot, one, seconds, before)) boot = newBoot(one.release);
    this.#boot = boot;
    const found =
      ofOwner(boot, one) ??
      ofDamage(boot, one) ??
      ofDeath(boot, one, filed) ??
      ofLockup(boot, one) ??
      ofWarning(boot, one, filed);
    boot.lastSeconds = seconds ?? boot.lastSeconds;
    remember(boot, one, index);
    return found;
  }
}

/** For each report, of which earlier one it probably came; `undefined` where nothing speaks for one. */
export const consequencesOf = (filed: readonly Filed[]): readonly (Consequence | undefined)[] => {
  const inOrder = [...filed.keys()].toSorted((one, other) => filed[one]!.firstLine - filed[other]!.firstLine);
  const found = new Array<Consequence | undefined>(filed.length).fill(undefined);
  const consequences = new Consequences();
  for (const index of inOrder) found[index] = consequences.next(filed[index]!, index);
  return found;
};
