// Compares the end of a run with what its scenario expects. Each difference is a sentence.

import { hex } from '../base/address.js';
import { decodeScalar } from '../kernel/layout.js';
import type { Memory } from '../kernel/memory.js';
import type { Outcome } from '../recording/recording.js';
import { REGISTER_INDEX, isRegisterName } from '../x86/registers.js';
import type { FieldPath } from '../base/check-form.js';
import type { Value } from './form.js';
import { type Names, resolveField, resolveValue } from './values.js';

const EXPECT: FieldPath = ['expect'];

const outcomeDifferences = (names: Names, outcome: Outcome): string[] => {
  const expected = names.scenario.spec.expect.outcome;
  if (expected === undefined) return [];
  if (expected.kind !== outcome.kind) return [`outcome: expected ${expected.kind}, found ${outcome.kind}`];
  const found = outcome as unknown as Readonly<Record<string, string | number>>;
  return Object.entries(expected).flatMap(([field, value]) => {
    const isNumber = field === 'value' || field === 'address';
    const wanted = isNumber ? hex(resolveValue(names, value as Value, [...EXPECT, 'outcome', field])) : value;
    return wanted === found[field] ? [] : [`outcome.${field}: expected ${wanted}, found ${found[field]}`];
  });
};

const registerDifferences = (names: Names, registers: BigUint64Array): string[] =>
  Object.entries(names.scenario.spec.expect.registers ?? {}).flatMap(([name, value]) => {
    const path = [...EXPECT, 'registers', name];
    if (!isRegisterName(name)) return names.scenario.fail(path, `there is no register "${name}"`);
    const wanted = resolveValue(names, value, path);
    const found = registers[REGISTER_INDEX[name]]!;
    return wanted === found ? [] : [`${name}: expected ${hex(wanted)}, found ${hex(found)}`];
  });

const addressDifferences = (names: Names): string[] =>
  Object.entries(names.scenario.spec.expect.objects ?? {}).flatMap(([name, value]) => {
    const wanted = resolveValue(names, value, [...EXPECT, 'objects', name]);
    const found = names.objects.get(name)?.address;
    if (wanted === found) return [];
    return [
      `${name}: expected at ${hex(wanted)}, found ${found === undefined ? 'no such object' : hex(found)}`,
    ];
  });

const fieldDifferences = (names: Names, memory: Memory): string[] =>
  Object.entries(names.scenario.spec.expect.fields ?? {}).flatMap(([field, value]) => {
    const path = [...EXPECT, 'fields', field];
    if (!names.objects.has(field.split('.')[0]!)) return [`${field}: there is no such object at the end`];
    const { place, address } = resolveField(names, field, path);
    if (place?.type.kind !== 'integer' && place?.type.kind !== 'pointer') {
      return names.scenario.fail(path, 'only numbers and pointers can be expected');
    }
    if (!memory.isMapped(address, place.type.size))
      return [`${field}: there is no memory at ${hex(address)}`];
    const bytes = memory.read(address, place.type.size);
    const found = BigInt(decodeScalar(place.type, new DataView(bytes.buffer), 0));
    const wanted = resolveValue(names, value, path);
    return BigInt.asUintN(64, found) === wanted ? [] : [`${field}: expected ${value}, found ${found}`];
  });

/**
 * All differences between a run and its scenario's expectations.
 *
 * @param registers at the trap, or at the end
 * @throws {InputError} when an expectation names something that does not exist
 */
export const checkExpectations = (
  names: Names,
  memory: Memory,
  registers: BigUint64Array,
  outcome: Outcome,
): string[] => [
  ...outcomeDifferences(names, outcome),
  ...registerDifferences(names, registers),
  ...addressDifferences(names),
  ...fieldDifferences(names, memory),
];
