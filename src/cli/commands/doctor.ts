import { defineCommand } from '../command.js';

/** `oopslab doctor`: its options and its help. */
export const command = defineCommand({
  name: 'doctor',
  description: 'report what was found on this machine, what is missing and how to get it',
  json: 'print one JSON document instead of text',
  help: `
Examples:
  $ oopslab doctor
  $ oopslab doctor --json
  $ OOPSLAB_LIBUNICORN=/opt/unicorn/lib/libunicorn.so.2 oopslab doctor

Exit status: 0 nothing is missing, 1 something required is missing, 2 bad usage.`,
  load: () => import('../doctor.js'),
});
