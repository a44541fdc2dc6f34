// Why an answer is wrong, by an instruction or a value of the run. A reason refutes what was given and says no more: it
// names neither what the question asks for nor where that stands. What names a right answer by chance, discretion.ts drops.

import { type Addr, hex } from '../base/address.js';
import { listOf } from '../base/words.js';
import { fetchCode } from '../x86/fetch.js';
import { cacheLabel, describeAddress } from '../reading/label.js';
import { usesOf } from '../x86/disasm.js';
import { decodeScalar, leavesOf } from '../kernel/layout.js';
import type { Place, Value } from '../lineage/value.js';
import { REGISTERS, REGISTER_INDEX, type RegisterName } from '../x86/registers.js';
import { type Answer, numberText } from './answers.js';
import type { LessonCase } from './case.js';

/** One statement of a reason, or several wordings of it, the fullest first. */
export type Clause = string | readonly string[];

/** All that a statement says, where nothing has to be kept back. */
export const inFull = (clause: Clause): string => (typeof clause === 'string' ? clause : clause[0]!);

/** `0xffff… (stack of shm_close)` or a register: a place as the lineage describes it, nearer to RSP by distance. */
export const placeName = (which: LessonCase, state: number, where: Answer): string => {
  if (where.kind === 'register') return where.register;
  if (where.kind !== 'memory') return '';
  const distance = where.address - which.recording.registersAt(state)[REGISTER_INDEX.rsp]!;
  const near = distance >= 0n && distance < 0x1000n;
  return near ? `[rsp${distance === 0n ? '' : `+${hex(distance)}`}]` : hex(where.address);
};

/** Whether a place of the lineage is the one of an answer. */
export const isPlace = (place: Place, where: Answer): boolean =>
  (where.kind === 'register' && place.register === where.register) ||
  (where.kind === 'memory' && place.address === where.address);

const contentsOf = (which: LessonCase, state: number, where: Answer): string | undefined => {
  const { lineage } = which;
  if (where.kind === 'register') return lineage.contentOf(where.register, state).at(0)?.name;
  if (where.kind === 'memory') return lineage.contentOf(where.address, state).at(0)?.name;
  return undefined;
};

/** What a place holds in a state, as a number; `undefined` where nothing is mapped. */
export const bitsAt = (which: LessonCase, state: number, where: Answer): bigint | undefined => {
  if (where.kind === 'register') return which.recording.registersAt(state)[REGISTER_INDEX[where.register]]!;
  if (where.kind !== 'memory') return undefined;
  const memory = which.stateAt(state);
  return memory.isMapped(where.address, 8) ? memory.readU64(where.address) : undefined;
};

const withText = (clause: string, by: string): [string, string] => [`${clause} (${by})`, clause];

// What an instruction did to a place: with its text, and without.
const endClauses = (which: LessonCase, place: Place, where: Answer): [string, string] => {
  const { how, by, step } = place.until!;
  switch (how) {
    case 'may be lost': {
      const certain =
        place.certain === null ? '' : `; ${place.certain.at} (${place.certain.by}) overwrites it for certain`;
      const call = 'a call of code that we have no bytes of, which may change it';
      return [`${call} (${by})${certain}`, call];
    }
    case 'restored':
      return withText("which gave the caller's value back", by);
    case 'freed':
      return withText('when it was freed', by);
    case 'destroyed': {
      const next = Math.min(step + 1, which.recording.instructions);
      const name = contentsOf(which, next, where);
      return withText(name === undefined ? 'which overwrote it' : `which put ${name} over it`, by);
    }
  }
};

/** `now it holds sfd (0x…)`: what a place holds in a state. */
export const holdsText = (which: LessonCase, state: number, where: Answer): string => {
  const bits = bitsAt(which, state, where);
  if (bits === undefined) return 'nothing is mapped there';
  const number = numberText(bits, 8);
  const name = contentsOf(which, state, where);
  if (name !== undefined) return `it holds ${name}, ${number}`;
  const also = identify(which, bits);
  return `it holds ${number}${also === undefined ? '' : `, ${also}`}`;
};

/** Why a value is not in a place in a state. */
export const whyNotThere = (
  which: LessonCase,
  values: readonly Value[],
  state: number,
  where: Answer,
): readonly Clause[] => {
  const name = values[0]?.name ?? 'it';
  const place = placeName(which, state, where);
  const here = which.whereIs(state);
  const all = values.flatMap((value) =>
    value.places
      .filter((one) => isPlace(one, where))
      .map((one) => ({ one, part: one.size < value.size || one.first > 0 })),
  );
  const now = `at ${here} ${holdsText(which, state, where)}`;
  const whole = all.filter(({ part }) => !part).map(({ one }) => one);
  const before = whole.filter(({ until }) => until !== null && until.step < state).at(-1);
  if (before !== undefined) {
    const until = `${place} held ${name} until ${before.until!.at}`;
    return [[...endClauses(which, before, where).map((end) => `${until}, ${end}`), until], now];
  }
  const later = whole.find(({ from }) => from.step > state);
  if (later !== undefined) return [`${place} gets ${name} later, at ${later.from.at}`, now];
  return [`${place} did not hold ${name} at any time in this call`, now];
};

// Fields of named objects that hold a number in a state.
const fieldsWith = (which: LessonCase, state: number, value: bigint): string[] => {
  const memory = which.stateAt(state);
  const found: string[] = [];
  for (const { name, address, struct } of which.namedObjects) {
    const layout = struct === null ? undefined : which.structs.find(struct);
    if (layout === undefined || !memory.isMapped(BigInt(address), layout.size)) continue;
    const bytes = memory.read(BigInt(address), layout.size);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (const { path, type, offset } of leavesOf(layout)) {
      if (type.kind === 'bytes') continue;
      const held = BigInt.asUintN(type.size * 8, BigInt(decodeScalar(type, view, offset)));
      if (held === BigInt.asUintN(type.size * 8, value)) found.push(`${name}.${path}`);
    }
  }
  return found;
};

// What a number is by itself: a symbol, an object, an address in a slab.
const identify = (which: LessonCase, value: bigint): string | undefined => {
  const { dump } = which;
  const bits = BigInt.asUintN(64, value);
  const object = which.namedObjects.find(({ address }) => BigInt(address) === bits);
  if (object !== undefined) return `the address of ${object.name}`;
  const symbol = dump.symbols.crashName(bits);
  if (symbol !== undefined) return symbol;
  if (!dump.memory.isMapped(bits, 1)) return undefined;
  return cacheLabel(dump, bits) === undefined ? undefined : `an address in ${describeAddress(dump, bits)}`;
};

// Another place than the last is a part of the query: it is not named.
const moment = (which: LessonCase, state: number): string =>
  state === which.last ? `at ${which.whereIs(state)}` : 'at that moment';

/** The meaning of a wrong number in the run; nothing where it has none. */
export const whatItIs = (which: LessonCase, state: number, value: bigint): readonly Clause[] => {
  const bits = BigInt.asUintN(64, value);
  const text = numberText(value, 8);
  const registers = which.recording.registersAt(state);
  const inRegisters = REGISTERS.filter((_, index) => registers[index] === bits);
  const known = identify(which, bits);
  // Zeros and ones are everywhere: their places are not telling.
  const fields = bits < 2n ? [] : fieldsWith(which, state, bits).slice(0, 3);
  const parts = [
    ...(known === undefined ? [] : [`is ${known}`]),
    ...(fields.length === 0 ? [] : [`is what ${listOf(fields)} ${fields.length === 1 ? 'holds' : 'hold'}`]),
    ...(inRegisters.length === 0 || bits < 2n ? [] : [`is in ${listOf(inRegisters)}`]),
  ];
  if (parts.length === 0) return [];
  const here = moment(which, state);
  // Each part for itself: one of them may name the right answer.
  return [
    [
      `${here} ${text} ${listOf(parts)}`,
      `${text} ${listOf(parts)}`,
      ...parts.map((part) => `${text} ${part}`),
    ],
  ];
};

/** An instruction, in words: its text, how often it ran, what it writes. */
export const instructionFact = (which: LessonCase, address: Addr): Clause => {
  const { lineage, symbols } = which;
  const at = symbols.formatLocation(address);
  const memory = which.stateAt(which.recording.instructions);
  if (symbols.findLocation(address) === undefined || !memory.isMapped(address, 1))
    return `${at} is not code that the sandbox has`;
  const runs = which.runsOf(address);
  if (runs === 0) return `${at} did not run: no instruction begins there, or the code took another way`;
  const often = runs === 1 ? 'ran' : `ran ${runs} times`;
  const state = lineage.statesAt(at).at(-1)!;
  const text = lineage.textAt(state);
  const uses = usesOf(fetchCode(which.stateAt(which.recording.instructions), address), address);
  const written = uses.registers.filter((use) => use.written && use.full !== 'rip').map(({ full }) => full);
  const places = [
    ...new Set(written.filter((name) => name !== 'rflags' && name !== 'rsp')),
    ...(uses.memory.some((use) => use.written) ? ['memory'] : []),
  ];
  const writes = places.length === 0 ? 'writes no general register' : `writes ${listOf(places)}`;
  return [
    `${at} is "${text}"${runs === 1 ? '' : `, ${often}`}, and ${writes}`,
    `${at} ${often}, and ${writes}`,
    `${at} ${often}`,
  ];
};

/** Why an instruction is not the one that ended a value in a place. */
export const whyNotKiller = (
  which: LessonCase,
  name: string,
  places: readonly Place[],
  where: Answer,
  given: Addr,
): readonly Clause[] => {
  const fact = instructionFact(which, given);
  const at = which.symbols.formatLocation(given);
  if (which.runsOf(given) === 0) return [fact];
  const state = which.lineage.statesAt(at).at(-1)!;
  const place = placeName(which, state, where);
  const held = places.some(({ from, until }) => from.step <= state && (until === null || until.step > state));
  if (held) return [fact, `after it ${place} still holds ${name}`];
  const ended = places.find(({ until }) => until?.step === state);
  if (ended?.until !== undefined && ended.until !== null)
    return [
      fact,
      `there ${name} in ${place} ${ended.until.how === 'may be lost' ? 'may be lost, but that is not certain' : `is ${ended.until.how}`}`,
    ];
  if (places.some(({ from }) => from.step > state))
    return [fact, `before it ${place} does not hold ${name} yet`];
  const now = `before it ${place} does not hold ${name} any more`;
  return [fact, [`${now}: ${holdsText(which, state, where)}`, now]];
};

const numberFact = (which: LessonCase, state: number, value: bigint): readonly Clause[] => {
  const known = whatItIs(which, state, value);
  if (known.length > 0 || (value >= 0n && value < 2n)) return known;
  const none = `${numberText(value, 8)} is in no register and in no field that has a name`;
  return [[`${none}, ${moment(which, state)}`, none]];
};

/** What the run shows about an answer by itself. */
export const factOf = (which: LessonCase, state: number, given: Answer): readonly Clause[] => {
  switch (given.kind) {
    case 'register':
    case 'memory':
      return [
        `${placeName(which, state, given)}: at ${which.whereIs(state)} ${holdsText(which, state, given)}`,
      ];
    case 'instruction':
      return [instructionFact(which, given.address)];
    case 'number':
      return numberFact(which, state, given.value);
    case 'word':
      return [`the run does not say ${given.word}`];
  }
};

/** The register file of a state by name. */
export const registerAt = (which: LessonCase, state: number, name: RegisterName): bigint =>
  which.recording.registersAt(state)[REGISTER_INDEX[name]]!;
