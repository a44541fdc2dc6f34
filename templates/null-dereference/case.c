#include "oopslab.h"

struct device_ops {
	int (*start)(int speed);
	int (*stop)(void);
};

struct device {
	struct list_head list;
	int id;
	int speed;
	const struct device_ops *ops;
};

static LIST_HEAD(devices);

static int motor_start(int speed)
{
	return speed > 0 ? 0 : -EINVAL;
}

static const struct device_ops motor_ops = { .start = motor_start };

struct device *device_add(int id)
{
	struct device *device = kzalloc(sizeof(*device), GFP_KERNEL);

	if (device == NULL)
		return NULL;
	device->id = id;
	device->speed = 9600;
	device->ops = &motor_ops;
	list_add_tail(&device->list, &devices);
	return device;
}

static struct device *device_find(int id)
{
	struct device *device;

	list_for_each_entry(device, &devices, list)
		if (device->id == id)
			return device;
	return NULL;
}

/* The bug: there may be no such device. */
int device_start(int id)
{
	struct device *device = device_find(id);

	return device->ops->start(device->speed);
}
