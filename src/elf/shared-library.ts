// Whether a shared library can be mapped as its headers say. Loading a truncated one ends the process: the system maps
// more than the file has, and the first touch is a SIGBUS. No kernel, no machine here.

const HEADER = 64; // bytes of an ELF header of 64 bits
const SEGMENT = 56; // bytes of a program header
const ET_DYN = 3;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
export const MAX_SEGMENTS = 256; // libraries have about ten

// Source: elf.h of glibc 2.36, EM_….
const MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183, riscv64: 243, loong64: 258 };
const machineName = (machine: number): string =>
  Object.keys(MACHINES).find((name) => MACHINES[name] === machine) ?? `ELF machine ${machine}`;

/** Why a file cannot be loaded. */
export interface SharedLibraryProblem {
  readonly text: string;
  /** It is a library for other programs: a system's loader goes on to the next file of that name. */
  readonly foreign: boolean;
}

const problem = (text: string, foreign = false): SharedLibraryProblem => ({ text, foreign });

// No file reaches as far as 2 ** 53; a larger number stays too large.
const word = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

/**
 * What is wrong with a shared library of ELF, judged by its headers alone.
 *
 * @param size of the file, in bytes
 * @param read gives `length` bytes at `offset`, fewer at the end of the file
 * @param arch as `process.arch` has it; an unknown one is not compared
 * @returns undefined for one that can be mapped; whether it works is not known then
 */
export const findSharedLibraryProblem = (
  size: number,
  read: (offset: number, length: number) => Uint8Array,
  arch: string,
): SharedLibraryProblem | undefined => {
  const header = read(0, HEADER);
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  if (size === 0) return problem('the file is empty');
  if (header.length < 4 || view.getUint32(0) !== 0x7f454c46) return problem('it is not an ELF file');
  if (header.length < HEADER) return problem(`it is truncated: it has ${size} bytes`);
  if (header[4] !== 2) return problem('it is a library for programs of 32 bits', true);
  if (header[5] !== 1) return problem('it is a library for big-endian machines', true);
  const machine = view.getUint16(18, true);
  if (machine !== (MACHINES[arch] ?? machine))
    return problem(`it is a library for ${machineName(machine)}; this Node is for ${arch}`, true);
  if (view.getUint16(16, true) !== ET_DYN) return problem('it is ELF, but not a shared library');
  const start = word(view, 32);
  const count = view.getUint16(56, true);
  if (view.getUint16(54, true) !== SEGMENT || count === 0 || count > MAX_SEGMENTS)
    return problem('its header is damaged');
  const table = start + count * SEGMENT <= size ? read(start, count * SEGMENT) : new Uint8Array();
  if (table.length < count * SEGMENT) return problem(`it is truncated: it has ${size} bytes`);
  return findSegmentProblem(new DataView(table.buffer, table.byteOffset, table.length), count, size);
};

const findSegmentProblem = (
  table: DataView,
  count: number,
  size: number,
): SharedLibraryProblem | undefined => {
  const segments = Array.from({ length: count }, (_, index) => {
    const at = index * SEGMENT;
    return {
      type: table.getUint32(at, true),
      offset: word(table, at + 8),
      address: word(table, at + 16),
      inFile: word(table, at + 32),
      inMemory: word(table, at + 40),
    };
  });
  const mapped = segments.filter(({ type }) => type === PT_LOAD);
  const end = mapped.reduce((most, { offset, inFile }) => Math.max(most, offset + inFile), 0);
  if (end > size) return problem(`it is truncated: it has ${size} bytes of at least ${end}`);
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  const isMapped =
    dynamic !== undefined &&
    mapped.some(
      ({ address, inMemory }) =>
        dynamic.address >= address && dynamic.address + dynamic.inMemory <= address + inMemory,
    );
  return isMapped && mapped.every(({ inFile, inMemory }) => inFile <= inMemory)
    ? undefined
    : problem('its program headers are damaged');
};
