/* A strlcpy() whose author took the size of the field for the length of the longest name. */
#include "oopslab.h"

size_t strlcpy(char *to, const char *from, size_t size)
{
	size_t length = strlen(from);
	size_t copied = length < size ? length : size;

	memcpy(to, from, copied);
	to[copied] = 0;
	return length;
}
