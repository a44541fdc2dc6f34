// What registers and stack slots hold before an instruction.

import type { TypeId } from '../../image/btf.js';
import { REGISTER_INDEX } from '../../x86/registers.js';
import { type Value, unknown } from './value.js';

export const RSP = REGISTER_INDEX.rsp;
export const RAX = REGISTER_INDEX.rax;
const GENERAL = 16;
const MOST_SLOTS = 512;
const OLD: Value = { kind: 'dead', why: 'left by the caller' };

/** A struct on the stack that a typed call filled. */
interface Region {
  readonly to: TypeId;
  readonly size: number;
  readonly text: string;
  readonly at: string; // the place of the call
}

/** Values by register index, and by distance of a stack slot from RSP at the entry. */
export class State {
  readonly registers: Value[];
  readonly slots: Map<number, Value>;
  readonly regions: Map<number, Region>;

  constructor(from?: State) {
    this.registers = from === undefined ? Array.from({ length: GENERAL }, () => OLD) : [...from.registers];
    this.slots = new Map(from?.slots);
    this.regions = new Map(from?.regions);
    if (from === undefined) this.registers[RSP] = { kind: 'stack', offset: 0 };
  }

  register(index: number): Value {
    return this.registers[index] ?? unknown('no general register');
  }

  /** Bytes of the stack were written. */
  overwrite(offset: number, size: number): void {
    for (const at of this.slots.keys()) if (at > offset - 8 && at < offset + size) this.slots.delete(at);
    for (const [at, region] of this.regions)
      if (at < offset + size && at + region.size > offset && at !== offset && size > 8)
        this.regions.delete(at);
  }

  store(offset: number, value: Value): void {
    this.overwrite(offset, 8);
    if (this.slots.size < MOST_SLOTS) this.slots.set(offset, value);
  }

  /** The filled struct that bytes of the stack lie in. */
  regionAt(offset: number): { readonly from: number; readonly region: Region } | undefined {
    for (const [from, region] of this.regions)
      if (offset >= from && offset < from + region.size) return { from, region };
    return undefined;
  }

  fill(offset: number, region: Region): void {
    for (const at of this.slots.keys()) if (at >= offset && at < offset + region.size) this.slots.delete(at);
    for (const [at, old] of this.regions)
      if (at < offset + region.size && at + old.size > offset) this.regions.delete(at);
    this.regions.set(offset, region);
  }
}
