// A plain model of cifs_build_path_to_root() and convert_delimiter(), written from their C source.
// No emulator, no heap, no addresses here: memory is an array of bytes, and the path's slot lies somewhere in it.
// Source: fs/cifs/inode.c and fs/cifs/cifsglob.h, v3.0.101; slides 47 and 48 of the talk.

export const SLASH = 0x2f;
export const BACKSLASH = 0x5c;

/** What the function reads of the mount's structs. */
export interface Mount {
  /** tcon->Flags & SMB_SHARE_IS_IN_DFS */
  readonly inDfs: boolean;
  /** tcon->treeName, without a NUL where it fills the field */
  readonly treeName: Uint8Array;
  /** vol->prepath up to its NUL; empty for NULL too */
  readonly prepath: Uint8Array;
  /** cifs_sb->mnt_cifs_flags & CIFS_MOUNT_POSIX_PATHS */
  readonly posixPaths: boolean;
}

/** The state after it returned. */
export interface Built {
  readonly memory: Uint8Array;
  /** Bytes that it asked kmalloc() for. */
  readonly requested: number;
  /** Whether the conversion came to the end of the array without a NUL; then nothing after it happened. */
  readonly ranOut: boolean;
}

const MAX_TREE_SIZE = 99; // fs/cifs/cifsglob.h: 2 + 15 + 1 + 80 + 1

// include/linux/kmalloc_sizes.h with L1_CACHE_BYTES 64: no size-96
const KMALLOC_SIZES = [32, 64, 128, 192, 256, 512, 1024, 2048, 4096];

/** Bytes of the object that kmalloc(size) gives; 1 to 4096. */
export const kmallocSize = (size: number): number => KMALLOC_SIZES.find((object) => size <= object)!;

/** Bytes of the tree name that the path begins with: `dfsplen`. */
export const dfsLength = ({ inDfs, treeName }: Mount): number =>
  inDfs ? Math.min(treeName.length, MAX_TREE_SIZE + 1) : 0;

/** Bytes of the path without its NUL, L of the facts; 0 without a prefix path. */
export const pathLength = (mount: Mount): number =>
  mount.prepath.length === 0 ? 0 : dfsLength(mount) + mount.prepath.length;

// Whether it came to a NUL.
const convertDelimiter = (memory: Uint8Array, path: number, delim: number): boolean => {
  const oldDelim = delim === SLASH ? BACKSLASH : SLASH;
  let i = path;
  for (; i < memory.length && memory[i] !== 0; i += 1) if (memory[i] === oldDelim) memory[i] = delim;
  return i < memory.length;
};

/**
 * What the function does to `before`, of which it gets the slot that starts at index `slot`.
 *
 * @param terminateFirst the order of the control: the NUL is stored before the conversion, not after it
 */
export const buildPathToRoot = (
  mount: Mount,
  before: Uint8Array,
  slot: number,
  terminateFirst = false,
): Built => {
  const memory = before.slice();
  const pplen = mount.prepath.length;
  if (pplen === 0) {
    memory[slot] = 0;
    return { memory, requested: 1, ranOut: false };
  }
  const dfsplen = dfsLength(mount);
  // strncpy() with a count that is the length of its source: no NUL
  memory.set(mount.treeName.subarray(0, dfsplen), slot);
  memory.set(mount.prepath, slot + dfsplen);
  const end = slot + dfsplen + pplen;
  if (terminateFirst) memory[end] = 0;
  const returned = convertDelimiter(memory, slot, mount.posixPaths ? SLASH : BACKSLASH);
  if (returned) memory[end] = 0;
  return { memory, requested: dfsplen + pplen + 1, ranOut: !returned };
};

/** The path as the caller sees it: the string that the function is there for. */
export const pathOf = (mount: Mount): Uint8Array => {
  const path = Uint8Array.of(...mount.treeName.subarray(0, dfsLength(mount)), ...mount.prepath);
  const [from, to] = mount.posixPaths ? [BACKSLASH, SLASH] : [SLASH, BACKSLASH];
  return mount.prepath.length === 0 ? new Uint8Array() : path.map((byte) => (byte === from ? to : byte));
};
