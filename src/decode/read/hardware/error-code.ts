// MCi_STATUS in words.
// Sources: Intel SDM vol. 3, 17.3.2.2 (bits) and 17.9 (error codes), order number 325384-083; AMD APM vol. 2, 9.3.2.4 and
// 9.3.3, publication 24593, revision 3.41.

import type { StatusBits } from './hardware-record.js';

const bit = (status: bigint, at: number): boolean => ((status >> BigInt(at)) & 1n) === 1n;

export const statusBits = (status: bigint): StatusBits => ({
  valid: bit(status, 63),
  overflow: bit(status, 62),
  uncorrected: bit(status, 61),
  enabled: bit(status, 60),
  miscValid: bit(status, 59),
  addressValid: bit(status, 58),
  contextCorrupt: bit(status, 57),
});

/** Intel: S and AR, which say whether software can recover. */
export const recoveryBits = (status: bigint): { signalled: boolean; actionRequired: boolean } => ({
  signalled: bit(status, 56),
  actionRequired: bit(status, 55),
});

/** AMD: an uncorrected error that was only noticed; whoever uses the data is told later. */
export const isDeferred = (status: bigint): boolean => bit(status, 44);

// Source: smca_umc_mce_desc, drivers/edac/mce_amd.c, v5.2 to v6.7
const UMC_ERRORS = [
  'DRAM ECC error',
  'data poison error',
  'SDP parity error',
  undefined,
  'address or command parity error',
];

/**
 * What failed in a memory controller of AMD, whose error codes are those of a cache; `undefined` for other banks.
 *
 * @param ipid MCA_IPID: who has the bank. Source: smca_hwid_mcatypes, arch/x86/kernel/cpu/mce/amd.c, v4.10 to v6.14
 */
export const memoryControllerWords = (status: bigint, ipid: bigint): string | undefined => {
  if (((ipid >> 32n) & 0xfffn) !== 0x96n || ipid >> 48n > 1n) return undefined;
  const code = Number((status >> 16n) & 0x3fn);
  return `an error of a memory controller: ${UMC_ERRORS[code] ?? `extended error code ${code}`}`;
};

const KIND = ['instruction ', 'data ', '', ''];
const LEVEL = ['level 0', 'level 1', 'level 2', 'generic level'];
const REQUEST = [
  'an access of unknown kind',
  'a generic read',
  'a generic write',
  'a data read',
  'a data write',
  'an instruction fetch',
  'a prefetch',
  'an eviction',
  'a snoop',
];
const MEMORY = ['a generic request', 'a read', 'a write', 'an address or a command', 'a scrub'];
const ROLE = [
  'the request came from this processor',
  'this processor responded',
  'this processor observed it',
  'generic role',
];
const BUS = ['memory', 'reserved', 'I/O', 'other'];

const SIMPLE = new Map<number, string>([
  [0x0000, 'no error code'],
  [0x0001, 'an unclassified error'],
  [0x0002, 'a parity error of the microcode ROM'],
  [0x0003, 'an external error: another processor signalled it'],
  [0x0004, 'a mismatch of redundant processors (FRC)'],
  [0x0005, 'an internal parity error'],
  [0x0006, 'an access of SMM code outside of its memory'],
  [0x0400, 'an internal timer error'],
  [0x0e0b, 'an I/O error'],
]);

/**
 * The class of a machine check's error code.
 *
 * @param code bits 0 to 15 of MCi_STATUS
 * @param amd codes of memory controllers are Intel's alone
 */
export const errorWords = (code: number, amd: boolean): string => {
  const simple = amd ? undefined : SIMPLE.get(code);
  if (simple !== undefined) return simple;
  const plain = amd ? code : code & ~0x1000; // bit 12: whether corrected ones are filtered
  const kind = KIND[(plain >> 2) & 3]!;
  const level = LEVEL[plain & 3]!;
  const request = REQUEST[(plain >> 4) & 15] ?? 'an unknown request';
  if (!amd && (plain & 0xfffc) === 0x000c) return `a cache error, ${level}`;
  if ((plain & 0xfff0) === 0x0010) return `an error of the ${kind}TLB, ${level}`;
  if (!amd && (plain & 0xfd80) === 0x0080) {
    const extended = (plain & 0x0200) !== 0 ? 'memory used as a cache: ' : '';
    const channel = plain & 15;
    const where = channel === 15 ? 'channel not said' : `channel ${channel}`;
    return `a memory controller error: ${extended}${MEMORY[(plain >> 4) & 7] ?? 'a reserved request'}, ${where}`;
  }
  if ((plain & 0xff00) === 0x0100) return `an error of the ${kind}cache, ${level}, during ${request}`;
  if ((plain & 0xf800) === 0x0800) {
    const timeout = (plain & 0x0100) === 0 ? '' : ', timed out';
    return `a bus or interconnect error: ${BUS[(plain >> 2) & 3]!}, ${level}, during ${request}, ${ROLE[(plain >> 9) & 3]!}${timeout}`;
  }
  if ((plain & 0xfc00) === 0x0400) return 'an internal error, not classified';
  return `an error with the code 0x${code.toString(16).padStart(4, '0')}`;
};
