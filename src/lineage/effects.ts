// What instructions do to values, one method for each kind of transfer; calls and returns, which need to know
// functions, are walk.ts's.

import { type Addr, u64 } from '../base/address.js';
import type { Accesses } from './accesses.js';
import { HOW, ORIGIN } from './ledger.js';
import { Operands, RAX, RFLAGS, RSP, type Site, TRAP_SETS } from './operands.js';
import { ABSENT, IMMEDIATE, MEMORY, conditionHolds, isZero } from '../x86/transfer.js';

/** The effects of instructions on the values of a walk. */
export abstract class Effects extends Operands {
  protected copy(step: number, site: Site, access: Accesses): void {
    const { destination, source, size, width, signTo, constant } = site.transfer;
    if (source === IMMEDIATE) {
      const target = destination === MEMORY ? access.write(size) : 0n;
      // The whole register is known: zeroes above included.
      const whole = destination === MEMORY ? size : width;
      this.fresh(step, destination, target, whole, whole, ORIGIN.constant, constant, site.number);
      return;
    }
    const from = source === MEMORY ? access.read() : 0n;
    this.take(source, from, size);
    if (source === MEMORY) this.nameLoad(step, site, from, size);
    if (destination === MEMORY) {
      this.putMemory(step, access.write(size), size);
      return;
    }
    const loadsSaved = source === MEMORY ? HOW.restored : 0;
    if (signTo <= size) {
      this.put(step, destination, size, width, loadsSaved);
      return;
    }
    this.extend(step, site, from);
  }

  // The sign of what was taken, in the bytes above it.
  protected extend(step: number, site: Site, address: Addr): void {
    const { destination, source, size, width, signTo } = site.transfer;
    const parents = this.valuesOf(source, address, size);
    this.put(step, destination, size, width);
    const bits = this.registers[destination >> 3]! >> BigInt((destination & 7) * 8 + size * 8);
    const origin = ORIGIN.computed;
    const value = this.fresh(
      step,
      destination + size,
      0n,
      signTo - size,
      signTo - size,
      origin,
      bits,
      site.number,
    );
    for (const parent of parents) this.ledger.addParent(value, parent);
  }

  protected choose(step: number, site: Site, access: Accesses): void {
    const { transfer } = site;
    const flags = this.halvesBefore(RFLAGS);
    if (conditionHolds(transfer.condition, flags)) return this.copy(step, site, access);
    const { destination, width, size } = transfer;
    this.touched |= 1 << (destination >> 3);
    // Not moved; a 32-bit register loses its upper half all the same.
    if (width > size) this.clear(step, destination + size, width - size);
    return undefined;
  }

  protected push(step: number, site: Site, access: Accesses): void {
    const { source, size, constant } = site.transfer;
    const rsp = u64(this.before[RSP]! - 8n);
    const target = access.writeAt(rsp, size);
    if (source === IMMEDIATE || source === ABSENT) {
      const bits = source === IMMEDIATE ? constant : access.written(target);
      const origin = source === IMMEDIATE ? ORIGIN.constant : ORIGIN.computed;
      this.fresh(step, MEMORY, target, size, size, origin, bits, site.number);
    } else {
      const from = source === MEMORY ? access.read() : 0n;
      this.take(source, from, size);
      if (source === MEMORY) this.nameLoad(step, site, from, size);
      this.putMemory(step, target, size);
    }
    this.moveStack(step, -8n, rsp, site.number);
  }

  protected pop(step: number, site: Site, access: Accesses): void {
    const { destination, size } = site.transfer;
    const from = access.read();
    const rsp = u64(from + 8n);
    // The stack pointer moves first: pop %rsp ends with what was loaded, and an address with rsp in it has the new one.
    this.take(MEMORY, from, size);
    this.moveStack(step, 8n, rsp, site.number);
    if (destination === MEMORY) this.putMemory(step, access.write(size), size);
    else if (destination !== ABSENT) this.put(step, destination, size, size, HOW.restored);
  }

  protected exchange(step: number, site: Site, access: Accesses): void {
    const { destination, source, size } = site.transfer;
    if (destination === MEMORY || source === MEMORY) {
      const register = destination === MEMORY ? source : destination;
      const at = access.read();
      const target = access.write(size);
      const width = size === 4 ? 8 : size;
      // Through a scratch copy: what was in memory is taken last and put first.
      const other = this.keep(register, 0n, size);
      this.take(MEMORY, at, size);
      this.nameLoad(step, site, at, size);
      this.put(step, register, size, width);
      this.takeKept(other);
      this.putMemory(step, target, size);
      return;
    }
    const width = size === 4 ? 8 : size;
    const kept = this.keep(destination, 0n, size);
    this.take(source, 0n, size);
    this.put(step, destination, size, width);
    this.takeKept(kept);
    this.put(step, source, size, width);
  }

  protected exchangeAdd(step: number, site: Site, access: Accesses): void {
    const { destination, source, size } = site.transfer;
    const address = destination === MEMORY ? access.read() : 0n;
    const width = size === 4 ? 8 : size;
    const parents = [...this.valuesOf(destination, address, size), ...this.valuesOf(source, 0n, size)];
    if (destination === MEMORY) this.nameLoad(step, site, address, size);
    const old = this.keep(destination, address, size);
    this.takeKept(old);
    this.put(step, source, size, width);
    const target = destination === MEMORY ? access.write(size) : 0n;
    const bits = destination === MEMORY ? access.written(target) : this.bitsAfter(destination);
    const sum = this.fresh(
      step,
      destination,
      target,
      size,
      destination === MEMORY ? size : width,
      ORIGIN.computed,
      bits,
      site.number,
    );
    for (const parent of parents) this.ledger.addParent(sum, parent);
  }

  protected compareExchange(step: number, site: Site, access: Accesses): void {
    const { destination, source, size } = site.transfer;
    const address = destination === MEMORY ? access.read() : 0n;
    const equal = isZero(Number(BigInt.asUintN(32, this.registers[RFLAGS]!)));
    const width = size === 4 ? 8 : size;
    const target = destination === MEMORY && access.hasWrites() ? access.write(size) : address;
    if (equal) {
      this.take(source, 0n, size);
      if (destination === MEMORY) this.putMemory(step, target, size);
      else this.put(step, destination, size, width);
    } else {
      this.take(destination, address, size);
      if (destination === MEMORY) this.nameLoad(step, site, address, size);
      this.put(step, RAX * 8, size, width);
    }
    // Whether the other register loses its upper half too is told differently by manuals, processors and emulators.
    const other = equal ? RAX * 8 : destination;
    if (size === 4 && other !== MEMORY && this.bitsAfter(other) >> 32n === 0n)
      this.clear(step, other + size, size);
  }

  protected string(step: number, site: Site, access: Accesses): void {
    const { kind, size, width, writes } = site.transfer;
    if (kind === 'string-move') {
      for (let pairs = access.pairs(); pairs > 0; pairs -= 1) {
        const from = access.read();
        const to = access.write(size);
        this.take(MEMORY, from, size);
        this.putMemory(step, to, size);
        access.applyTo(this.memory);
      }
    } else if (kind === 'string-store') {
      while (access.hasWrites()) {
        this.take(RAX * 8, 0n, size);
        this.putMemory(step, access.write(size), size);
      }
    } else if (kind === 'string-load') {
      while (access.hasReads()) {
        this.take(MEMORY, access.read(), size);
        this.put(step, RAX * 8, size, width);
      }
    }
    // Counters and pointers that moved are their old values plus something.
    for (const { at } of writes) {
      const register = at >> 3;
      this.touched |= 1 << register;
      // After a fault the delivery of the trap has set some of them: where they were is not recorded.
      if (this.trapFollows(step) && TRAP_SETS.includes(register)) {
        this.clear(step, at, 8);
        continue;
      }
      const distance = BigInt.asIntN(64, this.registers[register]! - this.before[register]!);
      if (distance === 0n || this.hostFollows(step)) continue;
      this.derive(step, site, at, distance);
    }
  }

  protected trapFollows(step: number): boolean {
    const next = this.recording.header.events[this.event];
    return next?.kind === 'trap' && next.at === step + 1;
  }

  protected hostFollows(step: number): boolean {
    const next = this.recording.header.events[this.event];
    return next !== undefined && next.at <= step + 1 && next.kind !== 'trap';
  }

  protected derive(step: number, site: Site, at: number, distance: bigint): void {
    const old = this.tags.placeIn(at >> 3, 8);
    const parents = this.valuesOf(at, 0n, 8);
    const value = this.fresh(step, at, 0n, 8, 8, ORIGIN.computed, this.bitsAfter(at), site.number);
    for (const parent of parents) this.ledger.addParent(value, parent);
    if (old > 0 && parents.length > 0) this.ledger.setOffset(value, distance);
  }

  protected compute(step: number, site: Site, access: Accesses): void {
    const { writes, reads, loads, stores, offset } = site.transfer;
    const parents: number[] = [];
    const single = reads.length === 1 && reads[0]!.size === 8 ? this.tags.placeIn(reads[0]!.at >> 3, 8) : 0;
    for (const { at, size } of reads) parents.push(...this.valuesOf(at, 0n, size));
    const from = loads > 0 && access.hasReads() ? access.read() : undefined;
    if (from !== undefined) {
      parents.push(...this.valuesOf(MEMORY, from, loads));
      this.nameLoad(step, site, from, loads);
    }
    const made: number[] = [];
    if (stores > 0 && access.hasWrites()) {
      const target = access.write(stores);
      const bits = access.written(target);
      made.push(this.fresh(step, MEMORY, target, stores, stores, ORIGIN.computed, bits, site.number));
    }
    for (const { at, size } of writes) {
      const width = size === 4 ? 8 : size;
      const bits = this.bitsAfter(at);
      made.push(this.fresh(step, at, 0n, size, width, ORIGIN.computed, bits, site.number));
    }
    for (const value of made) for (const parent of parents) this.ledger.addParent(value, parent);
    if (offset === undefined || made.length !== 1) return;
    this.shift(step, made[0]!, single > 0 ? this.ledger.value(single) : parents[0], offset);
  }

  // A value that is another plus a constant.
  protected shift(step: number, value: number, parent: number | undefined, offset: bigint): void {
    if (parent === undefined || this.ledger.parentsOf(value).length !== 1) return;
    if (this.ledger.sizeOf(parent) !== this.ledger.sizeOf(value)) return;
    this.ledger.setOffset(value, offset);
    this.names.shifted(value, parent, offset, step + 1, this.frames.at(-1));
  }
}
