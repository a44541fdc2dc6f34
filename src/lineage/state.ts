// The state of a walk over a recording: the recorded machine, which value each byte belongs to, how far the walk is.

import type { Addr } from '../base/address.js';
import { PagedMemory } from '../kernel/memory.js';
import type { SymbolTable } from '../kernel/symbols.js';
import type { Recording } from '../recording/recording.js';
import { recordedStructs } from '../recording/structs.js';
import { recordedRegions } from '../recording/state.js';
import { NO_INSTRUCTION } from '../x86/encoding.js';
import { fetchCode } from '../x86/fetch.js';
import { REGISTER_COUNT, REGISTER_INDEX } from '../x86/registers.js';
import { type Transfer, decodeTransfer } from '../x86/transfer.js';
import { Assembly } from './assembly.js';
import type { CodeFacts, CodeIndex } from './code.js';
import { Ledger } from './ledger.js';
import { type Frame, Names } from './names.js';
import { TagMap } from './tags.js';

/** `run`: everything that ran is followed. `analyst`: only what follows from the published bytes. */
export type View = 'run' | 'analyst';

/** An instruction of the code, decoded once. */
export interface Site {
  readonly number: number; // index in `sites`
  readonly address: Addr;
  readonly transfer: Transfer;
  readonly facts: CodeFacts | undefined;
  readonly offset: number; // from the function's start
  readonly published: boolean;
  /** C variables that arrive before it. */
  readonly arrivals: CodeFacts['arrivals'];
}

export const { rsp: RSP, rbp: RBP, rax: RAX, rip: RIP, rflags: RFLAGS } = REGISTER_INDEX;

/** How many general registers there are: the first of the register file. */
export const GENERAL = 16;

const sizesOfAllocations = ({ header: { world, events } }: Recording): ReadonlyMap<Addr, number> => {
  const sizes = new Map<Addr, number>();
  for (const { address, header, size } of world) sizes.set(BigInt(address) - BigInt(header), size + header);
  for (const event of events)
    if (event.kind === 'allocate') sizes.set(BigInt(event.address), event.objectSize);
  return sizes;
};

export class WalkState {
  readonly ledger = new Ledger();
  readonly names: Names;
  readonly memory: PagedMemory;
  readonly tags: TagMap;
  readonly assembly: Assembly;
  readonly sites: Site[] = [];
  /** Which instruction ran at each step: an index of `sites`. */
  readonly siteAt: Int32Array;
  /** After instruction `step`. */
  readonly registers = new BigUint64Array(REGISTER_COUNT);
  readonly halves = new Uint32Array(this.registers.buffer);
  /** Before instruction `step`. */
  readonly before = new BigUint64Array(REGISTER_COUNT);
  /**
   * The last instruction that has run, -1 before the first: what ends, ends with it, and what begins is first seen in
   * the state after it.
   */
  step = -1;
  row = 0; // offset of the next register row
  access = 0; // next recorded access
  event = 0; // next recorded event
  frames: Frame[] = [];
  /** Registers that the instruction accounts for, a bit each. */
  touched = 0;
  /** For the analyst: whether what runs is published. */
  known = true;
  /** For the analyst: places of each register that may have been lost, until it is overwritten for certain. */
  readonly lost: number[][] = Array.from({ length: GENERAL }, () => []);
  /** Where the registers are saved while a trap is delivered. */
  trapFrame: Addr | undefined;
  inStub = false;
  /** Bytes of each allocation, by its start. An address that is allocated again has a size of the same cache. */
  readonly allocationSizes: ReadonlyMap<Addr, number>;
  readonly #numbers = new Map<number, number>(); // of sites, by address

  constructor(
    readonly recording: Recording,
    readonly code: CodeIndex,
    readonly symbols: SymbolTable,
    readonly view: View,
  ) {
    this.names = new Names(this.ledger, recordedStructs(recording.header));
    this.memory = new PagedMemory(recordedRegions(recording));
    this.memory.bytes.set(recording.data.memory);
    this.tags = new TagMap(this.ledger, this.memory);
    this.assembly = new Assembly(this.ledger, this.tags);
    this.allocationSizes = sizesOfAllocations(recording);
    this.siteAt = new Int32Array(recording.instructions + 1).fill(-1);
  }

  get frame(): Frame | undefined {
    return this.frames.at(-1);
  }

  siteOf(rip: Addr): Site {
    // Canonical addresses differ within 53 bits, which a number holds exactly.
    const key = Number(BigInt.asUintN(53, rip));
    const known = this.#numbers.get(key);
    if (known !== undefined) return this.sites[known]!;
    const fetched = fetchCode(this.memory, rip);
    const transfer = decodeTransfer(fetched.length === 0 ? Uint8Array.of(NO_INSTRUCTION) : fetched, rip);
    const facts = this.code.find(rip);
    const offset = facts === undefined ? 0 : Number(rip - facts.start);
    const site: Site = {
      number: this.sites.length,
      address: rip,
      transfer,
      facts,
      offset,
      published: facts?.isPublished(offset, offset + transfer.length) ?? false,
      arrivals: facts?.arrivals.filter((arrival) => arrival.offset === offset) ?? [],
    };
    this.sites.push(site);
    this.#numbers.set(key, site.number);
    return site;
  }
}
