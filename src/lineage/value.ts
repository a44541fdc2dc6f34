// The answers of a lineage: values, the places that they lived in, and the contents of places.

import type { Addr } from '../base/address.js';
import type { How } from './ledger.js';

export interface Moment {
  /** Counts executed instructions over the whole recording, from 0. */
  readonly step: number;
  /** `shm_close+0x3e` */
  readonly at: string;
}

/** A place that a value lived in: a register or a part of one, or memory. */
export interface Place {
  /** Negative for places of values that are made up of parts of others. */
  readonly id: number;
  /** The id of the value. */
  readonly value: number;
  /** `rdi`, `esi`, `rax bytes 1 to 7`, or an address with its meaning: `0xffff88016d231a78 (vma.vm_file)`. */
  readonly place: string;
  /** 64-bit name of the register; absent for memory. */
  readonly register?: string;
  /** Absent for registers. */
  readonly address?: Addr;
  readonly size: number; // bytes
  /** Which byte of the value lies first: not 0 for the rest that a partial overwrite leaves. */
  readonly first: number;
  /** The state before this instruction is the first that has it. */
  readonly from: Moment;
  /** What made it: the instruction before, as text, or `the sandbox`; null if it was there at the start. */
  readonly made: (Moment & { readonly by: string }) | null;
  /** The place that it was copied from, by id; 0 for none. */
  readonly source: number;
  /** The state before this instruction is the last that has it; null while it is alive at the end. */
  readonly until: (Moment & { readonly by: string; readonly how: How }) | null;
  /** For `may be lost`: the instruction that overwrote it for certain, if one did. */
  readonly certain: (Moment & { readonly by: string }) | null;
}

/** A value and its places, in the order in which they began. */
export interface Value {
  readonly id: number;
  /** What the C source calls it, or an expression: `vma`, `sfd->id`, `&ns->ids[2]`, `path+0x1`. */
  readonly name: string;
  /** Its C type; empty where that is not known. */
  readonly type: string;
  readonly value: bigint;
  readonly size: number; // bytes
  /** Other names: `ids in ipc_lock`. */
  readonly also: readonly string[];
  /** `named`: the C source has it. `caller`: a register of a caller that is not followed. `derived`: computed. */
  readonly kind: 'named' | 'caller' | 'derived';
  /** Ids of the values that it was computed from. */
  readonly parents: readonly number[];
  readonly places: readonly Place[];
}

/** The content of a place: bytes `first` to `first + size` of a value. */
export interface Content {
  readonly place: Place;
  readonly name: string | undefined;
}

/** A value that is still known, with each place that has it and how it got there. */
export interface Known {
  readonly value: Value;
  readonly places: readonly { readonly place: Place; readonly history: readonly Place[] }[];
}
