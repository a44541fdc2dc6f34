#include "oopslab.h"

/* A job, and a label of the same size: one after the other in size-32. */
struct job {
	int *total;
	int id;
	int runs;
	char owner[16];
};

struct label {
	char text[32];
};

static int total;

struct job *job_new(int id)
{
	struct job *job = kzalloc(sizeof(*job), GFP_KERNEL);

	if (job == NULL)
		return NULL;
	job->total = &total;
	job->id = id;
	return job;
}

/* The bug: how long the text is, nobody asks. */
struct label *label_new(const char *text)
{
	struct label *label = kzalloc(sizeof(*label), GFP_KERNEL);

	if (label != NULL)
		strcpy(label->text, text);
	return label;
}

void job_start(struct job *job)
{
	job->runs++;
	*job->total += 1;
}
