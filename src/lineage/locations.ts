// Locations and instructions of a walk in words: `esi`, `0x… (vma.vm_file)`, `mov 0x98(%rdi),%rax`.

import { type Addr, hex } from '../base/address.js';
import { fieldAt } from '../kernel/layout.js';
import { recordedStructs } from '../recording/structs.js';
import { pt_regs } from '../kernel/structs/task.js';
import type { NamedObject } from '../recording/recording.js';
import type { RecordedState } from '../recording/state.js';
import { findTrap } from '../recording/trap.js';
import { decodeOne } from '../x86/disasm.js';
import { partName } from '../x86/register-parts.js';
import { REGISTERS } from '../x86/registers.js';
import type { Site, WalkState } from './state.js';
import { REGISTER_BYTES } from './tags.js';
import type { Moment } from './value.js';

export class Locations {
  readonly #objects: readonly NamedObject[];
  readonly #texts = new Map<Site, string>();
  readonly #regions: readonly {
    readonly first: number; // location
    readonly start: Addr;
    readonly size: number;
    readonly name: string;
  }[];

  /** @param text any state of the recording: code does not change */
  constructor(
    private readonly walk: WalkState,
    private readonly text: RecordedState,
  ) {
    const { objects, world } = walk.recording.header;
    this.#objects = [...objects, ...world];
    let first = REGISTER_BYTES;
    this.#regions = walk.memory.regions.map(({ start, size, name }) => {
      const region = { first, start, size, name };
      first += size;
      return region;
    });
  }

  /** A register or a part of one, or an address with its meaning. @param from the first state of the place */
  describe(location: number, size: number, from: number): string {
    if (location < REGISTER_BYTES) return partName(REGISTERS[location >> 3]!, location & 7, size);
    const address = this.addressOf(location);
    return `${hex(address)} (${this.#identify(address, from)})`;
  }

  addressOf(location: number): Addr {
    const { first, start } = this.#regions.findLast((region) => region.first <= location)!;
    return start + BigInt(location - first);
  }

  // The meaning of an address, in a few words: `sfd.id`, `stack of shm_close`, `init_ipc_ns+0x98`.
  #identify(address: Addr, from: number): string {
    for (const { name, address: start, size, struct } of this.#objects) {
      const offset = address - BigInt(start);
      if (offset < 0n || offset >= BigInt(size)) continue;
      const layout = struct === null ? undefined : recordedStructs(this.walk.recording.header).find(struct);
      const field = layout === undefined ? undefined : fieldAt(layout, Number(offset));
      if (field === undefined) return `${name}+${hex(offset)}`;
      return `${name}.${field.path}${field.within === 0 ? '' : `+${hex(field.within)}`}`;
    }
    const { recording, symbols } = this.walk;
    const regs = findTrap(recording)?.regs ?? undefined;
    const saved = regs === undefined ? undefined : fieldAt(pt_regs, Number(address - BigInt(regs)));
    if (saved !== undefined && from === recording.instructions) return `pt_regs.${saved.path}`;
    if (symbols.findLocation(address) !== undefined) return symbols.formatLocation(address);
    const { name } = this.#regions.find(
      ({ start, size }) => address >= start && address < start + BigInt(size),
    )!;
    if (!/stack/u.test(name)) return name;
    const facts = from > 0 ? this.#siteAt(from - 1)?.facts : undefined;
    return facts === undefined ? 'stack' : `stack of ${facts.name}`;
  }

  #siteAt(step: number): Site | undefined {
    return this.walk.sites[this.walk.siteAt[step] ?? -1];
  }

  moment(step: number): Moment {
    const site = this.#siteAt(Math.max(0, step));
    return { step, at: site === undefined ? '' : this.walk.symbols.formatLocation(site.address) };
  }

  /** The text of the instruction at a step, with single blanks; empty where there is none. */
  textAt(step: number): string {
    const site = this.#siteAt(step);
    if (site === undefined) return '';
    const { address, transfer } = site;
    const known = this.#texts.get(site);
    if (known !== undefined) return known;
    if (!this.text.isMapped(address, transfer.length)) return '';
    const bytes = this.text.read(address, transfer.length);
    const text = decodeOne(bytes, address, this.walk.symbols).text.replaceAll(/ +/gu, ' ').trim();
    this.#texts.set(site, text);
    return text;
  }
}
