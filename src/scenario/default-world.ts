// The world of a scenario that states none, so that a case needs its steps only.

import { join } from 'node:path';
import { DEFAULT_RELEASE } from '../release/default-release.js';
import { shippedRoot } from '../release/snippet.js';

/** The file that such a scenario extends. */
export const defaultWorldFile = (): string => join(shippedRoot, DEFAULT_RELEASE, 'default-world.yaml');

/** Where a call finds its stack there: just below the saved registers of a system call. */
export const DEFAULT_RSP = '0xffff880036c5ff88';

/** Where it returns to: the entry of system calls. */
export const DEFAULT_RETURN = 'system_call_fastpath+0x16';
