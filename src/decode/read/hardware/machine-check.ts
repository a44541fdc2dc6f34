// Reads machine checks, as the kernel and its decoder for AMD print them.
// Sources: __print_mce() and print_mce(), arch/x86/kernel/cpu/mce/core.c, v2.6.30 (`HARDWARE ERROR`) to v6.14;
// amd_decode_mce(), drivers/edac/mce_amd.c, v3.x to v6.14.

import { defined } from '../../../base/defined.js';
import { findLocation } from '../code-location.js';
import type { CodeLocation } from '../place.js';
import { errorWords, isDeferred, memoryControllerWords, recoveryBits, statusBits } from './error-code.js';
import type { MachineCheck, Severity } from './hardware-record.js';

type Open = { -readonly [K in keyof MachineCheck]: MachineCheck[K] };

const FIRST =
  /^CPU ?(\d{1,5}): Machine Check(?: Exception)?:\s{1,20}([0-9a-f]{1,16})(?: Bank (\d{1,3}): ([0-9a-f]{1,16}))?/u;
const AMD = /^CPU:(\d{1,5}) \([0-9a-f:]{1,12}\) MC(\d{1,3})_STATUS\[[^\]]{0,120}\]: 0x([0-9a-f]{1,16})/u;
const RIP =
  /^RIP (!INEXACT! )?(?:[0-9a-f]{1,4}:)?<([0-9a-f]{1,16})>(?: \{(?:<[0-9a-f]{1,16}>)?([^{}]{1,300})\})?/u;
// Vendors as arch/x86/include/asm/processor.h numbers them.
const VENDORS: Readonly<Record<string, string>> = {
  0: 'Intel',
  2: 'AMD',
  5: 'Centaur',
  9: 'Hygon',
  10: 'Zhaoxin',
};

// A number of fewer digits was cut: the kernel prints all 16.
const whole = (digits: string | undefined): bigint | undefined =>
  digits?.length === 16 ? BigInt(`0x${digits}`) : undefined;

const value = (text: string, name: string): bigint | undefined => {
  const digits = new RegExp(`\\b${name}:? (?:0x)?([0-9a-f]{1,16})\\b`, 'u').exec(text)?.[1];
  return digits === undefined ? undefined : BigInt(`0x${digits}`);
};

const ripOf = (address: string, name: string | undefined): CodeLocation => ({
  ...(name === undefined ? {} : (findLocation(name)?.location ?? {})),
  address: BigInt(`0x${address}`),
});

const severityOf = (open: Open): Severity => {
  if (open.status === undefined) return 'uncorrected';
  const { uncorrected, contextCorrupt } = statusBits(open.status);
  if (uncorrected) return contextCorrupt ? 'fatal' : 'uncorrected';
  return isAmd(open) && isDeferred(open.status) ? 'uncorrected' : 'corrected';
};

// Only AMD's banks have an IPID. Source: __print_mce(), arch/x86/kernel/cpu/mce/core.c, v4.10
const isAmd = ({ vendor, ipid }: Open): boolean =>
  vendor === undefined ? ipid !== undefined : vendor === 'AMD' || vendor === 'Hygon';

// `Unified Memory Controller Ext. Error Code: 0, DRAM ECC error.`, without the words since v6.8; before SMCA `MC4 Error
// (node 1): DRAM ECC error detected on the NB.` Source: drivers/edac/mce_amd.c, v3.2 to v6.14
const describedError = (text: string): string | undefined => {
  const extended = /^(\S.{0,120}?) Ext\. Error Code: (\d{1,3})(?:, (\S.{0,160}))?$/u.exec(text);
  if (extended !== null) {
    const [, block, code, words] = extended;
    return words === undefined
      ? `${block}, extended error code ${code}`
      : `${block}: ${words.replace(/\.$/u, '')}`;
  }
  return /^MC\d{1,2} Error(?: \(node \d{1,3}\))?: (\S.{0,160}?)\.?$/u.exec(text)?.[1];
};

/** Takes the lines of machine checks in order; each bank is a record. */
export class MachineCheckReader {
  #open: Open | undefined;

  /** The machine check that a line begins, or `true` for one that goes on. @param text after `[Hardware Error]: ` */
  take(text: string, line: number): Open | boolean {
    const first = FIRST.exec(text);
    if (first !== null) {
      const [, cpu, global, bank, status] = first;
      return this.#begin(line, {
        cpu: Number(cpu),
        global: BigInt(`0x${global!}`),
        bank: bank === undefined ? undefined : Number(bank),
        status: whole(status),
      });
    }
    const amd = AMD.exec(text);
    if (amd !== null) {
      const [, cpu, bank, status] = amd;
      return this.#begin(line, {
        cpu: Number(cpu),
        bank: Number(bank),
        status: whole(status),
        vendor: 'AMD',
      });
    }
    return this.#open !== undefined && this.#more(this.#open, text);
  }

  #begin(line: number, fields: { [K in keyof MachineCheck]?: MachineCheck[K] | undefined }): Open {
    this.#open = { kind: 'machine-check', severity: 'uncorrected', line, ...defined(fields) } as Open;
    return this.#open;
  }

  #more(open: Open, text: string): boolean {
    const rip = RIP.exec(text);
    if (rip !== null) {
      open.rip ??= ripOf(rip[2]!, rip[3]);
      open.ripExact ??= rip[1] === undefined;
      return true;
    }
    if (/^TSC |^IPID: |^Error Addr: |^Bank \d/u.test(text)) {
      this.#values(open, text);
      return true;
    }
    const processor =
      /^PROCESSOR (\d{1,3}):([0-9a-f]{1,8})(?: TIME (\d{1,12}))?(?: SOCKET (\d{1,5}))?(?: APIC ([0-9a-f]{1,8}))?(?: microcode ([0-9a-f]{1,8}))?/u.exec(
        text,
      );
    if (processor !== null) {
      const [, vendor, signature, time, socket, apic, microcode] = processor;
      open.processor ??= signature!;
      open.vendor ??= VENDORS[vendor!] ?? `vendor ${vendor}`;
      if (time !== undefined) open.time ??= Number(time);
      if (socket !== undefined) open.socket ??= Number(socket);
      if (apic !== undefined) open.apic ??= Number.parseInt(apic, 16);
      if (microcode !== undefined) open.microcode ??= microcode;
      return true;
    }
    const described = describedError(text);
    if (described !== undefined) {
      open.error ??= described;
      return true;
    }
    const said = /^Machine check: (\S.{0,160})$/u.exec(text);
    if (said === null)
      return /^Run the above through|^This is not a software problem|^cache level: /u.test(text);
    open.said ??= said[1]!.trim();
    return true;
  }

  #values(open: Open, text: string): void {
    const bank = /^Bank (\d{1,3}): ([0-9a-f]{16})\b/u.exec(text);
    if (bank !== null) {
      open.bank ??= Number(bank[1]);
      open.status ??= BigInt(`0x${bank[2]}`);
    }
    const found = {
      address: value(text, 'ADDR') ?? value(text, 'Error Addr'),
      misc: value(text, 'MISC'),
      synd: value(text, 'SYND') ?? value(text, 'Syndrome'),
      ipid: value(text, 'IPID'),
    };
    for (const name of ['address', 'misc', 'synd', 'ipid'] as const) {
      const one = found[name];
      if (one !== undefined) open[name] ??= one;
    }
  }
}

/** A machine check with what its status says; the vendor is known by then. */
export const decoded = (open: MachineCheck): MachineCheck => {
  const { status, vendor, ipid } = open;
  if (status === undefined) return open;
  const bits = statusBits(status);
  const severity = severityOf(open);
  if (!bits.valid) return { ...open, bits, severity };
  // Without a vendor the code is read as Intel's, which AMD's classes agree with where both have one.
  const amd = isAmd(open);
  return {
    ...open,
    bits,
    severity,
    // The kernel knows the tables of the processor: its words go before what the code alone says.
    error:
      open.error ??
      (ipid === undefined || !amd ? undefined : memoryControllerWords(status, ipid)) ??
      errorWords(Number(status & 0xffffn), amd),
    ...(amd && !bits.uncorrected && isDeferred(status) ? { deferred: true } : {}),
    ...(vendor === 'Intel' ? recoveryBits(status) : {}),
  };
};
