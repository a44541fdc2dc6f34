// What the hardware reported, as values: machine checks, memory errors, PCI Express errors, temperature.

import type { Addr } from '../../../base/address.js';
import type { CodeLocation, TextPlace } from '../place.js';

export const SEVERITIES = ['fatal', 'uncorrected', 'corrected', 'notice'] as const;

export type Severity = (typeof SEVERITIES)[number];

/** Bits of MCi_STATUS. Source: Intel SDM vol. 3, 17.3.2.2; AMD APM vol. 2, 9.3.2.4. */
export interface StatusBits {
  readonly valid: boolean;
  readonly overflow: boolean; // an earlier error was lost
  readonly uncorrected: boolean;
  readonly enabled: boolean;
  readonly miscValid: boolean;
  readonly addressValid: boolean;
  /** The context of the processor is corrupt: it cannot go on. */
  readonly contextCorrupt: boolean;
}

/** A machine check of one bank. */
export interface MachineCheck extends TextPlace {
  readonly kind: 'machine-check';
  readonly severity: Severity;
  readonly cpu?: number;
  readonly bank?: number;
  /** MCG_STATUS as printed. */
  readonly global?: bigint;
  readonly status?: bigint;
  readonly bits?: StatusBits;
  /** Intel: signalled, and needs recovery. AMD: absent. */
  readonly signalled?: boolean;
  readonly actionRequired?: boolean;
  /** AMD: not corrected, only noticed: whoever uses the data is told later. Absent where the vendor is not known. */
  readonly deferred?: boolean;
  /** The kernel's own words, or the class of the error code. */
  readonly error?: string;
  readonly address?: Addr;
  readonly misc?: bigint;
  readonly synd?: bigint;
  readonly ipid?: bigint;
  readonly rip?: CodeLocation;
  /** False where the text says `!INEXACT!`. */
  readonly ripExact?: boolean;
  readonly vendor?: string;
  /** CPUID signature as printed: `a0671`. */
  readonly processor?: string;
  /** Seconds since 1970. */
  readonly time?: number;
  readonly socket?: number;
  readonly apic?: number;
  readonly microcode?: string;
  /** What the kernel says of it: `Processor context corrupt`. */
  readonly said?: string;
}

/** An error of the memory controller, as EDAC counts it. */
export interface MemoryError extends TextPlace {
  readonly kind: 'memory';
  readonly severity: Severity;
  readonly controller?: string; // `MC0`
  readonly count: number;
  readonly error?: string; // `memory read error`
  readonly where?: string; // `CPU_SrcID#0_Ha#0_Chan#1_DIMM#0`
  readonly page?: bigint;
  readonly offset?: bigint;
  readonly syndrome?: bigint;
}

/** An error of PCI Express, from Advanced Error Reporting. */
export interface PcieError extends TextPlace {
  readonly kind: 'pcie';
  readonly severity: Severity;
  readonly device?: string; // `0000:02:00.0`
  readonly reporter?: string; // `pcieport 0000:00:1c.0`
  readonly layer?: string; // `Transaction Layer`
  readonly agent?: string; // `Requester ID`
  readonly ids?: string; // `8086:9d15`
  readonly status?: number;
  readonly mask?: number;
  readonly bits: readonly string[]; // `RxErr`
}

/** A record of the firmware: APEI, GHES, CPER. */
export interface FirmwareError extends TextPlace {
  readonly kind: 'firmware';
  readonly severity: Severity;
  readonly source?: number;
  readonly section?: string; // `memory error`
  readonly error?: string; // `multi-bit ECC`
  readonly address?: Addr;
  readonly device?: string;
  readonly where?: string; // the field replaceable unit
}

/** A CPU or a package that was too hot. */
export interface ThermalEvent extends TextPlace {
  readonly kind: 'thermal';
  readonly severity: 'notice';
  readonly what: string; // `Core`, `Package`
  readonly cpus: readonly number[];
  readonly events?: number;
}

/** A model-specific register that the CPU, or the hypervisor, refused. */
export interface MsrError extends TextPlace {
  readonly kind: 'msr';
  readonly severity: 'notice';
  readonly access: 'read' | 'write';
  readonly register: number;
  readonly value?: bigint;
  readonly at?: CodeLocation;
}

export type HardwareRecord = MachineCheck | MemoryError | PcieError | FirmwareError | ThermalEvent | MsrError;
