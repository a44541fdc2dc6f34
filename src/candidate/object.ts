// The object of a candidate: a relocatable ELF file, with bounds on what reading it may cost.

import { ET_REL, ElfFile } from '../elf/elf.js';
import { sourceOf } from '../elf/source.js';

const MAX_SYMBOLS = 0x20000;
const MAX_RELOCATIONS = 0x40000;

const TYPES: Readonly<Record<number, string>> = {
  2: 'an executable',
  3: 'a shared object',
  4: 'a core dump',
};

/**
 * Open an object.
 *
 * @param file its name, for messages
 * @throws {InputError} when it is anything else, or damaged
 */
export const openObject = (bytes: Uint8Array, file: string): ElfFile => {
  const object = new ElfFile(
    sourceOf(bytes, file),
    'a candidate is an ELF64 object of x86-64, as "gcc -m64 -c" writes it',
  );
  const { type, symbolCount, relocationCount } = object;
  if (type !== ET_REL)
    object.fail(`is ${TYPES[type] ?? `ELF of type ${type}`}, not a relocatable object; compile with -c`);
  if (symbolCount > MAX_SYMBOLS) object.fail(`has ${symbolCount} symbols; at most ${MAX_SYMBOLS} are read`);
  if (relocationCount > MAX_RELOCATIONS)
    object.fail(`has ${relocationCount} relocations; at most ${MAX_RELOCATIONS} are read`);
  return object;
};
