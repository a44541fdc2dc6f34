// set: which task the other commands are about, and how numbers are printed.

import { hex16 } from '../base/address.js';
import { type CrashCommand, type Session, complain } from './command.js';
import { findTask } from './ps.js';
import { STATES } from '../kernel/task.js';
import { NO_TASK, hasNoTask, taskOf } from './tasks.js';

const context = ({ dump, task: address }: Session): string[] => {
  if (hasNoTask(dump)) return complain('set', NO_TASK);
  const task = taskOf(dump, address);
  if (task === undefined) return complain('set', `the task ${hex16(address)} is not mapped`);
  const runs = address === dump.currentTask;
  const trap = runs && dump.run.trap !== undefined ? ' (PANIC)' : '';
  return [
    `    PID: ${task.pid}`,
    `COMMAND: "${task.comm}"`,
    `   TASK: ${hex16(address)}  [THREAD_INFO: ${hex16(task.stack)}]`,
    `    CPU: ${task.cpu ?? '?'}`,
    `  STATE: ${STATES.get(task.state)?.[1] ?? `0x${task.state.toString(16)}`}${trap}`,
  ];
};

export const set: CrashCommand = {
  name: 'set',
  summary: 'show or choose the task; choose how integers are printed',
  usage: '[PID | TASK | -p | radix 10 | radix 16]',
  help: ['-p   the task that trapped', '', '  crash> set', '  crash> set 26100', '  crash> set radix 16'],
  run: (session, args) => {
    const [first, second, ...more] = args;
    if (more.length > 0) return complain('set', 'one thing at a time');
    if (first === 'radix' || first === 'hex' || first === 'dec') {
      const radix = first === 'hex' ? '16' : first === 'dec' ? '10' : second;
      if (radix !== '10' && radix !== '16')
        return complain('set', `radix is 10 or 16, found "${radix ?? ''}"`);
      session.radix = radix === '16' ? 16 : 10;
      return [`output radix: ${radix} (${radix === '16' ? 'hex' : 'decimal'})`];
    }
    if (second !== undefined) return complain('set', 'one thing at a time');
    if (first === '-p') session.task = session.dump.currentTask;
    else if (first !== undefined) session.task = findTask('set', session.dump, first).address;
    return context(session);
  },
};
