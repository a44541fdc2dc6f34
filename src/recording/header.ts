// What a recording's header must look like before anything uses it: a file may hold whatever somebody wrote.

import { PAGE_SIZE, hex, parseUnsigned } from '../base/address.js';
import { findGivenProblem } from './given.js';
import type { RecordingHeader } from './recording.js';
import { pt_regs } from '../kernel/structs/task.js';

type Check = (value: unknown) => boolean;

const PAGE = BigInt(PAGE_SIZE);

/**
 * Largest object, and largest request to an allocator, in bytes: what kmalloc() gives at most. What a scenario places
 * or asks for is a page at most.
 * Source: KMALLOC_MAX_SIZE, include/linux/slab.h, v3.0.101, with MAX_ORDER 11
 */
export const MAX_OBJECT = 4 << 20;

/** Largest function, stack frame or offset in code, in bytes. Source: KERNEL_IMAGE_SIZE, page_64_types.h, v3.0.101 */
const MAX_CODE = 512 << 20;

/** Levels of lists and maps that a header may have; a recorder writes five. */
const MAX_DEPTH = 16;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text: Check = (value) => typeof value === 'string';
const flag: Check = (value) => typeof value === 'boolean';
const address: Check = (value) =>
  typeof value === 'string' && value.startsWith('0x') && parseUnsigned(value) !== undefined;
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const upTo =
  (max: number): Check =>
  (value) =>
    count(value) && (value as number) <= max;
const objectSize = upTo(MAX_OBJECT);
const codeSize = upTo(MAX_CODE);
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
    size: objectSize,
    header: objectSize,
    struct: orNull(text),
    cache: orNull(text),
    source: text,
  }),
);

const symbols = listOf(
  recordOf({
    name: text,
    address,
    size: codeSize,
    kind: oneOf('function', 'data'),
    module: optional(text),
    source: text,
    prototype: optional(recordOf({ returns: text, arguments: listOf(recordOf({ type: text, name: text })) })),
    lines: optional(listOf(recordOf({ offset: codeSize, file: text, line: optional(count) }))),
    frame: optional(listOf(recordOf({ offset: codeSize, cfa: codeSize }))),
    userFrame: optional(codeSize),
  }),
);

const place = { at: count, accesses: count };
const events = listOf(
  kinds({
    allocate: {
      ...place,
      address,
      cache: text,
      objectSize,
      requested: objectSize,
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

// Without recursion: this is what bounds it for everybody else.
const isTooDeep = (root: unknown): boolean => {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value as object) : [],
    );
  }
  return false;
};

/** What is wrong with a header by itself; `undefined` when nothing is. */
export const findHeaderProblem = (header: unknown): string | undefined => {
  if (!isRecord(header)) return 'the header is no record';
  if (isTooDeep(header)) return `the header is nested deeper than ${MAX_DEPTH} levels`;
  const wrong = Object.entries(HEADER).find(([field, check]) => !check(header[field]))?.[0];
  if (wrong !== undefined) return `the header's field "${wrong}" is missing or wrong`;
  const problem = findGivenProblem(header['given'] as RecordingHeader['given']);
  return problem === undefined ? undefined : `the header's field "given.${problem.name}" ${problem.message}`;
};

/** What is wrong between the header and the run that it describes. */
export const findRunProblem = (
  { steps, events, regions }: RecordingHeader,
  instructions: number,
): string | undefined => {
  let [lastTo, lastEvent] = [0, 0];
  for (const [index, step] of steps.entries()) {
    const inOrder = lastTo <= step.from && step.from <= step.to && step.to <= instructions;
    const eventsInOrder =
      lastEvent <= step.events.from && step.events.from <= step.events.to && step.events.to <= events.length;
    if (!inOrder || !eventsInOrder)
      return `the header's field "steps[${index}]" does not follow the one before, or ends behind the run's ${instructions} instructions or ${events.length} events`;
    [lastTo, lastEvent] = [step.to, step.events.to];
  }
  const mapped = new Set<bigint>();
  for (const { start, size } of regions) {
    const first = BigInt(start) / PAGE;
    for (let page = first; page < first + BigInt(size) / PAGE; page += 1n) {
      if (mapped.has(page)) return `the header's field "regions" has ${hex(page * PAGE)} twice`;
      mapped.add(page);
    }
  }
  for (const [index, event] of events.entries()) {
    if (event.kind !== 'trap' || event.regs === null) continue;
    const first = BigInt(event.regs);
    if (!mapped.has(first / PAGE) || !mapped.has((first + BigInt(pt_regs.size) - 1n) / PAGE))
      return `the header's field "events[${index}].regs" is ${event.regs}, where the recording has no memory`;
  }
  return undefined;
};
