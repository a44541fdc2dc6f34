// Line tables of DWARF 2 to 5 (.debug_line): which source line each address of code comes from.
// Names are as the compiler wrote them.
// Source: DWARF Debugging Information Format, version 5, section 6.2; versions 2 to 4 where they differ.

import type { ByteReader } from './byte-reader.js';

/** The code that starts at `address` comes from this line; `end` is the first address after a sequence. */
export interface LineRow {
  readonly address: bigint;
  readonly file: string; // with its directory, where the table has it
  readonly line: number; // 0: no line
  readonly end: boolean;
}

interface LineSections {
  readonly line: ByteReader;
  /** Text at an offset of .debug_str or .debug_line_str. */
  readonly textAt: (section: '.debug_str' | '.debug_line_str', offset: number) => string;
  /** Throws the error for a problem. */
  readonly fail: (problem: string) => never;
}

export const MAX_ENTRIES = 0x10000; // of directories, files, formats
export const MAX_ROWS = 0x40000;

const CONTENT = { path: 1, directory: 2 } as const;

interface Head {
  readonly minimum: number;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  readonly lengths: readonly number[]; // operands of the standard opcodes
  readonly fileName: (index: number) => string;
  readonly wide: boolean; // DWARF64
}

const joined = (directory: string | undefined, name: string): string =>
  name.startsWith('/') || directory === undefined || directory === '' ? name : `${directory}/${name}`;

class Unit {
  constructor(
    private readonly sections: LineSections,
    private readonly reader: ByteReader,
    private readonly wide: boolean,
    private readonly rows: LineRow[],
  ) {}

  #fail(problem: string): never {
    return this.sections.fail(problem);
  }

  #offset(reader: ByteReader): number {
    if (!this.wide) return reader.u32();
    const value = reader.u64();
    return value > 0xffff_ffffn ? this.#fail(`an offset in it is ${value}`) : Number(value);
  }

  #count(value: number, what: string): number {
    return value > MAX_ENTRIES ? this.#fail(`it has ${value} ${what}`) : value;
  }

  // One value of a directory or file of version 5, as text where it is a name.
  #form(reader: ByteReader, form: number): string | number {
    switch (form) {
      case 0x08: // string
        return reader.text();
      case 0x0e: // strp
        return this.sections.textAt('.debug_str', this.#offset(reader));
      case 0x1f: // line_strp
        return this.sections.textAt('.debug_line_str', this.#offset(reader));
      case 0x0b: // data1
        return reader.u8();
      case 0x05: // data2
        return reader.u16();
      case 0x06: // data4
        return reader.u32();
      case 0x07: // data8
        reader.skip(8);
        return 0;
      case 0x0f: // udata
        return reader.uleb();
      case 0x1e: // data16: a checksum
        reader.skip(16);
        return 0;
      case 0x09: // block
        reader.skip(reader.uleb());
        return 0;
      default:
        return this.#fail(`it has a form 0x${form.toString(16)}, which line tables do not have`);
    }
  }

  #entries(reader: ByteReader): { readonly path: string; readonly directory: number }[] {
    const formats = Array.from({ length: reader.u8() }, () => ({
      content: reader.uleb(),
      form: reader.uleb(),
    }));
    const count = this.#count(reader.uleb(), 'files');
    if (formats.length === 0 && count > 0) this.#fail('it has files without a name');
    return Array.from({ length: count }, () => {
      let path = '';
      let directory = 0;
      for (const { content, form } of formats) {
        const value = this.#form(reader, form);
        if (content === CONTENT.path && typeof value === 'string') path = value;
        if (content === CONTENT.directory && typeof value === 'number') directory = value;
      }
      return { path, directory };
    });
  }

  // Versions 2 to 4 count files from 1 and leave the compilation's own directory, number 0, to .debug_info.
  #oldFiles(reader: ByteReader): string[] {
    const directories = [''];
    for (let name = reader.text(); name !== ''; name = reader.text()) {
      this.#count(directories.length, 'directories');
      directories.push(name);
    }
    const files = [''];
    for (let name = reader.text(); name !== ''; name = reader.text()) {
      this.#count(files.length, 'files');
      files.push(joined(directories[reader.uleb()], name));
      reader.uleb(); // time
      reader.uleb(); // size
    }
    return files;
  }

  #head(): Head {
    const reader = this.reader;
    const version = reader.u16();
    if (version < 2 || version > 5) this.#fail(`it is of version ${version}; 2 to 5 are read`);
    if (version >= 5) {
      const addressSize = reader.u8();
      if (addressSize !== 8) this.#fail(`its addresses have ${addressSize} bytes, not 8`);
      reader.skip(1);
    }
    const header = reader.take(this.#offset(reader));
    const minimum = header.u8();
    if (version >= 4) header.skip(1); // operations of an instruction: VLIW only
    header.skip(1); // whether a row begins a statement
    const lineBase = header.i8();
    const lineRange = header.u8();
    const opcodeBase = header.u8();
    if (lineRange === 0 || opcodeBase === 0) this.#fail('its header is damaged');
    const lengths = Array.from({ length: opcodeBase - 1 }, () => header.u8());
    let files: readonly string[];
    if (version >= 5) {
      const directories = this.#entries(header).map(({ path }) => path);
      files = this.#entries(header).map(({ path, directory }) =>
        // The compilation's own directory is the host's business.
        joined(directory === 0 ? undefined : directories[directory], path),
      );
    } else {
      files = this.#oldFiles(header);
    }
    const fileName = (index: number): string => files[index] ?? '';
    return { minimum, lineBase, lineRange, opcodeBase, lengths, fileName, wide: this.wide };
  }

  /** The names of its files, by their numbers. */
  files(): Head['fileName'] {
    return this.#head().fileName;
  }

  read(): void {
    const { minimum, lineBase, lineRange, opcodeBase, lengths, fileName } = this.#head();
    const reader = this.reader;
    let address = 0n;
    let file = 1;
    let line = 1;
    const advance = (operations: number): void => {
      address = BigInt.asUintN(64, address + BigInt(operations) * BigInt(minimum));
    };
    const row = (end: boolean): void => {
      if (this.rows.length >= MAX_ROWS) this.#fail(`it has more than ${MAX_ROWS} rows`);
      this.rows.push({ address, file: fileName(file), line: Math.max(0, line), end });
    };
    while (!reader.done) {
      const opcode = reader.u8();
      if (opcode >= opcodeBase) {
        const special = opcode - opcodeBase;
        advance(Math.floor(special / lineRange));
        line += lineBase + (special % lineRange);
        row(false);
        continue;
      }
      switch (opcode) {
        case 0: {
          const size = reader.uleb();
          if (size === 0) break;
          const extended = reader.take(size);
          const kind = extended.u8();
          if (kind === 1) {
            row(true);
            address = 0n;
            file = 1;
            line = 1;
          } else if (kind === 2) address = extended.u64();
          break;
        }
        case 1: // copy
          row(false);
          break;
        case 2: // advance_pc
          advance(reader.uleb());
          break;
        case 3: // advance_line
          line += reader.sleb();
          break;
        case 4: // set_file
          file = reader.uleb();
          break;
        case 8: // const_add_pc
          advance(Math.floor((255 - opcodeBase) / lineRange));
          break;
        case 9: // fixed_advance_pc
          address = BigInt.asUintN(64, address + BigInt(reader.u16()));
          break;
        default: // column, statement, block, prologue, epilogue, isa and unknown ones
          for (let operand = 0; operand < (lengths[opcode - 1] ?? 0); operand += 1) reader.uleb();
      }
    }
  }
}

// The next table of a section; undefined for an empty one.
const nextUnit = (sections: LineSections, rows: LineRow[]): Unit | undefined => {
  const { line, fail } = sections;
  let size = line.u32();
  const wide = size === 0xffff_ffff;
  if (wide) {
    const value = line.u64();
    if (value > 0xffff_ffffn) fail(`one of its tables has ${value} bytes`);
    size = Number(value);
  }
  const unit = line.take(size);
  return size > 0 ? new Unit(sections, unit, wide, rows) : undefined;
};

/** The rows of all line tables in a section, sequence by sequence. */
export const readLineRows = (sections: LineSections): LineRow[] => {
  const rows: LineRow[] = [];
  while (!sections.line.done) nextUnit(sections, rows)?.read();
  return rows;
};

/** The names of the files of the table where the section's reader stands, by their numbers; with directories. */
export const readLineFiles = (sections: LineSections): ((index: number) => string) =>
  nextUnit(sections, [])?.files() ?? (() => '');
