#include "oopslab.h"

struct timer {
	struct list_head entry;
	int expires;
	int fired;
};

static LIST_HEAD(pending);

struct timer *timer_add(int expires)
{
	struct timer *timer = kzalloc(sizeof(*timer), GFP_KERNEL);

	if (timer == NULL)
		return NULL;
	timer->expires = expires;
	list_add_tail(&timer->entry, &pending);
	return timer;
}

/* Fires what is due, and takes it off the list. */
void timers_run(int now)
{
	struct timer *timer, *next;

	list_for_each_entry_safe(timer, next, &pending, entry) {
		if (timer->expires > now)
			continue;
		timer->fired++;
		list_del(&timer->entry);
	}
}

/* The bug: a timer that has fired is not on the list any more. */
void timer_cancel(struct timer *timer)
{
	list_del(&timer->entry);
}
