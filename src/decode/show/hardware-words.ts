// What the hardware reported, in words: a line or two for each record.

import { hex } from '../../base/address.js';
import { listOf, listSome, plural } from '../../base/words.js';
import { isDeferred } from '../read/hardware/error-code.js';
import type {
  FirmwareError,
  HardwareRecord,
  MachineCheck,
  MemoryError,
  MsrError,
  PcieError,
  ThermalEvent,
} from '../read/hardware/hardware-record.js';
import { locationWords } from './report-words.js';

const join = (parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined).join(', ');

const SEVERITY = {
  fatal: 'fatal',
  uncorrected: 'uncorrected',
  corrected: 'corrected by the hardware',
  notice: 'a notice',
} as const;

// Bit 44 means that to AMD alone; of others it counts corrected errors.
const correctedWords = ({ bits, deferred, status, vendor }: MachineCheck): string => {
  if (bits?.uncorrected === true) return 'uncorrected';
  if (deferred === true) return 'not corrected: deferred, the data is bad and whoever uses it is told later';
  const maybeDeferred = vendor === undefined && status !== undefined && isDeferred(status);
  return `corrected by the hardware${maybeDeferred ? ", unless the processor is AMD's: then not corrected (bit 44, deferred)" : ''}`;
};

const bitWords = (check: MachineCheck): string | undefined => {
  const { bits, actionRequired } = check;
  if (bits === undefined) return undefined;
  if (!bits.valid) return 'the status is not valid';
  return join([
    correctedWords(check),
    bits.contextCorrupt ? 'the context of the processor is corrupt' : undefined,
    bits.overflow ? 'an earlier error was lost' : undefined,
    bits.enabled ? undefined : 'signalling was not enabled',
    actionRequired === true ? 'recovery is required' : undefined,
  ]);
};

const checkWords = (check: MachineCheck): string[] => {
  const { cpu, bank, status, address, misc, bits, rip, ripExact, error, said } = check;
  const where = join([
    cpu === undefined ? undefined : `CPU ${cpu}`,
    check.socket === undefined ? undefined : `socket ${check.socket}`,
    bank === undefined ? undefined : `bank ${bank}`,
  ]);
  const exact = ripExact === false ? ', which is not exact' : '';
  const at = rip === undefined ? undefined : `${locationWords(rip)}${exact}`;
  const processor = join([
    check.vendor,
    check.processor === undefined ? undefined : `signature ${check.processor}`,
    check.microcode === undefined ? undefined : `microcode ${check.microcode}`,
  ]);
  return [
    `Machine check, ${where}${error === undefined ? '' : `: ${error}`}`,
    ...(status === undefined ? [] : [`Status ${hex(status)}: ${bitWords(check) ?? 'not decoded'}`]),
    // ADDRV says whether the address means anything. Source: Intel SDM vol. 3, 17.3.2.3
    ...(address === undefined
      ? []
      : [
          `Address ${hex(address)}${bits?.addressValid === false ? ', which the status says is not valid' : ''}`,
        ]),
    ...(misc === undefined ? [] : [`Further information ${hex(misc)}`]),
    ...(at === undefined ? [] : [`The CPU was at ${at}`]),
    ...(said === undefined ? [] : [`The kernel says: ${said}`]),
    ...(processor === '' ? [] : [`Processor: ${processor}`]),
  ];
};

const memoryWords = ({ controller, count, error, where, severity, page, offset }: MemoryError): string[] => {
  const at =
    page === undefined ? undefined : `page ${hex(page)}${offset === undefined ? '' : ` + ${hex(offset)}`}`;
  return [`${plural(count, 'memory error')}, ${SEVERITY[severity]}: ${join([error, where, at, controller])}`];
};

const pcieWords = ({ severity, device, reporter, layer, agent, ids, bits, status }: PcieError): string[] => [
  `PCI Express error, ${SEVERITY[severity]}: ${join([
    device === undefined ? undefined : `device ${device}${ids === undefined ? '' : ` (${ids})`}`,
    layer,
    agent,
    bits.length === 0 ? (status === undefined ? undefined : `status ${hex(status)}`) : listOf(bits),
    device === undefined && reporter !== undefined ? `told by ${reporter}` : undefined,
  ])}`,
];

const firmwareWords = ({
  severity,
  section,
  error,
  address,
  device,
  where,
  source,
}: FirmwareError): string[] => [
  `The firmware reports an error, ${SEVERITY[severity]}: ${join([
    section,
    error,
    device === undefined ? undefined : `device ${device}`,
    address === undefined ? undefined : `address ${hex(address)}`,
    where,
    source === undefined ? undefined : `source ${source}`,
  ])}`,
];

const thermalWords = ({ what, cpus, events }: ThermalEvent): string[] => [
  `${what} too hot, the clock was throttled: CPU ${listSome(cpus.map(String), 8)}${events === undefined ? '' : `, ${plural(events, 'event')}`}`,
];

const msrWords = ({ access, register, value, at }: MsrError): string[] => [
  `${access === 'read' ? 'A read' : 'A write'} of MSR ${hex(register)}${value === undefined ? '' : ` with ${hex(value)}`} was refused${at === undefined ? '' : `, at ${locationWords(at)}`}: this CPU, or the hypervisor, does not have it or not with this value`,
];

/** A record of PCI Express: of its bus, or of the firmware about one of its devices. */
const isPcie = (record: HardwareRecord): boolean =>
  record.kind === 'pcie' || (record.kind === 'firmware' && /PCIe/iu.test(record.section ?? ''));

/** Whose fault a record mostly is; never certain. */
export const blameWords = (record: HardwareRecord): string => {
  if (isPcie(record)) return 'likely the device or its slot, perhaps its driver';
  return record.kind === 'thermal'
    ? 'likely the cooling, not a bug of the kernel'
    : 'likely the hardware, not a bug of the kernel';
};

/** What to look at after a record. */
export const hardwareStep = (record: HardwareRecord | undefined): string => {
  if (record?.kind === 'thermal')
    return 'the cooling: fans, dust, the air around the machine, the load; then the power limits of the firmware';
  if (record === undefined || !isPcie(record))
    return 'the machine: memory test, firmware, other records of the same component';
  const device = 'device' in record && record.device !== undefined ? ` ${record.device}` : '';
  return `the device${device}: its driver and firmware, its slot or cable, power management of the link (lspci -vvv)`;
};

/** A record as sentences without full stop. */
export const machineCheckWords = (record: HardwareRecord): string[] => {
  switch (record.kind) {
    case 'machine-check':
      return checkWords(record);
    case 'memory':
      return memoryWords(record);
    case 'pcie':
      return pcieWords(record);
    case 'firmware':
      return firmwareWords(record);
    case 'thermal':
      return thermalWords(record);
    case 'msr':
      return msrWords(record);
  }
};
