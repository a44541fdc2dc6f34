/* A strlcpy() that holds. */
#include "oopslab.h"

size_t strlcpy(char *to, const char *from, size_t size)
{
	size_t length = strlen(from);

	if (size) {
		size_t copied = length < size ? length : size - 1;

		memcpy(to, from, copied);
		to[copied] = 0;
	}
	return length;
}
