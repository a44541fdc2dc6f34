// The worlds of a campaign without the runs, and their text form.
import { Dice, blockSeed } from '../../src/check/find/dice-of.js';
import { type WorldOptions, worldArbitrary } from '../../src/check/world/worlds.js';
import { type ParameterValue, type Parameters, formatParameters } from '../../src/scenario/parameters.js';
import type { Scenario } from '../../src/scenario/scenario.js';

/** The first worlds of a campaign. */
export const campaignWorlds = (
  scenario: Scenario,
  count: number,
  seed = 1,
  options: WorldOptions = {},
): Parameters[] => {
  const arbitrary = worldArbitrary(scenario, options);
  const worlds: Parameters[] = [];
  for (let block = 0; worlds.length < count; block += 1) {
    const dice = new Dice(blockSeed(seed, block));
    for (let index = 0; index < 1000 && worlds.length < count; index += 1)
      worlds.push(arbitrary.at({ seed, block, index }, dice.at(index)));
  }
  return worlds;
};

/** What `--set` would take for a world. */
export const settingsOf = (world: Parameters): Map<string, string> =>
  new Map(Object.entries(formatParameters(world)).map(([name, value]) => [name, String(value)]));

type Of<Type extends ParameterValue['type']> = Extract<ParameterValue, { type: Type }>;

/** A value that is known to be of a type. */
export const valueOf = <Type extends ParameterValue['type']>(
  world: Parameters,
  name: string,
  type: Type,
): Of<Type> => {
  const value = world.get(name);
  if (value?.type !== type) throw new Error(`${name} is ${value?.type ?? 'missing'}, not ${type}`);
  return value as Of<Type>;
};
