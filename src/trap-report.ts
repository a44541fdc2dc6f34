// The oops of a recording: the kernel's report, made from the recorded machine at the trap.

import { type Addr, parseUnsigned } from './address.js';
import { usesOf } from './disasm.js';
import { InputError } from './errors.js';
import type { Memory } from './memory.js';
import { type GivenFacts, type OopsReport, collectOops } from './oops.js';
import type { ProvenanceQuery } from './oops-words.js';
import { RecordedState } from './recorded-state.js';
import type { RecordedEvent, Recording } from './recording.js';
import { REGISTER_INDEX } from './registers.js';
import { savedRegisters } from './saved-registers.js';
import { type KernelSymbol, SymbolTable } from './symbols.js';

/** The symbols that a recording was made with. */
export const recordedSymbols = (recording: Recording): SymbolTable =>
  new SymbolTable(
    recording.header.symbols.map((symbol): KernelSymbol => ({ ...symbol, address: BigInt(symbol.address) })),
  );

type TrapEvent = Extract<RecordedEvent, { kind: 'trap' }>;

/** The trap that ended a recording, if one did. */
export const findTrap = (recording: Recording): TrapEvent | undefined =>
  recording.header.events.findLast((event): event is TrapEvent => event.kind === 'trap');

/**
 * The registers that the end of a recording is about: those that the trap saved, else those of the CPU.
 *
 * @returns in the order of REGISTERS
 */
export const finalRegisters = (recording: Recording): BigUint64Array => {
  const regs = findTrap(recording)?.regs;
  return regs == null
    ? recording.registersAt(recording.instructions)
    : savedRegisters(new RecordedState(recording).end(), BigInt(regs));
};

const NUMBERS = ['pid', 'ds', 'es', 'fsIndex', 'gsIndex', 'cs', 'dieCounter'] as const;
const VALUES = [
  'fs',
  'knlGs',
  'cr0',
  'cr2',
  'cr3',
  'cr4',
  'dr0',
  'dr1',
  'dr2',
  'dr3',
  'dr6',
  'dr7',
  'endTrace',
] as const;
const TEXTS = [
  'comm',
  'taint',
  'release',
  'version',
  'vendor',
  'product',
  'board',
  'lastUnloaded',
  'supported',
  'pageTable',
] as const;
const OPTIONAL = new Set([
  'fsIndex',
  'gsIndex',
  'cs',
  'dieCounter',
  'endTrace',
  'board',
  'lastUnloaded',
  'supported',
  'pageTable',
]);
const DEFAULTS: Readonly<Record<string, string | number>> = {
  comm: 'unknown',
  taint: 'Not tainted',
  version: '#1',
  vendor: 'unknown',
  product: 'unknown',
};

const givenFacts = (given: Recording['header']['given'], release: string): GivenFacts => {
  const facts: Record<string, unknown> = { modules: Array.isArray(given['modules']) ? given['modules'] : [] };
  const value = (name: string): string | number | undefined => {
    const found =
      given[name] ??
      (OPTIONAL.has(name) ? undefined : (DEFAULTS[name] ?? (name === 'release' ? release : 0)));
    if (found === undefined || typeof found === 'string' || typeof found === 'number') return found;
    throw new InputError(`should be text or a number, found ${JSON.stringify(found)}`, {
      field: `given.${name}`,
    });
  };
  for (const name of TEXTS) {
    const text = value(name);
    if (text !== undefined) facts[name] = String(text);
  }
  for (const name of [...NUMBERS, ...VALUES]) {
    const found = value(name);
    if (found === undefined) continue;
    const number = parseUnsigned(String(found));
    if (number === undefined) {
      throw new InputError(`should be a number or 0x…, found ${JSON.stringify(found)}`, {
        field: `given.${name}`,
      });
    }
    facts[name] = (NUMBERS as readonly string[]).includes(name) ? Number(number) : number;
  }
  for (const name of ['smp', 'preempt']) if (typeof given[name] === 'boolean') facts[name] = given[name];
  return facts as unknown as GivenFacts;
};

// Registers that an instruction of the last call wrote, as the instructions' own operands say.
const writtenRegisters = (recording: Recording, memory: Memory): ReadonlySet<string> => {
  const from = recording.header.steps.at(-1)?.from ?? 0;
  const written = new Set<string>();
  const seen = new Set<Addr>();
  let row = 0;
  for (const registers of recording.registerRows()) {
    row += 1;
    const rip = registers[REGISTER_INDEX.rip]!;
    if (row <= from || row > recording.instructions || seen.has(rip) || !memory.isMapped(rip, 1)) continue;
    seen.add(rip);
    const room = memory.isMapped(rip, 15) ? 15 : 4096 - Number(rip & 0xfffn);
    for (const use of usesOf(memory.read(rip, room), rip).registers) if (use.written) written.add(use.full);
  }
  return written;
};

// The last write that touches a range decides: guest code computed it, or it was there at the start.
const provenanceOf = (recording: Recording, memory: Memory): ProvenanceQuery => {
  const written = writtenRegisters(recording, memory);
  return {
    register: (name) => (written.has(name) ? 'computed' : 'carried'),
    memory: (address, size) => {
      for (let index = recording.accessCount - 1; index >= 0; index -= 1) {
        const access = recording.access(index);
        if (access.kind !== 'write' || access.faulted) continue;
        if (access.address < address + BigInt(size) && address < access.address + BigInt(access.size)) {
          return access.host ? 'carried' : 'computed';
        }
      }
      return 'carried';
    },
  };
};

const WITHOUT: ProvenanceQuery = { register: () => 'carried', memory: () => 'carried' };

/**
 * The report of a recording's trap.
 *
 * @param options.memory the recording's own at its end, without it
 * @param options.provenance find out for each word whether it was computed or carried; takes a decoder
 * @returns `undefined` when nothing trapped, or the stack could not take the trap's registers
 * @throws {InputError} when a given fact is not what the report prints there
 */
export const reportOf = (
  recording: Recording,
  options: { readonly provenance?: boolean; readonly memory?: Memory } = {},
): OopsReport | undefined => {
  const trap = findTrap(recording);
  if (trap?.regs == null) return undefined;
  const memory = options.memory ?? new RecordedState(recording).end();
  const { gsBase, given, release } = recording.header;
  return collectOops({
    memory,
    symbols: recordedSymbols(recording),
    regs: BigInt(trap.regs),
    trap: {
      kind: trap.trap as 'invalid opcode',
      errorCode: trap.errorCode,
      ...(trap.address === null ? {} : { address: BigInt(trap.address) }),
    },
    gsBase: BigInt(gsBase),
    given: givenFacts(given, release),
    provenance: options.provenance === true ? provenanceOf(recording, memory) : WITHOUT,
  });
};
