/* most bytes of a tree name; the field has one more, for a NUL (fs/cifs/cifsglob.h, v3.0.101) */
#define MAX_TREE_SIZE 99

/* bit of cifs_tcon.Flags: the share is in a DFS name space, paths begin with the tree name (fs/cifs/cifspdu.h, v3.0.101) */
#define SMB_SHARE_IS_IN_DFS 0x2

/* bit of cifs_sb_info.mnt_cifs_flags: the server takes POSIX paths, / separates (fs/cifs/cifs_fs_sb.h, v3.0.101) */
#define CIFS_MOUNT_POSIX_PATHS 0x40

/* What separates the parts of a path on this mount. */
static inline char CIFS_DIR_SEP(const struct cifs_sb_info *cifs_sb)
{
	return (cifs_sb->mnt_cifs_flags & CIFS_MOUNT_POSIX_PATHS) ? '/' : '\\';
}
