// `oopslab help`: the help of a command. Commander's own ends without a word for an unknown command.

import type { Command } from 'commander';
import { nearest } from '../base/did-you-mean.js';
import type { Io } from './output.js';

export const run = (_io: Io, name: string | undefined, _options: object, command: Command) => {
  const program = command.parent!;
  const found = name === undefined ? program : program.commands.find((one) => one.name() === name);
  if (found === undefined) {
    const meant = nearest(
      name!,
      program.commands.map((one) => one.name()),
    );
    const hint = meant === undefined ? '' : `\n(Did you mean ${meant}?)`; // as commander words it
    return command.error(`error: unknown command '${name}'${hint}`);
  }
  found.outputHelp();
};
