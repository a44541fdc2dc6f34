// Open files, Linux 3.0.101 x86-64. Declared in include/linux/fs.h.
import { as, bytes, i64, ptr, struct, u32 } from '../layout.js';
import { list_head } from './list.js';
import { atomic_long_t, pointer, spinlock_t, u64 } from './types.js';

/** The list that an open file is on. Source: union f_u, include/linux/fs.h, v3.0.101 */
const f_u = struct('f_u', 0x10, { fu_list: [0x00, list_head] });

/**
 * An open file. private_data is pinned by shm_close+11 (test/golden/dis-lr-shm_close.txt);
 * the other offsets: include/linux/fs.h, v3.0.101.
 */
export const file = struct('file', 0xd0, {
  f_u: [0x00, f_u],
  f_path: [0x10, as('struct path', bytes(16))],
  f_op: [0x20, pointer('const struct file_operations *')],
  f_lock: [0x28, spinlock_t],
  f_count: [0x30, atomic_long_t],
  f_flags: [0x38, u32],
  f_mode: [0x3c, as('fmode_t', u32)],
  f_pos: [0x40, as('loff_t', i64)],
  f_owner: [0x48, as('struct fown_struct', bytes(32))],
  f_cred: [0x68, pointer('const struct cred *')],
  f_ra: [0x70, as('struct file_ra_state', bytes(32))],
  f_version: [0x90, u64],
  f_security: [0x98, ptr], //     aa_file_cxt with AppArmor
  private_data: [0xa0, ptr],
  f_ep_links: [0xa8, list_head],
  f_mapping: [0xc8, pointer('struct address_space *')],
});
