// Reads the records of the firmware: APEI's generic error sources, in the format of UEFI's CPER.
// Source: cper_estatus_print() and its siblings, drivers/firmware/efi/cper.c, v3.3 (drivers/acpi/apei) to v6.14.

import { severityOf } from './bus-error.js';
import type { FirmwareError } from './hardware-record.js';

type Open = { -readonly [K in keyof FirmwareError]: FirmwareError[K] };

/** Takes the lines after `{1}[Hardware Error]: `; each event is a record. */
export class FirmwareReader {
  #open: Open | undefined;

  /** The record that a line begins, or whether it goes on with one. @param text without the prefix and blanks */
  take(text: string, line: number): Open | boolean {
    const source = /^Hardware error from APEI Generic Hardware Error Source: (\d{1,9})/u.exec(text);
    const severity = /^event severity: (\w{1,20})/u.exec(text);
    if (source !== null || (severity !== null && this.#open === undefined)) {
      this.#open = {
        kind: 'firmware',
        severity: severity === null ? 'notice' : severityOf(severity[1]!),
        line,
        ...(source === null ? {} : { source: Number(source[1]) }),
      };
      return this.#open;
    }
    return this.#open !== undefined && this.#more(this.#open, text, severity?.[1]);
  }

  #more(open: Open, text: string, severity: string | undefined): boolean {
    if (severity !== undefined) {
      open.severity = severityOf(severity);
      return true;
    }
    const field = /^(\w{1,40}): (\S.{0,200})$/u.exec(text);
    if (field === null) return /^Error \d{1,4}, type: /u.test(text);
    const [, name, said] = field;
    if (name === 'section_type') open.section ??= said!;
    else if (name === 'fru_text') open.where ??= said!;
    else if (name === 'error_type') open.error ??= said!.replace(/^\d{1,3}, /u, '');
    else if (name === 'physical_address' && /^0x[0-9a-f]{1,16}$/u.test(said!)) open.address ??= BigInt(said!);
    else if (name === 'device_id' && /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/u.test(said!))
      open.device ??= said!;
    return true;
  }
}
