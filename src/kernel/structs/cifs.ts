// What cifs_build_path_to_root() reads. Fields as in fs/cifs/cifsglob.h and cifs_fs_sb.h, v3.0.101;
// offsets and sizes of those marked so are invented: no source gives SLES's.
import { bytes, i32, ptrTo, struct, u32, ulong } from '../layout.js';
import { __u16, atomic_t, rb_node, text, uid_t } from './types.js';

/** Most bytes of a tree name. Source: MAX_TREE_SIZE, fs/cifs/cifsglob.h, v3.0.101 (2 + 15 + 1 + 80 + 1) */
export const MAX_TREE_SIZE = 99;

/** tcon flag: the share is in a DFS name space. Source: SMB_SHARE_IS_IN_DFS, fs/cifs/cifspdu.h, v3.0.101 */
export const SMB_SHARE_IS_IN_DFS = 0x2;

/** mount flag: POSIX paths, so `/` separates. Source: CIFS_MOUNT_POSIX_PATHS, fs/cifs/cifs_fs_sb.h, v3.0.101 */
export const CIFS_MOUNT_POSIX_PATHS = 0x40;

/** Mount options. */
export const smb_vol = struct(
  'smb_vol',
  0x1f0,
  {
    username: [0x00, text],
    UNC: [0x18, text],
    prepath: [0x1b8, text],
  },
  { invented: true },
);

/** A mount's own data in its super block. */
export const cifs_sb_info = struct(
  'cifs_sb_info',
  0x100,
  { rsize: [0x60, u32], wsize: [0x64, u32], mnt_cifs_flags: [0x78, u32] },
  { invented: true },
);

/** A connection to a share. treeName is NUL-terminated unless it fills the field. */
export const cifs_tcon = struct(
  'cifs_tcon',
  0x1e0,
  { tc_count: [0x10, i32], treeName: [0x30, bytes(MAX_TREE_SIZE + 1)], Flags: [0xf8, __u16] },
  { invented: true },
);

/** What ties a mount to a connection. Its 64 bytes follow from its fields. Source: fs/cifs/cifsglob.h, v3.0.101 */
export const tcon_link = struct('tcon_link', 0x40, {
  tl_rbnode: [0x00, rb_node],
  tl_uid: [0x18, uid_t],
  tl_flags: [0x20, ulong],
  tl_time: [0x28, ulong], // jiffies
  tl_count: [0x30, atomic_t],
  tl_tcon: [0x38, ptrTo('cifs_tcon')],
});
