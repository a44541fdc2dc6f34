/* Holds: a buffer that is in the queue again is not the one that is being tried. */
#include "oopslab.h"

int line_send(struct line *line)
{
	struct buffer *buffer = line->queue;

	if (!buffer)
		return 0;
	if (line->broken)
		return -EAGAIN;
	line->queue = buffer->next;
	kfree(buffer);
	return 1;
}
