// Pictures of a state in plain characters: registers, an instruction with its operands, the stack, a struct, slab slots.
// Every value in them is read from the run.

import { type Addr, hex } from '../base/address.js';
import { InputError } from '../base/errors.js';
import { greatest } from '../base/long-lists.js';
import { decodeScalar, findField } from '../kernel/layout.js';
import { objectState } from '../kernel/slab.js';
import { identifySlabAddress } from '../kernel/slab-identify.js';
import { usesOf } from '../x86/disasm.js';
import { fetchCode } from '../x86/fetch.js';
import { GENERAL_REGISTERS, REGISTER_INDEX, type RegisterName } from '../x86/registers.js';
import { addressesOf } from './operands.js';
import type { LessonCase } from './case.js';
import { registerAt } from './reasons.js';
import { readRegister } from './register-names.js';

const WORD = 8n;
const WIDE = 18; // of 0x and 16 digits

/** `a, b`: a list as it is written in a lesson. */
const listed = (text: string): string[] => text.split(/[,\s]+/u).filter((word) => word !== '');

// What a value is the address of; small numbers are none.
const meaning = (which: LessonCase, state: number, value: bigint): string => {
  const known = which.objects.describe(which.stateAt(state), value, state);
  return known === undefined ? '' : `  ${known}`;
};

const rule = (indent: string): string => `${indent}+${'-'.repeat(WIDE + 2)}+`;

const box = (value: bigint): string => `| ${hex(value).padEnd(WIDE)} |`;

/** Registers as boxes, each with what its value is the address of. @param names the general ones where none is named */
export const registerPicture = (which: LessonCase, state: number, names: string): string[] => {
  const registers = listed(names).map((text): RegisterName => {
    const register = readRegister(text);
    if (register === undefined) throw new InputError(`"${text}" is not a register`);
    return register;
  });
  const shown = registers.length === 0 ? GENERAL_REGISTERS : registers;
  return [
    rule('       '),
    ...shown.flatMap((name) => {
      const value = registerAt(which, state, name);
      return [`  ${name.padStart(4)} ${box(value)}${meaning(which, state, value)}`, rule('       ')];
    }),
  ];
};

// What an instruction changes: registers but rip and flags, and the words of memory that it writes.
const changes = (which: LessonCase, state: number): string[] => {
  const before = which.recording.registersAt(state);
  const after = which.recording.registersAt(Math.min(state + 1, which.recording.instructions));
  const bytes = fetchCode(which.stateAt(state), before[REGISTER_INDEX.rip]!);
  const uses = usesOf(bytes, before[REGISTER_INDEX.rip]!);
  const named = uses.registers.map(({ full }) => full);
  const row = (name: string, old: bigint, now: bigint): string =>
    `  ${name.padStart(20)}  ${hex(old).padEnd(WIDE)}  ${old === now ? ' ' : '>'}  ${hex(now)}`;
  const registers = GENERAL_REGISTERS.filter((name) => named.includes(name)).map((name) =>
    row(name, before[REGISTER_INDEX[name]]!, after[REGISTER_INDEX[name]]!),
  );
  const memory = addressesOf(uses, before).flatMap(({ address }) => {
    const word = (at: number): bigint | undefined => {
      const there = which.stateAt(at);
      return there.isMapped(address, 8) ? there.readU64(address) : undefined;
    };
    const [old, now] = [word(state), word(Math.min(state + 1, which.recording.instructions))];
    return old === undefined || now === undefined ? [] : [row(`[${hex(address)}]`, old, now)];
  });
  return [...registers, ...memory];
};

/** An instruction, with what it reads and writes before and after it. */
export const instructionPicture = (which: LessonCase, state: number): string[] => [
  `  ${which.whereIs(state)}:  ${which.lineage.textAt(state)}`,
  '',
  `  ${''.padStart(20)}  ${'before'.padEnd(WIDE)}     after`,
  ...changes(which, state),
];

/** The stack from RSP up. @param count words */
export const stackPicture = (which: LessonCase, state: number, count: number): string[] => {
  const memory = which.stateAt(state);
  const rsp = registerAt(which, state, 'rsp');
  const rows = Array.from({ length: count }, (_, index) => rsp + BigInt(index) * WORD)
    .filter((address) => memory.isMapped(address, 8))
    .map((address, index): [Addr, bigint, number] => [address, memory.readU64(address), index]);
  if (rows.length === 0) throw new InputError(`no stack is mapped at rsp, ${hex(rsp)}`);
  return [
    '  lower addresses: the stack grows this way',
    rule('            '),
    ...rows.flatMap(([address, value, index]) => {
      const label = index === 0 ? 'rsp ->' : `rsp+${hex(index * 8)}`;
      return [
        `  ${label.padEnd(9)} ${box(value)}  at ${hex(address)}${meaning(which, state, value)}`,
        rule('            '),
      ];
    }),
    '  higher addresses: older words',
  ];
};

/** Fields of an object that the scenario names, each with its offset. */
export const fieldPicture = (which: LessonCase, state: number, text: string): string[] => {
  const [name = '', ...fields] = listed(text);
  const object = which.namedObjects.find((one) => one.name === name);
  const layout = object?.struct == null ? undefined : which.structs.find(object.struct);
  if (object === undefined || layout === undefined || fields.length === 0)
    throw new InputError(
      'fields takes an object of the scenario that has a struct, and names of fields of it',
    );
  const memory = which.stateAt(state);
  const start = BigInt(object.address);
  const rows = fields.map((path) => {
    const field = findField(layout, path);
    if (field === undefined || (field.type.kind !== 'integer' && field.type.kind !== 'pointer'))
      throw new InputError(`${object.struct} has no number or pointer "${path}"`);
    const address = start + BigInt(field.offset);
    if (!memory.isMapped(address, field.type.size)) throw new InputError(`${name} is not mapped there`);
    const bytes = memory.read(address, field.type.size);
    const value = BigInt(
      decodeScalar(field.type, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0),
    );
    return { path, offset: field.offset, value: BigInt.asUintN(field.type.size * 8, value) };
  });
  const wide = greatest(rows.map(({ path }) => path.length));
  const line = `  ${''.padEnd(6)} +${'-'.repeat(wide + 2)}+${'-'.repeat(WIDE + 2)}+`;
  return [
    `  ${name}, a struct ${object.struct} at ${hex(start)}`,
    line,
    ...rows.flatMap(({ path, offset, value }) => [
      `  ${hex(offset).padStart(6)} | ${path.padEnd(wide)} ${box(value)}${meaning(which, state, value)}`,
      line,
    ]),
  ];
};

const AROUND = 2; // slots on each side

/** The slots of a slab around an object: which lie side by side, who has each, and which are free. */
export const slabPicture = (which: LessonCase, state: number, name: string): string[] => {
  const object = which.namedObjects.find((one) => one.name === name.trim());
  const memory = which.stateAt(state);
  const place = object === undefined ? undefined : identifySlabAddress(memory, BigInt(object.address));
  if (place?.kind !== 'object')
    throw new InputError(`"${name.trim()}" is not an object of the scenario in a slab`);
  const heap = which.heapAt(state);
  const size = BigInt(place.size);
  const slots = Array.from(
    { length: 2 * AROUND + 1 },
    (_, index) => place.object + BigInt(index - AROUND) * size,
  )
    .filter((address) => {
      const other = identifySlabAddress(memory, address);
      return other?.kind === 'object' && other.object === address && other.slab === place.slab;
    })
    .map((address) => {
      const isFree = objectState(heap, address) !== 'allocated';
      const name = which.objects.nameOf(address, state) ?? (isFree ? 'free' : 'in use');
      return [name, `…${address.toString(16).slice(-5)}`] as const;
    });
  const wide = greatest(slots.flat().map((text) => text.length));
  const edge = `  ${slots.map(() => `+${'-'.repeat(wide + 2)}`).join('')}+`;
  const row = (index: 0 | 1): string =>
    `  ${slots.map((slot) => `| ${slot[index].padEnd(wide)} `).join('')}|`;
  return [
    `  ${place.cacheName}: slots of ${place.size} bytes, side by side; their addresses end with`,
    edge,
    row(0),
    row(1),
    edge,
  ];
};
