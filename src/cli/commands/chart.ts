import type { Command } from 'commander';
import { defineCommand } from '../command.js';
import { withRepeatable } from '../library-option.js';
import { withScenario } from '../options.js';

const withLists = (command: Command): Command =>
  withRepeatable(
    withRepeatable(command, '--value <name>', 'lineage: this value only'),
    '--previous <contents>',
    'sweep: a row, as --set previous= takes it',
  );

/** `oopslab chart`: its options and its help. */
export const command = defineCommand({
  name: 'chart',
  description: 'draw a picture for slides, as SVG: the lineage, the slab page, or the map of path lengths',
  options: (command) =>
    withLists(withScenario(command.argument('<picture>', 'lineage, slab, sweep')))
      .option('-o, --output <file>', 'write this file; - for stdout (the default)')
      .option('--analyst', 'lineage: what follows from the published bytes alone')
      .option('--step <name>', "lineage: another step's call instead of the last one")
      .option('--lengths <from-to>', 'sweep: bytes of path (default: "1-40")'),
  help: `
Pictures, as SVG of 1600 by 900 for slides (higher where there is much to show):
  lineage  where each value lived, and the instruction that ended each copy
  slab     the page of the slab heap before and after the call that wrote out of bounds, and the bytes that it hit
  sweep    which lengths of path corrupt their neighbour, against what the slot held before; every cell is run

Examples:
  $ oopslab chart lineage -o lineage.svg
  $ oopslab chart lineage --value vma --value file --value sfd -o three-values.svg
  $ oopslab chart slab -o slab.svg
  $ oopslab chart slab slabinfo-bug -o second-victim.svg
  $ oopslab chart sweep -o sweep.svg
  $ oopslab chart sweep --lengths 1-16 --previous shm_file_data --previous zero -o seven-or-eight.svg

Exit status: 0 done, 2 bad usage or input.`,
  load: () => import('../chart.js'),
});
