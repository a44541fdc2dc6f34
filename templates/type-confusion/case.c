#include "oopslab.h"

enum kind { KIND_TEXT = 1, KIND_PIPE = 2 };

struct text {
	int kind;
	int length;
	char bytes[24];
};

struct pipe {
	int kind;
	int users;
	char *buffer;
	long position;
};

static void *table[4];

struct text *text_add(int slot, const char *bytes)
{
	struct text *text = kzalloc(sizeof(*text), GFP_KERNEL);

	if (text == NULL)
		return NULL;
	text->kind = KIND_TEXT;
	text->length = strlcpy(text->bytes, bytes, sizeof(text->bytes));
	table[slot & 3] = text;
	return text;
}

struct pipe *pipe_add(int slot)
{
	struct pipe *pipe = kzalloc(sizeof(*pipe), GFP_KERNEL);

	if (pipe == NULL)
		return NULL;
	pipe->kind = KIND_PIPE;
	pipe->buffer = kzalloc(64, GFP_KERNEL);
	table[slot & 3] = pipe;
	return pipe;
}

/* The bug: what lies in the slot need not be a pipe. */
long pipe_read(int slot)
{
	struct pipe *pipe = table[slot & 3];

	return pipe->buffer[pipe->position & 63];
}
