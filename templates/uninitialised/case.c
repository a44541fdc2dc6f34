#include "oopslab.h"

#define REQUEST_SYNC 0x20

struct waiter {
	int done;
};

struct request {
	int sector;
	int flags;
	struct waiter *waiter;
	char owner[16];
};

/* The bug: kmalloc() does not clear, and flags and waiter are never set. */
struct request *request_new(int sector)
{
	struct request *request = kmalloc(sizeof(*request), GFP_KERNEL);

	if (request != NULL)
		request->sector = sector;
	return request;
}

void request_end(struct request *request)
{
	if (request->flags & REQUEST_SYNC)
		request->waiter->done = 1;
	kfree(request);
}

/* Leaves its text in the slot that it gives back. */
int path_length(const char *text)
{
	char *path = kmalloc(32, GFP_KERNEL);
	int length;

	if (path == NULL)
		return -ENOMEM;
	strlcpy(path, text, 32);
	length = strlen(path);
	kfree(path);
	return length;
}
