/* A helper of a helper faults: its line, and the way back to the caller, are in the debug information. */
#include "oopslab.h"

__attribute__((noinline)) static void touch(const char *text)
{
	if (text[0] == '/')
		*(volatile int *)8 = text[1];
}

__attribute__((noinline)) static int inner(const char *text)
{
	touch(text);
	return text[1] + 1;
}

char *cifs_build_path_to_root(struct smb_vol *vol, struct cifs_sb_info *cifs_sb, struct cifs_tcon *tcon)
{
	(void)cifs_sb;
	(void)tcon;
	return (char *)kmalloc(inner(vol->prepath), GFP_KERNEL) + 1;
}
