// The signature of a crash: the same for the same crash of other builds.

import { sha256 } from '../../base/sha256.js';
import type { BugClass } from './bug-classes.js';
import type { Frame } from './frames.js';
import { bareSymbol } from './symbol.js';

const FRAMES = 5;

/**
 * `sha256:` over the class and the first five named frames.
 *
 * @param frames from the guilty one on; the name and the module of each count, nothing else
 */
export const signatureOf = (bugClass: BugClass, frames: readonly Frame[]): string => {
  const names = frames
    .filter(({ location }) => location.symbol !== undefined)
    .slice(0, FRAMES)
    .map(({ location }) => bareSymbol(location.symbol!));
  return `sha256:${sha256([bugClass, ...names].join('\n'))}`;
};
