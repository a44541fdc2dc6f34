// Why a call ended, in the words of a recording: an exception is named by the instruction that raised it.

import { type Addr, hex } from '../base/address.js';
import { findBug } from '../kernel/bugtable.js';
import type { Memory } from '../kernel/memory.js';
import type { SymbolTable } from '../kernel/symbols.js';
import type { EngineKind } from '../machine/engine.js';
import { DEFAULT_ENGINE } from '../machine/engines.js';
import type { CallResult } from '../machine/machine.js';
import type { Outcome } from '../recording/recording.js';
import { decodeOne } from '../x86/disasm.js';
import { fetchCode } from '../x86/fetch.js';
import { findForbidden } from '../x86/privileged.js';

// An instruction that did not complete, or that raised a trap.
interface Raised {
  readonly at: Addr;
  readonly trap: string;
  readonly instruction: string;
  readonly does?: string;
}

const raisedAt = (memory: Memory, symbols: SymbolTable, at: Addr, trap: string): Raised => {
  const bytes = fetchCode(memory, at);
  const text = bytes.length === 0 ? '(nothing)' : decodeOne(bytes, at, symbols).text;
  return { at, trap, instruction: text.replaceAll(/\s+/gu, ' ') };
};

const INT3 = 0xcc;
const INT = 0xcd;

// An engine that was not told to stop before a trapping instruction is past it.
const behind = (memory: Memory, pc: Addr): Addr | undefined => {
  const byteAt = (address: Addr): number | undefined =>
    memory.isMapped(address, 1) ? memory.read(address, 1)[0] : undefined;
  if (byteAt(pc - 1n) === INT3) return pc - 1n;
  return byteAt(pc - 2n) === INT ? pc - 2n : undefined;
};

const HLT_SIZE = 1n;

// By what lies where the CPU stopped.
const exceptionOf = (
  { at: pc, halted }: Extract<CallResult, { kind: 'exception' }>,
  memory: Memory,
  symbols: SymbolTable,
  engine: EngineKind,
): Raised => {
  const named = (at: Addr): Raised | undefined => {
    const bytes = fetchCode(memory, at);
    const forbidden = findForbidden(bytes);
    if (forbidden !== undefined)
      return { ...raisedAt(memory, symbols, at, forbidden.trap), does: forbidden.does };
    const problem = engine.limits().findProblems(bytes, 1).get(0);
    if (problem?.kind !== 'refused') return undefined;
    return { ...raisedAt(memory, symbols, at, 'instruction that is not emulated'), does: problem.reason };
  };
  if (halted) return named(pc - HLT_SIZE) ?? raisedAt(memory, symbols, pc, 'exception');
  const here = named(pc);
  if (here !== undefined) return here;
  const raised = raisedAt(memory, symbols, pc, 'exception');
  if (/^i?div/u.test(raised.instruction)) return { ...raised, trap: 'divide error' };
  const before = behind(memory, pc);
  return (before === undefined ? undefined : named(before)) ?? raised;
};

const faultOf = ({ at, ...raised }: Raised, symbols: SymbolTable): Outcome => ({
  kind: 'fault',
  at: symbols.formatLocation(at),
  access: 'execute',
  address: hex(at),
  size: 1,
  ...raised,
});

const trapOutcome = (
  { trap, stop }: Extract<CallResult, { kind: 'trap' }>,
  memory: Memory,
  symbols: SymbolTable,
): Outcome => {
  const at = symbols.formatLocation(trap.at);
  if (stop.reason === 'fault')
    return { kind: 'fault', at, access: stop.access, address: hex(stop.address), size: stop.size };
  const bug = findBug(memory, symbols, trap.at);
  if (bug !== undefined) return { kind: 'bug', at, file: bug.file, line: bug.line };
  return faultOf(raisedAt(memory, symbols, trap.at, 'invalid opcode'), symbols);
};

/**
 * Why a call ended.
 *
 * @param instructions how many the call took, where that is known
 * @param engine which one ran it
 */
export const outcomeOf = (
  result: CallResult | undefined,
  memory: Memory,
  symbols: SymbolTable,
  instructions = 0,
  engine: EngineKind = DEFAULT_ENGINE,
): Outcome => {
  if (result === undefined) return { kind: 'returned', value: '0x0' };
  switch (result.kind) {
    case 'returned':
      return { kind: 'returned', value: hex(result.value) };
    case 'budget':
      return { kind: 'budget', at: symbols.formatLocation(result.at), instructions };
    case 'exception':
      return faultOf(exceptionOf(result, memory, symbols, engine), symbols);
    case 'trap':
      return trapOutcome(result, memory, symbols);
  }
};
