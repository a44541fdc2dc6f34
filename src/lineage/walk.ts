// Follows every byte of registers and memory once over a recording, instruction by instruction, and keeps the ledger.

import { InputError } from '../base/errors.js';
import type { SymbolTable } from '../kernel/symbols.js';
import type { Recording } from '../recording/recording.js';
import { REGISTERS } from '../x86/registers.js';
import { Accesses, MissingAccessError } from './accesses.js';
import { comeBack, loseTrack, scribble, settle } from './analyst.js';
import type { CodeIndex } from './code.js';
import { EFFECTS } from './effects.js';
import { callFromSandbox, enter, nameArguments, nameRegister } from './frames.js';
import { applyWrites } from './operands.js';
import { followSandbox } from './sandbox.js';
import { RIP, RSP, type Site, type View, WalkState } from './state.js';

/** @throws {InputError} at the first instruction that is not supported, by its name */
export const walkRecording = (
  recording: Recording,
  code: CodeIndex,
  symbols: SymbolTable,
  view: View,
): WalkState => {
  const state = new WalkState(recording, code, symbols, view);
  const { instructions, header } = recording;
  const { before, registers, siteAt } = state;
  if (view === 'analyst') state.tags.onRegister = (register, step) => settle(state, register, step);
  nextRow(state);
  followSandbox(state);
  if (!header.events.some(({ kind, at }) => kind === 'call' && at === 0))
    callFromSandbox(state, registers, 0);
  for (let step = 0; step < instructions; step += 1) {
    before.set(registers);
    const site = state.siteOf(before[RIP]!);
    siteAt[step] = site.number;
    const first = state.access;
    state.access = endOfAccesses(state, step);
    const changed = nextRow(state);
    const followed = view === 'run' || site.published;
    if (followed) {
      if (!state.known) comeBack(state, site);
      arrive(state, site);
    }
    state.step = step;
    if (followed) runInstruction(state, site, first, changed);
    else if (state.known) loseTrack(state);
    applyWrites(state, first, state.access);
    if (!state.known) scribble(state, first, state.access);
    followSandbox(state);
  }
  siteAt[instructions] = state.siteOf(registers[RIP]!).number;
  return state;
};

// Apply the next register row to the registers. Gives a mask of what it changed.
const nextRow = (state: WalkState): number => {
  const { halves } = state;
  const { registers } = state.recording.data;
  const mask = registers[state.row]!;
  let offset = state.row + 1;
  for (let rest = mask; rest !== 0; rest &= rest - 1) {
    const index = 31 - Math.clz32(rest & -rest);
    halves[index * 2] = registers[offset]!;
    halves[index * 2 + 1] = registers[offset + 1]!;
    offset += 2;
  }
  state.row = offset;
  return mask;
};

// Past the last access of an instruction.
const endOfAccesses = ({ recording: { accesses }, access }: WalkState, step: number): number => {
  let end = access;
  while (end < accesses.count && accesses.instruction(end) === step && !accesses.isHost(end)) end += 1;
  return end;
};

// Where control and C variables are before an instruction.
const arrive = (state: WalkState, { facts, arrivals, offset }: Site): void => {
  const frame = state.frame ?? enter(state, facts, -1, state.before[RSP]!, 0n);
  if (frame.facts !== facts && facts !== undefined && offset === 0) {
    // A jump to another function's start: that function returns in this one's place.
    frame.facts = facts;
    frame.locals.clear();
    frame.entry = state.tags.snapshot();
    nameArguments(state, frame);
  }
  for (const { register, name, type } of arrivals) nameRegister(state, register, { name, type }, frame);
};

const runInstruction = (state: WalkState, site: Site, first: number, changed: number): void => {
  const { transfer } = site;
  state.touched = 0;
  if (transfer.kind === 'refused') {
    // Bytes that are not an instruction end a run.
    if (trapsHere(state) || isLast(state)) return;
    refuse(state, site, 'this instruction');
  }
  if (didNotHappen(state, site)) return;
  const access = new Accesses(state.recording.accesses, first, state.access);
  try {
    EFFECTS[transfer.kind](state, site, access);
  } catch (error) {
    if (!(error instanceof MissingAccessError)) throw error;
    const at = state.symbols.formatLocation(site.address);
    const what = `${error.message} by ${transfer.operation} at ${at} (instruction ${state.step})`;
    throw new InputError(`the recording lacks ${what}; record it again`, { field: at });
  }
  checkComplete(state, site, changed, access);
};

// Where the next instruction could not be fetched, this one was executed: a call has pushed its return address.
const trapsHere = ({ recording: { header }, event, step }: WalkState): boolean => {
  const next = header.events[event];
  const { outcome } = header;
  const isFetch = outcome.kind === 'fault' && outcome.access === 'fetch';
  return next?.kind === 'trap' && next.at === step + 1 && !isFetch;
};

const isLast = ({ recording, step }: WalkState): boolean => step + 1 === recording.instructions;

// A fault, or an instruction that the run ended in: it did not happen.
const didNotHappen = (state: WalkState, { transfer, address }: Site): boolean =>
  trapsHere(state)
    ? !transfer.kind.startsWith('string')
    : isLast(state) && state.registers[RIP] === address && transfer.kind !== 'none';

// The effect must account for every register and byte that changed.
const checkComplete = (state: WalkState, site: Site, changed: number, access: Accesses): void => {
  const general = changed & 0xffff & ~state.touched;
  if (general !== 0 && site.transfer.kind !== 'return' && !isLast(state)) {
    const next = state.recording.header.events[state.event];
    const register = REGISTERS[31 - Math.clz32(general)];
    if (next === undefined || next.at > state.step + 1)
      refuse(state, site, `a change of ${register} by this instruction`);
  }
  if (access.unusedWrite()) refuse(state, site, 'a write to memory by this instruction');
};

const refuse = (state: WalkState, { address, transfer }: Site, what: string): never => {
  const at = state.symbols.formatLocation(address);
  const place = `${transfer.operation} at ${at} (instruction ${state.step})`;
  throw new InputError(`lineage does not support ${what}: ${place}`, { field: at });
};
