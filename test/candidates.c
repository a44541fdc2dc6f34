/*
 * The shipped candidates once more, in C: one of them at a time, by its name in capitals (-DBUG, -DZEROED_ALLOCATION).
 * Written after what each of them says of itself, not after its assembly.
 */
#include "oopslab.h"

static void convert_up_to(char *path, size_t count, char to)
{
	char from = to == '/' ? '\\' : '/';

	for (size_t i = 0; i < count; i++)
		if (path[i] == from)
			path[i] = to;
}

char *cifs_build_path_to_root(struct smb_vol *vol, struct cifs_sb_info *cifs_sb, struct cifs_tcon *tcon)
{
	char separator = CIFS_DIR_SEP(cifs_sb);
	char *prefix = vol->prepath;
	size_t pplen = prefix ? strlen(prefix) : 0;
	size_t dfsplen = 0;
	gfp_t flags = GFP_KERNEL;
	size_t length, size;
	char *path;

	if (pplen == 0) {
		path = kmalloc(1, GFP_KERNEL);
		if (path)
			path[0] = 0;
		return path;
	}
	if (tcon->Flags & SMB_SHARE_IS_IN_DFS)
		dfsplen = strnlen(tcon->treeName, MAX_TREE_SIZE + 1);
	length = dfsplen + pplen;
	size = length + 1;

#ifdef CONVERT_INPUTS_IN_PLACE
	if (dfsplen)
		convert_delimiter(tcon->treeName, separator);
	convert_delimiter(prefix, separator);
#endif
#ifdef LARGER_ALLOCATION
	size++;
#endif
#ifdef DOUBLED_SEPARATOR
	size++;
#endif
#ifdef ZEROED_ALLOCATION
	flags |= __GFP_ZERO;
#endif
	path = kmalloc(size, flags);
	if (!path)
		return NULL;
#ifdef MEMSET_MISSES_NUL
	memset(path, 0, length);
#endif
	strncpy(path, tcon->treeName, dfsplen);
#if defined(COPY_THE_NUL)
	path[dfsplen] = separator;
	strncpy(path + dfsplen + 1, prefix + 1, pplen);
#elif defined(DOUBLED_SEPARATOR)
	path[dfsplen] = separator;
	strncpy(path + dfsplen + 1, prefix, pplen + 1);
	length++;
#else
	strncpy(path + dfsplen, prefix, pplen);
#endif

#if defined(BOUNDED_CONVERSION)
	convert_up_to(path, length, separator);
#elif defined(BOUND_BY_OBJECT_SIZE)
	convert_up_to(path, ksize(path), separator);
#elif !defined(CONVERT_INPUTS_IN_PLACE)
#if defined(TERMINATE_BEFORE_CONVERT)
	path[length] = 0;
#elif defined(NUL_ONE_TOO_FAR)
	path[length + 1] = 0;
#elif defined(NUL_ONE_TOO_EARLY)
	path[length - 1] = 0;
#endif
	convert_delimiter(path, separator);
#endif
	path[length] = 0;
	(void)convert_up_to;
	return path;
}
