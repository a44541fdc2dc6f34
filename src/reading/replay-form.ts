// The form of what `replay --json` prints.

import {
  constant,
  count,
  either,
  flag,
  integer,
  list,
  map,
  named,
  number,
  oneOf,
  optional,
  orNull,
  record,
  says,
  text,
  titled,
} from '../base/form.js';
import { address, bytes, hash, location } from '../base/value-forms.js';
import { findingsForm } from './finding-form.js';
import { REGISTERS, type RegisterName } from '../x86/registers.js';

export const outcomeForm = named(
  'outcome',
  either(
    record({ kind: constant('returned'), value: address }),
    record({ kind: constant('bug'), at: location, file: text(), line: count }),
    record({
      kind: constant('fault'),
      at: location,
      access: oneOf(['read', 'write', 'fetch', 'execute']),
      address,
      size: says('bytes', count),
      trap: optional(
        says('what the CPU raises, where it is for an instruction and not an access: divide error', text()),
      ),
      instruction: optional(says('the instruction that it raises it for', text())),
      does: optional(says('what that instruction does, where no called function does it', text())),
    }),
    record({ kind: constant('budget'), at: location, instructions: count }),
  ),
);

export const victimForm = record({
  kind: says(
    'slack: the unrequested rest of the same slab object; object: another live object; free: a free one, also its own allocation after it was freed; management: struct slab, bufctl, or what no object covers (an off-slab struct slab is an object of a general cache, and then cache and field say which)',
    oneOf(['slack', 'object', 'free', 'management', 'unmapped']),
  ),
  object: says("the scenario's name", orNull(text())),
  cache: orNull(text()),
  field: says('shm_file_data.id', orNull(text())),
});

export const outOfBoundsForm = record({
  access: oneOf(['read', 'write']),
  by: location,
  address,
  size: says('bytes', integer(1)),
  old: says('the bytes as a number before the access; null where nothing is mapped', orNull(address)),
  new: says('the same after it: equal for reads', orNull(address)),
  allocation: says(
    'the allocation that the pointer was derived from; null when that is not known',
    orNull(address),
  ),
  requested: says('bytes', orNull(count)),
  beyond: says(
    'bytes past the requested end; 0 is the first, negative lies before the allocation',
    orNull(integer()),
  ),
  victim: victimForm,
});

export const undefinedFlagForm = record({
  at: location,
  does: says('the instruction there that acts by the flag: jo, seta, adc', text()),
  flag: oneOf(['CF', 'PF', 'AF', 'ZF', 'SF', 'OF']),
  leftBy: says('where the instruction is that left it undefined', location),
  leaves: says('that instruction: shl, imul, bsf', text()),
  times: integer(1),
});

const registers = Object.fromEntries(REGISTERS.map((name) => [name, address])) as Readonly<
  Record<RegisterName, typeof address>
>;

export const replayForm = titled(
  'What oopslab replay --json prints',
  record({
    scenario: text(),
    parameters: map(either(text(), number)),
    asExpected: flag,
    unexpected: says("what differs from the scenario's expectations, a sentence each", list(text())),
    outcome: outcomeForm,
    steps: list(
      record({ step: text(), call: orNull(text()), returned: orNull(address), instructions: count }),
    ),
    outOfBounds: list(outOfBoundsForm),
    findings: says(
      'what the run did to memory that no correct code does, each instruction, kind and object once',
      findingsForm,
    ),
    undefinedFlags: says(
      'instructions that acted by a flag which the manual leaves undefined, each place once',
      list(undefinedFlagForm),
    ),
    objects: says('named objects at the end', map(record({ address, bytes }))),
    registers: says('at the trap, or at the end', record(registers)),
    oops: orNull(text()),
    hash,
  }),
);
