// Who waits for whom, in at most six lines.

import { listOf, listSome, plural } from '../../base/words.js';
import type { LockProblem, LockUse, Waits, WaitingTask } from '../read/waits/waits.js';
import { locationWords } from './report-words.js';

const MOST = 6; // lines
const NAMES = 4; // names in a line

const taskWords = ({ comm, pid }: WaitingTask): string => `${comm}:${pid}`;

const lockWords = ({ name, at }: LockUse): string =>
  at === undefined ? name : `${name} (${at.symbol ?? locationWords(at)})`;

const WANTS: Partial<Record<LockProblem['problem'], string>> = {
  unbalanced: 'releases',
  inconsistent: 'takes',
  inversion: 'changed the state of',
};

const wantsWords = ({ problem, task, wanted, held }: LockProblem): string | undefined => {
  const who = task === undefined ? 'A task' : taskWords(task);
  if (problem === 'not-held' && held !== undefined)
    return `${who} takes ${wanted === undefined ? 'a lock' : lockWords(wanted)} without ${held.name}, which it must hold`;
  if (wanted === undefined) return held === undefined ? undefined : `${who} holds ${lockWords(held)}`;
  const holds = held === undefined ? '' : ` while it holds ${lockWords(held)}`;
  const not = problem === 'unbalanced' ? ', which it does not hold' : '';
  return `${who} ${WANTS[problem] ?? 'takes'} ${lockWords(wanted)}${holds}${not}`;
};

const orderWords = ({ problem, order, chain, held, wanted, states }: LockProblem): string | undefined => {
  if (problem === 'recursive') return 'Both are the same lock or locks of one class';
  if (problem === 'circular') {
    // The chain is printed from the last lock to the first.
    const names = chain?.toReversed().map(({ name }) => name) ?? order ?? [];
    if (names.length > 1) return `The order so far: ${names.slice(0, 8).join(' before ')}`;
    return held === undefined || wanted === undefined
      ? undefined
      : `The order so far: ${wanted.name} before ${held.name}`;
  }
  if (problem === 'inconsistent' && states !== undefined)
    return `It was taken as ${states.from}, and now as ${states.to}: an interrupt on the holder's CPU would wait for ever`;
  return order === undefined || problem === 'non-static-key'
    ? undefined
    : `The new order: ${order.slice(0, 8).join(' before ')}`;
};

const irqWords = ({ states, safe, unsafe, problem }: LockProblem): string | undefined => {
  if (problem !== 'irq-order' && problem !== 'inversion') return undefined;
  if (safe !== undefined && unsafe !== undefined)
    return `${safe.name} is taken in interrupts, ${unsafe.name} with interrupts on`;
  if (safe !== undefined) return `${safe.name} is taken in interrupts`;
  if (unsafe !== undefined) return `${unsafe.name} is taken with interrupts on`;
  return states === undefined ? undefined : `A ${states.from} lock would depend on one that is ${states.to}`;
};

const lockdepWords = (found: LockProblem | undefined): string[] => {
  if (found === undefined) return [];
  const usage =
    found.usage === undefined ? undefined : `${found.usage.what} at ${found.usage.file}:${found.usage.line}`;
  return [usage, wantsWords(found), orderWords(found), irqWords(found)].filter((one) => one !== undefined);
};

const stallWords = ({ stall }: Waits): string[] => {
  if (stall === undefined) return [];
  const { flavour, cpus, tasks, jiffies, starved } = stall;
  const names = cpus.map(({ cpu }) => String(cpu));
  const who = [
    ...(cpus.length === 0 ? [] : [`CPU ${listSome(names, 8)}`]),
    ...(tasks.length === 0 ? [] : [`PID ${listSome(tasks.map(String), 8)}`]),
  ];
  const since = jiffies === undefined ? '' : `, for ${jiffies} jiffies`;
  const state = starved?.state === undefined ? '' : `, state ${starved.state}`;
  return [
    `The grace period of ${flavour} waits for ${who.length === 0 ? 'a CPU' : listOf(who)}${since}`,
    ...(starved === undefined
      ? []
      : [
          `The kthread of the grace period did not run for ${starved.jiffies} jiffies${state}: the stall may come from that`,
        ]),
  ];
};

const lockupWords = ({ lockups }: Waits): string[] => {
  if (lockups.length < 2 && lockups[0]?.cpu === undefined) return [];
  const words = lockups.map(({ cpu, seconds, task }) => {
    const where = cpu === undefined ? 'a CPU' : `CPU ${cpu}`;
    const time = seconds === undefined ? '' : ` for ${seconds} s`;
    return `${where}${time}${task === undefined ? '' : ` in ${taskWords(task)}`}`;
  });
  return [`Locked up: ${listSome(words, NAMES)}`];
};

const hungWords = ({ hung }: Waits): string[] => {
  if (hung.length === 0) return [];
  const owned = hung.filter(({ owner }) => owner !== undefined).slice(0, 2);
  const names = hung.map(({ task, seconds, how }) => {
    const time = seconds === undefined ? '' : `, ${seconds} s`;
    return `${taskWords(task)}${time}${how === undefined ? '' : `, ${how}`}`;
  });
  return [
    `Blocked: ${listSome(names, NAMES)}`,
    ...owned.map(
      ({ task, lock, owner, ownership }) =>
        `${taskWords(task)} waits for a ${lock ?? 'lock'} ${ownership ?? 'owned'} by ${taskWords(owner!)}`,
    ),
  ];
};

const taskListWords = ({ tasks, traces }: Waits): string[] => {
  if (tasks.length < 2 && traces.length === 0) return [];
  const states = new Map<string, number>();
  for (const { state } of tasks) states.set(state, (states.get(state) ?? 0) + 1);
  const counts = [...states].map(([state, count]) => `${count} in state ${state}`);
  return [
    ...(tasks.length < 2 ? [] : [`${plural(tasks.length, 'task')}: ${listSome(counts, NAMES)}`]),
    ...traces.slice(0, 2).map(({ waitsIn, tasks: some }) => {
      const names = some.map((task) => {
        const { comm, pid } = tasks[task]!;
        return pid === undefined ? comm : `${comm}:${pid}`;
      });
      const at = waitsIn === undefined ? 'the scheduler' : locationWords(waitsIn);
      return `${some.length === 1 ? 'One task waits' : `${some.length} tasks wait`} in ${at}: ${listSome(names, NAMES)}`;
    }),
  ];
};

// It holds rcu_read_lock while it prints. Source: check_hung_uninterruptible_tasks(), kernel/hung_task.c, v3.0 to v6.14
const DETECTOR = 'khungtaskd';

const holderWords = ({ held, lockdep, hung }: Waits): string[] => {
  // What a task holds is no news where lockdep told it, or where it waits itself.
  const told = lockdep?.held === undefined ? undefined : lockdep.task?.pid;
  const known = new Set([told, ...hung.map(({ task }) => task.pid)]);
  return held
    .filter(({ task, locks }) => !known.has(task.pid) && locks.length > 0 && task.comm !== DETECTOR)
    .slice(0, 3)
    .map(({ task, locks }) => `${taskWords(task)} holds ${listSome(locks.map(lockWords), NAMES)}`);
};

/** Who waits for whom as sentences without full stop, most important first: at most six. */
export const waitWords = (waits: Waits): string[] =>
  [
    ...lockdepWords(waits.lockdep),
    ...stallWords(waits),
    ...lockupWords(waits),
    ...hungWords(waits),
    ...taskListWords(waits),
    ...holderWords(waits),
  ].slice(0, MOST);
