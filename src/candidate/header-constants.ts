// Constants of the kernel that candidates need, each with its meaning and where it is defined.
// Values that the sandbox itself reads come from where it reads them.

import { CIFS_MOUNT_POSIX_PATHS, MAX_TREE_SIZE, SMB_SHARE_IS_IN_DFS } from '../kernel/structs/cifs.js';

/** One `#define`. */
export interface HeaderConstant {
  readonly name: string;
  readonly value: string; // as C has it
  readonly meaning: string;
  readonly source: string;
}

/** In the order of the header. */
export const HEADER_CONSTANTS: readonly HeaderConstant[] = [
  {
    name: 'GFP_KERNEL',
    value: '0xd0u',
    meaning: 'an allocation that may sleep, do I/O and enter file systems: the usual flags',
    source: 'include/linux/gfp.h, v3.0.101',
  },
  {
    name: '__GFP_ZERO',
    value: '0x8000u',
    meaning: 'the allocator clears the object, all of its size class',
    source: 'include/linux/gfp.h, v3.0.101',
  },
  {
    name: 'MAX_TREE_SIZE',
    value: String(MAX_TREE_SIZE),
    meaning: 'most bytes of a tree name; the field has one more, for a NUL',
    source: 'fs/cifs/cifsglob.h, v3.0.101',
  },
  {
    name: 'SMB_SHARE_IS_IN_DFS',
    value: `0x${SMB_SHARE_IS_IN_DFS.toString(16)}`,
    meaning: 'bit of cifs_tcon.Flags: the share is in a DFS name space, paths begin with the tree name',
    source: 'fs/cifs/cifspdu.h, v3.0.101',
  },
  {
    name: 'CIFS_MOUNT_POSIX_PATHS',
    value: `0x${CIFS_MOUNT_POSIX_PATHS.toString(16)}`,
    meaning: 'bit of cifs_sb_info.mnt_cifs_flags: the server takes POSIX paths, / separates',
    source: 'fs/cifs/cifs_fs_sb.h, v3.0.101',
  },
];
