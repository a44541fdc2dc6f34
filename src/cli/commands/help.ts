import { defineCommand } from '../command.js';

/** `oopslab help`: its options and its help. */
export const command = defineCommand({
  name: 'help',
  description: 'print help for a command',
  options: (command) => command.argument('[command]', 'one of the commands of oopslab --help'),
  help: '',
  load: () => import('../help.js'),
});
