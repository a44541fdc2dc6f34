/* Breaks: it looks at the first entry of the list only, so it sees a running timer where that runs alone. */
#include "oopslab.h"

int timer_start(struct device *device, struct timer *timer)
{
	if (!timer->period)
		return -EINVAL;
	if (device->running.next == &timer->running)
		return -EBUSY;
	timer->ticks = timer->period;
	list_add_tail(&timer->running, &device->running);
	return 0;
}
