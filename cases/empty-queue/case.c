/*
 * The first entry of an empty list is the list's own head, taken for an entry.
 *
 * Modelled on CVE-2023-1075 (net/tls/tls_sw.c): list_first_entry() never gives NULL. Other cases of the kind are in "Uncontained:
 * Uncovering Container Confusion in the Linux Kernel" (USENIX Security 2023).
 */
#include "oopslab.h"

struct record {
	struct list_head queue;
	u64 length;
	u64 ready;
	int (*send)(struct record *record);
};

struct connection {
	u64 number;
	struct list_head queue; /* records that are to be sent */
	u64 bytes_sent;
	u64 bytes_queued;
	u64 key[3];
};

static int send_now(struct record *record)
{
	record->ready = 0;
	return (int)record->length;
}

struct connection *connection_open(u64 number, u64 key)
{
	struct connection *connection = kzalloc(sizeof(*connection), GFP_KERNEL);

	if (!connection)
		return NULL;
	connection->number = number;
	INIT_LIST_HEAD(&connection->queue);
	connection->key[0] = key;
	return connection;
}

/* Counts bytes that a record will have. */
void connection_announce(struct connection *connection, u64 length)
{
	connection->bytes_queued += length;
}

/* Puts a record into the queue; none of no bytes. */
struct record *connection_queue(struct connection *connection, u64 length)
{
	struct record *record;

	if (!length)
		return NULL;
	record = kzalloc(sizeof(*record), GFP_KERNEL);
	if (!record)
		return NULL;
	record->length = length;
	record->ready = 1;
	record->send = send_now;
	list_add_tail(&record->queue, &connection->queue);
	return record;
}

/* Sends the first record, if it is ready. Gives the number of bytes. */
int connection_flush(struct connection *connection)
{
	struct record *record = list_first_entry(&connection->queue, struct record, queue);
	int sent;

	if (!record || !record->ready) /* it is never NULL */
		return 0;
	sent = record->send(record);
	list_del(&record->queue);
	connection->bytes_sent += sent;
	connection->bytes_queued -= sent;
	kfree(record);
	return sent;
}
