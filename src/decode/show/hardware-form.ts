// The forms of what the hardware reported, in `decode --json`. What the text lacks is left out.

import {
  constant,
  either,
  flag,
  integer,
  list,
  named,
  oneOf,
  optional,
  record,
  says,
  text,
} from '../../base/form.js';
import { SEVERITIES } from '../read/hardware/hardware-record.js';
import { placeForm, value } from './place-form.js';

const common = { line: integer(1), severity: oneOf(SEVERITIES) };

const machineCheckForm = record({
  kind: constant('machine-check'),
  ...common,
  cpu: optional(integer()),
  bank: optional(integer()),
  global: optional(says('MCG_STATUS', value)),
  status: optional(says('MCi_STATUS', value)),
  bits: optional(
    record({
      valid: flag,
      overflow: flag,
      uncorrected: flag,
      enabled: flag,
      miscValid: flag,
      addressValid: flag,
      contextCorrupt: flag,
    }),
  ),
  signalled: optional(flag),
  actionRequired: optional(flag),
  deferred: optional(says('of AMD: not corrected; whoever uses the data is told later', flag)),
  error: optional(says("the kernel's own words, or the class of the error code", text())),
  address: optional(value),
  misc: optional(value),
  synd: optional(value),
  ipid: optional(value),
  rip: optional(placeForm),
  ripExact: optional(says('false where the text says !INEXACT!', flag)),
  vendor: optional(text()),
  processor: optional(says('CPUID signature', text())),
  time: optional(says('seconds since 1970', integer())),
  socket: optional(integer()),
  apic: optional(integer()),
  microcode: optional(text()),
  said: optional(text()),
});

const memoryForm = record({
  kind: constant('memory'),
  ...common,
  controller: optional(text()),
  count: integer(),
  error: optional(text()),
  where: optional(text()),
  page: optional(value),
  offset: optional(value),
  syndrome: optional(value),
});

const pcieForm = record({
  kind: constant('pcie'),
  ...common,
  device: optional(text()),
  reporter: optional(text()),
  layer: optional(text()),
  agent: optional(text()),
  ids: optional(text()),
  status: optional(integer()),
  mask: optional(integer()),
  bits: list(text()),
});

const firmwareForm = record({
  kind: constant('firmware'),
  ...common,
  source: optional(integer()),
  section: optional(text()),
  error: optional(text()),
  address: optional(value),
  device: optional(text()),
  where: optional(text()),
});

const thermalForm = record({
  kind: constant('thermal'),
  ...common,
  what: text(),
  cpus: list(integer()),
  events: optional(integer()),
});

const msrForm = record({
  kind: constant('msr'),
  ...common,
  access: oneOf(['read', 'write']),
  register: integer(),
  value: optional(value),
  at: optional(placeForm),
});

export const hardwareForm = named(
  'hardware',
  either(machineCheckForm, memoryForm, pcieForm, firmwareForm, thermalForm, msrForm),
);
