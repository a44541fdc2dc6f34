// The lines of memory errors, of PCI Express errors, of temperature and of refused registers.
// Sources: edac_ce_error() and edac_ue_error(), drivers/edac/edac_mc.c, v2.6.16 to v6.14; aer_print_error(), drivers/pci/pcie/aer.c,
// v2.6.19 to v6.14; therm_throt_process(), drivers/thermal/intel/therm_throt.c; ex_handler_msr_mce(), arch/x86/mm/extable.c.

import { defined, numberIn } from '../../../base/defined.js';
import { findLocation } from '../code-location.js';
import type { MemoryError, MsrError, PcieError, Severity } from './hardware-record.js';

const hexOf = (digits: string | undefined): bigint | undefined =>
  digits === undefined ? undefined : BigInt(`0x${digits}`);

/** `EDAC MC0: 1 CE memory read error on CPU_SrcID#0_Chan#1_DIMM#0 (channel:1 slot:0 page:0x12 offset:0x40 …)` */
export const findMemoryError = (text: string, line: number): MemoryError | undefined => {
  const found = /^EDAC (?:amd64 )?((?:MC|PCI)\d{1,4}): (?:(\d{1,9}) )?(CE|UE)\b ?(.{0,400})$/u.exec(text);
  if (found === null) return undefined;
  const [, controller, count, class_, rest] = found;
  const where = /^(.{0,100}?)\s?on (\S.{0,160}?) \(/u.exec(rest!);
  const field = (name: string): bigint | undefined =>
    hexOf(new RegExp(`\\b${name}[: ](?:0x)?([0-9a-f]{1,16})\\b`, 'u').exec(rest!)?.[1]);
  return {
    line,
    kind: 'memory',
    severity: class_ === 'UE' ? 'uncorrected' : 'corrected',
    controller: controller!,
    count: count === undefined ? 1 : Number(count),
    ...defined({
      error: where?.[1]?.trim() || undefined,
      where: where?.[2] ?? (/label "([^"]{1,80})"/u.exec(rest!)?.[1] || undefined),
      page: field('page'),
      offset: field('offset'),
      syndrome: field('syndrome'),
    }),
  };
};

/** `uncorrected (fatal)`, `Corrected`: how severe. */
export const severityOf = (words: string): Severity => {
  if (/non-fatal|recoverable/iu.test(words)) return 'uncorrected';
  if (/fatal|panic/iu.test(words)) return 'fatal';
  if (/uncorrect/iu.test(words)) return 'uncorrected';
  return /correct/iu.test(words) ? 'corrected' : 'notice';
};

const DEVICE = /^(?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/u;

/** `pcieport 0000:00:1c.0: AER: Corrected error received: 0000:02:00.0`: a root port tells of a device. */
export const findPcieNotice = (text: string, line: number): PcieError | undefined => {
  const found =
    /^(\S{1,40}) (\S{1,40}): (?:AER: )?(?:Multiple )?((?:Uncorrected|Corrected)(?: \((?:Non-)?Fatal\))?) error (?:message )?received(?: from)?:? ?(\S{1,40})?/u.exec(
      text,
    );
  if (found === null) return undefined;
  const [, driver, port, severity, device] = found;
  return {
    line,
    kind: 'pcie',
    severity: severityOf(severity!),
    reporter: `${driver!} ${port!}`,
    ...(device !== undefined && DEVICE.test(device) ? { device } : {}),
    bits: [],
  };
};

/** `… PCIe Bus Error: severity=Corrected, type=Physical Layer, (Receiver ID)`, of the device itself. */
export const findPcieError = (text: string, line: number): PcieError | undefined => {
  const found =
    /^\S{1,40} (\S{1,40}): (?:AER: )?PCIe Bus Error: severity=([^,]{1,40}), type=([^,]{1,40})(?:, (?:id=[0-9a-f]{4})?\(([^)]{1,40})\))?/u.exec(
      text,
    );
  if (found === null) return undefined;
  const [, device, severity, layer, agent] = found;
  return {
    line,
    kind: 'pcie',
    severity: severityOf(severity!),
    ...defined({ device: device!, layer: layer!.trim(), agent }),
    bits: [],
  };
};

/** `  device [8086:9d15] error status/mask=00000001/00002000` and `   [ 0] RxErr  (First)` */
export const findPcieDetail = (
  text: string,
): Partial<Pick<PcieError, 'ids' | 'status' | 'mask' | 'bits'>> | undefined => {
  const status =
    /^(?:\S{1,40} \S{1,40}:\s{1,8})?(?:AER: )?\s{0,8}device \[([0-9a-f]{4}:[0-9a-f]{4})\] error status\/mask=([0-9a-f]{1,8})\/([0-9a-f]{1,8})/u.exec(
      text,
    );
  if (status !== null) {
    const [, ids, bits, mask] = status;
    return { ids: ids!, status: Number.parseInt(bits!, 16), mask: Number.parseInt(mask!, 16) };
  }
  const bit =
    /^(?:\S{1,40} \S{1,40}:\s{1,8})?(?:AER: )?\s{0,8}\[ ?(\d{1,2})\]\s{1,4}([A-Za-z]\w{1,40})/u.exec(text);
  return bit === null ? undefined : { bits: [bit[2]!] };
};

/** `CPU0: Core temperature above threshold, cpu clock throttled (total events = 1)` */
export const findThermal = (text: string): { cpu: number; what: string; events?: number } | undefined => {
  const found =
    /^(?:mce: )?CPU ?(\d{1,5}): (?:(Core|Package) )?[Tt]emperature above threshold(?:.{0,60}total events = (\d{1,12}))?/u.exec(
      text,
    );
  if (found === null) return undefined;
  return { cpu: Number(found[1]), what: found[2] ?? 'CPU', ...defined({ events: numberIn(found[3]) }) };
};

/** `unchecked MSR access error: WRMSR to 0x1b0 (tried to write 0x…) at rIP: 0x… (f+0x…)` */
export const findMsrError = (text: string, line: number): MsrError | undefined => {
  const found =
    /^unchecked MSR access error: (RDMSR from|WRMSR to) 0x([0-9a-f]{1,8})(?: \(tried to write 0x([0-9a-f]{1,16})\))?(?: at rIP: 0x([0-9a-f]{1,16})(?: \((\S.{0,300})\))?)?/u.exec(
      text,
    );
  if (found === null) return undefined;
  const [, way, register, value, rip, name] = found;
  const named = name === undefined ? undefined : findLocation(name)?.location;
  const at = rip === undefined ? named : { ...named, address: BigInt(`0x${rip}`) };
  return {
    line,
    kind: 'msr',
    severity: 'notice',
    access: way!.startsWith('RDMSR') ? 'read' : 'write',
    register: Number.parseInt(register!, 16),
    ...defined({ value: hexOf(value), at }),
  };
};
