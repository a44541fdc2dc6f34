// The oops of a recording: the kernel's report, made from the recorded machine at the trap.

import type { Addr } from '../base/address.js';
import { fetchCode } from '../x86/fetch.js';
import { usesOf } from '../x86/disasm.js';
import { readGivenFacts } from '../oops/given.js';
import type { Memory } from '../kernel/memory.js';
import { type OopsReport, collectOops } from '../oops/collect.js';
import type { ProvenanceQuery } from '../oops/words.js';
import { RecordedState } from './state.js';
import type { RecordedEvent, Recording } from './recording.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import { savedRegisters } from '../kernel/pt_regs.js';
import { type KernelSymbol, SymbolTable } from '../kernel/symbols.js';

/** The symbols that a recording was made with. */
export const recordedSymbols = (recording: Recording): SymbolTable =>
  new SymbolTable(
    recording.header.symbols.map((symbol): KernelSymbol => ({ ...symbol, address: BigInt(symbol.address) })),
  );

/** The event of a trap. */
export type TrapEvent = Extract<RecordedEvent, { kind: 'trap' }>;

/** The trap that ended a recording, if one did. */
export const findTrap = (recording: Recording): TrapEvent | undefined =>
  recording.header.events.findLast((event): event is TrapEvent => event.kind === 'trap');

/**
 * The registers that the end of a recording is about: those that the trap saved, otherwise those of the CPU.
 *
 * @param memory the recording's own at its end, unless it is given
 * @returns in the order of REGISTERS
 */
export const finalRegisters = (recording: Recording, memory?: Memory): BigUint64Array => {
  const regs = findTrap(recording)?.regs;
  return regs == null
    ? recording.registersAt(recording.instructions)
    : savedRegisters(memory ?? new RecordedState(recording).end(), BigInt(regs));
};

// Registers that an instruction of the last call wrote, as the instructions' own operands say.
const writtenRegisters = (recording: Recording, memory: Memory): ReadonlySet<string> => {
  const from = recording.header.steps.at(-1)?.from ?? 0;
  const written = new Set<string>();
  const seen = new Set<Addr>();
  let row = from;
  for (const registers of recording.registerRows(from)) {
    row += 1;
    const rip = registers[REGISTER_INDEX.rip]!;
    if (row > recording.instructions || seen.has(rip) || !memory.isMapped(rip, 1)) continue;
    seen.add(rip);
    for (const use of usesOf(fetchCode(memory, rip), rip).registers) if (use.written) written.add(use.full);
  }
  return written;
};

// The last write that touches a range decides: guest code computed it, or it was there at the start. Indexed by words
// of 8 bytes, since a report asks for many.
const provenanceOf = (recording: Recording, memory: Memory): ProvenanceQuery => {
  const written = writtenRegisters(recording, memory);
  const writes = new Map<bigint, number[]>(); // indices of accesses, by word
  for (let index = 0; index < recording.accessCount; index += 1) {
    const { kind, faulted, address, size } = recording.access(index);
    if (kind !== 'write' || faulted || size === 0) continue;
    for (let word = address >> 3n; word <= (address + BigInt(size) - 1n) >> 3n; word += 1n) {
      const known = writes.get(word);
      if (known === undefined) writes.set(word, [index]);
      else known.push(index);
    }
  }
  const lastTo = (word: bigint, address: Addr, size: number): number =>
    writes.get(word)?.findLast((index) => {
      const access = recording.access(index);
      return access.address < address + BigInt(size) && address < access.address + BigInt(access.size);
    }) ?? -1;
  return {
    register: (name) => (written.has(name) ? 'computed' : 'carried'),
    memory: (address, size) => {
      let last = -1;
      for (let word = address >> 3n; word <= (address + BigInt(size) - 1n) >> 3n; word += 1n)
        last = Math.max(last, lastTo(word, address, size));
      return last < 0 || recording.access(last).host ? 'carried' : 'computed';
    },
  };
};

const WITHOUT: ProvenanceQuery = { register: () => 'carried', memory: () => 'carried' };

/**
 * The report of a recording's trap.
 *
 * @param options.memory the recording's own at its end, unless it is given
 * @param options.symbols those of the recording, unless they are given
 * @param options.provenance determine for each word whether it was computed or carried; takes a decoder
 * @returns `undefined` when nothing trapped, or the stack could not take the trap's registers
 * @throws {InputError} when a given fact is not what the report prints there
 */
export const reportOf = (
  recording: Recording,
  options: {
    readonly provenance?: boolean;
    readonly memory?: Memory;
    readonly symbols?: SymbolTable;
  } = {},
): OopsReport | undefined => {
  const trap = findTrap(recording);
  if (trap?.regs == null) return undefined;
  const memory = options.memory ?? new RecordedState(recording).end();
  const { gsBase, given, release } = recording.header;
  return collectOops({
    memory,
    symbols: options.symbols ?? recordedSymbols(recording),
    regs: BigInt(trap.regs),
    trap: {
      kind: trap.trap as 'invalid opcode',
      errorCode: trap.errorCode,
      ...(trap.address === null ? {} : { address: BigInt(trap.address) }),
    },
    gsBase: BigInt(gsBase),
    given: readGivenFacts(given, release),
    provenance: options.provenance === true ? provenanceOf(recording, memory) : WITHOUT,
  });
};
