/*
 * A field that is not set keeps what the slot's former owner had there.
 *
 * Modelled on CVE-2022-0847 (lib/iov_iter.c, "Dirty Pipe"): the flags of a pipe's buffer are not set when a page of a file is
 * spliced into it.
 */
#include "oopslab.h"

enum { CAN_MERGE = 0x10 }; /* bytes written later may be put into the same page */

/* A page of memory: that of a file is what every reader of the file sees. */
struct page_data {
	u64 bytes[4];
};

/* A part of a page that lies in a pipe. */
struct buffer {
	struct page_data *page;
	u32 offset;
	u32 length;
	u32 flags;
};

struct pipe {
	struct buffer *last;
	gfp_t clear; /* __GFP_ZERO where the kernel clears what it hands out, as with init_on_alloc=1 */
};

/* Puts bytes into a pipe, behind those of the last buffer where it allows that. */
int pipe_write(struct pipe *pipe, u8 byte)
{
	struct buffer *last = pipe->last;
	struct buffer *buffer;

	if (last && (last->flags & CAN_MERGE) && last->offset + last->length < sizeof(struct page_data)) {
		((u8 *)last->page->bytes)[last->offset + last->length] = byte;
		last->length++;
		return 1;
	}
	buffer = kmalloc(sizeof(*buffer), GFP_KERNEL);
	if (!buffer)
		return -ENOMEM;
	buffer->page = kzalloc(sizeof(struct page_data), GFP_KERNEL);
	if (!buffer->page) {
		kfree(buffer);
		return -ENOMEM;
	}
	((u8 *)buffer->page->bytes)[0] = byte;
	buffer->offset = 0;
	buffer->length = 1;
	buffer->flags = CAN_MERGE;
	pipe->last = buffer;
	return 1;
}

/* Takes everything out again. */
int pipe_drain(struct pipe *pipe)
{
	struct buffer *buffer = pipe->last;

	if (!buffer)
		return 0;
	pipe->last = NULL;
	kfree(buffer->page);
	kfree(buffer);
	return 1;
}

/* Puts a part of a file's page into the pipe, without a copy. */
int pipe_splice(struct pipe *pipe, struct page_data *page, u32 length)
{
	struct buffer *buffer = kmalloc(sizeof(*buffer), GFP_KERNEL | pipe->clear);

	if (!buffer)
		return -ENOMEM;
	buffer->page = page;
	buffer->offset = 0;
	buffer->length = length; /* and the flags? */
	pipe->last = buffer;
	return length;
}

/* What a reader of the file checks: it is the same as when it was written. */
u64 file_sum(struct page_data *page)
{
	u64 sum = 0;
	int index;

	for (index = 0; index < 4; index++)
		sum += page->bytes[index];
	return sum;
}

void file_verify(struct page_data *page, u64 sum)
{
	BUG_ON(file_sum(page) != sum);
}
