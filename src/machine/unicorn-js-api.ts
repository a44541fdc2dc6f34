// What is used of unicorn.js 2.1, which has no types of its own. Read from its public source of June 2026.

/** A CPU. What a method cannot do it throws, as a string with the code of the library. */
export interface UnicornJsCpu {
  mem_map(address: bigint, size: number, perms: number): void;
  mem_write(address: bigint, bytes: Uint8Array): void;
  mem_read(address: bigint, size: number): Uint8Array;
  reg_read(register: number, size: number): Uint8Array;
  reg_write(register: number, bytes: Uint8Array): void;
  /** Signed, as everything of 64 bits that comes out. */
  reg_read_i64(register: number): bigint;
  reg_write_i64(register: number, value: bigint): void;
  /** A callback gets the CPU first, and the data last. */
  hook_add(
    type: number,
    callback: (...values: never[]) => boolean | void,
    data: object,
    begin: bigint,
    end: bigint,
  ): object;
  hook_del(hook: object): void;
  emu_start(begin: bigint, until: bigint, timeout: number, count: number): void;
  emu_stop(): void;
  context_alloc(): number;
  context_save(context: number): void;
  context_restore(context: number): void;
  context_free(context: number): void;
  /** Those that begin with ctl_ are in its source since 24 June 2026, and in none of its documents. */
  ctl_tlb_mode(mode: number): void;
  ctl_exits_enable(): void;
  ctl_set_exits(exits: readonly bigint[]): void;
  ctl_flush_tb(): void;
  ctl_remove_cache(begin: bigint, end: bigint): void;
  close(): void;
}

/** The module, once it is ready. */
export interface UnicornJs {
  readonly Unicorn: new (arch: number, mode: number) => UnicornJsCpu;
  /** One byte each: major, minor, patch, and another. */
  version(): number;
  arch_supported(arch: number): unknown;
  strerror(code: number): string;
}

/** The functions of the module that are used. */
export const MODULE_FUNCTIONS: readonly (keyof UnicornJs)[] = [
  'Unicorn',
  'version',
  'arch_supported',
  'strerror',
];

/** The methods of a CPU that are used. */
export const CPU_METHODS: readonly (keyof UnicornJsCpu)[] = [
  'mem_map',
  'mem_write',
  'mem_read',
  'reg_read',
  'reg_write',
  'reg_read_i64',
  'reg_write_i64',
  'hook_add',
  'hook_del',
  'emu_start',
  'emu_stop',
  'context_alloc',
  'context_save',
  'context_restore',
  'context_free',
  'ctl_tlb_mode',
  'ctl_exits_enable',
  'ctl_set_exits',
  'ctl_flush_tb',
  'ctl_remove_cache',
  'close',
];
