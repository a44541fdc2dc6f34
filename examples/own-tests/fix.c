/* A repair of cifs_build_path_to_root(): the path is terminated before it is converted. */
#include "oopslab.h"

char *cifs_build_path_to_root(struct smb_vol *vol, struct cifs_sb_info *cifs_sb, struct cifs_tcon *tcon)
{
	size_t prefix = vol->prepath ? strlen(vol->prepath) : 0;
	size_t tree = 0;
	char *path;

	if (prefix && (tcon->Flags & SMB_SHARE_IS_IN_DFS))
		tree = strnlen(tcon->treeName, MAX_TREE_SIZE + 1);
	path = kmalloc(tree + prefix + 1, GFP_KERNEL);
	if (!path)
		return NULL;
	memcpy(path, tcon->treeName, tree);
	if (prefix)
		memcpy(path + tree, vol->prepath, prefix);
	path[tree + prefix] = 0;
	convert_delimiter(path, CIFS_DIR_SEP(cifs_sb));
	return path;
}
