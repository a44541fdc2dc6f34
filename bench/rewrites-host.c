/*
 * Puts versions of cifs_build_path_to_root() to the test on this machine, without an emulator: each with a few thousand
 * inputs against a plain model. Every allocation is as large as it was asked for, and filled with stale bytes; compiled
 * with -fsanitize=address,undefined, an access beside one ends the program. versions.inc has one line for each version.
 */
#include "oopslab.h"

extern void *malloc(size_t size);
extern void free(void *p);
extern int printf(const char *format, ...);

typedef char *version_t(struct smb_vol *vol, struct cifs_sb_info *cifs_sb, struct cifs_tcon *tcon);
#define VERSION(number) version_t version_##number;
#include "versions.inc"
#undef VERSION
#define VERSION(number) { number, version_##number },
static const struct {
	int number;
	version_t *run;
} versions[] = {
#include "versions.inc"
};

static u32 state;
static u32 draw(u32 below)
{
	state = state * 1664525u + 1013904223u;
	return (state >> 8) % below;
}

/* Which allocation fails: the n-th, from the -n-th on all, none for 0. */
static int failing, asked, failed, live;

void *__kmalloc(size_t size, gfp_t flags)
{
	unsigned char *p;
	size_t i;

	asked++;
	if ((failing > 0 && asked == failing) || (failing < 0 && asked >= -failing)) {
		failed = 1;
		return NULL;
	}
	p = malloc(size);
	for (i = 0; i < size; i++)
		p[i] = (flags & __GFP_ZERO) ? 0 : (unsigned char)(draw(255) + 1);
	live++;
	return p;
}

void kfree(const void *p)
{
	if (!p)
		return;
	live--;
	free((void *)(unsigned long)p);
}

size_t strlcpy(char *to, const char *from, size_t size)
{
	size_t length = strlen(from), copied = length >= size ? size - 1 : length;

	if (size) {
		memcpy(to, from, copied);
		to[copied] = 0;
	}
	return length;
}

void convert_delimiter(char *path, char delim)
{
	for (; *path; path++)
		if (*path == (delim == '/' ? '\\' : '/'))
			*path = delim;
}

int printk(const char *format, ...)
{
	(void)format;
	return 0;
}

void _raw_spin_lock(raw_spinlock_t *lock)
{
	(void)lock;
}

void _raw_spin_unlock(raw_spinlock_t *lock)
{
	(void)lock;
}

static void fill(void *to, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		((unsigned char *)to)[i] = (unsigned char)draw(256);
}

static char any_byte(void)
{
	return draw(2) ? "/\\/\\ab \t"[draw(8)] : (char)(draw(255) + 1);
}

static size_t any_length(size_t most)
{
	switch (draw(4)) {
	case 0:
		return draw(6) < most ? draw(6) : most;
	case 1:
		return most - draw(2);
	case 2:
		return draw(100) % (most + 1);
	default:
		return draw((u32)most + 1);
	}
}

static char model[1200], prefix_was[1024];
static struct cifs_tcon tcon_was;
static struct smb_vol vol_was;
static struct cifs_sb_info sb_was;

static int is_wrong(version_t *run, struct smb_vol *vol, struct cifs_sb_info *sb, struct cifs_tcon *tcon)
{
	size_t plen = 0, tlen = 0, i;
	char sep, *path;
	int wrong = 0;

	fill(vol, sizeof(*vol));
	fill(sb, sizeof(*sb));
	fill(tcon, sizeof(*tcon));
	vol->prepath = NULL;
	if (draw(12)) {
		plen = any_length(1023);
		vol->prepath = malloc(plen + 1);
		for (i = 0; i < plen; i++)
			vol->prepath[i] = any_byte();
		vol->prepath[plen] = 0;
		memcpy(prefix_was, vol->prepath, plen + 1);
	}
	tlen = any_length(98) + 1;
	for (i = 0; i < tlen; i++)
		tcon->treeName[i] = any_byte();
	tcon->treeName[tlen] = 0;
	failing = draw(3) ? 0 : (int)draw(9) - 4;
	asked = failed = live = 0;
	vol_was = *vol;
	sb_was = *sb;
	tcon_was = *tcon;

	sep = (sb->mnt_cifs_flags & CIFS_MOUNT_POSIX_PATHS) ? '/' : '\\';
	if (!plen || !(tcon->Flags & SMB_SHARE_IS_IN_DFS))
		tlen = 0;
	for (i = 0; i < tlen + plen; i++) {
		model[i] = i < tlen ? tcon->treeName[i] : vol->prepath[i - tlen];
		if (model[i] == '/' || model[i] == '\\')
			model[i] = sep;
	}
	model[tlen + plen] = 0;

	path = run(vol, sb, tcon);
	if (path == NULL)
		wrong = !failed || live != 0;
	else
		wrong = live != 1 || strcmp(path, model) != 0;
	kfree(path);
	if (memcmp(vol, &vol_was, sizeof(*vol)) || memcmp(sb, &sb_was, sizeof(*sb)) || memcmp(tcon, &tcon_was, sizeof(*tcon)))
		wrong = 1;
	if (vol->prepath && memcmp(vol->prepath, prefix_was, plen + 1))
		wrong = 1;
	free(vol->prepath);
	return wrong;
}

int main(void)
{
	struct smb_vol *vol = malloc(sizeof(*vol));
	struct cifs_sb_info *sb = malloc(sizeof(*sb));
	struct cifs_tcon *tcon = malloc(sizeof(*tcon));
	size_t at, run;
	int wrong = 0;

	for (at = 0; at < ARRAY_SIZE(versions); at++) {
		state = 1;
		for (run = 0; run < INPUTS; run++) {
			if (!is_wrong(versions[at].run, vol, sb, tcon))
				continue;
			printf("version %d is wrong with input %lu\n", versions[at].number, run);
			wrong++;
			break;
		}
	}
	printf("%lu versions, %d inputs each, %d wrong\n", ARRAY_SIZE(versions), INPUTS, wrong);
	free(vol);
	free(sb);
	free(tcon);
	return wrong != 0;
}
