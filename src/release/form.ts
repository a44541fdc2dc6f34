// The forms of a snippet's manifest and of a release's symbols file. Every offset and address is text.

import {
  type TypeOf,
  flag,
  integer,
  list,
  matching,
  named,
  oneOf,
  optional,
  record,
  says,
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
  source: someText,
  how: someText,
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

/** A manifest. */
export const manifestForm = titled(
  "Manifest of a snippet: one function's machine code, with the provenance of every byte",
  record({
    $schema: optional(text()),
    function: symbol,
    variant: optional(
      says('another version of the same function at the same address', matching(/^[a-z0-9][a-z0-9-]*$/u)),
    ),
    release: someText,
    start: address,
    size: offset,
    addressSource: says('where the address comes from: a publication, or `invented`', someText),
    onDemand: optional(onDemand),
    module: optional(symbol),
    source: says('file in the kernel tree', someText),
    bytes: says('file of hex text beside the manifest', matching(/^[^/\\]+\.hex$/u)),
    sha256: matching(/^[0-9a-f]{64}$/u),
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
          source: optional(text()),
        }),
      ),
    ),
  }),
);

/** A manifest as the file has it. */
export type ManifestText = TypeOf<typeof manifestForm>;

const symbolEntry = record({
  name: symbol,
  address,
  size: offset,
  kind: oneOf(['function', 'data']),
  source: someText,
  module: optional(symbol),
  prototype: optional(prototype),
  frame: optional(frame),
  frameSource: optional(text()),
  userFrame: optional(offset),
  calls: optional(calls),
  onDemand: optional(onDemand),
  note: optional(text()),
});

/** A symbol as the file has it. */
export type SymbolText = TypeOf<typeof symbolEntry>;

/** A symbols.json. */
export const symbolsForm = titled(
  'Symbols of a release that have no bytes: stubs and data',
  record({ $schema: optional(text()), release: someText, symbols: list(symbolEntry) }),
);
