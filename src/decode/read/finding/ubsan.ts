// UBSAN's reports.
// Source: lib/ubsan.c, v4.5 (`Undefined behaviour in file`, the kind on the lines after it) to v6.14 (`kind in file`).

import { defined } from '../../../base/defined.js';
import type { Access } from './finding.js';
import { type CheckerTable, type Part, address, facts } from './part.js';

const TYPE = "'(.{1,120}?)'";
const NUMBER = '(-?(?:0x)?[0-9a-f]{1,40})';

const row = (pattern: string): RegExp => new RegExp(`^${pattern}`, 'u');

// Before 5.6 the headline has no kind: the line that follows shows it.
const kind = (bug: string, part: Part): Part => ({ bug, ...part });

const access = (word: string | undefined): { access?: Access } =>
  word === 'load' ? { access: 'read' } : word === 'store' ? { access: 'write' } : {};

export const UBSAN: CheckerTable = {
  checker: 'UBSAN',
  begins: [
    [
      /^UBSAN: (Undefined behaviour|[\w -]{1,60}?) in (\S{1,250}?)(?::(\d{1,9})(?::(\d{1,9}))?)?$/u,
      ([, bug, file, line, column]) => ({
        ...(bug === 'Undefined behaviour' ? {} : { bug: bug! }),
        ...facts({ file, line, column }),
      }),
    ],
  ],
  adds: [
    [
      row(`index ${NUMBER} is out of range for type ${TYPE}`),
      ([, value, type]) => kind('array-index-out-of-bounds', { value: value!, type: type! }),
    ],
    [
      row(`shift exponent ${NUMBER} is too large for (\\d{1,4})-bit type ${TYPE}`),
      ([, value, bits, type]) =>
        kind('shift-out-of-bounds', { value: value!, type: type!, facts: { bits: bits! } }),
    ],
    [
      row(`shift exponent ${NUMBER} is negative`),
      ([, value]) => kind('shift-out-of-bounds', { value: value! }),
    ],
    [
      row(`left shift of negative value ${NUMBER}`),
      ([, value]) => kind('shift-out-of-bounds', { value: value! }),
    ],
    [
      row(`left shift of ${NUMBER} by ${NUMBER} places cannot be represented in type ${TYPE}`),
      ([, value, places, type]) =>
        kind('shift-out-of-bounds', { value: `${value!} << ${places!}`, type: type! }),
    ],
    [
      row(`${NUMBER} ([-+*/]) ${NUMBER} cannot be represented in type ${TYPE}`),
      ([, one, operator, two, type]) => {
        const unsigned = /^(?:unsigned|u\d|size_t|__u|long unsigned|uint)/u.test(type!);
        const bug = `${unsigned ? 'unsigned' : 'signed'}-integer-overflow`;
        return kind(bug, { value: `${one!} ${operator!} ${two!}`, type: type! });
      },
    ],
    [
      row(`division of ${NUMBER} by ${NUMBER} cannot be represented in type ${TYPE}`),
      ([, one, two, type]) => kind('division-overflow', { value: `${one!} / ${two!}`, type: type! }),
    ],
    [row('division by zero'), () => kind('division-overflow', { value: 'division by zero' })],
    [
      row(`negation of ${NUMBER} cannot be represented in type ${TYPE}`),
      ([, value, type]) => kind('negation-overflow', { value: `-(${value!})`, type: type! }),
    ],
    [
      row(`load of value ${NUMBER} is not a valid value for type ${TYPE}`),
      ([, value, type]) => kind('invalid-load', { value: value!, type: type! }),
    ],
    [
      row(`(load|store|member access)(?: of| to| within| in)? (?:of )?null pointer of type ${TYPE}`),
      ([, what, type]) => kind('null-ptr-deref', { ...access(what), value: 'NULL', type: type! }),
    ],
    [
      row(
        `(load|store|member access)(?: of| to| within| in)? misaligned address (?:0x)?([0-9a-f]{1,16}) for type ${TYPE}(?:,? which requires (\\d{1,6}) byte alignment)?`,
      ),
      ([, what, addr, type, alignment]) =>
        kind('misaligned-access', {
          ...access(what),
          ...defined({ address: address(addr) }),
          type: type!,
          ...facts({ alignment }),
        }),
    ],
    [
      row(
        '(load|store|member access)(?: of| to| within| in)? address (?:0x)?([0-9a-f]{1,16}) with insufficient space',
      ),
      ([, what, addr]) =>
        kind('object-size-mismatch', { ...access(what), ...defined({ address: address(addr) }) }),
    ],
    [row(`for an object of type ${TYPE}`), ([, type]) => ({ type: type! })],
    [row('which requires (\\d{1,6}) byte alignment'), ([, alignment]) => facts({ alignment })],
    [
      row('pointer operation (?:overflowed|underflowed) (?:0x)?([0-9a-f]{1,16}) to (?:0x)?([0-9a-f]{1,16})'),
      ([, from, to]) => kind('pointer-overflow', { value: `0x${from!} to 0x${to!}` }),
    ],
    [
      row(
        `implicit conversion from type ${TYPE} of value ${NUMBER}.{0,40} to type ${TYPE} changed the value to ${NUMBER}`,
      ),
      ([, from, value, to, became]) =>
        kind('implicit-conversion', { value: value!, type: to!, facts: { from: from!, became: became! } }),
    ],
    [
      row('assumption of (\\d{1,9}) byte alignment.{0,60} for pointer of type ' + TYPE),
      ([, alignment, type]) => kind('alignment-assumption', { type: type!, ...facts({ alignment }) }),
    ],
    [row('variable length array bound value ' + NUMBER), ([, value]) => kind('vla-bound', { value: value! })],
    [row('calling __builtin_unreachable\\(\\)'), () => kind('unreachable', {})],
  ],
};
