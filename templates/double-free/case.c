#include "oopslab.h"

struct packet {
	int length;
	int channel;
	char *body;
};

static int packet_check(struct packet *packet)
{
	return packet->length > 64 ? -EMSGSIZE : 0;
}

/* Frees the packet where it does not take it. */
static int packet_queue(struct packet *packet)
{
	int error = packet_check(packet);

	if (error != 0) {
		kfree(packet->body);
		kfree(packet);
	}
	return error;
}

struct packet *packet_new(int length)
{
	struct packet *packet = kzalloc(sizeof(*packet), GFP_KERNEL);

	if (packet == NULL)
		return NULL;
	packet->length = length;
	packet->body = kzalloc(128, GFP_KERNEL);
	return packet;
}

/* The bug: on an error the packet is freed already. */
int packet_send(struct packet *packet)
{
	int error = packet_queue(packet);

	if (error != 0)
		kfree(packet);
	return error;
}
