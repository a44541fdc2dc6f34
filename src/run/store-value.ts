// Writes a scenario's value into a field: numbers, texts, and lists that are empty.

import { type Addr, u64 } from '../base/address.js';
import { type FieldType, type Scalar, encodeScalar } from '../kernel/layout.js';
import type { WritableMemory } from '../kernel/memory.js';
import type { FieldPath } from '../base/check-form.js';
import type { Value } from '../scenario/form.js';
import { readTextBytes } from '../scenario/parameters.js';
import { type Names, resolveValue } from '../scenario/values.js';

/**
 * Write `value`, taken as 64 bits, into the field of type `type` at `address`.
 *
 * @throws {InputError} at `path` when it does not fit, sign-extended or not
 */
export const storeNumber = (
  names: Names,
  memory: WritableMemory,
  address: Addr,
  type: Scalar,
  value: bigint,
  path: FieldPath,
): void => {
  const number = u64(value);
  if (type.size === 8) return memory.writeU64(address, number);
  const bits = type.size * 8;
  const fits = BigInt.asUintN(bits, number) === number || u64(BigInt.asIntN(bits, number)) === number;
  if (!fits) {
    return names.scenario.fail(
      path,
      `0x${number.toString(16)} does not fit in ${type.name} (${type.size} bytes)`,
    );
  }
  if (type.size === 4) return memory.writeU32(address, Number(BigInt.asUintN(32, number)));
  return memory.write(address, encodeScalar(type, number));
};

/**
 * Write `value` into the field of type `type` at `address`.
 *
 * @throws {InputError} at `path` when the value does not fit the type
 */
export const storeValue = (
  names: Names,
  memory: WritableMemory,
  address: Addr,
  type: FieldType | undefined,
  value: Value,
  path: FieldPath,
): void => {
  if (value === 'self') {
    if (type?.kind !== 'struct' || type.name !== 'list_head') {
      return names.scenario.fail(path, 'self is the value of a list_head: an empty list');
    }
    memory.writeU64(address, address);
    return memory.writeU64(address + 8n, address);
  }
  if (type?.kind === 'integer' || type?.kind === 'pointer') {
    return storeNumber(names, memory, address, type, resolveValue(names, value, path), path);
  }
  if (type?.kind === 'bytes' && typeof value === 'string' && value.startsWith('"')) {
    const text = /^"((?:[^"\\]|\\.)*)"$/su.exec(value)?.[1];
    const read = text === undefined ? 'a text in quotes ends with a quote' : readTextBytes(text);
    if (typeof read === 'string') return names.scenario.fail(path, read);
    if (read.length > type.size)
      return names.scenario.fail(path, `the text has ${read.length} bytes, the field ${type.size}`);
    const whole = new Uint8Array(type.size);
    whole.set(read);
    return memory.write(address, whole);
  }
  if (type?.kind === 'bytes' && typeof value === 'string' && value.startsWith('$')) {
    const parameter = names.parameters.get(value.slice(1));
    if (parameter?.type !== 'text') return names.scenario.fail(path, `there is no text parameter ${value}`);
    const bytes = new Uint8Array(type.size);
    if (parameter.bytes.length > type.size) {
      return names.scenario.fail(
        path,
        `${value} has ${parameter.bytes.length} bytes, the field ${type.size}`,
      );
    }
    bytes.set(parameter.bytes);
    return memory.write(address, bytes);
  }
  return names.scenario.fail(path, 'this field takes no single value: name one of its own fields');
};
