/*
 * NAME: a version of cifs_build_path_to_root(), which builds the path of a mount's root:
 * the name of the share, where it is in DFS, and the prefix of the mount, \\server\share and "/some/folder".
 *
 * As it stands, it does what Linux 3.0.101 does, bug included. Repair it, and let
 *
 *	$ oopslab check NAME.c
 *
 * say whether it holds. "oopslab headers" prints all that can be called and used.
 */
#include "oopslab.h"

char *cifs_build_path_to_root(struct smb_vol *vol, struct cifs_sb_info *cifs_sb, struct cifs_tcon *tcon)
{
	char *prepath = vol->prepath;
	int pplen = prepath ? (int)strlen(prepath) : 0;
	int dfsplen = 0;
	char *full_path;

	/* No prefix: the root of the share, an empty path. */
	if (pplen == 0) {
		full_path = kmalloc(1, GFP_KERNEL);
		if (full_path)
			full_path[0] = 0;
		return full_path;
	}

	if (tcon->Flags & SMB_SHARE_IS_IN_DFS)
		dfsplen = (int)strnlen(tcon->treeName, MAX_TREE_SIZE + 1);

	/* Room for both parts and the NUL. The old contents of this memory stay. */
	full_path = kmalloc(dfsplen + pplen + 1, GFP_KERNEL);
	if (full_path == NULL)
		return NULL;

	/* strncpy() writes no NUL after the bytes that it was asked to copy. */
	if (dfsplen)
		strncpy(full_path, tcon->treeName, dfsplen);
	strncpy(full_path + dfsplen, prepath, pplen);

	/*
	 * Here is the bug: convert_delimiter() goes on until it meets a NUL, and ours is not there yet. It changes
	 * every delimiter on its way, also past the end of this object. What must be different?
	 */
	convert_delimiter(full_path, CIFS_DIR_SEP(cifs_sb));
	full_path[dfsplen + pplen] = 0;
	return full_path;
}
