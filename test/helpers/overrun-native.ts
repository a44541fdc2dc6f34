// cifs_build_path_to_root() and what it calls, on this machine's CPU: the same bytes that the emulated machine runs.
// They lie as far apart as in the kernel, so their calls find each other; none of them holds an absolute address.
import { encode } from '../../src/kernel/layout.js';
import { loadRelease } from '../../src/release/snippet.js';
import {
  CIFS_MOUNT_POSIX_PATHS,
  SMB_SHARE_IS_IN_DFS,
  cifs_sb_info,
  cifs_tcon,
  smb_vol,
} from '../../src/kernel/structs/cifs.js';
import { type NativeCode, NativeCpu } from './native-cpu.js';
import type { Mount } from './overrun-model.js';
import { quad } from './small-machine.js';

const release = loadRelease();
const FUNCTION = 'cifs_build_path_to_root';

// Where everything lies in the memory that a call gets.
const CELL = 0x0; //      the size requested of kmalloc, what it is to return, and what ksize is to
const VOL = 0x100;
const CIFS_SB = 0x300;
const TCON = 0x400;
const PREPATH = 0x600;
const AREA = 0x1000; //   the slot and what surrounds it

/** Stands in for __kmalloc(): notes the size, returns what the cell says, and loses every register that a callee may. */
const kmallocCode = (cell: bigint): Uint8Array =>
  Uint8Array.from([
    [0x48, 0xb9, ...quad(cell)], // movabs $cell,%rcx
    [0x48, 0x89, 0x39], //          mov %rdi,(%rcx)
    [0x48, 0x8b, 0x41, 0x08], //    mov 0x8(%rcx),%rax
    [0x48, 0x89, 0xca], //          mov %rcx,%rdx
    [0x48, 0x89, 0xce], //          mov %rcx,%rsi
    [0x48, 0x89, 0xcf], //          mov %rcx,%rdi
    [0x49, 0x89, 0xc8], //          mov %rcx,%r8
    [0x49, 0x89, 0xc9], //          mov %rcx,%r9
    [0x49, 0x89, 0xca], //          mov %rcx,%r10
    [0x49, 0x89, 0xcb], //          mov %rcx,%r11
    [0xc3], //                      ret
  ].flat()); // prettier-ignore

/** Stands in for ksize(): returns what the cell says. */
const ksizeCode = (cell: bigint): Uint8Array =>
  Uint8Array.from([0x48, 0xb9, ...quad(cell), 0x48, 0x8b, 0x41, 0x10, 0xc3]); // movabs $cell,%rcx; mov 0x10(%rcx),%rax; ret

const STANDINS: Readonly<Record<string, (cell: bigint) => Uint8Array>> = {
  __kmalloc: kmallocCode,
  ksize: ksizeCode,
};

/** The function and, from the manifests, all that it calls. */
const codeOf = (build: string | undefined, base: bigint): NativeCode[] => {
  const { start, bytes, manifest } = release.findSnippet(FUNCTION, build)!;
  const called = new Set(manifest.calls.map(({ symbol }) => symbol));
  return [
    { name: FUNCTION, at: start, bytes },
    ...[...called].map((name): NativeCode => {
      const snippet = release.findSnippet(name);
      if (snippet !== undefined) return { name, at: snippet.start, bytes: snippet.bytes };
      const code = STANDINS[name];
      if (code === undefined) throw new Error(`no bytes of ${name}`);
      return { name, at: release.symbols.symbol(name).address, bytes: code(base + BigInt(CELL)) };
    }),
  ];
};

/** What one call did. */
export interface NativeSeen {
  /** Index in `area` that the result points to; undefined for NULL. */
  readonly returned: number | undefined;
  /** Bytes that it asked kmalloc() for. */
  readonly requested: number;
  readonly area: Uint8Array;
  /** Whether the structs and the prefix path are as they were. */
  readonly readOnly: boolean;
}

/** A child process with one build of the function. */
export class NativeMount {
  readonly #cpu: NativeCpu;

  private constructor(cpu: NativeCpu) {
    this.#cpu = cpu;
  }

  /** @param build the snippet's variant; the kernel's own without it */
  static async start(build?: string): Promise<NativeMount> {
    const cpu = await NativeCpu.start();
    await cpu.place(codeOf(build, cpu.base));
    return new NativeMount(cpu);
  }

  /**
   * Call it in `area`, after which memory is zero.
   *
   * @param at index of the object that kmalloc() gives; undefined when there is no memory
   * @param size its size, for ksize()
   */
  async run(mount: Mount, area: Uint8Array, at: number | undefined, size = 0): Promise<NativeSeen> {
    const pointer = (offset: number): bigint => this.#cpu.base + BigInt(offset);
    const { treeName, prepath, inDfs, posixPaths } = mount;
    const memory = new Uint8Array(AREA + area.length);
    const slot = at === undefined ? 0n : pointer(AREA + at);
    memory.set(quad(slot), CELL + 8);
    memory.set(quad(BigInt(size)), CELL + 16);
    memory.set(encode(smb_vol, { prepath: prepath.length === 0 ? 0n : pointer(PREPATH) }), VOL);
    const mnt_cifs_flags = posixPaths ? CIFS_MOUNT_POSIX_PATHS : 0;
    memory.set(encode(cifs_sb_info, { mnt_cifs_flags }), CIFS_SB);
    memory.set(encode(cifs_tcon, { treeName, Flags: inDfs ? SMB_SHARE_IS_IN_DFS : 0 }), TCON);
    memory.set(prepath, PREPATH);
    memory.set(area, AREA);
    const after = await this.#cpu.call(FUNCTION, memory, pointer(VOL), pointer(CIFS_SB), pointer(TCON));
    const read = (bytes: Uint8Array): Uint8Array => bytes.subarray(CELL + 8, AREA);
    return {
      returned: after.result === 0n ? undefined : Number(after.result - pointer(AREA)),
      requested: Number(new DataView(after.memory.buffer).getBigUint64(CELL, true)),
      area: after.memory.slice(AREA),
      readOnly: Buffer.compare(read(memory), read(after.memory)) === 0,
    };
  }

  close(): void {
    this.#cpu.close();
  }
}
