// One run of code from a given state on an engine, told so that it can be held against a run elsewhere.
import type { Engine, EngineKind, Stop } from '../../src/machine/engine.js';
import type { PagedMemory } from '../../src/kernel/memory.js';
import { REGISTERS, REGISTER_INDEX } from '../../src/x86/registers.js';
import { PAGES, formMemory } from './form-memory.js';

/** What an instruction starts with. */
export interface FormState {
  /** In the order of REGISTERS; RIP is where it lies. */
  readonly registers: readonly bigint[];
  readonly gs: bigint;
  /** Bytes put into memory before. */
  readonly pokes: readonly (readonly [bigint, Uint8Array])[];
  /** Where the code ends; without it one instruction, or one round of it, runs. */
  readonly until?: bigint;
}

/** How it ended: `done` also where the next instruction cannot be fetched. */
export interface FormEnd {
  readonly kind: 'done' | '#UD' | 'exception' | 'fault' | 'budget';
  readonly access?: 'read' | 'write' | 'fetch';
  readonly address?: bigint; // not known of an address that is not canonical, on a CPU
  readonly size?: number; // bytes; not known on a CPU
  readonly cause?: string;
}

/** What it did. */
export interface Ran {
  readonly end: FormEnd;
  readonly registers: readonly bigint[];
  /** Bytes of memory that are other than before the pokes: the first of them, and how many. */
  readonly changes: readonly (readonly [number, number])[];
  readonly count: number;
}

/** Bytes that are told one by one. */
export const MOST_CHANGES = 64;
const WHOLE = 100_000; // instructions, and rounds

/** An engine with the code and the pages of a campaign. */
export class FormEngine {
  readonly engine: Engine;
  readonly memory: PagedMemory;

  constructor(kind: EngineKind, code: Uint8Array) {
    this.memory = formMemory(code);
    this.engine = kind.open(this.memory);
  }

  run({ registers, gs, pokes, until }: FormState): Ran {
    for (const [at, bytes] of pokes)
      for (const [index, byte] of bytes.entries()) {
        const address = at + BigInt(index);
        if (isWritable(address)) this.memory.writeU8(address, byte);
      }
    const { engine } = this;
    engine.setSegmentBase('gs', gs);
    engine.registers.set(registers);
    engine.writeRegisters();
    const at = registers[REGISTER_INDEX.rip]!;
    const end = endOf(engine.run(at, until ?? 0n, until === undefined ? 1 : WHOLE), at, until);
    return { end, registers: [...engine.registers], ...this.#changes() };
  }

  // What differs from before, which is brought back.
  #changes(): { changes: [number, number][]; count: number } {
    const changes: [number, number][] = [];
    for (const { at, isWritable: canChange, fill } of PAGES) {
      if (!canChange) continue;
      const now = this.memory.read(at, fill.length);
      if (Buffer.compare(now, fill) === 0) continue;
      for (const [offset, byte] of now.entries())
        if (byte !== fill[offset]) changes.push([Number(at) + offset, byte]);
      this.memory.write(at, fill);
    }
    return { changes: changes.slice(0, MOST_CHANGES), count: changes.length };
  }

  close(): void {
    this.engine.close();
  }
}

const isWritable = (address: bigint): boolean =>
  PAGES.some(({ at, isWritable: can }) => can && address >= at && address < at + 4096n);

const endOf = (stop: Stop, start: bigint, until: bigint | undefined): FormEnd => {
  if (stop.reason === 'until') return { kind: 'done' };
  if (stop.reason === 'budget') return { kind: until === undefined ? 'done' : 'budget' };
  if (until === undefined && stop.pc !== start) return { kind: 'done' }; // whatever is where it went
  if (stop.reason === 'invalid-opcode') return { kind: '#UD' };
  if (stop.reason !== 'fault') return { kind: 'exception' };
  const { access, address, size, cause } = stop;
  return { kind: 'fault', access, address, size, cause };
};

const equalEnds = (a: FormEnd, b: FormEnd): boolean =>
  a.kind === b.kind &&
  (a.access === undefined || b.access === undefined || a.access === b.access) &&
  (a.address === undefined || b.address === undefined || a.address === b.address) &&
  (a.size === undefined || b.size === undefined || a.size === b.size) &&
  (a.cause === undefined || b.cause === undefined || a.cause === b.cause);

/** Names of registers whose values differ; `unknown` are bits of RFLAGS that need not agree. */
export const registersThatDiffer = (a: ArrayLike<bigint>, b: ArrayLike<bigint>, unknown: bigint): string[] =>
  REGISTERS.filter((register, index) => {
    const mask = register === 'rflags' ? ~unknown : -1n;
    return (a[index]! & mask) !== (b[index]! & mask);
  });

/**
 * What two runs from the same state have otherwise: `end`, names of registers, `memory`.
 *
 * @param unknown bits of RFLAGS that need not agree
 */
export const differences = (a: Ran, b: Ran, unknown: bigint): string[] => [
  ...(equalEnds(a.end, b.end) ? [] : ['end']),
  ...registersThatDiffer(a.registers, b.registers, unknown),
  ...(a.count === b.count && a.changes.every(([at, byte], index) => at === b.changes[index]?.[0] && byte === b.changes[index]?.[1])
    ? []
    : ['memory']),
]; // prettier-ignore
