// Tasks of the dump, as commands name them. The command name may be a given fact.

import { type Addr, hex, hex16 } from '../base/address.js';
import { CURRENT_TASK_OFFSET, task_struct } from '../kernel/structs/task.js';
import { type Task, taskAt, tasksInHeap } from '../kernel/task.js';
import type { Dump } from '../reading/dump.js';

/** The task at an address; `undefined` where its fields are not mapped. A name that its memory lacks may be given. */
export const taskOf = ({ memory, recording }: Dump, address: Addr): Task | undefined => {
  const task = taskAt(memory, address);
  const { pid, comm } = recording.header.given;
  return task?.comm === '' && pid === task.pid && typeof comm === 'string' ? { ...task, comm } : task;
};

/** All tasks: live objects of the task_struct cache, and the one that runs. */
export const allTasks = (dump: Dump): Task[] => {
  const found = new Set(tasksInHeap(dump.heap));
  // A world need not have that cache.
  for (const { struct, address } of dump.objects) if (struct === 'task_struct') found.add(BigInt(address));
  if (dump.currentTask !== 0n) found.add(dump.currentTask);
  return [...found]
    .flatMap((address) => taskOf(dump, address) ?? [])
    .toSorted((a, b) => a.pid - b.pid || (a.address < b.address ? -1 : 1));
};

/** What commands about tasks say of a world that has none. */
export const NO_TASK = 'this world has no task';

/** Whether nothing of the machine is a task: no `current`, no object. That is not damage. */
export const hasNoTask = (dump: Dump): boolean => dump.currentTask === 0n && allTasks(dump).length === 0;

/** What does not fit about `current`, if something does not. */
export const currentFindings = (dump: Dump): string[] => {
  if (hasNoTask(dump)) return [];
  const { memory, recording, currentTask } = dump;
  const at = BigInt(recording.header.gsBase) + CURRENT_TASK_OFFSET;
  if (currentTask % 8n === 0n && memory.isMapped(currentTask, task_struct.size)) return [];
  return [
    `at ${hex(at)} expected the task that runs, found ${hex(currentTask)}, ${currentTask % 8n === 0n ? 'not mapped' : 'misaligned'}`,
  ];
};

/** The line that names a task, as `bt` and `vm` begin with it. */
export const taskLine = (dump: Dump, address: Addr): string => {
  const task = taskOf(dump, address);
  if (hasNoTask(dump)) return `PID: -  (${NO_TASK})`;
  if (task === undefined) return `PID: ?  TASK: ${hex16(address)} (not mapped)`;
  return `PID: ${String(task.pid).padEnd(6)} TASK: ${hex16(address)}  CPU: ${String(task.cpu ?? '?').padEnd(3)} COMMAND: "${task.comm}"`;
};
