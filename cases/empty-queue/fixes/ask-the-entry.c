/* Breaks: the entry of an empty list is not NULL, and what its length is lies in the connection: bytes_sent. */
#include "oopslab.h"

int connection_flush(struct connection *connection)
{
	struct record *record = list_first_entry(&connection->queue, struct record, queue);
	int sent;

	if (!record->length && !record->ready)
		return 0;
	sent = record->send(record);
	list_del(&record->queue);
	connection->bytes_sent += sent;
	connection->bytes_queued -= sent;
	kfree(record);
	return sent;
}
