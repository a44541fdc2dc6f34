/* Breaks: without the free nothing dangles, but a call that failed has left a file open that nobody knows of. */
#include "oopslab.h"

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
	table->files[number] = file;
	error = tell(request, number);
	return error;
}
