// What a recording's header must look like before anything uses it: a file may hold whatever somebody wrote.

import { parseUnsigned } from './address.js';
import type { RecordingHeader } from './recording.js';

type Check = (value: unknown) => boolean;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text: Check = (value) => typeof value === 'string';
const flag: Check = (value) => typeof value === 'boolean';
const address: Check = (value) =>
  typeof value === 'string' && value.startsWith('0x') && parseUnsigned(value) !== undefined;
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && values.includes(value);
const recordOf =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isRecord(value) && Object.entries(fields).every(([name, check]) => check(value[name]));
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const mapOf =
  (check: Check): Check =>
  (value) =>
    isRecord(value) && Object.values(value).every(check);
/** Records whose `kind` says which fields they have. */
const kinds =
  (fields: Readonly<Record<string, Readonly<Record<string, Check>>>>): Check =>
  (value) =>
    isRecord(value) &&
    typeof value['kind'] === 'string' &&
    Object.hasOwn(fields, value['kind']) &&
    recordOf(fields[value['kind']]!)(value);

const namedObjects = listOf(
  recordOf({
    name: text,
    address,
    size: count,
    header: count,
    struct: orNull(text),
    cache: orNull(text),
    source: text,
  }),
);

const symbols = listOf(
  recordOf({
    name: text,
    address,
    size: count,
    kind: oneOf('function', 'data'),
    module: optional(text),
    source: text,
    prototype: optional(recordOf({ returns: text, arguments: listOf(recordOf({ type: text, name: text })) })),
    lines: optional(listOf(recordOf({ offset: count, file: text, line: optional(count) }))),
    frame: optional(listOf(recordOf({ offset: count, cfa: count }))),
    userFrame: optional(count),
  }),
);

const place = { at: count, accesses: count };
const events = listOf(
  kinds({
    allocate: {
      ...place,
      address,
      cache: text,
      objectSize: count,
      requested: count,
      name: orNull(text),
      struct: orNull(text),
    },
    free: { ...place, address, cache: text },
    stub: { ...place, symbol: text, result: orNull(address) },
    call: { ...place, symbol: text, arguments: listOf(address) },
    trap: {
      ...place,
      trap: oneOf('invalid opcode', 'page fault', 'general protection fault'),
      errorCode: count,
      address: orNull(address),
      regs: orNull(address),
    },
    host: { ...place, what: text },
    finding: { ...place, message: text },
  }),
);

const HEADER: Readonly<Record<keyof RecordingHeader, Check>> = {
  scenario: text,
  title: text,
  claim: text,
  release: text,
  parameters: mapOf((value) => text(value) || Number.isFinite(value)),
  variants: mapOf(text),
  gsBase: address,
  cacheChain: address,
  symbols,
  regions: listOf(
    recordOf({
      start: address,
      size: count,
      protection: oneOf('read', 'read-write', 'read-execute'),
      name: text,
    }),
  ),
  given: mapOf(
    (value) => orNull(text)(value) || flag(value) || Number.isFinite(value) || listOf(text)(value),
  ),
  world: namedObjects,
  objects: namedObjects,
  steps: listOf(
    recordOf({
      step: text,
      says: text,
      call: orNull(text),
      from: count,
      to: count,
      events: recordOf({ from: count, to: count }),
      returned: orNull(address),
    }),
  ),
  events,
  outcome: kinds({
    returned: { value: address },
    bug: { at: text, file: text, line: count },
    fault: { at: text, access: oneOf('read', 'write', 'fetch', 'execute'), address, size: count },
    budget: { at: text, instructions: count },
  }),
  asExpected: flag,
  unexpected: listOf(text),
};

/** The first field of a header that is missing or wrong. */
export const findWrongField = (header: unknown): string | undefined =>
  isRecord(header) ? Object.entries(HEADER).find(([field, check]) => !check(header[field]))?.[0] : 'all';
