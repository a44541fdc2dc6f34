// Where something stands: in the text that was read, and in the code of the kernel.

import type { Addr } from '../../base/address.js';

/** Where something stands in the text that was read; lines count from 1. */
export interface TextPlace {
  readonly line: number;
}

/** `symbol+0x3e/0xb0 [module]`; parts that the report lacks are absent. */
export interface CodeLocation {
  readonly address?: Addr;
  readonly symbol?: string;
  readonly offset?: number;
  readonly size?: number;
  readonly module?: string;
  /** Build id of the module, hexadecimal digits, where the kernel prints it. */
  readonly buildId?: string;
}
