/*
 * A reference that is dropped twice on an error path: the object is freed while a table still has it.
 *
 * Modelled on CVE-2016-4557 (kernel/bpf/verifier.c): both the function that looks a file up and its caller drop the reference
 * when the file is of the wrong kind.
 */
#include "oopslab.h"

enum { KIND_MAP = 1, KIND_SOCKET = 2 };

struct object {
	int count; /* references: the table has one */
	u32 kind;
	u64 size;
	u64 data[2];
};

/* What the numbers in a program stand for. */
struct object_table {
	struct object *objects[4];
};

struct object *object_make(struct object_table *table, int number, u32 kind)
{
	struct object *object = kzalloc(sizeof(*object), GFP_KERNEL);

	if (!object)
		return NULL;
	object->count = 1;
	object->kind = kind;
	object->size = 16;
	table->objects[number] = object;
	return object;
}

/* Takes a reference. An object that nobody has cannot be in the table. */
struct object *object_get(struct object_table *table, int number)
{
	struct object *object = table->objects[number];

	if (!object)
		return NULL;
	BUG_ON(object->count <= 0);
	object->count++;
	return object;
}

void object_put(struct object *object)
{
	if (--object->count == 0)
		kfree(object);
}

/* The object, if it is a map; otherwise its reference is dropped. */
struct object *map_of(struct object *object)
{
	if (object->kind != KIND_MAP) {
		object_put(object);
		return NULL;
	}
	return object;
}

/* Checks the reference that a program makes. */
int program_check(struct object_table *table, int number)
{
	struct object *object = object_get(table, number);
	struct object *map;

	if (!object)
		return -EBADF;
	map = map_of(object);
	if (!map) {
		object_put(object); /* map_of() has done so */
		return -EINVAL;
	}
	object_put(map);
	return 0;
}
