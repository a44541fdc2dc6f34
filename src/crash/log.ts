// log: the kernel's messages. The worlds begin with the case, so that is the oops alone.

import { formatOops } from '../oops/collect.js';
import { formatOutcome } from '../recording/outcome.js';
import { readArguments } from './arguments.js';
import { type CrashCommand, complain } from './command.js';

export const log: CrashCommand = {
  name: 'log',
  summary: "the kernel's messages: the oops",
  usage: '',
  help: ['  crash> log'],
  run: ({ dump }, args) => {
    if (readArguments('log', args, '').rest.length > 0) return complain('log', 'it takes no argument');
    const report = dump.run.oops({ memory: dump.memory });
    return report === undefined
      ? complain('log', `the run ended without a report: ${formatOutcome(dump.recording.header.outcome)}`)
      : formatOops(report).trimEnd().split('\n');
  },
};
