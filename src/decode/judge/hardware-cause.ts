// When the hardware is the likelier cause of a report than a bug of the kernel.

import { hex } from '../../base/address.js';
import type { Sure } from '../code/statement.js';
import type { BadValue } from '../explain/bad-value.js';
import type { HardwareRecord } from '../read/hardware/hardware-record.js';
import type { KernelReport } from '../read/report.js';

/** How sure it is that the hardware is to blame, and why. Never certain: both may be broken. */
export interface HardwareCause {
  readonly sure: Exclude<Sure, 'certain'>;
  /** Each a sentence without full stop, the strongest first. */
  readonly because: readonly string[];
}

type Reason = HardwareCause['because'][number];

const NAMES: Readonly<Record<HardwareRecord['kind'], string>> = {
  'machine-check': 'a machine check',
  memory: 'a memory error',
  pcie: 'a PCI Express error',
  firmware: 'an error that the firmware reported',
  thermal: 'too high a temperature',
  msr: 'a refused register',
};

const isGrave = ({ severity }: HardwareRecord): boolean => severity === 'fatal' || severity === 'uncorrected';

// Corrected errors of memory come before those that cannot be corrected; corrected ones of a bus mean little, and a
// throttled clock or a refused register changes no value.
const isOmen = ({ kind, severity }: HardwareRecord): boolean =>
  severity === 'corrected' && (kind === 'machine-check' || kind === 'memory' || kind === 'firmware');

const recordReason = (
  records: readonly HardwareRecord[],
  when: string,
): { strong?: Reason; weak?: Reason } => {
  const grave = records.find(isGrave);
  if (grave !== undefined)
    return { strong: `${NAMES[grave.kind]} that was not corrected was reported ${when}, line ${grave.line}` };
  const omen = records.find(isOmen);
  return omen === undefined
    ? {}
    : { weak: `${NAMES[omen.kind]} that the hardware corrected was reported ${when}, line ${omen.line}` };
};

const isOneBit = (value: bigint): boolean => value !== 0n && (value & (value - 1n)) === 0n;

/**
 * Whether one bit, and no more, tells two values apart, where neither an increment nor a decrement explains it: a counter
 * in freed memory that goes down by one changes a bit, too.
 */
export const isFlippedBit = (expected: bigint, found: bigint): boolean => {
  const step = expected > found ? expected - found : found - expected;
  return isOneBit(BigInt.asUintN(64, expected ^ found)) && step !== 1n;
};

const findingReason = ({ finding }: KernelReport): Reason | undefined => {
  if (finding?.expected === undefined || finding.found === undefined || finding.found === 0n)
    return undefined;
  const { checker, expected, found, range } = finding;
  if (checker !== 'list' && checker !== 'SLUB') return undefined;
  // Of SLUB only where the byte is the only damaged one.
  if (checker === 'SLUB' && (range === undefined || range.from !== range.to)) return undefined;
  if (!isFlippedBit(expected, found)) return undefined;
  return `${finding.compared ?? 'the value'} differs from what it should be in one bit: ${hex(found)} in place of ${hex(expected)}`;
};

/**
 * Why the hardware may be the cause of a report; `undefined` where nothing points to it.
 *
 * @param report of another kind than `hardware`
 * @param before the reports that stand before it in the same text
 * @param bad the value that its instruction trapped at
 */
export const hardwareCause = (
  report: KernelReport,
  before: readonly KernelReport[] = [],
  bad?: BadValue,
): HardwareCause | undefined => {
  if (report.kind === 'hardware') return undefined;
  const inside = recordReason(report.machineChecks ?? [], 'within this report');
  const earlier = recordReason(
    before.flatMap(({ machineChecks }) => machineChecks ?? []),
    'before it',
  );
  const strong = [inside.strong, earlier.strong];
  // Source: Documentation/admin-guide/tainted-kernels.rst, v6.14: "M: system experienced a machine check exception"
  const tainted =
    report.taint?.includes('M') === true ? 'taint M: there was a machine check since the start' : undefined;
  const flipped =
    bad?.kind === 'flipped bit' ? `${bad.holder} is one bit away from a plausible pointer` : undefined;
  const weak = [tainted, flipped, findingReason(report), inside.weak, earlier.weak];
  const because = [...strong, ...weak].filter((one) => one !== undefined);
  if (because.length === 0) return undefined;
  const two = weak.filter((one) => one !== undefined).length > 1;
  return { sure: strong.some((one) => one !== undefined) || two ? 'likely' : 'possible', because };
};
