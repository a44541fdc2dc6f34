/* Breaks: nothing is dropped twice any more, but the reference that a map needs is never given back. */
#include "oopslab.h"

int program_check(struct object_table *table, int number)
{
	struct object *object = object_get(table, number);

	if (!object)
		return -EBADF;
	if (!map_of(object))
		return -EINVAL;
	return 0;
}
