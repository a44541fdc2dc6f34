// Where the sections of an object go: the function's own first, so that a call of its address reaches it, then the rest
// of the code, then constants.

import { type Addr, hex } from '../base/address.js';
import { InputError } from '../base/errors.js';
import { listSome } from '../base/words.js';
import {
  type ElfFile,
  type ElfSymbol,
  type Section,
  SHF,
  SHN,
  SHT,
  SHT_X86_64_UNWIND,
  STB,
  STT,
} from '../elf/elf.js';

// A section at its place in the snippet.
interface Placed {
  readonly section: Section;
  readonly offset: number; // from the snippet's start
}

/** The places of all sections. */
export interface Placement {
  readonly start: Addr;
  readonly size: number; // bytes
  readonly placed: readonly Placed[];
  readonly entry: ElfSymbol;
  /** Where the function itself is; not 0 when there is a jump to it at the start. */
  readonly entryOffset: number;
}

/** The room for a function: up to the next symbol after it. */
export interface Room {
  readonly start: Addr;
  readonly room: number; // bytes
  /** The name of the place where the room ends. */
  readonly end: string;
}

const JUMP = 5; // bytes of a jump at the start

export const MAX_ALIGNMENT = 4096; // bytes

const isCode = ({ flags }: Section): boolean => (flags & SHF.EXECINSTR) !== 0;

/** Whether a symbol names code: a function, or a label that other files may call. */
const isFunction = ({ sections }: ElfFile, { type, binding, section, name }: ElfSymbol): boolean => {
  const home = sections[section];
  if (home === undefined || section === SHN.UNDEF || !isCode(home) || name === '') return false;
  return type === STT.FUNC || (type === STT.NOTYPE && binding !== STB.LOCAL);
};

/** The functions of an object, in the order of its symbols. */
export const functionsOf = (object: ElfFile): ElfSymbol[] =>
  [...object.symbols()].filter((symbol) => isFunction(object, symbol));

/** @throws {InputError} when the object does not define the function, or only as static */
export const findEntry = (object: ElfFile, name: string): ElfSymbol => {
  const functions = functionsOf(object);
  const found = functions.find((symbol) => symbol.name === name && symbol.binding !== STB.LOCAL);
  if (found !== undefined) return found;
  const { file } = object;
  if (functions.some((symbol) => symbol.name === name))
    throw new InputError(`its ${name} is static, so that nothing else can call it; remove that word`, {
      file,
    });
  if (functions.length === 0 && object.sections.some((section) => section.name.startsWith('.gnu.lto_')))
    throw new InputError('holds no machine code, as -flto leaves it to a linker; compile with -fno-lto', {
      file,
    });
  const names = [...new Set(functions.map((symbol) => symbol.name))];
  throw new InputError(
    names.length === 0
      ? `has no function; it should define ${name}`
      : `does not define ${name}; its functions are ${listSome(names, 12)}`,
    { file },
  );
};

const refuse = ({ file }: ElfFile, { name, size }: Section, problem: string): never => {
  throw new InputError(`section ${name} (${size} bytes) ${problem}`, { file });
};

// Refuses a section that would be in memory and cannot be.
const refuseSection = (object: ElfFile, section: Section): void => {
  const { name, flags, size, alignment } = section;
  if (size === 0 || (flags & SHF.ALLOC) === 0) return;
  if (alignment > MAX_ALIGNMENT || (alignment & (alignment - 1)) !== 0)
    refuse(object, section, `wants an alignment of ${alignment}, not a power of two up to ${MAX_ALIGNMENT}`);
  if ((flags & SHF.TLS) !== 0) refuse(object, section, 'holds thread-local variables; a kernel has none');
  if (/^\.(?:preinit_array|init_array|fini_array|ctors|dtors|init|fini)\b/u.test(name))
    refuse(object, section, 'holds constructors; nothing would run them');
  if ((flags & SHF.WRITE) === 0) return;
  if (isCode(section)) refuse(object, section, 'is code that is writable; the sandbox maps code read-only');
  refuse(object, section, 'holds variables; a candidate keeps its state in locals and allocations only');
};

const isUnwind = ({ type, name }: Section): boolean =>
  type === SHT_X86_64_UNWIND || type === SHT.NOTE || /^\.(?:eh_frame|note)/u.test(name);

const isKept = (section: Section): boolean =>
  (section.flags & SHF.ALLOC) !== 0 && section.size > 0 && !isUnwind(section);

/**
 * Place the sections of an object one after another.
 *
 * @param start where the function is called
 * @param room bytes there
 * @param end names the place where the room ends
 * @throws {InputError} when a part of it has no place in the sandbox, or it is too large
 */
export const placeSections = (
  object: ElfFile,
  entry: ElfSymbol,
  { start, room, end: roomEnd }: Room,
): Placement => {
  const { sections, file } = object;
  for (const section of sections) refuseSection(object, section);
  const kept = sections.filter(isKept);
  const own = sections[entry.section]!;
  if (!kept.includes(own)) refuse(object, own, `holds ${entry.name}, but is not code in memory`);
  if (entry.value >= BigInt(own.size)) refuse(object, own, `ends before its symbol ${entry.name}`);
  const order = [
    own,
    ...kept.filter((section) => section !== own && isCode(section)),
    ...kept.filter((section) => section !== own && !isCode(section)),
  ];
  const direct = entry.value === 0n && start % BigInt(own.alignment) === 0n;
  let end = direct ? 0 : JUMP;
  const placed = order.map((section): Placed => {
    const step = BigInt(section.alignment);
    const address = ((start + BigInt(end) + step - 1n) / step) * step;
    const offset = Number(address - start);
    end = offset + section.size;
    return { section, offset };
  });
  if (end > room)
    throw new InputError(
      `is too large: its code and constants take ${end} bytes, and ${roomEnd} is ${room} bytes after the start ` +
        `of ${entry.name} (${hex(start)})`,
      { file },
    );
  return { start, size: end, placed, entry, entryOffset: placed[0]!.offset + Number(entry.value) };
};
