// Gathers what the hardware reported from the lines of one report.

import {
  findMemoryError,
  findMsrError,
  findPcieDetail,
  findPcieError,
  findPcieNotice,
  findThermal,
} from './bus-error.js';
import { FirmwareReader } from './firmware-error.js';
import type { HardwareRecord, PcieError, ThermalEvent } from './hardware-record.js';
import { MachineCheckReader, decoded } from './machine-check.js';

export const MAX_RECORDS = 256;
export const MAX_CPUS = 8192;
const MAX_BITS = 32;

const HINT =
  /Hardware Error|HARDWARE ERROR|Machine Check|mce: |EDAC |AER: |PCIe Bus Error|error status|emperature above|unchecked MSR|error received|^(?:RIP !|TSC |PROCESSOR \d)|\[ ?\d{1,2}\] [A-Z]/u;

type Open<Record> = { -readonly [K in keyof Record]: Record[K] };

export class HardwareCollector {
  readonly #checks = new MachineCheckReader();
  readonly #firmware = new FirmwareReader();
  readonly #records: Open<HardwareRecord>[] = [];
  #port: Open<PcieError> | undefined; // what a root port told, until the device speaks
  #bus: Open<PcieError> | undefined;
  /** Records that were left out because there were too many. */
  dropped = 0;

  get count(): number {
    return this.#records.length;
  }

  /** Take a line, if it is one of the hardware. @param text without prefixes */
  take(text: string, line: number): boolean {
    if (text.length > 1000 || !HINT.test(text)) return false;
    const trimmed = text.trim();
    const firmware = /^\{\d{1,9}\}\[Hardware Error\]:\s{0,8}(.{0,400})$/u.exec(trimmed);
    if (firmware !== null) return this.#take(this.#firmware.take(firmware[1]!, line));
    const check = trimmed.replace(/^(?:mce: )?(?:\[Hardware Error\]: )?/u, '');
    if (this.#take(this.#checks.take(check, line))) return true;
    return this.#bare(trimmed, line);
  }

  #take(taken: HardwareRecord | boolean): boolean {
    if (typeof taken === 'boolean') return taken;
    return this.#add(taken);
  }

  #add(record: Open<HardwareRecord>): true {
    if (this.#records.length < MAX_RECORDS) this.#records.push(record);
    else this.dropped += 1;
    return true;
  }

  #bare(text: string, line: number): boolean {
    const thermal = findThermal(text);
    if (thermal !== undefined) return this.#thermal(thermal, line);
    const record = findMemoryError(text, line) ?? findMsrError(text, line);
    return record === undefined ? this.#pcie(text, line) : this.#add(record);
  }

  // Each CPU of a package tells of the same heat.
  #thermal({ cpu, what, events }: NonNullable<ReturnType<typeof findThermal>>, line: number): true {
    const same = this.#records.find(
      (one): one is Open<ThermalEvent> => one.kind === 'thermal' && one.what === what,
    );
    if (same === undefined) {
      const first = { line, kind: 'thermal', severity: 'notice', what, cpus: [cpu] } as const;
      return this.#add(events === undefined ? first : { ...first, events });
    }
    if (!same.cpus.includes(cpu) && same.cpus.length < MAX_CPUS) same.cpus = [...same.cpus, cpu];
    if (events !== undefined) same.events = Math.max(same.events ?? 0, events);
    return true;
  }

  #pcie(text: string, line: number): boolean {
    const notice = findPcieNotice(text, line);
    if (notice !== undefined) {
      this.#port = notice;
      this.#bus = undefined;
      return this.#add(notice);
    }
    const error = findPcieError(text, line);
    if (error !== undefined) {
      const port = this.#port;
      this.#port = undefined;
      const same = port !== undefined && (port.device === undefined || port.device === error.device);
      if (port !== undefined && same) {
        Object.assign(port, { ...error, line: port.line });
        this.#bus = port;
        return true;
      }
      this.#bus = error;
      return this.#add(error);
    }
    const detail = this.#bus === undefined ? undefined : findPcieDetail(text);
    if (this.#bus === undefined || detail === undefined) return false;
    const { bits, ...fields } = detail;
    Object.assign(this.#bus, fields);
    if (bits !== undefined && this.#bus.bits.length < MAX_BITS) this.#bus.bits = [...this.#bus.bits, ...bits];
    return true;
  }

  finish(): HardwareRecord[] | undefined {
    if (this.#records.length === 0) return undefined;
    return this.#records.map((one) => (one.kind === 'machine-check' ? decoded(one) : one));
  }
}
