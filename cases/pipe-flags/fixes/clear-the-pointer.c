/* Breaks: memset() gets the size of the pointer, not that of the buffer. */
#include "oopslab.h"

int pipe_splice(struct pipe *pipe, struct page_data *page, u32 length)
{
	struct buffer *buffer = kmalloc(sizeof(*buffer), GFP_KERNEL | pipe->clear);

	if (!buffer)
		return -ENOMEM;
	memset(buffer, 0, sizeof(buffer));
	buffer->page = page;
	buffer->offset = 0;
	buffer->length = length;
	pipe->last = buffer;
	return length;
}
