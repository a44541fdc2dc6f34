// Queries on registers and memory.

import { hex } from '../base/address.js';
import { describeAddress } from '../reading/label.js';
import { searchMemory } from '../reading/memory-search.js';
import { nearest } from '../base/did-you-mean.js';
import { InputError } from '../base/errors.js';
import { listSome } from '../base/words.js';
import { type FieldPlace, decodeScalar, findField } from '../kernel/layout.js';
import { objectState } from '../kernel/slab.js';
import { identifySlabAddress } from '../kernel/slab-identify.js';
import { usesOf } from '../x86/disasm.js';
import { fetchCode } from '../x86/fetch.js';
import { addressesOf } from './operands.js';
import { type Answer, numberText, readAddress, readNumber } from './answers.js';
import { readRegister } from './register-names.js';
import type { LessonCase } from './case.js';
import type { Key, QueryForm, Setting } from './query.js';
import { bitsAt, holdsText, registerAt, whatItIs } from './reasons.js';

interface Scalar {
  readonly value: bigint;
  readonly size: number;
}

// OBJECT.FIELD of the scenario, or STRUCT@ADDRESS.FIELD.
const fieldOf = (which: LessonCase, text: string): { address: bigint; field: FieldPlace } => {
  const [, head, at, path] = /^(\w+)(?:@(0x[0-9a-f]+))?\.([\w.[\]]+)$/u.exec(text) ?? [];
  const object = at === undefined ? which.namedObjects.find(({ name }) => name === head) : undefined;
  const struct = which.structs.find(at === undefined ? (object?.struct ?? '') : head!);
  const field = struct === undefined || path === undefined ? undefined : findField(struct, path);
  const address = at ?? object?.address;
  if (field === undefined || address === undefined) {
    throw new InputError(
      `${text} is not a field: an object of the scenario or STRUCT@0x…, a dot, and a field of its struct`,
    );
  }
  return { address: BigInt(address) + BigInt(field.offset), field };
};

/** What a field holds in a state. */
const readField = (which: LessonCase, text: string, state: number): Scalar => {
  const { address, field } = fieldOf(which, text);
  const { type } = field;
  if (type.kind !== 'integer' && type.kind !== 'pointer')
    throw new InputError(`${text} is a ${type.kind}; ask for one of its parts`);
  const memory = which.stateAt(state);
  if (!memory.isMapped(address, type.size))
    throw new InputError(`${text}: nothing is mapped at ${hex(address)}`);
  const bytes = memory.read(address, type.size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { value: BigInt(decodeScalar(type, view, 0)), size: type.size };
};

/** A number, or what a field holds at the end. */
export const operand = (which: LessonCase, text: string): Scalar => {
  const number = readNumber(text);
  if (number !== undefined) return { value: number, size: number >= 1n << 32n ? 8 : 4 };
  return readField(which, text, which.last);
};

/** A key of numbers; the reason for a wrong one gives its meaning. */
export const numbers = (
  { which }: Setting,
  state: number,
  found: readonly Scalar[],
  subject: string,
): Key => ({
  answers: found.map(({ value, size }) => ({ kind: 'number', value, size })),
  why: found.map(({ value, size }) => `${subject}: ${numberText(value, size)}`),
  state,
  reason: (given) => (given.kind === 'number' ? whatItIs(which, state, given.value) : []),
});

const AT = '(?: at (?<at>\\S+))?';

export const STATE_QUERIES: readonly QueryForm[] = [
  {
    form: 'register REGISTER [at LOCATION]',
    meaning: 'what a register holds before an instruction; without a location at the trap, or at the end',
    pattern: new RegExp(`^register (?<register>\\w+)${AT}$`, 'u'),
    kinds: ['value', 'address'],
    run: ({ register, at }, setting) => {
      const { which } = setting;
      const name = readRegister(register!);
      if (name === undefined) throw new InputError(`${register} is not a register`);
      const state = which.at(at);
      const value = registerAt(which, state, name);
      return numbers(setting, state, [{ value, size: 8 }], `${name} at ${which.whereIs(state)}`);
    },
  },
  {
    form: 'field OBJECT.FIELD [at LOCATION]',
    meaning: 'what a field holds: of an object that the scenario names, or of STRUCT@0xADDRESS',
    pattern: new RegExp(`^field (?<field>\\S+)${AT}$`, 'u'),
    kinds: ['value', 'address'],
    run: ({ field, at }, setting) => {
      const { which } = setting;
      const state = which.at(at);
      return numbers(
        setting,
        state,
        [readField(which, field!, state)],
        `${field} at ${which.whereIs(state)}`,
      );
    },
  },
  {
    form: 'word ADDRESS [at LOCATION]',
    meaning: 'the 64-bit word at an address: 0x…, [rsp+8], OBJECT.FIELD or a symbol',
    pattern: new RegExp(`^word (?<address>\\S+)${AT}$`, 'u'),
    kinds: ['value', 'address'],
    run: ({ address, at }, setting) => {
      const { which } = setting;
      const state = which.at(at);
      const where = readAddress(address!, which, state);
      const value =
        where === undefined ? undefined : bitsAt(which, state, { kind: 'memory', address: where });
      if (value === undefined) throw new InputError(`"${address}" is not an address with memory`);
      return numbers(setting, state, [{ value, size: 8 }], `the word at ${address}`);
    },
  },
  {
    form: 'address of OBJECT[.FIELD]',
    meaning: 'where something that the scenario names lies',
    pattern: /^address of (?<object>\S+)$/u,
    kinds: ['address', 'place'],
    run: ({ object }, setting) => {
      const { which } = setting;
      const value = readAddress(object!, which, which.last);
      if (value === undefined) {
        const known = which.namedObjects.map(({ name }) => name);
        const near = nearest(object!, known);
        throw new InputError(
          `"${object}" is not an object of the scenario; ${near === undefined ? '' : `did you mean ${near}? `}there are ${listSome([...new Set(known)], 30)}`,
        );
      }
      const key = numbers(setting, which.last, [{ value, size: 8 }], `the address of ${object}`);
      const answers: Answer[] = [...key.answers, { kind: 'memory', address: value }];
      return {
        ...key,
        answers,
        reason: (given) =>
          given.kind === 'register'
            ? [`${given.register}: ${holdsText(which, which.last, given)}`]
            : key.reason(given),
      };
    },
  },
  {
    form: 'operand of LOCATION',
    meaning:
      'the address in memory that an instruction reads or writes at; where it ran several times, the last counts',
    pattern: /^operand of (?<at>\S+)$/u,
    kinds: ['address', 'value'],
    run: ({ at }, setting) => {
      const { which } = setting;
      const state = which.at(at);
      const registers = which.recording.registersAt(state);
      const rip = registerAt(which, state, 'rip');
      const found = addressesOf(usesOf(fetchCode(which.stateAt(state), rip), rip), registers);
      if (found.length === 0) throw new InputError(`${at} has no operand in memory`);
      return numbers(
        setting,
        state,
        found.map(({ address }) => ({ value: address, size: 8 })),
        `the operand of ${at}`,
      );
    },
  },
  {
    form: 'slot of OBJECT [at LOCATION]',
    meaning: 'allocated or free: what the slab that an object lies in says of its slot',
    pattern: new RegExp(`^slot of (?<object>\\S+)${AT}$`, 'u'),
    kinds: ['choice'],
    run: ({ object, at }, { which }) => {
      const state = which.at(at);
      const address = readAddress(object!, which, state);
      const place = address === undefined ? undefined : identifySlabAddress(which.stateAt(state), address);
      if (place?.kind !== 'object') throw new InputError(`"${object}" is not an object in a slab`);
      const word = objectState(which.heapAt(state), place.object) === 'allocated' ? 'allocated' : 'free';
      return {
        answers: [{ kind: 'word', word }],
        why: [`${place.cacheName} ${hex(place.object)} is ${word} at ${which.whereIs(state)}`],
        state,
        reason: () => [`what ${place.cacheName} notes of the slot at ${hex(place.object)} says otherwise`],
      };
    },
  },
  {
    form: 'hits VALUE [in CACHE]',
    meaning:
      'where a number, or what a field holds, lies in memory; with a cache: the objects of it that have it',
    pattern: /^hits (?<value>\S+)(?: in (?<cache>\S+))?$/u,
    kinds: ['address'],
    run: ({ value, cache }, { which }) => {
      const { dump } = which;
      const { value: bits } = operand(which, value!);
      const hits = searchMemory(dump, [BigInt.asUintN(64, bits)]).flatMap(({ address }) => {
        if (cache === undefined) return [address];
        const place = identifySlabAddress(dump.memory, address);
        return place?.cacheName === cache && 'object' in place ? [place.object] : [];
      });
      const why = hits.map((address) => `${hex(address)}: ${describeAddress(dump, address)}`);
      return {
        answers: hits.map((address): Answer => ({ kind: 'number', value: address, size: 8 })),
        why,
        state: which.last,
        reason: (given) => {
          if (given.kind !== 'number') return [];
          if (given.value > 0xffffn)
            return [...whatItIs(which, which.last, given.value), 'what is asked for does not lie there'];
          const all = searchMemory(dump, [BigInt.asUintN(64, bits)]);
          const outside = all.find(({ address }) => {
            const place = identifySlabAddress(dump.memory, address);
            return cache !== undefined && place?.cacheName !== cache;
          });
          if (given.value === BigInt(all.length) && outside !== undefined)
            return [
              'that counts all hits',
              `the one at ${hex(outside.address)} is not an object of ${cache}: ${describeAddress(dump, outside.address)}`,
            ];
          return [`a search of memory gives another number than ${given.value}`];
        },
      };
    },
  },
];
