// The sandbox between instructions: calls, stubs, frees, traps and its own writes, in their order.

import type { Addr } from '../base/address.js';
import { PT_REGS_ORDER } from '../kernel/pt_regs.js';
import type { RecordedEvent } from '../recording/recording.js';
import { CALLER_SAVED, REGISTER_INDEX } from '../x86/registers.js';
import { callFromSandbox, unfollowedResult } from './frames.js';
import { HOW } from './ledger.js';
import { applyWrites, eachPart, moveStack } from './operands.js';
import { GENERAL, RSP, type WalkState } from './state.js';
import { PLAIN, REGISTER_BYTES } from './tags.js';

const MAY_CHANGE = CALLER_SAVED.map((name) => REGISTER_INDEX[name]);

/** The registers that the delivery of a trap sets. */
export const TRAP_SETS: readonly number[] = [RSP, REGISTER_INDEX.rdi, REGISTER_INDEX.rsi];

/** Follow the sandbox from instruction `step` to the next one. */
export const followSandbox = (state: WalkState): void => {
  const { events } = state.recording.header;
  for (;;) {
    const event = events[state.event];
    const due = event !== undefined && event.at <= state.step + 1;
    if (due && event.accesses <= state.access) {
      state.event += 1;
      follow(state, event);
    } else if (!hostAccess(state)) {
      if (!due) break;
      // Only in a file that no recorder wrote does an event follow accesses that do not exist.
      state.event += 1;
    }
  }
  if (state.trapFrame !== undefined) trapDelivered(state);
};

const follow = (state: WalkState, event: RecordedEvent): void => {
  switch (event.kind) {
    case 'call':
      return callFromSandbox(state, state.registers, event.arguments.length);
    case 'stub':
      return stubReturned(state, event);
    case 'free':
      return freed(state, BigInt(event.address));
    case 'trap':
      state.trapFrame = event.regs === null ? undefined : BigInt(event.regs);
      return undefined;
    default:
      return undefined;
  }
};

// The next access, if the sandbox did it before the next instruction.
const hostAccess = (state: WalkState): boolean => {
  const { recording, tags, step } = state;
  const log = recording.accesses;
  const index = state.access;
  if (index >= log.count || log.instruction(index) > step + 1 || !log.isHost(index)) return false;
  state.access += 1;
  const address = log.address(index);
  eachPart(state, address, log.size(index), (location, length) => {
    tags.end(location, length, step, state.known ? HOW.destroyed : HOW['may be lost'], causeOf(state));
    tags.hostWrote(location, length, step + 1);
  });
  applyWrites(state, index, index + 1);
  if (state.trapFrame !== undefined) savedByTrap(state, address, state.trapFrame);
  return true;
};

// Within a stub it is the call instruction that did it.
const causeOf = ({ inStub, ledger }: WalkState): number => (inStub ? 0 : ledger.causeNumber('the sandbox'));

// A stub has done its work and returned.
const stubReturned = (state: WalkState, event: Extract<RecordedEvent, { kind: 'stub' }>): void => {
  const { tags, step } = state;
  state.inStub = false;
  if (!state.known) return; // its call ended everything that it may have changed
  const facts = state.code.named(event.symbol);
  for (const register of MAY_CHANGE) {
    tags.end(register * 8, 8, step, HOW.destroyed, 0);
    tags.blank(register, PLAIN);
  }
  if (state.frame?.facts === facts) state.frames.pop();
  moveStack(state, 8n, state.registers[RSP]!, -1);
  if (event.result !== null) unfollowedResult(state, facts, BigInt(event.result), step);
};

// The values in a freed object continue as stale bytes of a free one.
const freed = (state: WalkState, address: Addr): void => {
  if (!state.known) return;
  const { ledger, memory, tags, step } = state;
  const size = state.allocationSizes.get(address) ?? 0;
  const cause = causeOf(state);
  for (let offset = 0; offset < size; offset += 1) {
    const at = memory.locate(address + BigInt(offset));
    if (at < 0) continue;
    const location = at + REGISTER_BYTES;
    const place = tags.get(location);
    if (place <= 0 || ledger.from(place) > step) continue;
    const inside = location - ledger.start(place);
    const length = Math.min(size - offset, ledger.size(place) - inside);
    tags.end(location, length, step, HOW.freed, cause);
    tags.begin(location, length, ledger.value(place), ledger.first(place) + inside, step + 1, place);
    offset += length - 1;
  }
};

// A word of pt_regs: a copy of the register that it saves.
const savedByTrap = ({ memory, tags, step }: WalkState, address: Addr, trapFrame: Addr): void => {
  const name = address < trapFrame ? undefined : PT_REGS_ORDER[Number((address - trapFrame) / 8n)];
  const location = memory.locate(address);
  if (name === undefined || name === null || location < 0) return;
  const register = REGISTER_INDEX[name];
  if (register >= GENERAL) return;
  tags.take(register * 8, 8);
  tags.put(location + REGISTER_BYTES, 8, step + 1);
};

const trapDelivered = (state: WalkState): void => {
  const { ledger, lost, tags, step } = state;
  state.trapFrame = undefined;
  const cause = ledger.causeNumber('the delivery of the trap');
  for (const register of TRAP_SETS) {
    lost[register] = []; // the handler overwrites it, not the code
    tags.end(register * 8, 8, step, HOW.destroyed, cause);
    tags.blank(register, PLAIN);
  }
};
