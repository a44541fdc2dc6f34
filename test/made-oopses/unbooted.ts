// A whole kernel image in the emulated machine, not booted: mapped at its link addresses, with the per-CPU area, a stack,
// memory for objects, and room for one module. Its functions run as they are, from the state of the link: alternatives are
// the baseline's, static keys and calls have their first values. What sleeps or allocates is replaced.
import { SHN, SHF, SHT, type Section } from '../../src/elf/elf.js';
import { relocate } from '../../src/elf/relocations.js';
import { PAGE_SIZE, u64 } from '../../src/base/address.js';
import type { KernelImage } from '../../src/image/kernel-image.js';
import { PagedMemory, type Region } from '../../src/kernel/memory.js';
import type { Engine, Stop } from '../../src/machine/engine.js';
import { DEFAULT_ENGINE } from '../../src/machine/engines.js';
import { REGISTER_COUNT, REGISTER_INDEX } from '../../src/x86/registers.js';

const HEAP = 0xffff_8881_0000_0000n;
const HEAP_SIZE = 8 << 20;
export const PER_CPU = 0xffff_8880_7dc0_0000n;
const PER_CPU_SIZE = 0x40000;
const STACK_TOP = 0xffff_c900_0012_4000n;
const STACK_SIZE = 0x4000;
const MODULE = 0xffff_ffff_c020_0000n;
const MODULE_CODE = 6 << 20;
const MODULE_DATA = 16 << 20;
const END = 0xffff_ffff_fff0_0000n; // nothing is mapped there
const MAX_STEPS = 20_000;
const CANARY = 0x5a17_c0de_5a17_c000n; // of the stack protector
/** A function that gives 0, for function pointers. */
export const GIVES_ZERO = MODULE;
const FIRST_SECTION = 0x1000n; // of a module, after the page with that function
const NOP5 = Uint8Array.of(0x0f, 0x1f, 0x44, 0, 0);

// They would want a page allocator, a scheduler or an operator.
const ALLOCATE = [
  '__kmalloc', 'kmem_cache_alloc', 'kmem_cache_alloc_lru', 'kmalloc_trace', 'kmem_cache_alloc_node', 'kmalloc_node_trace',
  '__kmalloc_node', '__kmalloc_node_track_caller', 'vmalloc', 'kvmalloc_node', 'vzalloc', '__kmalloc_noprof',
  'kmem_cache_alloc_noprof', 'kmem_cache_alloc_lru_noprof', '__kmalloc_cache_noprof', 'kmem_cache_alloc_node_noprof',
  '__kmalloc_node_noprof', '__kvmalloc_node_noprof', 'vmalloc_noprof', 'vzalloc_noprof', '__kmalloc_cache_node_noprof',
]; // prettier-ignore
const DO_NOTHING = [
  'kfree', 'kmem_cache_free', 'vfree', 'kvfree', '_printk', 'vprintk', '__warn_printk', 'schedule', '__schedule',
  'queue_work_on', 'wake_up_process', '__wake_up', 'synchronize_rcu', '_dev_err', '_dev_warn', '_dev_info', 'dump_stack',
]; // prettier-ignore
const ALLOCATED = 4096n;

/** A symbol of what is loaded. */
export interface LoadedSymbol {
  readonly name: string;
  readonly at: bigint;
  readonly size: number; // up to the next symbol, as the kernel prints it
  readonly module: string | undefined;
}

/** A call: the first is the one that the host made. */
interface Frame {
  /** The row of the instruction that called; -1 of the first. */
  readonly callRow: number;
  /** Index of the frame that called. */
  readonly parent: number;
  /** RSP at the entry: the return address lies there. */
  readonly rsp: bigint;
  readonly returnTo: bigint;
}

const isLoaded = ({ flags }: Section): boolean => (flags & SHF.ALLOC) !== 0;
const isCode = ({ flags }: Section): boolean => (flags & SHF.EXECINSTR) !== 0;
const pageOf = (address: bigint): bigint => address / BigInt(PAGE_SIZE);

// Pages of the image; where code and data share one, it is code.
const regionsOf = (sections: readonly Section[]): Region[] => {
  const pages = new Map<bigint, Region['protection']>();
  for (const section of sections) {
    const protection = isCode(section)
      ? 'read-execute'
      : (section.flags & SHF.WRITE) !== 0
        ? 'read-write'
        : 'read';
    for (
      let page = pageOf(section.address);
      page <= pageOf(section.address + BigInt(section.size) - 1n);
      page += 1n
    )
      if (pages.get(page) !== 'read-execute') pages.set(page, protection);
  }
  const regions: { start: bigint; size: number; protection: Region['protection']; name: string }[] = [];
  for (const [page, protection] of [...pages].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const start = page * BigInt(PAGE_SIZE);
    const last = regions.at(-1);
    if (last?.protection === protection && last.start + BigInt(last.size) === start) last.size += PAGE_SIZE;
    else regions.push({ start, size: PAGE_SIZE, protection, name: `image ${start.toString(16)}` });
  }
  return regions;
};

export class Unbooted {
  readonly memory: PagedMemory;
  /** The registers before each instruction of the last run, REGISTER_COUNT to a row. */
  readonly rows = new BigUint64Array((MAX_STEPS + 1) * REGISTER_COUNT);
  /** How many rows there are. */
  steps = 0;
  /** Whether a function was replaced in the last run: then its code was not executed. */
  wasReplaced = false;
  /** Every call of the run. */
  calls: Frame[] = [];
  /** By row: the call that it is in. */
  readonly callOf = new Int32Array(MAX_STEPS + 1);
  readonly #engine: Engine;
  readonly #stubs = new Map<bigint, 'allocate' | 'nothing'>();
  readonly #kernelSymbols: LoadedSymbol[];
  #module:
    | { readonly name: string; readonly symbols: LoadedSymbol[]; readonly base: ReadonlyMap<number, bigint> }
    | undefined;
  #moduleWarnings: ReadonlySet<bigint> = new Set();
  readonly #warnings: ReadonlySet<bigint>;
  #pristine: Uint8Array;
  #brk = HEAP;
  #current = 0; // index of the call that goes on

  constructor(readonly kernel: KernelImage) {
    const { elf } = kernel;
    const sections = elf.sections.filter(
      (one) => isLoaded(one) && one.address > BigInt(PAGE_SIZE) && one.size > 0,
    );
    this.memory = new PagedMemory([
      ...regionsOf(sections),
      { start: HEAP, size: HEAP_SIZE, protection: 'read-write', name: 'heap' },
      { start: PER_CPU, size: PER_CPU_SIZE, protection: 'read-write', name: 'per-CPU area' },
      { start: STACK_TOP - BigInt(STACK_SIZE), size: STACK_SIZE, protection: 'read-write', name: 'stack' },
      { start: MODULE, size: MODULE_CODE, protection: 'read-execute', name: 'code of a module' },
      {
        start: MODULE + BigInt(MODULE_CODE),
        size: MODULE_DATA,
        protection: 'read-write',
        name: 'data of a module',
      },
    ]);
    for (const section of sections) this.memory.write(section.address, elf.bytesOf(section));
    const perCpu = kernel.section('.data..percpu');
    if (perCpu !== undefined) this.memory.write(PER_CPU, elf.bytesOf(perCpu));
    this.memory.writeU64(PER_CPU + 0x28n, CANARY);
    this.memory.write(GIVES_ZERO, Uint8Array.of(0x31, 0xc0, 0xc3)); // xor %eax,%eax; ret
    const place = (name: string): bigint | undefined => kernel.symbols().named(name)[0]?.at;
    const own = place('this_cpu_off');
    if (own !== undefined) this.memory.writeU64(PER_CPU + own, PER_CPU);
    const offsets = place('__per_cpu_offset');
    if (offsets !== undefined)
      for (let cpu = 0n; cpu < 64n; cpu += 1n) this.memory.writeU64(offsets + cpu * 8n, PER_CPU);
    for (const { at, size, kind } of kernel.sites())
      if (kind === 'ftrace' && size === 5 && this.memory.isMapped(at, 5)) this.memory.write(at, NOP5);
    this.#warnings = new Set([...kernel.bugs()].filter(([, { warning }]) => warning).map(([at]) => at));
    this.#kernelSymbols = kernel
      .symbols()
      .all.map(({ name, at, size }) => ({ name, at, size, module: undefined }));
    this.#engine = DEFAULT_ENGINE.open(this.memory, {
      instruction: (registers) => this.#step(registers),
      read: () => undefined,
      write: () => undefined,
    });
    this.#engine.setSegmentBase('gs', PER_CPU);
    for (const [names, does] of [
      [ALLOCATE, 'allocate'],
      [DO_NOTHING, 'nothing'],
    ] as const)
      for (const symbol of names.flatMap((name) => kernel.symbols().named(name)))
        if (symbol.isCode) {
          this.#stubs.set(symbol.at, does);
          this.#engine.stopBefore(symbol.at);
        }
    this.#pristine = this.memory.bytes.slice(0, this.memory.writableSize);
  }

  /** Put a module in the place of the one before. @returns why it cannot be loaded, where it cannot */
  load(image: KernelImage): string | undefined {
    const { elf } = image;
    const base = new Map<number, bigint>();
    let code = MODULE + FIRST_SECTION;
    let data = MODULE + BigInt(MODULE_CODE);
    for (const section of elf.sections.filter((one) => isLoaded(one) && !one.name.startsWith('.init'))) {
      const align = BigInt(Math.max(section.alignment, 1));
      const from = isCode(section) ? code : data;
      const at = ((from + align - 1n) / align) * align;
      base.set(section.index, at);
      if (isCode(section)) code = at + BigInt(section.size);
      else data = at + BigInt(section.size);
    }
    if (code > MODULE + BigInt(MODULE_CODE) || data > MODULE + BigInt(MODULE_CODE + MODULE_DATA))
      return 'it is too large';
    let missing = 0;
    for (const [index, at] of base) {
      const section = elf.sections[index]!;
      const bytes = section.type === SHT.NOBITS ? new Uint8Array(section.size) : elf.bytesOf(section).slice();
      // A symbol of another module is a place where nothing is mapped.
      const kept = [...elf.relocations(section)].filter(
        ({ symbol }) =>
          symbol.section !== SHN.ABS && (symbol.section === SHN.UNDEF || base.has(symbol.section)),
      );
      if (section.type !== SHT.NOBITS)
        relocate(
          bytes,
          at,
          kept,
          (symbol) => {
            if (symbol.section !== SHN.UNDEF) return base.get(symbol.section)! + symbol.value;
            const found = this.kernel.symbols().named(symbol.name)[0];
            if (found === undefined) missing += 1;
            return found?.at ?? END;
          },
          (_, problem) => {
            throw new Error(`${image.module}: ${problem}`);
          },
        );
      this.memory.write(at, bytes);
    }
    const addressOf = (place: bigint): bigint | undefined => {
      const start = base.get(Number(place >> 32n));
      return start === undefined ? undefined : start + (place & 0xffff_ffffn);
    };
    for (const { at, kind, size } of image.sites()) {
      const address = addressOf(at);
      if (kind === 'ftrace' && size === 5 && address !== undefined) this.memory.write(address, NOP5);
    }
    const placed = image.symbols().all.flatMap(({ name, at }) => {
      const address = addressOf(at);
      return address === undefined ? [] : [{ name, at: address }];
    });
    // As find_kallsyms_symbol() of kernel/module/kallsyms.c counts: up to the next symbol.
    placed.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    const symbols: LoadedSymbol[] = [];
    let next = code;
    for (let index = placed.length - 1; index >= 0; index -= 1) {
      const one = placed[index]!;
      const after = placed[index + 1]?.at;
      if (after !== undefined && after > one.at) next = after;
      symbols.push({ ...one, size: Math.max(0, Number(next - one.at)), module: image.module });
    }
    this.#moduleWarnings = new Set(
      [...image.bugs()].flatMap(([at, { warning }]) => (warning ? (addressOf(at) ?? []) : [])),
    );
    this.#module = { name: image.module ?? '?', symbols: symbols.reverse(), base };
    this.#engine.flushTranslations();
    this.#pristine = this.memory.bytes.slice(0, this.memory.writableSize);
    return undefined;
  }

  /** The address of a place of the module that is loaded. */
  addressOf(place: bigint): bigint | undefined {
    const start = this.#module?.base.get(Number(place >> 32n));
    return start === undefined ? undefined : start + (place & 0xffff_ffffn);
  }

  /** The symbol that an address lies in: the last one that begins before it, the first of several at one place. */
  symbolAt(address: bigint): LoadedSymbol | undefined {
    const symbols = address >= MODULE ? (this.#module?.symbols ?? []) : this.#kernelSymbols;
    let [low, high] = [0, symbols.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (symbols[middle]!.at <= address) low = middle + 1;
      else high = middle;
    }
    let found = low - 1;
    while (found > 0 && symbols[found - 1]!.at === symbols[found]!.at) found -= 1;
    const symbol = symbols[found];
    return symbol !== undefined && address < symbol.at + BigInt(Math.max(symbol.size, 1))
      ? symbol
      : undefined;
  }

  /** All memory as it was after loading. */
  reset(): void {
    this.memory.bytes.set(this.#pristine);
    this.#brk = HEAP;
  }

  /** Zeroed memory for an object; `undefined` when there is no more. */
  allocate(size: number): bigint | undefined {
    const at = this.#brk;
    this.#brk += BigInt(((size + 15) & ~15) + 64);
    return this.#brk > HEAP + BigInt(HEAP_SIZE) ? undefined : at;
  }

  // A call is seen by the return address that it leaves on the stack, a return by RSP above it.
  #step(registers: BigUint64Array): void {
    const rsp = registers[REGISTER_INDEX.rsp]!;
    const rip = registers[REGISTER_INDEX.rip]!;
    if (this.steps > 0) {
      const last = (this.steps - 1) * REGISTER_COUNT;
      const before = this.rows[last + REGISTER_INDEX.rip]!;
      while (this.#current > 0 && rsp > this.calls[this.#current]!.rsp)
        this.#current = this.calls[this.#current]!.parent;
      if (u64(this.rows[last + REGISTER_INDEX.rsp]! - rsp) === 8n && this.memory.isMapped(rsp, 8)) {
        const returnTo = this.memory.readU64(rsp);
        if (returnTo > before && returnTo - before <= 8n && rip !== returnTo) {
          this.calls.push({ rsp, returnTo, callRow: this.steps - 1, parent: this.#current });
          this.#current = this.calls.length - 1;
        }
      }
    }
    this.callOf[this.steps] = this.#current;
    this.rows.set(registers, this.steps * REGISTER_COUNT);
    this.steps += 1;
  }

  #serve(does: 'allocate' | 'nothing'): bigint {
    this.wasReplaced = true;
    const registers = this.#engine.registers;
    const rsp = registers[REGISTER_INDEX.rsp]!;
    registers[REGISTER_INDEX.rax] = does === 'allocate' ? (this.allocate(Number(ALLOCATED)) ?? 0n) : 0n;
    registers[REGISTER_INDEX.rsp] = rsp + 8n;
    return this.memory.readU64(rsp);
  }

  /**
   * Call a function.
   *
   * @param registers what they hold; RSP is set
   * @returns why it ended; the registers of that moment are the engine's
   */
  call(at: bigint, given: Readonly<Record<string, bigint>>): Stop {
    const { registers } = this.#engine;
    const rsp = STACK_TOP - 0x108n;
    this.memory.writeU64(rsp, END);
    registers.fill(0n);
    for (const [name, value] of Object.entries(given))
      registers[REGISTER_INDEX[name as keyof typeof REGISTER_INDEX]] = value;
    registers[REGISTER_INDEX.rsp] = rsp;
    registers[REGISTER_INDEX.rflags] = 0x202n;
    this.steps = 0;
    this.wasReplaced = false;
    this.calls = [{ rsp, returnTo: END, callRow: -1, parent: -1 }];
    this.#current = 0;
    this.#engine.writeRegisters();
    let pc = at;
    for (;;) {
      const room = MAX_STEPS - this.steps;
      if (room < 1) return { reason: 'budget', pc };
      const stop = this.#engine.run(pc, END, room);
      this.#engine.readRegisters();
      const does = stop.reason === 'exception' ? this.#stubs.get(stop.pc) : undefined;
      if (does !== undefined) {
        pc = this.#serve(does);
        this.#engine.writeRegisters();
      } else if (
        stop.reason === 'invalid-opcode' &&
        (this.#warnings.has(stop.pc) || this.#moduleWarnings.has(stop.pc))
      )
        pc = stop.pc + 2n;
      else return stop;
      if (pc === END) return { reason: 'until', pc };
    }
  }

  /** The calls that went on when the run ended, the innermost one first. */
  get frames(): Frame[] {
    const live: Frame[] = [];
    for (let at = this.#current; at >= 0; at = this.calls[at]!.parent) live.push(this.calls[at]!);
    return live;
  }

  /** Of the moment when the last run ended. */
  get registers(): BigUint64Array {
    return this.#engine.registers;
  }
}
