// The form of compiled C that is kept beside its source: bytes, data, symbols and layouts, so that a run needs no compiler.

import {
  type TypeOf,
  constant,
  flag,
  list,
  matching,
  optional,
  record,
  says,
  someText,
  text,
  titled,
} from '../base/form.js';
import { structsForm } from '../kernel/struct-form.js';
import { manifestFields, symbolEntry } from './form.js';

/** What the file starts with. */
const CODE_FORMAT = 'oopslab code 1';

const address = matching(/^0x[0-9a-f]{1,16}$/u);
const size = matching(/^0x[0-9a-f]{1,8}$/u);
const hash = matching(/^[0-9a-f]{64}$/u);

/** Most hexadecimal digits of one function or region. */
const MAX_DIGITS = 2 << 20;

const bytes = says('hexadecimal digits', {
  ...matching(/^(?:[0-9a-f]{2})*$/u),
  maxLength: MAX_DIGITS,
});

/** Compiled C. */
export const codeForm = titled(
  'Compiled C of a case or a library: written by oopslab, read in place of the compiler',
  record({
    format: says('Format and version of this file.', constant(CODE_FORMAT)),
    sources: says(
      'The files that it was made from, beside it, with the hash of each.',
      list(record({ file: someText, sha256: hash }), { minItems: 1 }),
    ),
    compiler: says('What the compiler says it is.', text()),
    flags: list(text()),
    release: someText,
    module: optional(says('The name of the module that it is, as an oops shows it.', someText)),
    functions: says(
      'Each with what a manifest of a snippet has, and its bytes.',
      list(record({ ...manifestFields, code: bytes, sha256: hash })),
    ),
    data: says(
      'Memory of its variables and constants; what is not given is zero.',
      list(record({ name: someText, start: address, size, writable: flag, bytes, sha256: hash })),
    ),
    symbols: says('Its variables.', list(symbolEntry)),
    structs: structsForm,
    text: says(
      'The lines of the sources, for who reads a recording without them.',
      list(record({ file: someText, lines: list(text()) })),
    ),
  }),
);

/** Compiled C as its file has it. */
export type CodeText = TypeOf<typeof codeForm>;
