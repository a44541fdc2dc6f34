// The mount of a scenario, and parameters that give its path a wanted length. Runs nothing.

import { InputError } from '../base/errors.js';
import { type ParameterValue, type Parameters, formatText } from '../scenario/parameters.js';
import type { OperationSpec, StepSpec } from '../scenario/form.js';
import type { Scenario } from '../scenario/scenario.js';

/** The step that builds a path in a slot with chosen contents, and the parameters that the path is made of. */
export interface MountStep {
  readonly name: string;
  readonly step: StepSpec;
  /** Text parameters in the order in which they make the path; the last one is the prefix path. */
  readonly texts: readonly string[];
  /** The parameter with the slot's previous contents. */
  readonly previous: string;
}

const parameterName = (reference: string): string => reference.replace(/^\$/u, '');

/**
 * Find the mount.
 *
 * @throws {InputError} when no step of the scenario calls a function and chooses what lies in the slot before
 */
export const findMount = (scenario: Scenario): MountStep => {
  for (const [name, step] of Object.entries(scenario.spec.steps)) {
    const stale = step.do?.find((operation) => operation.stale !== undefined)?.stale;
    if (stale === undefined || step.call === undefined) continue;
    const texts = stale.texts.map(parameterName);
    return { name, step, texts, previous: parameterName(stale.with) };
  }
  throw new InputError(
    `${scenario.name} cannot be swept: that takes a step that calls a function, with an operation "stale" on its ` +
      'path, as in shm-close-bug and slabinfo-bug',
    { field: 'scenario' },
  );
};

/**
 * The scenario with its share outside DFS: no tree name, and so a path of a single byte can be had.
 * Source: cifs_build_path_to_root(), fs/cifs/inode.c, v3.0.101: `if (tcon->Flags & SMB_SHARE_IS_IN_DFS)`
 *
 * @returns `undefined` when the scenario has no tcon
 */
export const outsideDfs = (scenario: Scenario, mount: MountStep): Scenario | undefined => {
  if (scenario.spec.world.objects?.['tcon']?.struct !== 'cifs_tcon') return undefined;
  const operations = (mount.step.do ?? []).map((operation): OperationSpec =>
    operation.stale === undefined
      ? operation
      : { ...operation, stale: { ...operation.stale, texts: operation.stale.texts.slice(-1) } },
  );
  const step = { ...mount.step, do: [{ set: { 'tcon.Flags': 0 } }, ...operations] };
  return scenario.with({ steps: { ...scenario.spec.steps, [mount.name]: step } });
};

const bytesOf = (value: ParameterValue | undefined): Uint8Array =>
  value?.type === 'text' ? value.bytes : new Uint8Array();

// So many bytes of a text; a longer one goes on with what follows its first byte.
const stretch = (bytes: Uint8Array, length: number): Uint8Array => {
  const [first = 0x2f, ...rest] = bytes;
  const filling = rest.length === 0 ? [0x78] : rest; // 'x'
  return Uint8Array.from({ length }, (_, index) =>
    index === 0 ? first : filling[(index - 1) % filling.length]!,
  );
};

/**
 * Texts for a path of `length` bytes: those of `defaults`, cut short, or the prefix path longer.
 *
 * @param texts the parameters that the path is made of, one byte of each at least
 * @returns values as `--set` takes them
 */
export const pathOfLength = (
  texts: readonly string[],
  defaults: Parameters,
  length: number,
): ReadonlyMap<string, string> => {
  let left = length;
  return new Map(
    texts.map((name, index) => {
      const bytes = bytesOf(defaults.get(name));
      const isLast = index === texts.length - 1;
      const room = left - (texts.length - 1 - index);
      const taken = isLast ? stretch(bytes, left) : bytes.slice(0, Math.max(1, Math.min(bytes.length, room)));
      left -= taken.length;
      return [name, formatText(taken)];
    }),
  );
};
