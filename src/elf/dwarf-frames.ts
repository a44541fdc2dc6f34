// Call frame information (.eh_frame and .debug_frame): how far above RSP the caller's frame begins, from address to
// address. Only that: saved registers are skipped. Frames that another register carries are reported as unknown.
// Source: DWARF Debugging Information Format, version 5, section 6.4; Linux Standard Base 5.0, 10.6, for .eh_frame.

import { ByteReader } from './byte-reader.js';

/** Starting at `address`, the canonical frame address is RSP + `cfa`. */
interface FrameRow {
  readonly address: bigint;
  readonly cfa: number;
}

/** The frame of one function. */
export interface FunctionFrame {
  readonly from: bigint;
  readonly to: bigint; // excluded
  /** `undefined` where another register than RSP carries the frame somewhere in it. */
  readonly rows: readonly FrameRow[] | undefined;
}

const RSP = 7; // DWARF number. Source: System V ABI for AMD64, figure 3.36

export const MAX_OPERATIONS = 0x40000;

interface Common {
  readonly codeFactor: number;
  readonly dataFactor: number;
  readonly encoding: number; // of addresses
  readonly augmented: boolean;
  readonly initial: ByteReader;
}

interface Rule {
  readonly register: number; // -1: an expression
  readonly offset: number;
}

class Frames {
  readonly #commons = new Map<number, Common | undefined>();
  #operations = 0;

  constructor(
    private readonly reader: ByteReader,
    private readonly isEh: boolean,
    private readonly fail: (problem: string) => never,
  ) {}

  read(): FunctionFrame[] {
    const found: FunctionFrame[] = [];
    const reader = this.reader;
    while (!reader.done) {
      const start = reader.at;
      const size = reader.u32();
      if (size === 0) continue; // the end, or padding
      if (size === 0xffff_ffff) this.fail('it is of the 64-bit kind, which compilers do not write');
      const entry = reader.take(size);
      const idAt = entry.at;
      const id = entry.u32();
      const isCommon = id === (this.isEh ? 0 : 0xffff_ffff);
      if (isCommon) this.#commons.set(start, this.#common(entry));
      else {
        const common = this.#commons.get(this.isEh ? idAt - id : id);
        const frame = common === undefined ? undefined : this.#function(entry, common);
        if (frame !== undefined) found.push(frame);
      }
    }
    return found;
  }

  // A table that is not understood is skipped, as its functions then are.
  #common(entry: ByteReader): Common | undefined {
    const version = entry.u8();
    const augmentation = entry.text();
    if (version >= 4) entry.skip(2); // sizes of addresses and segments
    const codeFactor = entry.uleb();
    const dataFactor = entry.sleb();
    if (version === 1) entry.skip(1);
    else entry.uleb(); // register of the return address
    let encoding = 0;
    const augmented = augmentation.startsWith('z');
    if (augmented) {
      const data = entry.take(entry.uleb());
      for (const letter of augmentation.slice(1)) {
        if (letter === 'R') encoding = data.u8();
        else if (letter === 'L') data.skip(1);
        else return undefined;
      }
    } else if (augmentation !== '') return undefined;
    return { codeFactor, dataFactor, encoding, augmented, initial: entry };
  }

  // Addresses as compilers encode them in objects: whole, or a signed distance from the place itself.
  #address(entry: ByteReader, encoding: number): bigint | undefined {
    const at = BigInt(entry.at);
    const base = (encoding & 0x70) === 0x10 ? at : 0n;
    switch (encoding & 0x0f) {
      case 0x00:
      case 0x04:
      case 0x0c:
        return BigInt.asUintN(64, base + entry.u64());
      case 0x03:
        return base + BigInt(entry.u32());
      case 0x0b:
        return BigInt.asUintN(64, base + BigInt(entry.i32()));
      default:
        return undefined;
    }
  }

  #function(entry: ByteReader, common: Common): FunctionFrame | undefined {
    const from = this.#address(entry, common.encoding);
    const size = this.#address(entry, common.encoding & 0x0f);
    if (from === undefined || size === undefined) return undefined;
    if (common.augmented) entry.skip(entry.uleb());
    const { bytes, at, end } = common.initial;
    const rows: FrameRow[] = [];
    const state = { address: from, rule: { register: RSP, offset: 8 } as Rule, stack: [] as Rule[] };
    this.#run(new ByteReader(bytes, this.fail, at, end), common, state, () => undefined);
    let known = true;
    const note = (): void => {
      const { register, offset } = state.rule;
      if (register !== RSP || offset < 0) known = false;
      if (rows.at(-1)?.address === state.address) rows.pop();
      if (rows.at(-1)?.cfa !== offset) rows.push({ address: state.address, cfa: offset });
    };
    note();
    this.#run(entry, common, state, note);
    return { from, to: BigInt.asUintN(64, from + size), rows: known ? rows : undefined };
  }

  #run(
    reader: ByteReader,
    { codeFactor, dataFactor }: Common,
    state: { address: bigint; rule: Rule; readonly stack: Rule[] },
    changed: () => void,
  ): void {
    const advance = (by: number): void => {
      state.address = BigInt.asUintN(64, state.address + BigInt(by) * BigInt(codeFactor));
    };
    const set = (rule: Rule): void => {
      state.rule = rule;
      changed();
    };
    while (!reader.done) {
      this.#operations += 1;
      if (this.#operations > MAX_OPERATIONS) this.fail(`it has more than ${MAX_OPERATIONS} operations`);
      const opcode = reader.u8();
      const low = opcode & 0x3f;
      if (opcode >> 6 === 1) advance(low);
      else if (opcode >> 6 === 2) reader.uleb();
      else if (opcode >> 6 === 0) this.#extended(opcode, reader, dataFactor, state, advance, set);
    }
  }

  #extended(
    opcode: number,
    reader: ByteReader,
    dataFactor: number,
    state: { address: bigint; readonly rule: Rule; readonly stack: Rule[] },
    advance: (by: number) => void,
    set: (rule: Rule) => void,
  ): void {
    const { rule, stack } = state;
    switch (opcode) {
      case 0x00: // nop
      case 0x2d: // GNU_window_save
        return;
      case 0x01: // set_loc
        state.address = reader.u64();
        return;
      case 0x02:
        return advance(reader.u8());
      case 0x03:
        return advance(reader.u16());
      case 0x04:
        return advance(reader.u32());
      case 0x05: // offset_extended
      case 0x09: // register
      case 0x14: // val_offset
        reader.uleb();
        reader.uleb();
        return;
      case 0x06: // restore_extended
      case 0x07: // undefined
      case 0x08: // same_value
      case 0x2e: // GNU_args_size
        reader.uleb();
        return;
      case 0x0a: // remember_state
        stack.push(rule);
        return;
      case 0x0b: {
        const remembered = stack.pop() ?? this.fail('it restores a state that it did not remember');
        return set(remembered);
      }
      case 0x0c: // def_cfa
        return set({ register: reader.uleb(), offset: reader.uleb() });
      case 0x0d: // def_cfa_register
        return set({ ...rule, register: reader.uleb() });
      case 0x0e: // def_cfa_offset
        return set({ ...rule, offset: reader.uleb() });
      case 0x0f: // def_cfa_expression
        reader.skip(reader.uleb());
        return set({ register: -1, offset: 0 });
      case 0x10: // expression
      case 0x16: // val_expression
        reader.uleb();
        reader.skip(reader.uleb());
        return;
      case 0x11: // offset_extended_sf
      case 0x15: // val_offset_sf
        reader.uleb();
        reader.sleb();
        return;
      case 0x12: // def_cfa_sf
        return set({ register: reader.uleb(), offset: reader.sleb() * dataFactor });
      case 0x13: // def_cfa_offset_sf
        return set({ ...rule, offset: reader.sleb() * dataFactor });
      default:
        return this.fail(`it has an operation 0x${opcode.toString(16)}, which is not known`);
    }
  }
}

/** The frames of the functions in a section. */
export const readFrames = (
  reader: ByteReader,
  kind: '.eh_frame' | '.debug_frame',
  fail: (problem: string) => never,
): FunctionFrame[] => new Frames(reader, kind === '.eh_frame', fail).read();
