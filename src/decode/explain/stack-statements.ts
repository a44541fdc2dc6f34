// The words of the Stack: lines: values that visible instructions pushed or stored, return addresses of the trace, or
// data.

import { type Addr, hex, u64 } from '../../base/address.js';
import { REGISTERS, REGISTER_INDEX } from '../../x86/registers.js';
import { type Analysis, weaker } from '../code/analysis.js';
import { stackOffset } from '../code/flow.js';
import type { CodeLocation, KernelReport, RegisterSet, TraceEntry } from '../read/report.js';
import { lookStatements } from './register-statements.js';
import { type Statement, type Subject, type Sure, statement } from '../code/statement.js';
import type { Surroundings } from './surroundings.js';

/** `remove_vma+0x24/0x80 [module]`. */
export const locationText = ({ address, symbol, offset, size, module }: CodeLocation): string => {
  if (symbol === undefined) return address === undefined ? 'unknown' : hex(address);
  const parts = `${symbol}${offset === undefined ? '' : `+${hex(offset)}`}${size === undefined ? '' : `/${hex(size)}`}`;
  return module === undefined ? parts : `${parts} [${module}]`;
};

const entriesByAddress = ({ traces }: KernelReport): ReadonlyMap<Addr, TraceEntry> =>
  new Map(
    traces.flatMap(({ entries }) =>
      entries.flatMap((entry): [Addr, TraceEntry][] =>
        entry.address === undefined ? [] : [[entry.address, entry]],
      ),
    ),
  );

// The value that visible instructions left in a word.
const fromFlow = (
  analysis: Analysis,
  about: Subject,
  offset: number,
  value: bigint,
): Statement | undefined => {
  const { graph, origins, state, sure, sureOf, root } = analysis;
  const slot = state?.slots.get(offset);
  if (slot === undefined || slot.writers.size !== 1) return undefined;
  const [writer = -1] = slot.writers;
  const node = graph.nodes[writer];
  if (node === undefined) return undefined;
  const { transfer, piece } = node.code;
  const certainty: Sure = weaker(weaker(sure, sureOf(node)), slot.weak ? 'likely' : 'certain');
  const by = origins.place(writer);
  if (transfer.kind === 'call') {
    const known = slot.value.kind === 'constant' ? slot.value.value : undefined;
    // Code at another address than in the report, for example in another section of an object file.
    if (piece.origin === undefined && known !== value) return undefined;
    const to = `${piece.symbol ?? 'Code'}+${hex(node.code.at + node.code.instruction.length)}`;
    return statement(about, certainty, { kind: 'return-address', to, after: by });
  }
  if (slot.value.kind === 'constant' && slot.value.value !== value) return undefined;
  // A register that was not written since must hold the same value.
  const held = state?.registers.findIndex(
    (one, index) => index !== REGISTER_INDEX.rsp && one.value === slot.value && slot.value.kind !== 'unknown',
  );
  const register = held === undefined || held < 0 ? undefined : analysis.registers.get(held);
  if (register !== undefined && register !== value) return undefined;
  const origin = origins.of(slot.value);
  if (!slot.pushed) return statement(about, certainty, { kind: 'stored', by, origin });
  const pushed = transfer.kind === 'push' && transfer.source >= 0 ? REGISTERS[transfer.source >> 3]! : null;
  const same =
    origin.kind === 'entry' && origin.register === pushed && root === piece
      ? ({ kind: 'unknown' } as const)
      : origin;
  const [source = -1] = slot.source;
  const written = slot.source.size === 1 && source >= 0 ? origins.place(source) : null;
  return statement(about, certainty, { kind: 'pushed', by, register: pushed, written, origin: same });
};

// The words that are printed after a set of registers, and before the next one, begin at its RSP.
// Source: show_regs(), arch/x86/kernel/dumpstack.c, v4.9
const isStackOf = ({ stack, registers }: KernelReport, { line }: RegisterSet): boolean => {
  const at = stack[0]?.line ?? 0;
  return at >= line && !registers.some((other) => other.line > line && other.line <= at);
};

/** Statements about the words of the stack, from the lowest address on, which is RSP for those of the registers. */
export const stackStatements = (
  report: KernelReport,
  registers: RegisterSet,
  analysis: Analysis | undefined,
  around: Surroundings,
): Statement[] => {
  const entries = entriesByAddress(report);
  const rsp =
    analysis?.state === undefined || !isStackOf(report, registers)
      ? undefined
      : stackOffset(analysis.state.registers[REGISTER_INDEX.rsp]!.value);
  return report.stack.flatMap(({ value }, index): Statement[] => {
    const about: Subject = { kind: 'stack', index };
    const flow =
      rsp === undefined || analysis === undefined
        ? undefined
        : fromFlow(analysis, about, rsp + index * 8, u64(value));
    if (flow !== undefined) return [flow];
    const entry = entries.get(value);
    if (entry !== undefined) {
      const claim = { kind: 'return-address', to: locationText(entry), after: null } as const;
      return [statement(about, entry.reliable ? 'likely' : 'possible', claim, ['it is in the call trace'])];
    }
    return lookStatements(about, value, around);
  });
};
