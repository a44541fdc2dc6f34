// The form of a recording's header. Addresses and values are `0x…` text. Unknown fields are accepted, but for
// facts of an oops that no oops prints.

import {
  type TypeOf,
  constant,
  either,
  flag,
  integer,
  list,
  map,
  matching,
  number,
  oneOf,
  openRecord,
  optional,
  orNull,
  prose,
  sentence,
  text,
} from '../base/form.js';
import { REGISTERS } from '../x86/registers.js';
import { structsForm } from '../kernel/struct-form.js';
import { statedFactsOf } from '../oops/given.js';

/**
 * Largest object, and largest request to an allocator, in bytes: what kmalloc() gives at most. What a scenario places
 * or asks for is a page at most.
 * Source: KMALLOC_MAX_SIZE, include/linux/slab.h, v3.0.101, with MAX_ORDER 11
 */
export const MAX_OBJECT = 4 << 20;

/** Largest function, stack frame or offset in code, in bytes. Source: KERNEL_IMAGE_SIZE, page_64_types.h, v3.0.101 */
export const MAX_CODE = 512 << 20;

const address = matching(/^0x[0-9a-fA-F]{1,16}$/u);
const count = integer(0, Number.MAX_SAFE_INTEGER);
const objectSize = integer(0, MAX_OBJECT); // bytes
const codeSize = integer(0, MAX_CODE); // bytes

const outcome = either(
  openRecord({ kind: constant('returned'), value: address }),
  openRecord({ kind: constant('bug'), at: sentence, file: text(), line: count }),
  openRecord({
    kind: constant('fault'),
    at: sentence,
    access: oneOf(['read', 'write', 'fetch', 'execute']),
    address,
    size: count, // bytes
    /** Of `execute`: what the CPU raises, in words, the instruction that it raises it for, and what that one does. */
    trap: optional(sentence),
    instruction: optional(text()),
    does: optional(sentence),
  }),
  openRecord({ kind: constant('budget'), at: sentence, instructions: count }),
);

/** Why a run ended, as `replay --json` prints it. */
export type Outcome = TypeOf<typeof outcome>;

const namedObject = openRecord({
  name: text(),
  address,
  /** Bytes, as requested. */
  size: objectSize,
  /** Bytes of the same allocation that lie before it. */
  header: objectSize,
  /** The struct it is, if it is one. */
  struct: orNull(text()),
  /** The cache it was allocated from; null outside the slab heap. */
  cache: orNull(text()),
  /** Where the address comes from: `slide 33`, `invented`, or `allocated`. */
  source: prose,
});

/** An object that the run knows by name or from its allocation. */
export type NamedObject = TypeOf<typeof namedObject>;

const symbol = openRecord({
  name: text(),
  address,
  size: codeSize,
  kind: oneOf(['function', 'data']),
  module: optional(text()),
  source: prose,
  prototype: optional(
    openRecord({ returns: text(), arguments: list(openRecord({ type: text(), name: text() })) }),
  ),
  lines: optional(list(openRecord({ offset: codeSize, file: text(), line: optional(count) }))),
  frame: optional(list(openRecord({ offset: codeSize, cfa: codeSize }))),
  userFrame: optional(codeSize),
  /** Of compiled C: variables, and the registers that hold them, as manifests of snippets have them. */
  variables: optional(
    list(openRecord({ name: text(), type: text(), from: optional(text()), at: optional(text()) })),
  ),
});

const region = openRecord({
  start: address,
  size: count, // bytes
  protection: oneOf(['read', 'read-write', 'read-execute']),
  name: text(),
});

const step = openRecord({
  step: text(),
  /** What the scenario says about it; empty when it says nothing. */
  says: prose,
  call: orNull(text()),
  /** First instruction of the step, counted over the whole recording. */
  from: count,
  /** First instruction after it. */
  to: count,
  /** Its first event, and the first one after it: indices of the header's events. */
  events: openRecord({ from: count, to: count }),
  returned: orNull(address),
});

/** One step of the scenario. */
export type RecordedStep = TypeOf<typeof step>;

/** Where in the run an event lies: before instruction `at`, after `accesses` recorded accesses. */
const place = { at: count, accesses: count };

const event = either(
  openRecord({
    ...place,
    kind: constant('allocate'),
    address,
    cache: text(),
    objectSize,
    requested: objectSize,
    /** The scenario's name for it, if it gave one. */
    name: orNull(text()),
    struct: orNull(text()),
  }),
  openRecord({ ...place, kind: constant('free'), address, cache: text() }),
  openRecord({ ...place, kind: constant('stub'), symbol: text(), result: orNull(address) }),
  openRecord({ ...place, kind: constant('call'), symbol: text(), arguments: list(address) }),
  openRecord({
    ...place,
    kind: constant('trap'),
    trap: oneOf(['invalid opcode', 'page fault', 'general protection fault']),
    errorCode: count,
    address: orNull(address),
    /** Where pt_regs lies; null when the stack could not take it. */
    regs: orNull(address),
  }),
  /** What a step of the scenario had the sandbox do; `what` completes a sentence: `sets vma.vm_start`. */
  openRecord({ ...place, kind: constant('host'), what: sentence }),
  /**
   * The sandbox used the address of an object that is gone: in a register of the call that was just told of, in the
   * word of memory that was just written, or, without a place, for the free that comes next.
   */
  openRecord({
    ...place,
    kind: constant('stale'),
    name: text(),
    /** Index of the event that made the object; -1 for one of the world. */
    made: integer(-1, Number.MAX_SAFE_INTEGER),
    register: orNull(oneOf(REGISTERS)),
    address: orNull(address),
  }),
  openRecord({
    ...place,
    kind: constant('finding'),
    message: sentence,
    /** Of the heap: what is wrong, and with which address. */
    problem: optional(oneOf(['double free', 'foreign free', 'misaligned free', 'corrupted management'])),
    address: optional(address),
  }),
);

/** What happened besides instructions and accesses. */
export type RecordedEvent = TypeOf<typeof event>;

/** The part of a recording that is not bulk data. */
export const headerForm = openRecord({
  scenario: text(),
  /** The scenario in a line. */
  title: text(),
  /** What the scenario claims; empty when it says nothing. */
  claim: prose,
  release: text(),
  /** As `--set` takes them: a byte can take four characters. */
  parameters: map(either(sentence, number)),
  /** Which variant ran in place of a function, by function; the plain version of all others. */
  variants: map(text()),
  gsBase: address,
  cacheChain: address,
  symbols: list(symbol),
  regions: list(region),
  /** Of compiled C: layouts of its structs, and the lines of its sources. */
  code: optional(
    openRecord({
      structs: structsForm,
      text: list(openRecord({ file: text(), lines: list(text()) })),
    }),
  ),
  /** What the scenario states and the oops prints as stated: it is not read from the machine. */
  given: statedFactsOf(orNull(either(text(), flag, number, list(text())))),
  /** Objects that existed before the first step. */
  world: list(namedObject),
  /** Objects by the names that the scenario gives them, at the end. */
  objects: list(namedObject),
  steps: list(step),
  events: list(event),
  outcome,
  asExpected: flag,
  /** What differs from the scenario's expectations, a sentence each. */
  unexpected: list(sentence),
});

/** The part of a recording that is not bulk data. */
export type RecordingHeader = TypeOf<typeof headerForm>;
