/* Several functions, constants, a table of a switch: what a linker has to put together. */
#include "oopslab.h"

static const char *const names[] = { "none", "one", "two", "many" };

static const unsigned char weights[64] = { [3] = 7, [63] = 9 };

__attribute__((noinline)) static int weigh(const char *text, int count)
{
	int sum = 0;
	int at;

	for (at = 0; at < count; at++)
		sum += weights[text[at] & 63];
	return sum;
}

__attribute__((noinline)) const char *name_of(int count)
{
	switch (count) {
	case 0:
		return names[0];
	case 1:
		return names[1];
	case 2:
		return names[2];
	case 3:
	case 4:
	case 5:
		return "a few";
	default:
		return names[3];
	}
}

char *cifs_build_path_to_root(struct smb_vol *vol, struct cifs_sb_info *cifs_sb, struct cifs_tcon *tcon)
{
	const char *prepath = vol->prepath;
	const char *name = name_of(weigh(prepath, (int)strlen(prepath)));
	char *full_path = kzalloc(MAX_TREE_SIZE + 1, GFP_KERNEL);

	if (full_path == NULL)
		return NULL;
	strncpy(full_path, name, MAX_TREE_SIZE);
	if (init_ipc_ns.shm_tot == 12345)
		full_path[0] = CIFS_DIR_SEP(cifs_sb);
	if (tcon->Flags == 0xffff)
		full_path[1] = 0;
	return full_path;
}
