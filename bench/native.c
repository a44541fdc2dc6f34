/*
 * The work of bench/node.mjs against libunicorn, without anything between: native replay|record|check|cold FOLDER SECONDS.
 * Reads the image that bench/image.mjs wrote. Prints one JSON line; `cold` prints the registers at the end.
 */
#define _DEFAULT_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unicorn/unicorn.h>

#define REGISTERS 18
#define MOST 4096
#define MOST_ACTIONS (1 << 17)

static int ids[REGISTERS] = {
	UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP, UC_X86_REG_RBP,
	UC_X86_REG_RSI, UC_X86_REG_RDI, UC_X86_REG_R8, UC_X86_REG_R9, UC_X86_REG_R10, UC_X86_REG_R11,
	UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15, UC_X86_REG_RIP, UC_X86_REG_EFLAGS,
};
static const char *names[REGISTERS] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8",
	"r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip", "rflags" };

struct region { uint64_t start, size, offset; unsigned protection; };
struct host_write { uint8_t *to; uint8_t *bytes; size_t size; };
struct action {
	enum { WORLD, WRITE, GRANT, START, TEXT } kind;
	struct host_write write; /* GRANT: only where, how much, and what is allowed */
	uint8_t rights;
	uint64_t pc, until, count, registers[REGISTERS], expected;
};

static struct region regions[MOST];
static struct action actions[MOST_ACTIONS];
static uint64_t pages[MOST];
static int region_count, action_count, page_count;
static uint64_t gs_base, writable;
static uint32_t expected_hash;
static uint8_t *memory, *image;
static size_t memory_size;
static uc_engine *uc;
static uc_context *context;
static uint64_t registers[REGISTERS];
static void *pointers[REGISTERS];
static int starts, worlds, watched_count;
static uint64_t watched[MOST][2];

static void fail(const char *what)
{
	fprintf(stderr, "native: %s\n", what);
	exit(1);
}

static void check(uc_err error, const char *what)
{
	if (error == UC_ERR_OK)
		return;
	fprintf(stderr, "native: %s: %s\n", what, uc_strerror(error));
	exit(1);
}

static uint8_t *host(uint64_t address)
{
	for (int i = 0; i < region_count; i++)
		if (address - regions[i].start < regions[i].size)
			return memory + regions[i].offset + (address - regions[i].start);
	fail("a host write outside memory");
	return NULL;
}

static void load(const char *folder)
{
	static char path[4096], line[65536];
	snprintf(path, sizeof path, "%s/memory.bin", folder);
	FILE *file = fopen(path, "rb");
	if (!file)
		fail("no memory.bin");
	fseek(file, 0, SEEK_END);
	memory_size = ftell(file);
	rewind(file);
	memory = aligned_alloc(4096, memory_size);
	image = malloc(memory_size);
	if (fread(image, 1, memory_size, file) != memory_size)
		fail("memory.bin is cut short");
	fclose(file);
	memcpy(memory, image, memory_size);
	snprintf(path, sizeof path, "%s/script.txt", folder);
	file = fopen(path, "r");
	if (!file)
		fail("no script.txt");
	while (fgets(line, sizeof line, file)) {
		char *at = line + 1;
		if (action_count >= MOST_ACTIONS - 1)
			fail("too many actions");
		if (line[0] == 'R') {
			struct region *r = &regions[region_count++];
			r->start = strtoull(at, &at, 16);
			r->size = strtoull(at, &at, 16);
			r->protection = strtoul(at, &at, 10);
			r->offset = strtoull(at, &at, 16);
		} else if (line[0] == 'B') {
			actions[action_count++].kind = WORLD;
			worlds++;
		} else if (line[0] == 'H') {
			watched[watched_count][0] = strtoull(at, &at, 16);
			watched[watched_count++][1] = strtoull(at, &at, 16);
		} else if (line[0] == 'A') {
			struct action *a = &actions[action_count++];
			a->kind = GRANT;
			a->write.to = host(strtoull(at, &at, 16));
			a->write.size = strtoull(at, &at, 10);
			a->rights = strtoul(at, &at, 10);
		} else if (line[0] == 'W' || line[0] == 'T') {
			struct action *a = &actions[action_count++];
			a->kind = line[0] == 'W' ? WRITE : TEXT;
			a->write.to = host(strtoull(at, &at, 16));
			at++;
			a->write.size = strspn(at, "0123456789abcdef") / 2;
			a->write.bytes = malloc(a->write.size);
			for (size_t i = 0; i < a->write.size; i++) {
				char digits[3] = { at[2 * i], at[2 * i + 1], 0 };
				a->write.bytes[i] = strtoul(digits, NULL, 16);
			}
		} else if (line[0] == 'S') {
			struct action *a = &actions[action_count++];
			a->kind = START;
			a->pc = strtoull(at, &at, 16);
			a->until = strtoull(at, &at, 16);
			a->count = strtoull(at, &at, 10);
			for (int i = 0; i < REGISTERS; i++)
				a->registers[i] = strtoull(at, &at, 16);
			starts++;
		} else if (line[0] == 'E') {
			for (int i = action_count - 1; i >= 0; i--)
				if (actions[i].kind == START) {
					actions[i].expected = strtoull(at, NULL, 16);
					break;
				}
		} else if (line[0] == 'G')
			gs_base = strtoull(at, NULL, 16);
		else if (line[0] == 'Z')
			writable = strtoull(at, NULL, 16);
		else if (line[0] == 'F')
			expected_hash = strtoul(at, NULL, 16);
		else if (line[0] == 'P')
			pages[page_count++] = strtoull(at, NULL, 16);
	}
	fclose(file);
}

static void open_cpu(void)
{
	check(uc_open(UC_ARCH_X86, UC_MODE_64, &uc), "open");
#if UC_API_MINOR >= 1
	/* 2.1 masks addresses to 52 bits otherwise. */
	check(uc_ctl(uc, UC_CTL_WRITE(UC_CTL_TLB_TYPE, 1), UC_TLB_VIRTUAL), "TLB mode");
#endif
	for (int i = 0; i < region_count; i++)
		check(uc_mem_map_ptr(uc, regions[i].start, regions[i].size, regions[i].protection,
				     memory + regions[i].offset), "map");
	check(uc_reg_write(uc, UC_X86_REG_GS_BASE, &gs_base), "gs");
	for (int i = 0; i < REGISTERS; i++)
		pointers[i] = &registers[i];
	check(uc_context_alloc(uc, &context), "context");
	check(uc_context_save(uc, context), "save");
}

static void run_once(void)
{
	for (int i = 0; i < action_count; i++) {
		struct action *a = &actions[i];
		if (a->kind == WRITE) {
			memcpy(a->write.to, a->write.bytes, a->write.size);
			continue;
		}
		memcpy(registers, a->registers, sizeof registers);
		uc_reg_write_batch(uc, ids, pointers, REGISTERS);
		uc_emu_start(uc, a->pc, a->until, 0, a->count);
		uc_reg_read_batch(uc, ids, pointers, REGISTERS);
		if (registers[16] != a->expected)
			fail("stopped elsewhere");
	}
}

static uint32_t hash(void)
{
	uint32_t h = 0x811c9dc5;
	for (uint64_t i = 0; i < writable; i++)
		h = (h ^ memory[i]) * 0x01000193;
	return h;
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static double replays(double seconds)
{
	double start = now();
	long done = 0;
	while (now() - start < seconds)
		for (int i = 0; i < 100; i++, done++) {
			for (int p = 0; p < page_count; p++)
				memcpy(memory + pages[p], image + pages[p], 4096);
			uc_context_restore(uc, context);
			run_once();
		}
	return done / (now() - start);
}

/* Checking: a right for each byte of memory, and what a run granted, to be taken back. */
static uint8_t *rights;
static struct host_write granted[64];
static int granted_count;
static struct region *last_region = regions;

static void on_access(uc_engine *cpu, uc_mem_type type, uint64_t address, int size, int64_t value, void *data)
{
	(void)cpu, (void)value, (void)data;
	struct region *r = last_region;
	if (address - r->start >= r->size) {
		for (r = regions; r < regions + region_count; r++)
			if (address - r->start < r->size)
				break;
		if (r == regions + region_count)
			return;
		last_region = r;
	}
	uint8_t wanted = type == UC_MEM_WRITE ? 3 : 1, *right = rights + r->offset + (address - r->start);
	for (int i = 0; i < size; i++)
		if ((right[i] & wanted) != wanted)
			fail("an access out of bounds");
}

static double checks(double seconds)
{
	double start = now();
	long done = 0;
	while (now() - start < seconds)
		for (int i = 0; i < action_count; i++) {
			struct action *a = &actions[i];
			switch (a->kind) {
			case WORLD:
				for (int p = 0; p < page_count; p++)
					memcpy(memory + pages[p], image + pages[p], 4096);
				for (int g = 0; g < granted_count; g++)
					memset(granted[g].to, 0, granted[g].size);
				granted_count = 0;
				uc_context_restore(uc, context);
				done++;
				break;
			case WRITE:
				memcpy(a->write.to, a->write.bytes, a->write.size);
				break;
			case GRANT:
				granted[granted_count] = a->write;
				granted[granted_count].to = rights + (a->write.to - memory);
				memset(granted[granted_count++].to, a->rights, a->write.size);
				break;
			case TEXT:
				if (memcmp(a->write.to, a->write.bytes, a->write.size))
					fail("another text");
				break;
			case START:
				memcpy(registers, a->registers, sizeof registers);
				uc_reg_write_batch(uc, ids, pointers, REGISTERS);
				uc_emu_start(uc, a->pc, a->until, 0, a->count);
				uc_reg_read_batch(uc, ids, pointers, REGISTERS);
				if (registers[16] != a->expected)
					fail("stopped elsewhere");
				break;
			}
		}
	return done / (now() - start);
}

/* A recording: rows of register deltas, and eight words per access. */
static uint32_t *rows, *accesses;
static size_t row_words, row_room, access_words, access_room;
static uint64_t last[REGISTERS], executed;

static void on_code(uc_engine *cpu, uint64_t address, uint32_t size, void *data)
{
	(void)address, (void)size, (void)data;
	uc_reg_read_batch(cpu, ids, pointers, REGISTERS);
	if (row_words + 40 > row_room)
		rows = realloc(rows, (row_room = row_room * 2 + 65536) * 4);
	uint32_t mask = 0, *row = rows + row_words, *next = row + 1;
	for (int i = 0; i < REGISTERS; i++)
		if (registers[i] != last[i]) {
			mask |= 1u << i;
			*next++ = (uint32_t)registers[i];
			*next++ = registers[i] >> 32;
			last[i] = registers[i];
		}
	*row = mask;
	row_words = next - rows;
	executed++;
}

static void on_memory(uc_engine *cpu, uc_mem_type type, uint64_t address, int size, int64_t value, void *data)
{
	(void)cpu, (void)data;
	if (access_words + 8 > access_room)
		accesses = realloc(accesses, (access_room = access_room * 2 + 65536) * 4);
	uint32_t *row = accesses + access_words;
	memset(row, 0, 32);
	row[0] = executed - 1;
	row[1] = size;
	memcpy(row + 2, &address, 8);
	if (type == UC_MEM_WRITE) {
		row[1] |= 0x100;
		memcpy(row + 4, host(address), size);
		memcpy(row + 6, &value, size);
	}
	access_words += 8;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		fail("usage: native replay|record|cold FOLDER SECONDS");
	double seconds = atof(argv[3]);
	load(argv[2]);
	open_cpu();
	if (!strcmp(argv[1], "replay")) {
		replays(seconds / 4);
		double rate = replays(seconds);
		if (hash() != expected_hash)
			fail("another memory at the end");
		printf("{\"rate\":%f,\"starts\":%d,\"pages\":%d,\"hash\":\"%x\"}\n", rate, starts, page_count, hash());
	} else if (!strcmp(argv[1], "check")) {
		uc_hook hooks[2 * MOST];
		rights = calloc(memory_size, 1);
		for (int i = 0; i < watched_count; i++) {
			uint64_t end = watched[i][0] + watched[i][1] - 1;
			uc_hook_add(uc, &hooks[2 * i], UC_HOOK_MEM_READ, on_access, NULL, watched[i][0], end);
			uc_hook_add(uc, &hooks[2 * i + 1], UC_HOOK_MEM_WRITE, on_access, NULL, watched[i][0], end);
		}
		checks(seconds / 4);
		printf("{\"rate\":%f,\"worlds\":%d}\n", checks(seconds), worlds);
	} else if (!strcmp(argv[1], "record")) {
		uc_hook hooks[2];
		double best = 0;
		uc_hook_add(uc, &hooks[0], UC_HOOK_CODE, on_code, NULL, 1, 0);
		uc_hook_add(uc, &hooks[1], UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, on_memory, NULL, 1, 0);
		for (int trial = 0; trial < 3; trial++) {
			row_words = access_words = executed = 0;
			double start = now();
			run_once();
			double rate = executed / (now() - start);
			if (rate > best)
				best = rate;
		}
		if (hash() != expected_hash)
			fail("another memory at the end");
		printf("{\"rate\":%f}\n", best);
	} else {
		run_once();
		for (int i = 0; i < REGISTERS; i++)
			printf("%s %016llx\n", names[i], (unsigned long long)registers[i]);
		struct rusage used;
		getrusage(RUSAGE_SELF, &used);
		fprintf(stderr, "maxrss %ld\n", used.ru_maxrss);
	}
	return 0;
}
