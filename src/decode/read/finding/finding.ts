// What a checker, a list, a counter or an allocator says of a fault, as values. Fields that the text lacks are absent.

import type { Addr } from '../../../base/address.js';
import type { CodeLocation, TextPlace } from '../place.js';

export const CHECKERS = [
  'KASAN',
  'KFENCE',
  'KCSAN',
  'KMSAN',
  'UBSAN',
  'SLUB',
  'list',
  'refcount',
  'usercopy',
  'stack protector',
  'fortify',
  'kmemleak',
  'ODEBUG',
  'page',
  'page allocator',
  'OOM',
  'rss counter',
  'sysfs',
  'netdevice',
] as const;

export type Checker = (typeof CHECKERS)[number];

export const ACCESSES = ['read', 'write', 'read-write', 'free'] as const;

/** What was done with the memory. */
export type Access = (typeof ACCESSES)[number];

/** A task as it is named; `comm` may hold a slash: `swapper/0`. */
export interface NamedTask {
  readonly comm?: string;
  readonly pid?: number;
}

export const OBJECT_STATES = ['live', 'freed'] as const;
export const OBJECT_KINDS = ['slab', 'stack', 'global', 'vmalloc', 'page'] as const;

/** The object that was accessed, or stood nearest to the access. */
export interface FoundObject {
  readonly kind?: (typeof OBJECT_KINDS)[number];
  readonly address?: Addr;
  /** Bytes that were asked for, or that the object has. */
  readonly size?: number;
  readonly cache?: string;
  readonly cacheSize?: number; // bytes
  /** From the object's first byte to the access: negative in front of it, `size` or more after its end. */
  readonly offset?: number;
  readonly state?: (typeof OBJECT_STATES)[number];
  /** Of a variable: `frob_table+0x20/0x40`; of a stack: the function whose frame it is. */
  readonly at?: CodeLocation;
  /** Variables of the frame: bytes from its start, the end not included. */
  readonly variables?: readonly {
    readonly from: number;
    readonly to: number;
    readonly name: string;
  }[];
}

/** Who allocated or freed the object. */
export interface Track extends TextPlace, NamedTask {
  readonly cpu?: number;
  /** The function that the line itself names. */
  readonly at?: CodeLocation;
  /** Index in the traces of the report. */
  readonly trace?: number;
}

/** One side of a data race. */
export interface RaceAccess extends TextPlace, NamedTask {
  readonly access: Access;
  /** True for READ_ONCE(), atomics and the like. */
  readonly marked: boolean;
  readonly address?: Addr;
  readonly size?: number;
  readonly cpu?: number;
  /** Set when the access was found in an interrupt. */
  readonly interrupt?: true;
  /** Set for the side that nobody saw: the value changed. */
  readonly unknownOrigin?: true;
  readonly trace?: number;
}

export interface Finding extends TextPlace {
  readonly checker: Checker;
  /** In the kernel's words: `slab-use-after-free`, `Redzone overwritten`, `underflow; use-after-free`. */
  readonly bug: string;
  readonly access?: Access;
  /** Of the access, in bytes. */
  readonly size?: number;
  readonly address?: Addr;
  readonly at?: CodeLocation;
  /** A second place: the other function of a data race. */
  readonly other?: CodeLocation;
  /** The task that did it; of an OOM kill, the one that asked for memory. */
  readonly by?: NamedTask;
  /** Of KASAN and KFENCE: where the access lies from the object; of a copy: from or to the kernel. */
  readonly direction?: 'left' | 'right' | 'inside' | 'from' | 'to';
  readonly object?: FoundObject;
  readonly allocatedBy?: Track;
  readonly freedBy?: Track;
  /** Of KMSAN: who copied the uninitialised value last. */
  readonly storedBy?: Track;
  /** What was compared: `next->prev`, `byte`. */
  readonly compared?: string;
  readonly expected?: bigint;
  readonly found?: bigint;
  /** Addresses: of damaged bytes, or of what a non-canonical one stands for; both ends included. */
  readonly range?: { readonly from: Addr; readonly to: Addr };
  /** Of UBSAN: the value as it is written, and the type that cannot hold or index it. */
  readonly value?: string;
  readonly type?: string;
  readonly accesses?: readonly RaceAccess[];
  /** The victim of the OOM killer. */
  readonly victim?: NamedTask;
  /** What else the text says, by a short name: `order`, `mode`, `constraint`. */
  readonly facts?: Readonly<Record<string, string>>;
}
