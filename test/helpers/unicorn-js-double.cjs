// A double of unicorn.js 2.1: its API as documented (docs/api.md of its source) and as its wrapper behaves, over libunicorn.
// The package cannot be installed where this project is built. As there: the factory gives a promise, strings are thrown,
// what has 64 bits comes out as a signed BigInt, and the memory of the guest is the library's own.
'use strict';

const koffi = require('koffi');
const { loadLibunicorn } = require('./load-libunicorn.cjs');

const HOOK_INTR = 1 << 0;
const HOOK_INSN = 1 << 1;
const HOOK_CODE = 1 << 2;
const HOOK_BLOCK = 1 << 3;
const HOOK_EVENTS = 0x3f << 4;
const HOOK_ACCESSES = 0xf << 10;

const signed = (value) => BigInt.asIntN(64, BigInt(value));

let made;

const make = async () => {
  const library = await loadLibunicorn();
  const c = (name, ...types) => library.func(`uc_${name}`, 'int', types);
  const functions = {
    open: c('open', 'int', 'int', 'void *'),
    close: c('close', 'uintptr_t'),
    mem_map: c('mem_map', 'uintptr_t', 'uint64_t', 'size_t', 'uint32_t'),
    mem_write: c('mem_write', 'uintptr_t', 'uint64_t', 'void *', 'size_t'),
    mem_read: c('mem_read', 'uintptr_t', 'uint64_t', 'void *', 'size_t'),
    reg_read: c('reg_read', 'uintptr_t', 'int', 'void *'),
    reg_write: c('reg_write', 'uintptr_t', 'int', 'void *'),
    hook_add: c(
      'hook_add',
      'uintptr_t',
      'void *',
      'int',
      'uintptr_t',
      'void *',
      'uint64_t',
      'uint64_t',
      '...',
    ),
    hook_del: c('hook_del', 'uintptr_t', 'uintptr_t'),
    emu_start: c('emu_start', 'uintptr_t', 'uint64_t', 'uint64_t', 'uint64_t', 'size_t'),
    emu_stop: c('emu_stop', 'uintptr_t'),
    context_alloc: c('context_alloc', 'uintptr_t', 'void *'),
    context_save: c('context_save', 'uintptr_t', 'uintptr_t'),
    context_restore: c('context_restore', 'uintptr_t', 'uintptr_t'),
    context_free: c('context_free', 'uintptr_t'),
    ctl: c('ctl', 'uintptr_t', 'uint32_t', '...'),
  };
  const strerror = library.func('uc_strerror', 'str', ['int']);
  const { major, minor } = (() => {
    const value = library.func('uc_version', 'uint32_t', ['void *', 'void *'])(null, null);
    return { major: value >>> 24, minor: (value >>> 16) & 0xff };
  })();
  const hasTlbMode = major > 2 || minor > 0;
  const write = (type, count) => (type | (count << 26) | (1 << 30)) >>> 0;

  const call = (name, ...values) => {
    const code = functions[name](...values);
    if (code !== 0) throw `Unicorn.js: Function uc_${name} failed with code ${code}:\n${strerror(code)}`;
  };

  const codeProto = koffi.proto('void', ['uintptr_t', 'int64_t', 'uint32_t', 'uintptr_t']);
  const memoryProto = koffi.proto('void', ['uintptr_t', 'int', 'int64_t', 'int', 'int64_t', 'uintptr_t']); // prettier-ignore
  const eventProto = koffi.proto('bool', ['uintptr_t', 'int', 'int64_t', 'int', 'int64_t', 'uintptr_t']); // prettier-ignore

  class Unicorn {
    #handle;
    #isVirtual = false;

    constructor(arch, mode) {
      const handle = new BigUint64Array(1);
      call('open', arch, mode, handle);
      this.#handle = handle[0];
    }

    mem_map(address, size, perms) {
      call('mem_map', this.#handle, BigInt(address || 0), BigInt(size || 0), perms);
    }

    mem_write(address, bytes) {
      const copy = Uint8Array.from(bytes);
      call('mem_write', this.#handle, BigInt(address || 0), copy, copy.length);
    }

    mem_read(address, size) {
      const bytes = new Uint8Array(size);
      call('mem_read', this.#handle, BigInt(address || 0), bytes, size);
      return bytes;
    }

    reg_read(register, size) {
      const room = new Uint8Array(Math.max(size, 64));
      call('reg_read', this.#handle, register, room);
      return room.slice(0, size);
    }

    reg_write(register, bytes) {
      const room = new Uint8Array(64);
      room.set(bytes);
      call('reg_write', this.#handle, register, room);
    }

    reg_read_i64(register) {
      const value = new BigInt64Array(1);
      call('reg_read', this.#handle, register, value);
      return value[0];
    }

    reg_write_i64(register, value) {
      call('reg_write', this.#handle, register, BigUint64Array.of(BigInt.asUintN(64, BigInt(value))));
    }

    hook_add(type, user, data = {}, begin, end, extra = 0) {
      if (begin === undefined && end === undefined) [begin, end] = [1, 0];
      const memory = (_uc, kind, address, size, value) =>
        user(this, kind, signed(address), size, signed(value), data);
      let callback;
      if (type === HOOK_CODE || type === HOOK_BLOCK)
        callback = koffi.register(
          (_uc, address, size) => user(this, signed(address), size, data),
          koffi.pointer(codeProto),
        );
      else if ((type & HOOK_EVENTS) !== 0)
        callback = koffi.register((...values) => Boolean(memory(...values)), koffi.pointer(eventProto));
      else if ((type & HOOK_ACCESSES) !== 0)
        callback = koffi.register((...values) => void memory(...values), koffi.pointer(memoryProto));
      else if (type === HOOK_INTR || type === HOOK_INSN) throw 'the double has no such hook';
      else throw 'Unicorn.js: Unimplemented hook type';
      const hook = new BigUint64Array(1);
      try {
        call('hook_add', this.#handle, hook, type, callback, null, BigInt(begin || 0), BigInt(end || 0), 'int', extra); // prettier-ignore
      } catch (error) {
        koffi.unregister(callback);
        throw error;
      }
      return { handle: hook[0], callback };
    }

    hook_del(hook) {
      call('hook_del', this.#handle, hook.handle);
      koffi.unregister(hook.callback);
    }

    emu_start(begin, until, timeout, count) {
      // Without virtual addresses the library masks them to 52 bits, where nothing is; 2.0 does not.
      if (!this.#isVirtual && BigInt.asUintN(64, BigInt(begin || 0)) >> 52n !== 0n)
        throw `Unicorn.js: Function uc_emu_start failed with code 8:\n${strerror(8)}`;
      call('emu_start', this.#handle, BigInt(begin || 0), BigInt(until || 0), BigInt(timeout || 0), count >>> 0); // prettier-ignore
    }

    emu_stop() {
      call('emu_stop', this.#handle);
    }

    context_alloc() {
      const context = new BigUint64Array(1);
      call('context_alloc', this.#handle, context);
      return Number(context[0]);
    }

    context_save(context) {
      call('context_save', this.#handle, context);
    }

    context_restore(context) {
      call('context_restore', this.#handle, context);
    }

    context_free(context) {
      call('context_free', context);
    }

    ctl_tlb_mode(mode) {
      if (hasTlbMode) call('ctl', this.#handle, write(12, 1), 'int', mode);
      this.#isVirtual = mode === 1;
    }

    ctl_exits_enable() {
      call('ctl', this.#handle, write(4, 1), 'int', 1);
    }

    ctl_set_exits(exits) {
      const ends = BigUint64Array.from(exits, (exit) => BigInt.asUintN(64, BigInt(exit || 0)));
      call('ctl', this.#handle, write(6, 2), 'void *', ends, 'size_t', ends.length);
    }

    ctl_flush_tb() {
      call('ctl', this.#handle, write(10, 0));
    }

    ctl_remove_cache(begin, end) {
      call('ctl', this.#handle, write(9, 2), 'uint64_t', BigInt(begin || 0), 'uint64_t', BigInt(end || 0));
    }

    close() {
      call('close', this.#handle);
    }
  }

  return {
    Unicorn,
    version: () => (2 << 24) | (1 << 16) | (4 << 8) | 255,
    arch_supported: (arch) => Number(arch === 4),
    strerror,
  };
};

module.exports = () => (made ??= make());
