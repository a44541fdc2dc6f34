/* Holds: what can fail comes first; then nothing has to be taken back. */
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
	error = tell(request, number);
	if (error) {
		kfree(file);
		return error;
	}
	table->files[number] = file;
	return 0;
}
