// `oopslab help`: the help of a command. Commander's own ends without a word for a command that there is not.

import { Command } from 'commander';
import { nearest } from '../base/did-you-mean.js';

/** `oopslab help` */
export const helpCommand = (program: Command): Command =>
  new Command('help')
    .description('print help for a command')
    .argument('[command]', 'one of the commands of oopslab --help')
    .action((name: string | undefined, _options: object, command: Command) => {
      if (name === undefined) return program.outputHelp();
      const found = program.commands.find((one) => one.name() === name);
      if (found !== undefined) return found.outputHelp();
      const names = program.commands.map((one) => one.name());
      const meant = nearest(name, names);
      const hint = meant === undefined ? '' : `\n(Did you mean ${meant}?)`; // as commander says it elsewhere
      return command.error(`error: unknown command '${name}'${hint}`);
    });
