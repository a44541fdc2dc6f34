/*
 * A driver gives user space a file, and takes it back when it cannot tell which number it has.
 *
 * Modelled on CVE-2022-22942 (drivers/gpu/drm/vmwgfx): the number is in the process's table before it is copied out.
 */
#include "oopslab.h"

struct fence_file;

struct fence_operations {
	long (*signaled)(struct fence_file *file);
};

struct fence_file {
	const struct fence_operations *operations;
	long count; /* references */
	u64 seqno;
	u64 done;
};

/* The open files of a process, by number. */
struct file_table {
	struct fence_file *files[4];
};

/* What a process asks for, in its own memory. */
struct request {
	u64 seqno;
	u32 read_only; /* whether the answer cannot be written */
	int number; /* the answer */
};

/* What another process sends: it gets the smallest object that fits. */
struct message {
	u64 words[4];
};

/* Writes the answer into the memory of the process. */
int tell(struct request *request, int number)
{
	if (request->read_only)
		return -EFAULT;
	request->number = number;
	return 0;
}

static long fence_signaled(struct fence_file *file)
{
	return file->seqno <= file->done;
}

const struct fence_operations fence_operations = { .signaled = fence_signaled };

/* Drops a reference; the last one frees the file. */
void fence_put(struct fence_file *file)
{
	if (--file->count == 0)
		kfree(file);
}

/* Makes a file for a fence, and tells the process its number. */
int fence_export(struct file_table *table, struct request *request)
{
	struct fence_file *file = kzalloc(sizeof(*file), GFP_KERNEL);
	int number = 0;
	int error;

	if (!file)
		return -ENOMEM;
	file->operations = &fence_operations;
	file->count = 1;
	file->seqno = request->seqno;
	file->done = request->seqno;
	while (table->files[number])
		number++;
	table->files[number] = file; /* from here on the process can use it */
	error = tell(request, number);
	if (error)
		fence_put(file); /* but the table still has it */
	return error;
}

/* A process sends a message: its bytes are what the process says. */
struct message *message_send(u64 first, u64 rest)
{
	struct message *message = kmalloc(sizeof(*message), GFP_KERNEL);

	if (!message)
		return NULL;
	message->words[0] = first;
	message->words[1] = rest;
	message->words[2] = rest;
	message->words[3] = rest;
	return message;
}

/* Asks the file with a number whether its fence is signaled. */
long file_poll(struct file_table *table, int number)
{
	struct fence_file *file = table->files[number];

	if (!file)
		return -EBADF;
	return file->operations->signaled(file);
}
