// PLACE of `why`: a register, `[address:size]`, `object.field`, `result@symbol`, or a word of the oops, each with
// `@step` or `@symbol+0x3e`; without that at the trap, or at the end.

import { hex } from '../base/address.js';
import { nearest } from '../base/did-you-mean.js';
import { InputError } from '../base/errors.js';
import { findField, leavesOf } from '../kernel/layout.js';
import { readRegister } from '../x86/register-parts.js';
import { GENERAL_REGISTERS, REGISTER_INDEX, isRegisterName } from '../x86/registers.js';
import type { Place } from './place.js';
import { RIP_PLACE, registerPlace } from './place.js';
import type { RunView } from './view.js';

/** A place before a step, as it was asked for. */
export interface Asked {
  readonly place: Place;
  readonly state: number;
  readonly name: string;
}

const FIELD = 'PLACE';
const FORMS =
  'a register (rax), [address:size], OBJECT.FIELD, result@function, or a word of the report (RSI, stack[3])';
const fail = (message: string): never => {
  throw new InputError(message, { field: FIELD });
};

const FLAGS: Place = { kind: 'flags', mask: 0x8d5 };

/** What an oops prints and no code computes: the scenario states it. */
const GIVEN = ['CS', 'DS', 'ES', 'FS', 'GS', 'CR0', 'CR3', 'CR4', 'DR0', 'DR1', 'DR2', 'DR3', 'DR6', 'DR7'];

const registerOf = (name: string): Place | undefined => {
  if (name === 'rip') return RIP_PLACE;
  if (name === 'rflags') return FLAGS;
  const part = readRegister(name);
  if (part === undefined || !isRegisterName(part.register)) return undefined;
  return { kind: 'register', at: REGISTER_INDEX[part.register] * 8 + part.first, size: part.size };
};

// A word of a report, by the name that it has there.
const wordOf = (view: RunView, name: string, state: number): Place | undefined => {
  const lower = name.toLowerCase();
  if (name === name.toUpperCase()) {
    if (GENERAL_REGISTERS.some((one) => one === lower)) return registerPlace(REGISTER_INDEX[lower as 'rax']);
    if (name === 'R08' || name === 'R09') return registerPlace(REGISTER_INDEX[name === 'R08' ? 'r8' : 'r9']);
    if (name === 'RIP') return RIP_PLACE;
    if (name === 'EFLAGS') return FLAGS;
    if (GIVEN.includes(name)) return fail(`${name} is stated by the scenario; no code computes it`);
    if (name === 'CR2') return fail('CR2 is the address that could not be used: ask without a PLACE');
  }
  const index = /^stack\[(\d{1,4})\]$/u.exec(name)?.[1];
  if (index === undefined) return undefined;
  const address = view.trace.register(state, REGISTER_INDEX.rsp) + BigInt(Number(index) * 8);
  return { kind: 'memory', address: BigInt.asUintN(64, address), size: 8 };
};

const memoryOf = (text: string): Place | undefined => {
  const [, address, size = '8'] = /^\[(0x[0-9a-f]{1,16})(?::(\d+))?\]$/iu.exec(text) ?? [];
  if (address === undefined) return undefined;
  if (!['1', '2', '4', '8'].includes(size))
    return fail(`${text}: a place has 1, 2, 4 or 8 bytes, found ${size}`);
  return { kind: 'memory', address: BigInt(address), size: Number(size) };
};

// `sfd.id`, `path+0x1f:1`, `init_ipc_ns.ids[2].in_use`
const fieldOf = (view: RunView, text: string, state: number): Place | undefined => {
  const [, name, path, offset, size] =
    /^([A-Za-z_]\w*)(?:\.([\w.[\]]+)|\+(0x[0-9a-f]+|\d+))?(?::([1248]))?$/iu.exec(text) ?? [];
  if (name === undefined) return undefined;
  const object =
    view.run.objects.all.findLast((one) => one.name === name && one.from <= state) ??
    view.run.objects.all.find((one) => one.name === name);
  const start = object?.address ?? view.symbols.findSymbol(name)?.address;
  if (start === undefined) return undefined;
  if (path === undefined)
    return { kind: 'memory', address: start + BigInt(offset ?? 0), size: Number(size ?? 8) };
  const struct = object?.struct == null ? undefined : view.run.structs.find(object.struct);
  if (struct === undefined)
    return fail(`${name} has no struct here, so no field ${path}; name bytes: ${name}+0x8:4`);
  const found = findField(struct, path);
  if (found === undefined) {
    const paths = [...leavesOf(struct)].map((leaf) => leaf.path);
    const near = nearest(path, paths);
    return fail(
      `struct ${struct.name} has no field "${path}"; ${near === undefined ? `it has ${paths.slice(0, 12).join(', ')}` : `did you mean ${near}?`}`,
    );
  }
  if (![1, 2, 4, 8].includes(found.type.size))
    return fail(`${text} has ${found.type.size} bytes; name bytes of it: ${name}+${hex(found.offset)}:8`);
  return { kind: 'memory', address: start + BigInt(found.offset), size: found.type.size };
};

// The last return of a function before a state.
const resultOf = (view: RunView, symbol: string, before: number): { place: Place; state: number } => {
  const { trace, symbols } = view;
  const entry = symbols.findSymbol(symbol)?.address;
  if (entry === undefined) {
    const near = nearest(
      symbol,
      symbols.all().map(({ name }) => name),
    );
    return fail(`there is no function ${symbol}${near === undefined ? '' : `; did you mean ${near}?`}`);
  }
  const place = registerPlace(REGISTER_INDEX.rax);
  const frame = trace.frames.findLast((one) => one.entry === entry && one.to <= before && one.returned);
  const stub = trace.boundaries.findLast(
    ({ at, event }) => event.kind === 'stub' && event.symbol === symbol && at <= before,
  );
  // Before the return: after it the scenario's next call may have set the register.
  const state = Math.max(frame === undefined ? -1 : frame.to - 1, stub?.at ?? -1);
  if (state < 0)
    return fail(
      `${symbol} did not return${before < trace.recording.instructions ? ` before step ${before}` : ' in this run'}`,
    );
  return { place, state };
};

// `@838` or `@shm_close+0x3e`: the last time before the end.
const momentOf = (view: RunView, text: string | undefined): number => {
  const { trace, symbols, run } = view;
  if (text === undefined) return run.last;
  if (/^\d{1,9}$/u.test(text)) {
    const step = Number(text);
    const most = trace.recording.instructions;
    return step <= most ? step : fail(`@${text}: the run has ${most} steps, 0 to ${most}`);
  }
  const address =
    symbols.parseLocation(text) ?? (/^0x[0-9a-f]{1,16}$/iu.test(text) ? BigInt(text) : undefined);
  if (address === undefined)
    return fail(`@${text}: give a step (a number) or a location in code: @FUNCTION+0x3e`);
  for (let step = Math.min(run.last, trace.recording.instructions - 1); step >= 0; step -= 1)
    if (trace.siteOf(step).address === address) return step;
  return fail(`@${text}: this run never came to ${hex(address)}`);
};

/**
 * What a PLACE means in a run.
 *
 * @throws {InputError} when it is none, or the run never came there
 */
export const readPlace = (view: RunView, text: string): Asked => {
  const [, result, after] = /^result@([A-Za-z_.][\w.]*)(?:@(.+))?$/u.exec(text) ?? [];
  if (result !== undefined) {
    const before = momentOf(view, after);
    return { ...resultOf(view, result, before), name: `result@${result}` };
  }
  const [name = '', moment, ...more] = text.split('@');
  if (more.length > 0) return fail(`${text}: one @ at most`);
  const state = momentOf(view, moment);
  const place = wordOf(view, name, state) ?? registerOf(name) ?? memoryOf(name) ?? fieldOf(view, name, state);
  if (place === undefined) return fail(`"${name}" is not a place here: ${FORMS}`);
  if (place.kind === 'memory' && !view.memory.isMapped(place.address, place.size))
    return fail(`${name}: nothing is mapped at ${hex(place.address)}`);
  return { place, state, name };
};
