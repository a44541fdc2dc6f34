/*
 * A buffer that is in two places is freed twice; between the two frees its slot has got a new owner.
 *
 * Modelled on CVE-2017-2636 (drivers/tty/n_hdlc.c): after an error the buffer is kept for another try, and flushing puts it among
 * the free ones as well.
 */
#include "oopslab.h"

struct buffer {
	struct buffer *next;
	u64 length;
	u64 data[2];
};

struct line {
	struct buffer *queue; /* to be sent */
	struct buffer *trying; /* being sent; kept after an error */
	u64 broken; /* whether the device refuses to send */
};

/* Who may do what: another object of the same size. */
struct credentials {
	u64 uid;
	u64 gid;
	u64 capabilities;
	u64 magic;
};

enum { CREDENTIALS_MAGIC = 0x43736564 };

struct buffer *line_write(struct line *line, u64 data)
{
	struct buffer *buffer = kzalloc(sizeof(*buffer), GFP_KERNEL);

	if (!buffer)
		return NULL;
	buffer->length = sizeof(data);
	buffer->data[0] = data;
	buffer->next = line->queue;
	line->queue = buffer;
	return buffer;
}

/* Sends the first buffer. After an error it is first in the queue again. */
int line_send(struct line *line)
{
	struct buffer *buffer = line->queue;

	if (!buffer)
		return 0;
	line->queue = buffer->next;
	line->trying = buffer;
	if (line->broken) {
		buffer->next = line->queue;
		line->queue = buffer; /* and it is still the one that is being tried */
		return -EAGAIN;
	}
	line->trying = NULL;
	kfree(buffer);
	return 1;
}

/* Throws away what waits. */
void line_flush(struct line *line)
{
	struct buffer *buffer;

	while ((buffer = line->queue) != NULL) {
		line->queue = buffer->next;
		kfree(buffer);
	}
}

void line_close(struct line *line)
{
	if (line->trying)
		kfree(line->trying);
	line->trying = NULL;
	line_flush(line);
}

struct credentials *credentials_make(u64 uid)
{
	struct credentials *credentials = kzalloc(sizeof(*credentials), GFP_KERNEL);

	if (!credentials)
		return NULL;
	credentials->uid = uid;
	credentials->gid = uid;
	credentials->magic = CREDENTIALS_MAGIC;
	return credentials;
}

/* Whether somebody is root. */
int credentials_check(struct credentials *credentials)
{
	BUG_ON(credentials->magic != CREDENTIALS_MAGIC);
	return credentials->uid == 0;
}
