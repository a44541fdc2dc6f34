// The facts of a report that its values are read by.

import type { Addr } from '../../base/address.js';
import type { Sure } from '../code/sure.js';
import type { ValueKind } from '../code/statement.js';
import type { PagingDepth } from './paging-depth.js';

/** The facts of a report that distinguish kinds of addresses. */
export interface Surroundings {
  readonly release: string | undefined;
  readonly rsp: Addr | undefined;
  readonly gsBase: Addr | undefined;
  /** How many bits addresses have; `undefined` when the report does not tell. */
  readonly depth: PagingDepth | undefined;
  /** Names that the report gives to code addresses. */
  readonly names: ReadonlyMap<Addr, string>;
  readonly module: boolean; //  the trap is in a module
  readonly rip: Addr | undefined;
  /** Whether the kernel has KASAN, as far as the report shows. */
  readonly kasan: boolean;
  /** How far the kernel image was moved. */
  readonly kernelOffset: bigint | undefined;
}

export interface Look {
  readonly what: ValueKind;
  readonly sure: Sure;
  readonly detail: string;
}

/** Shadow of address 0. Source: KASAN_SHADOW_OFFSET, arch/x86/Kconfig, v5.10 */
export const KASAN_SHADOW_OFFSET = 0xdffffc0000000000n;
