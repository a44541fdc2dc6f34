// Values of a scenario as numbers: object references, symbols, caches, parameters. Reads names, never memory.

import { type Addr, parseUnsigned, u64 } from '../base/address.js';
import { nearest } from '../base/did-you-mean.js';
import { type FieldPlace, type FieldType, type Struct, findField } from '../kernel/layout.js';
import { type Parameters, numberOf } from './parameters.js';
import type { FieldPath } from '../base/check-form.js';
import type { Value } from './form.js';
import type { Scenario } from './scenario.js';
import type { Structs } from '../kernel/structs/all.js';
import { kmem_cache } from '../kernel/structs/slab.js';
import type { SymbolTable } from '../kernel/symbols.js';

/** An object that has an address now. */
export interface PlacedObject {
  readonly name: string;
  readonly address: Addr;
  readonly size: number; // bytes
  readonly header: number; // bytes of the same allocation before it
  readonly struct: string | null;
  readonly cache: string | null;
  readonly source: string;
}

/** The names that values can use. */
export interface Names {
  readonly scenario: Scenario;
  readonly symbols: SymbolTable;
  readonly structs: Structs;
  readonly objects: ReadonlyMap<string, PlacedObject>;
  readonly parameters: Parameters;
  /** Where a text that stands in quotes lies, or `undefined`. */
  textAddress?(text: string): Addr | undefined;
  /** Address of a kmem_cache, or `undefined`. */
  cacheAddress(name: string): Addr | undefined;
  /** Where on another heap lies what the scenario has at an address; there, without it. */
  relocate?(address: Addr): Addr;
}

const listed = (names: Iterable<string>): string => {
  const all = [...names];
  return all.length <= 12 ? all.join(', ') : `${all.slice(0, 12).join(', ')}, … (${all.length})`;
};

/** Why a struct has no such field: the near one, and those of the innermost struct or array that it has. */
const noField = (struct: Struct, path: string): string => {
  const parts = path.match(/[^.[\]]+|\[\d+\]/gu) ?? [];
  let done = '';
  let type: FieldType = struct;
  for (const part of parts) {
    const next = done === '' || part.startsWith('[') ? `${done}${part}` : `${done}.${part}`;
    const place = findField(struct, next);
    if (place === undefined) break;
    done = next;
    type = place.type;
  }
  const where = done === '' ? `struct ${struct.name}` : `${struct.name}.${done}`;
  const wanted = path.slice(done.length).replace(/^\./u, '');
  if (type.kind === 'array') return `${where} is an array of ${type.count}, without "${wanted}"`;
  if (type.kind !== 'struct')
    return `${where} is ${type.kind === 'bytes' ? 'plain bytes' : type.name}, without a "${wanted}"`;
  const known = Object.keys(type.fields);
  const near = nearest(/^[^.[]*/u.exec(wanted)![0], known);
  const hint = near === undefined ? '' : `did you mean ${near}? `;
  return `${where} has no field "${wanted}"; ${hint}it has ${listed(known)}`;
};

/** What is wrong with the name of a struct that is not there: the near one, and the known ones. */
export const noStruct = (structs: Structs, name: string): string => {
  const known = structs.names();
  const near = nearest(name, known, 2);
  return `there is no struct "${name}"; ${near === undefined ? '' : `did you mean ${near}? `}known are ${known.join(', ')}`;
};

/**
 * Find `object` or `object.field.path` among the placed objects.
 *
 * @throws {InputError} at `path` when object or field is unknown
 */
export const resolveField = (
  names: Names,
  reference: string,
  path: FieldPath,
): { readonly object: PlacedObject; readonly place: FieldPlace | undefined; readonly address: Addr } => {
  const [, name = '', field] = /^([^.[]+)[.]?(.*)$/u.exec(reference) ?? [];
  const object = names.objects.get(name);
  if (object === undefined) {
    return names.scenario.fail(
      path,
      `there is no object "${name}" here; known are ${listed(names.objects.keys())}`,
    );
  }
  if (field === undefined || field === '') return { object, place: undefined, address: object.address };
  const struct = object.struct === null ? undefined : names.structs.find(object.struct);
  if (struct === undefined) return names.scenario.fail(path, `${name} is plain bytes and has no fields`);
  const place = findField(struct, field);
  if (place === undefined) {
    return names.scenario.fail(path, noField(struct, field));
  }
  return { object, place, address: object.address + BigInt(place.offset) };
};

/** An address that stands in the scenario as a number. @throws {InputError} at `path` when it is anything else */
export const addressOf = (scenario: Scenario, value: Value, path: FieldPath): Addr => {
  const address = typeof value === 'number' ? BigInt(value) : parseUnsigned(value);
  if (address !== undefined && address >= 0n) return address;
  return scenario.fail(path, `should be an address 0x…, found ${JSON.stringify(value)}`);
};

/**
 * The number that a value stands for.
 *
 * @throws {InputError} at `path` when it is not a number
 */
export const resolveValue = (names: Names, value: Value, path: FieldPath): bigint => {
  if (typeof value === 'number') return u64(BigInt(value));
  const plain = parseUnsigned(value);
  if (plain !== undefined) return names.relocate?.(plain) ?? plain;
  const positive = value.startsWith('-') ? parseUnsigned(value.slice(1)) : undefined;
  if (positive !== undefined) return u64(-positive);
  if (value.startsWith('"')) {
    const address = names.textAddress?.(value);
    return (
      address ??
      names.scenario.fail(path, 'a text in quotes is an argument of a call; here a number is needed')
    );
  }
  if (value.startsWith('$')) {
    const parameter = names.parameters.get(value.slice(1));
    if (parameter === undefined) {
      return names.scenario.fail(
        path,
        `there is no parameter ${value}; there are ${listed(names.parameters.keys())}`,
      );
    }
    return numberOf(parameter) ?? names.scenario.fail(path, `${value} is bytes, but a number is needed here`);
  }
  const [, cache, field] = /^cache\(([^)]+)\)(?:\.(.+))?$/u.exec(value) ?? [];
  if (cache !== undefined) return resolveCache(names, cache, field, path);
  return resolveReference(names, value, path);
};

const resolveCache = (names: Names, cache: string, field: string | undefined, path: FieldPath): bigint => {
  const address = names.cacheAddress(cache) ?? names.scenario.fail(path, `the world has no cache "${cache}"`);
  if (field === undefined) return address;
  const place = findField(kmem_cache, field);
  if (place !== undefined) return address + BigInt(place.offset);
  const known = listed(Object.keys(kmem_cache.fields));
  return names.scenario.fail(path, `struct kmem_cache has no field "${field}"; it has ${known}`);
};

const resolveReference = (names: Names, value: string, path: FieldPath): bigint => {
  const [, ampersand, name = '', plus] =
    /^(&?)([A-Za-z_][\w.[\]-]*)(?:\+(0x[0-9a-f]+|\d+))?$/iu.exec(value) ?? [];
  if (ampersand === undefined) {
    return names.scenario.fail(
      path,
      `should be a number, 0x…, &object, &symbol, $parameter or cache(NAME), found "${value}"`,
    );
  }
  const offset = BigInt(plus ?? 0);
  const symbol = names.symbols.findSymbol(name);
  if (ampersand === '' || (symbol !== undefined && !names.objects.has(name))) {
    if (symbol === undefined)
      return names.scenario.fail(path, `there is no symbol "${name}"; an object is written &${name}`);
    return u64(symbol.address + offset);
  }
  return u64(resolveField(names, name, path).address + offset);
};
