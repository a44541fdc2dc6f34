#include "oopslab.h"

struct channel {
	atomic_t refs;
	int id;
	int open;
	char name[20];
};

struct channel *channel_get(struct channel *channel)
{
	BUG_ON(atomic_read(&channel->refs) <= 0);
	atomic_inc(&channel->refs);
	return channel;
}

void channel_put(struct channel *channel)
{
	BUG_ON(atomic_read(&channel->refs) <= 0);
	if (atomic_dec_and_test(&channel->refs))
		kfree(channel);
}

struct channel *channel_new(int id)
{
	struct channel *channel = kzalloc(sizeof(*channel), GFP_KERNEL);

	if (channel == NULL)
		return NULL;
	atomic_set(&channel->refs, 1);
	channel->id = id;
	channel->open = id < 100;
	return channel;
}

/* The bug: the error path drops a reference that it did not take. */
int channel_send(struct channel *channel, int length)
{
	if (!channel->open || length > 16) {
		channel_put(channel);
		return -EINVAL;
	}
	channel_get(channel);
	channel->name[0] = (char)length;
	channel_put(channel);
	return 0;
}
