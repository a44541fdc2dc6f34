/* Holds: every field of a new object is set. */
#include "oopslab.h"

int pipe_splice(struct pipe *pipe, struct page_data *page, u32 length)
{
	struct buffer *buffer = kmalloc(sizeof(*buffer), GFP_KERNEL | pipe->clear);

	if (!buffer)
		return -ENOMEM;
	buffer->page = page;
	buffer->offset = 0;
	buffer->length = length;
	buffer->flags = 0;
	pipe->last = buffer;
	return length;
}
