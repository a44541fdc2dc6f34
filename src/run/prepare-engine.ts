// What a process does at its start for the engine that the environment chooses.

import { chosenEngine } from '../machine/engine-names.js';

/**
 * Load the engine that is chosen where it must be loaded before a machine is made; `unicorn.js` is such a one. What cannot be
 * loaded is told when a machine is made: not everything that a command does needs one.
 */
export const prepareEngine = async (): Promise<void> => {
  if (chosenEngine() !== 'unicorn.js') return;
  const { loadEngine } = await import('../machine/engines.js');
  await loadEngine().catch(() => undefined);
};
