// A kernel or a module, opened: what it is, its code, its symbols, types and tables, each read when it is first needed.

import { InputError } from '../base/errors.js';
import { ElfFile, type Section, SHF } from '../elf/elf.js';
import { sourceOf } from '../elf/source.js';
import { MAX_VMLINUX, isBootImage, releaseOfBootImage, vmlinuxOf } from './boot-image.js';
import { Btf } from './btf.js';
import { MAGIC_SIZE, compressionOf } from './compression.js';
import { decompress } from './decompress.js';
import { readKallsyms } from './kallsyms.js';
import { OrcFrames } from './orc.js';
import type { Place } from './places.js';
import { ImageSymbols } from './symbols.js';
import { type Bug, type Handler, type Site, bugsOf, handlersOf, jumpLabelsOf, sitesOf } from './tables.js';

const WANTED = 'name a kernel (vmlinuz, vmlinux), a module (.ko), or a folder or package with them';
const NOTE_BUILD_ID = 3;
const BANNER = 'Linux version ';

/** What is read once, when it is first needed. */
const once = <Value>(make: () => Value): (() => Value) => {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
};

/** An opened kernel or module. */
export class KernelImage {
  /** The module's name as the kernel has it; `undefined` of a kernel. */
  readonly module: string | undefined;
  /** `6.1.0-57-amd64`; `undefined` where the image does not say. */
  readonly release: string | undefined;
  readonly symbols = once(() => this.#readSymbols());
  readonly sites = once((): readonly Site[] => sitesOf(this.elf, (name) => this.symbols().placeOf(name)));
  readonly handlers = once((): ReadonlyMap<Place, Handler> => handlersOf(this.elf));
  readonly jumpLabels = once((): ReadonlyMap<Place, Place> =>
    jumpLabelsOf(this.elf, (name) => this.symbols().placeOf(name)),
  );
  readonly bugs = once((): ReadonlyMap<Place, Bug> => bugsOf(this.elf));
  readonly frames = once(() => OrcFrames.of(this.elf));

  /** @throws {InputError} when it is not an ELF64 file for x86-64, or is damaged */
  constructor(
    readonly elf: ElfFile,
    release: string | undefined,
  ) {
    const information = elf.isRelocatable ? this.#information() : undefined;
    this.module = information?.get('name');
    this.release = release ?? information?.get('vermagic')?.split(' ')[0] ?? this.#banner();
  }

  /** A section by its name. */
  section(name: string): Section | undefined {
    return this.elf.sections.find((one) => one.name === name);
  }

  /** The build ID in hexadecimal digits; `undefined` without one. */
  get buildId(): string | undefined {
    const section = this.section('.note.gnu.build-id') ?? this.section('.notes');
    if (section === undefined) return undefined;
    const bytes = this.elf.bytesOf(section);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + 12 <= bytes.length;) {
      const [name, size, type] = [
        view.getUint32(at, true),
        view.getUint32(at + 4, true),
        view.getUint32(at + 8, true),
      ];
      const from = at + 12 + Math.ceil(name / 4) * 4;
      const owner = new TextDecoder('latin1').decode(bytes.subarray(at + 12, at + 12 + name));
      if (type === NOTE_BUILD_ID && owner === 'GNU\0' && from + size <= bytes.length)
        return [...bytes.subarray(from, from + size)]
          .map((byte) => byte.toString(16).padStart(2, '0'))
          .join('');
      at = from + Math.ceil(size / 4) * 4;
    }
    return undefined;
  }

  /** Its types; those of a module go on where the kernel's end. `undefined` without BTF. */
  types(kernel?: Btf): Btf | undefined {
    const section = this.section('.BTF');
    return section && new Btf(this.elf.bytesOf(section), this.elf.file, kernel);
  }

  /** Bytes at a place. @throws {InputError} when the image does not hold them */
  bytesAt(place: Place, size: number, what: string): Uint8Array {
    const section = this.sectionOf(place);
    if (section === undefined) return this.elf.fail(`has no bytes of ${what}`);
    const at = this.elf.isRelocatable ? place & 0xffff_ffffn : place - section.address;
    return this.elf.bytesIn(section, Number(at), size, what);
  }

  /** The section that a place lies in. */
  sectionOf(place: Place): Section | undefined {
    if (this.elf.isRelocatable) return this.elf.sections[Number(place >> 32n)];
    return this.elf.sections.find(
      ({ address, size, flags }) =>
        (flags & SHF.ALLOC) !== 0 && address !== 0n && place >= address && place < address + BigInt(size),
    );
  }

  #readSymbols(): ImageSymbols {
    if (this.elf.symbolCount > 0) return ImageSymbols.ofElf(this.elf);
    const section = this.section('.rodata');
    const found = section && readKallsyms(this.elf.bytesOf(section));
    if (found === undefined)
      return this.elf.fail(
        'has no symbols: neither a symbol table nor kallsyms; was it built without CONFIG_KALLSYMS?',
      );
    return ImageSymbols.of(found);
  }

  // `name=cifs`, one after the other, each with a NUL.
  #information(): ReadonlyMap<string, string> {
    const section = this.section('.modinfo');
    const text = section === undefined ? '' : new TextDecoder('latin1').decode(this.elf.bytesOf(section));
    return new Map(
      text.split('\0').flatMap((line): [string, string][] => {
        const at = line.indexOf('=');
        return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
      }),
    );
  }

  #banner(): string | undefined {
    const section = this.section('.rodata');
    if (section === undefined) return undefined;
    const bytes = this.elf.bytesOf(section);
    const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(BANNER);
    if (at < 0) return undefined;
    const text = new TextDecoder('latin1').decode(
      bytes.subarray(at + BANNER.length, at + BANNER.length + 100),
    );
    return /^[\w.+~-]+/u.exec(text)?.[0];
  }
}

/**
 * Open a kernel or a module, however it is packed.
 *
 * @param bytes of the file
 * @param file its name, for messages
 * @throws {InputError} when it is none, is damaged, or packed with what cannot be unpacked here
 */
export const openKernelImage = async (bytes: Uint8Array, file: string): Promise<KernelImage> => {
  const fail = (problem: string): never => {
    throw new InputError(problem, { file });
  };
  if (isBootImage(bytes))
    return new KernelImage(
      new ElfFile(sourceOf(await vmlinuxOf(bytes, file), file), WANTED),
      releaseOfBootImage(bytes),
    );
  const kind = compressionOf(bytes.subarray(0, MAGIC_SIZE));
  if (kind === undefined) return fail(`is not a kernel and not a module; ${WANTED}`);
  const unpacked = await decompress(kind, bytes, { max: MAX_VMLINUX, fail });
  return new KernelImage(new ElfFile(sourceOf(unpacked, file), WANTED), undefined);
};
