/* Holds: whether a list has entries is asked of the list. */
#include "oopslab.h"

int connection_flush(struct connection *connection)
{
	struct record *record = list_first_entry(&connection->queue, struct record, queue);
	int sent;

	if (list_empty(&connection->queue))
		return 0;
	sent = record->send(record);
	list_del(&record->queue);
	connection->bytes_sent += sent;
	connection->bytes_queued -= sent;
	kfree(record);
	return sent;
}
