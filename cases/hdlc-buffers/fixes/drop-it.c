/* Breaks: the buffer is thrown away after an error, but it is still in the queue. */
#include "oopslab.h"

int line_send(struct line *line)
{
	struct buffer *buffer = line->queue;

	if (!buffer)
		return 0;
	if (line->broken) {
		kfree(buffer);
		return -EAGAIN;
	}
	line->queue = buffer->next;
	kfree(buffer);
	return 1;
}
