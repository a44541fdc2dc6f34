// The lines that a prompt begins with, as crash's does: the machine, how its run ended, and the task that ran.

import { hex16 } from '../base/address.js';
import { formatOops } from '../oops/collect.js';
import { formatOutcome } from '../recording/outcome.js';
import type { Session } from './command.js';
import { NO_TASK, taskOf } from './tasks.js';

/** The first line of the kernel's report; `undefined` when the run ended without one. */
const panicOf = ({ dump }: Session): string | undefined => {
  const report = dump.run.oops({ memory: dump.memory });
  return report === undefined ? undefined : formatOops(report).split('\n')[0]!.trimEnd();
};

/**
 * Three lines: where the machine comes from, how the run ended, which task it was.
 *
 * @param file the recording that was read, if one was
 */
export const bannerLines = (session: Session, file?: string): string[] => {
  const { dump } = session;
  const { header } = dump.recording;
  const panic = panicOf(session);
  const task = taskOf(dump, dump.currentTask);
  const from = file === undefined ? '' : `  RECORDING: ${file}`;
  return [
    `SCENARIO: ${header.scenario}${from}  RELEASE: ${header.release}`,
    panic === undefined ? ` OUTCOME: ${formatOutcome(header.outcome)}` : `   PANIC: "${panic}"`,
    task === undefined
      ? `     PID: -  (${NO_TASK})`
      : `     PID: ${task.pid}  COMMAND: "${task.comm}"  TASK: ${hex16(task.address)}  CPU: ${task.cpu ?? '?'}`,
  ];
};
