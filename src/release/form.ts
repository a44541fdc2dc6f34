// The forms of a snippet's manifest and of a release's symbols file. Every offset and address is text.

import {
  type TypeOf,
  flag,
  integer,
  list,
  matching,
  named,
  oneFieldOf,
  oneOf,
  optional,
  orNull,
  prose,
  record,
  says,
  someProse,
  someText,
  text,
  titled,
} from '../base/form.js';

const symbol = named('symbol', matching(/^[A-Za-z_.][A-Za-z0-9_.]*$/u));
const address = named('address', matching(/^0x[0-9a-f]{1,16}$/u));
const offset = named('offset', matching(/^0x[0-9a-f]{1,8}$/u));
const end = says('excluded', offset);

const prototype = named(
  'prototype',
  record({ returns: someText, arguments: list(record({ type: someText, name: someText })) }),
);

const frame = named(
  'frame',
  says(
    'starting at each offset, bytes from RSP to just above the return address',
    list(record({ offset, cfa: offset })),
  ),
);

const calls = named('calls', says('direct calls', list(record({ at: offset, to: address, symbol }))));

const onDemand = named(
  'onDemand',
  says(
    'whether a world has the function only where something can call it: a shipped function that calls it, a step that names it, or any user-supplied code',
    flag,
  ),
);

const range = record({
  from: offset,
  to: end,
  kind: oneOf(['published dump', 'published listing', 'reconstructed']),
  source: someProse,
  how: someProse,
});

const variable = record({
  name: someText,
  type: says('as the source declares it; a cast where `from` has another type', someText),
  from: optional(
    says(
      'where it arrives (rdi at +0x0), a field (vma->vm_file) or its address (&ns->ids[2]), or a call (result of ipc_lock()); anything else is for people',
      text(),
    ),
  ),
  at: optional(
    says(
      'for any other `from`: the register that holds it, before the instruction at an offset',
      matching(/^[a-z][a-z0-9]+ at \+0x[0-9a-f]+$/u),
    ),
  ),
});

/** A variable of the C source, and what it is set from. */
export type Variable = TypeOf<typeof variable>;

/** What a manifest says besides where its bytes are. */
export const manifestFields = {
  function: symbol,
  variant: optional(
    says('another version of the same function at the same address', matching(/^[a-z0-9][a-z0-9-]*$/u)),
  ),
  release: someText,
  start: address,
  addressSource: says('where the address comes from: a publication, or `invented`', someProse),
  onDemand: optional(onDemand),
  module: optional(symbol),
  source: says('file in the kernel tree', someText),
  prototype,
  ranges: says('sorted; together every byte once', list(range, { minItems: 1 })),
  lines: optional(list(record({ offset, file: someText, line: optional(integer(1)) }))),
  variables: optional(list(variable)),
  frame: optional(frame),
  calls: optional(calls),
  parts: optional(
    says(
      "for bytes that hold several functions: each one's name and place, sorted; the first is the function itself at 0x0; bytes in no part are data or padding",
      list(record({ name: symbol, from: offset, to: end })),
    ),
  ),
  bugs: optional(
    list(
      record({
        at: says('offset of the ud2', offset),
        file: someText,
        line: says('0: not known', integer(0, 65535)),
        source: optional(prose),
      }),
    ),
  ),
};

/** A manifest. */
export const manifestForm = titled(
  "Manifest of a snippet: one function's machine code, with the provenance of every byte",
  record({
    $schema: optional(text()),
    ...manifestFields,
    size: offset,
    bytes: says('file of hex text beside the manifest', matching(/^[^/\\]+\.hex$/u)),
    sha256: matching(/^[0-9a-f]{64}$/u),
  }),
);

/** A manifest as the file has it. */
export type ManifestText = TypeOf<typeof manifestForm>;

export const symbolEntry = record({
  name: symbol,
  address,
  size: offset,
  kind: oneOf(['function', 'data']),
  source: someProse,
  type: optional(says('of data that a candidate may name: its type in C', someText)),
  module: optional(symbol),
  prototype: optional(prototype),
  frame: optional(frame),
  frameSource: optional(prose),
  userFrame: optional(offset),
  calls: optional(calls),
  onDemand: optional(onDemand),
  note: optional(prose),
});

/** A symbol as the file has it. */
export type SymbolText = TypeOf<typeof symbolEntry>;

const freed = record({
  field: someText,
  by: oneOf(['kfree', 'kzfree']),
  where: optional(
    says(
      'only where another field holds the address of a symbol',
      record({ field: someText, holds: symbol }),
    ),
  ),
});

const stubWork = oneFieldOf({
  heap: optional(
    says(
      "an operation of the heap, with the arguments of the kernel's function of that name",
      oneOf(['kmalloc', 'kfree', 'ksize', 'kmem_cache_free']),
    ),
  ),
  returns: optional(says('returns a number; null for a function without a result', orNull(integer(0)))),
  reads: optional(
    says(
      'returns a field, 4 bytes, of the struct that the argument points to; 0 where that is not mapped',
      record({ struct: symbol, field: someText }),
    ),
  ),
  puts: optional(
    says(
      'drops a reference to the struct that the argument points to, and frees it after the last one',
      record({
        struct: symbol,
        count: says('the field with the number of references, 8 bytes', someText),
        frees: optional(says('pointers in the struct that are freed before it, in this order', list(freed))),
        cache: says('the cache that the struct goes back to', someText),
      }),
    ),
  ),
});

/** What a stub does: exactly one of its fields is there. */
export type StubWork = TypeOf<typeof stubWork>;

const stub = record({
  symbol,
  does: says('what it does: exactly one of these', stubWork),
  models: says("what it does of what the kernel's function does", someProse),
  leavesOut: someProse,
  source: optional(someProse),
});

/** A stub: a function that the sandbox does instead of running bytes. */
export type StubEntry = TypeOf<typeof stub>;

/** A symbols.json. */
export const symbolsForm = titled(
  'Symbols of a release that have no bytes, and what the sandbox does for some of them',
  record({
    $schema: optional(text()),
    release: someText,
    symbols: list(symbolEntry),
    stubs: optional(
      says(
        'functions that the sandbox does instead of running bytes; a release without this field has those of the shipped one',
        list(stub),
      ),
    ),
  }),
);
