#include "oopslab.h"

struct user {
	int sessions;
};

struct session {
	struct list_head link;
	struct user *owner;
	int id;
	int open;
};

static LIST_HEAD(sessions);
static struct user root;

struct session *session_open(int id)
{
	struct session *session = kzalloc(sizeof(*session), GFP_KERNEL);

	if (session == NULL)
		return NULL;
	session->id = id;
	session->owner = &root;
	session->open = 1;
	root.sessions++;
	list_add_tail(&session->link, &sessions);
	return session;
}

/* The bug: the session is freed, and stays on the list. */
void session_end(struct session *session)
{
	kfree(session);
}

/* Somebody else's 32 bytes. */
char *note_new(const char *text)
{
	char *note = kmalloc(32, GFP_KERNEL);

	if (note == NULL)
		return NULL;
	strlcpy(note, text, 32);
	return note;
}

void sessions_close(void)
{
	struct session *session = list_first_entry(&sessions, struct session, link);

	session->owner->sessions--;
	session->open = 0;
}
