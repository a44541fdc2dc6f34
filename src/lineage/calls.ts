// Calls and returns: their effect on the stack, and the function that runs afterwards.

import { type Addr, u64 } from '../base/address.js';
import type { Accesses } from './accesses.js';
import { unknownCall } from './analyst.js';
import { enter, nameResult, returnsValue } from './frames.js';
import { ORIGIN } from './ledger.js';
import { eachPart, freshMemory, moveStack, nameLoad } from './operands.js';
import { RAX, RIP, RSP, type Site, type WalkState } from './state.js';
import { sizeOfType } from './types.js';

/** More than any `ret` drops. */
const MOST_DROPPED = 0x10000n;

export const call = (state: WalkState, site: Site, access: Accesses): void => {
  const { transfer } = site;
  const rsp = u64(state.before[RSP]! - 8n);
  if (transfer.indirect && transfer.base >= 0 && access.hasReads()) {
    const from = access.read();
    eachPart(state, from, 8, (location, length) => state.tags.see(location, length));
    nameLoad(state, site, from, 8);
  }
  const target = access.writeAt(rsp, 8);
  const returnTo = u64(site.address + BigInt(transfer.length));
  freshMemory(state, target, 8, ORIGIN.constant, returnTo, site.number);
  moveStack(state, -8n, rsp, site.number);
  const stub = nextStub(state);
  state.inStub = stub !== undefined;
  const callee = state.registers[RIP]!;
  const facts = stub === undefined ? state.code.find(callee) : state.code.named(stub);
  enter(state, facts, state.step, rsp, returnTo);
  if (state.view === 'analyst' && (state.inStub || !state.siteOf(callee).published))
    unknownCall(state, facts);
};

// The stub that returns before the next instruction, if one does.
const nextStub = ({ recording, event: first, step }: WalkState): string | undefined => {
  const { events } = recording.header;
  for (let index = first; (events[index]?.at ?? Infinity) <= step + 1; index += 1) {
    const event = events[index]!;
    if (event.kind === 'stub') return event.symbol;
    if (event.kind === 'call') return undefined;
  }
  return undefined;
};

export const returnFrom = (state: WalkState, site: Site, access: Accesses): void => {
  const { frames, ledger, tags } = state;
  const rsp = rspAfter(state, access.read());
  moveStack(state, BigInt.asIntN(64, rsp - state.before[RSP]!), rsp, site.number);
  const callee = state.frame?.facts;
  while (frames.length > 0 && state.frame!.rsp < rsp) frames.pop();
  if (frames.length === 0 || callee === undefined || !returnsValue(callee)) return;
  const place = tags.placeIn(RAX, sizeOfType(callee.prototype!.returns));
  if (place > 0) nameResult(state, callee, ledger.value(place));
};

// `ret` with a number drops that many bytes more; the sandbox's own moves since then are not part of it.
const rspAfter = ({ recording, registers, event, step }: WalkState, from: Addr): Addr => {
  const next = recording.header.events[event];
  const own = next === undefined || next.at > step + 1;
  const after = registers[RSP]!;
  return own && after >= from + 8n && after - from < MOST_DROPPED ? after : u64(from + 8n);
};
