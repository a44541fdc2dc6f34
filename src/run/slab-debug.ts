// What CONFIG_DEBUG_SLAB does to objects: red zones around them, poison in them, and a word for their last user. The
// checks happen where the kernel makes them, when an object is handed out and when it is freed, and report in its words.
// Differs: where the kernel ends in a BUG_ON this one only says so. No report has the kernel's stack trace.
// Source: mm/slab.c and include/linux/poison.h, v3.0.101, DEBUG without CONFIG_DEBUG_PAGEALLOC

import { type Addr, hex } from '../base/address.js';
import { append } from '../base/long-lists.js';
import type { WritableMemory } from '../kernel/memory.js';
import type { SlabGeometry } from '../kernel/slab-geometry.js';
import type { DetectorReport, DetectorSight } from './detector.js';
import type { ObjectChecks } from './object-checks.js';

/** Words beside an object that is free, and beside one that is not. */
const RED_INACTIVE = 0x09f911029d74e35bn;
const RED_ACTIVE = 0xd84156c5635688c0n;

/** Bytes of an object that was just handed out, of a free one, and the last byte of both. */
const POISON_INUSE = 0x5a;
const POISON_FREE = 0x6b;
const POISON_END = 0xa5;

const LINE = 16; // bytes of a line of a dump
const MOST_LINES = 5;

// As %p prints a pointer.
const bare = (address: Addr): string =>
  address === 0n ? '(null)'.padStart(16) : address.toString(16).padStart(16, '0');

/** The checks of one heap. All that they know lies in guest memory. */
export class SlabDebug implements ObjectChecks {
  readonly #memory: WritableMemory;
  readonly #sight: DetectorSight;

  constructor(memory: WritableMemory, sight: DetectorSight) {
    this.#memory = memory;
    this.#sight = sight;
  }

  #red1(geometry: SlabGeometry, object: Addr): Addr {
    return object + BigInt(geometry.objectOffset - 8);
  }

  #red2(geometry: SlabGeometry, object: Addr): Addr {
    return object + BigInt(geometry.stride - 16);
  }

  #user(geometry: SlabGeometry, object: Addr): Addr {
    return object + BigInt(geometry.stride - 8);
  }

  // Source: poison_obj()
  #poison({ objectOffset, usable }: SlabGeometry, object: Addr, value: number): void {
    const bytes = new Uint8Array(usable).fill(value);
    bytes[usable - 1] = POISON_END;
    this.#memory.write(object + BigInt(objectOffset), bytes);
  }

  #mark(geometry: SlabGeometry, object: Addr, red: bigint, user: Addr): void {
    if (!geometry.hasRedZones) return;
    this.#memory.writeU64(this.#red1(geometry, object), red);
    this.#memory.writeU64(this.#red2(geometry, object), red);
    this.#memory.writeU64(this.#user(geometry, object), user);
  }

  // Source: cache_init_objs()
  grown(geometry: SlabGeometry, first: Addr): void {
    for (let index = 0; index < geometry.num; index += 1) {
      const object = first + BigInt(index * geometry.stride);
      this.#poison(geometry, object, POISON_FREE);
      this.#mark(geometry, object, RED_INACTIVE, 0n);
    }
  }

  placed(geometry: SlabGeometry, object: Addr): void {
    this.#memory.write(object + BigInt(geometry.objectOffset), new Uint8Array(geometry.usable));
    this.#mark(geometry, object, RED_ACTIVE, this.#sight.caller());
  }

  // Source: cache_alloc_debugcheck_after()
  allocated(geometry: SlabGeometry, object: Addr): void {
    this.#sight.checked(geometry.hasRedZones ? geometry.usable + 16 : geometry.usable);
    const corruption = this.#corruption(geometry, object);
    if (corruption !== undefined) this.#sight.report(corruption);
    this.#poison(geometry, object, POISON_INUSE);
    if (!geometry.hasRedZones) return;
    const [red1, red2] = this.#redZones(geometry, object);
    if (red1 !== RED_INACTIVE || red2 !== RED_INACTIVE) {
      const what = 'double free, or memory outside object was overwritten';
      this.#slabError(geometry, 'cache_alloc_debugcheck_after', what, object, '');
    }
    this.#mark(geometry, object, RED_ACTIVE, this.#sight.caller());
  }

  // Source: cache_free_debugcheck() and verify_redzone_free()
  freeing(geometry: SlabGeometry, object: Addr, isObject: boolean): void {
    const { name, hasRedZones } = geometry;
    if (!isObject) {
      const text = `BUG_ON in cache_free_debugcheck(): ${bare(object)} is not where an object of ${name} begins`;
      this.#sight.report({ kind: 'invalid free', lines: [text], address: object });
      return;
    }
    this.#sight.checked(hasRedZones ? 16 : 0);
    if (hasRedZones) {
      const [red1, red2] = this.#redZones(geometry, object);
      if (red1 === RED_INACTIVE && red2 === RED_INACTIVE)
        this.#slabError(geometry, 'verify_redzone_free', 'double free detected', object, '.');
      else if (red1 !== RED_ACTIVE || red2 !== RED_ACTIVE)
        this.#slabError(
          geometry,
          'verify_redzone_free',
          'memory outside object was overwritten',
          object,
          '.',
        );
      this.#mark(geometry, object, RED_INACTIVE, this.#sight.caller());
    }
    this.#poison(geometry, object, POISON_FREE);
  }

  #redZones(geometry: SlabGeometry, object: Addr): [bigint, bigint] {
    const memory = this.#memory;
    return [memory.readU64(this.#red1(geometry, object)), memory.readU64(this.#red2(geometry, object))];
  }

  #slabError(geometry: SlabGeometry, where: string, what: string, object: Addr, end: string): void {
    const [red1, red2] = this.#redZones(geometry, object);
    this.#sight.report({
      kind: what.startsWith('double free detected') ? 'double free' : 'red zone',
      lines: [
        `slab error in ${where}(): cache \`${geometry.name}': ${what}`,
        `${bare(object)}: redzone 1:${hex(red1)}, redzone 2:${hex(red2)}${end}`,
      ],
      address: object + BigInt(geometry.objectOffset),
    });
  }

  // What a free object should hold and does not. Source: check_poison_obj()
  #corruption(geometry: SlabGeometry, object: Addr): DetectorReport | undefined {
    const { usable, objectOffset, name, stride, num } = geometry;
    const start = object + BigInt(objectOffset);
    const bytes = this.#memory.read(start, usable);
    const isWrong = (at: number): boolean => bytes[at] !== (at === usable - 1 ? POISON_END : POISON_FREE);
    const wrong = Array.from({ length: usable }, (_, at) => at).filter(isWrong);
    if (wrong.length === 0) return undefined;
    const lines = [`Slab corruption: ${name} start=${bare(start)}, len=${usable}`];
    append(lines, this.#about(geometry, object, 0));
    // The kernel goes on one byte after a line that it shows: that byte it does not look at.
    let shown = 0;
    for (let at = 0; at < usable && shown <= MOST_LINES; at += 1) {
      if (!isWrong(at)) continue;
      at -= at % LINE;
      append(lines, dumpLine(bytes, at));
      at += LINE;
      shown += 1;
    }
    const index = this.#sight.indexOf(start);
    if (index !== undefined && index > 0) {
      lines.push(`Prev obj: start=${bare(start - BigInt(stride))}, len=${usable}`);
      append(lines, this.#about(geometry, object - BigInt(stride), 2));
    }
    if (index !== undefined && index + 1 < num) {
      lines.push(`Next obj: start=${bare(start + BigInt(stride))}, len=${usable}`);
      append(lines, this.#about(geometry, object + BigInt(stride), 2));
    }
    return { kind: 'poison', lines, address: start + BigInt(wrong[0]!) };
  }

  // Source: print_objinfo()
  #about(geometry: SlabGeometry, object: Addr, most: number): string[] {
    const lines: string[] = [];
    if (geometry.hasRedZones) {
      const [red1, red2] = this.#redZones(geometry, object);
      const user = this.#memory.readU64(this.#user(geometry, object));
      lines.push(`Redzone: ${hex(red1)}/${hex(red2)}.`);
      lines.push(`Last user: [<${bare(user)}>](${this.#sight.symbol(user)})`);
    }
    const bytes = this.#memory.read(object + BigInt(geometry.objectOffset), geometry.usable);
    for (let line = 0; line < most && line * LINE < bytes.length; line += 1)
      append(lines, dumpLine(bytes, line * LINE));
    return lines;
  }
}

// Source: dump_line()
const dumpLine = (bytes: Uint8Array, offset: number): string[] => {
  const part = bytes.subarray(offset, offset + LINE);
  const text = [...part].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const lines = [`${offset.toString(16).padStart(3, '0')}: ${text}`];
  const wrong = part.filter((byte) => byte !== POISON_FREE);
  const bits = wrong.length === 1 ? wrong[0]! ^ POISON_FREE : 0;
  if (wrong.length === 1 && (bits & (bits - 1)) === 0)
    lines.push(
      'Single bit error detected. Probably bad RAM.',
      'Run memtest86+ or a similar memory test tool.',
    );
  return lines;
};
