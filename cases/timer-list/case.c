/*
 * A timer that is started twice is twice in the list of those that run, which a list cannot be.
 *
 * Modelled on what "ALSA: timer: Fix link corruption due to double start or stop" mended in sound/core/timer.c: starting does
 * not ask whether the timer runs already.
 */
#include "oopslab.h"

struct timer {
	struct list_head running; /* in the device's list while it runs */
	void (*callback)(struct timer *timer);
	u32 ticks;
	u32 period;
	u64 fired;
};

struct device {
	struct list_head running; /* all timers that run */
	u64 interrupts;
};

static void count_fired(struct timer *timer)
{
	timer->fired++;
}

void device_init(struct device *device)
{
	INIT_LIST_HEAD(&device->running);
	device->interrupts = 0;
}

struct timer *timer_open(u32 period)
{
	struct timer *timer = kzalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return NULL;
	INIT_LIST_HEAD(&timer->running);
	timer->callback = count_fired;
	timer->period = period;
	return timer;
}

/* Lets it run, from now on. */
int timer_start(struct device *device, struct timer *timer)
{
	if (!timer->period)
		return -EINVAL;
	timer->ticks = timer->period;
	list_add_tail(&timer->running, &device->running); /* also where it runs already */
	return 0;
}

void timer_close(struct timer *timer)
{
	list_del(&timer->running);
	kfree(timer);
}

/* Each interrupt takes one tick from every timer that runs. Gives how many fired. */
int device_interrupt(struct device *device)
{
	struct list_head *at;
	int fired = 0;

	device->interrupts++;
	for (at = device->running.next; at != &device->running; at = at->next) {
		struct timer *timer = list_entry(at, struct timer, running);

		if (--timer->ticks)
			continue;
		timer->ticks = timer->period;
		timer->callback(timer);
		fired++;
	}
	return fired;
}
