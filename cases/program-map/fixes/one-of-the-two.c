/* Holds: who finds that it is no map drops the reference, and nobody else. */
#include "oopslab.h"

int program_check(struct object_table *table, int number)
{
	struct object *object = object_get(table, number);
	struct object *map;

	if (!object)
		return -EBADF;
	map = map_of(object);
	if (!map)
		return -EINVAL;
	object_put(map);
	return 0;
}
