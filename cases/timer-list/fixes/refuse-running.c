/* Holds: an entry that is in no list points to itself, for timer_open() initialises it. */
#include "oopslab.h"

int timer_start(struct device *device, struct timer *timer)
{
	if (!timer->period)
		return -EINVAL;
	if (!list_empty(&timer->running))
		return -EBUSY;
	timer->ticks = timer->period;
	list_add_tail(&timer->running, &device->running);
	return 0;
}
