/* People: who they are, which of their sessions is spoken to, and what becomes of them when a connection is lost. */
#include <stdio.h>

#include "matching.h"

uint64_t
person_key(const struct matching *x, struct wh_str id)
{
	uint64_t h = x->seed;

	for (size_t i = 0; i < id.n; i++)
		h = table_mix2(h, (unsigned char)id.p[i]);
	return h != 0 ? h : 1;
}

struct person *
person_by_id(struct matching *x, struct wh_str id)
{
	return wh_dict_get(x->host, x->people, id);
}

struct person *
person_of(struct matching *x, struct wh_session *s)
{
	return person_by_id(x, wh_session_identity(x->host, s)->id);
}

struct person *
person_make(struct matching *x, struct wh_str id, struct wh_str name)
{
	struct person *p = person_by_id(x, id);

	if (p != NULL || id.n == 0 || id.n > ID_BYTES)
		return p;
	p = wh_new(x->host, sizeof *p);
	if (p == NULL)
		return NULL;
	text_copy(p->id, sizeof p->id, id);
	text_copy(p->name, sizeof p->name, name);
	p->key = person_key(x, id);
	wh_list_init(&p->lost_link);
	if (!table_put(&x->keys, p->key, (uint64_t)(uintptr_t)p) || wh_dict_add(x->host, x->people, wh_str(p->id), p) != WH_OK) {
		table_remove(&x->keys, p->key);
		wh_delete(x->host, p);
		return NULL;
	}
	return p;
}

struct person *
person_get(struct matching *x, const struct wh_identity *who)
{
	return person_make(x, who->id, who->name);
}

/* Nothing is left of it here: it goes. */
void
person_settle(struct matching *x, struct person *p)
{
	bool needed = p->party != NULL || p->pins != 0;

	for (unsigned i = 0; i < MATCHING_QUEUES; i++)
		needed = needed || p->waits[i] != NULL;
	for (unsigned i = 0; i < PERSON_MATCHES; i++)
		needed = needed || p->matches[i] != NULL;
	if (needed)
		return;
	wh_list_remove(&p->lost_link);
	wh_dict_remove(x->host, x->people, wh_str(p->id));
	table_remove(&x->keys, p->key);
	wh_delete(x->host, p);
}

void
person_tell(struct matching *x, const struct person *p, const struct wh_event *event)
{
	struct wh_session *s = p->session != 0 ? wh_session_get(x->host, p->session) : NULL;

	if (s != NULL)
		wh_session_notify(x->host, s, event);
}

/* Its connection is lost: what it waits for waits outside, and it has `grace` to come back. */
static void
person_lose(struct matching *x, struct person *p)
{
	if (p->lost_at != 0)
		return;
	p->lost_at = wh_now_ms(x->host) + 1;
	wh_list_add_last(&x->lost, &p->lost_link);
	for (unsigned i = 0; i < x->n_queues; i++)
		if (p->waits[i] != NULL)
			wait_leave(x, p->waits[i]);
}

void
person_here(struct matching *x, struct person *p, struct wh_session *s)
{
	p->session = wh_session_id(x->host, s);
	p->lost_at = 0;
	wh_list_remove(&p->lost_link);
	*(uint64_t *)wh_slot_of(x->host, s, x->slot) = p->key;
}

static void
person_found(struct matching *x, struct person *p, struct wh_session *s)
{
	if (p->name[0] == '\0')	/* the store does not know all names */
		text_copy(p->name, sizeof p->name, wh_session_identity(x->host, s)->name);
	person_here(x, p, s);
	for (unsigned i = 0; i < x->n_queues; i++)
		if (p->waits[i] != NULL && wait_whole(p->waits[i]))
			wait_enter(x, p->waits[i]);
	pump(x);
}

/* It does not come back. */
static void
person_gone(struct matching *x, struct person *p)
{
	p->pins++;
	wh_list_remove(&p->lost_link);
	party_drop(x, p);
	for (unsigned i = 0; i < x->n_queues; i++)
		if (p->waits[i] != NULL && p->waits[i]->match == NULL)
			wait_end(x, p->waits[i], "connection", true);
	for (unsigned i = 0; i < PERSON_MATCHES; i++)
		if (p->matches[i] != NULL)
			match_left(x, p->matches[i], match_seat_of(p->matches[i], wh_str(p->id)), "connection");
	p->pins--;
	person_settle(x, p);
}

void
people_sweep(struct matching *x)
{
	int64_t over = wh_now_ms(x->host) - x->grace_ms;

	/* They stand in the order in which they were lost. */
	while (x->lost.next != &x->lost) {
		struct person *p = WH_CONTAINER(x->lost.next, struct person, lost_link);

		if (p->lost_at > over)
			return;
		person_gone(x, p);
	}
}

static void
session_bind(struct matching *x, struct wh_session *s)
{
	struct person *p = person_of(x, s);

	if (p != NULL && p->lost_at != 0)
		person_found(x, p, s);
}

static bool
session_bind_each(void *self, struct wh_session *s)
{
	struct matching *x = self;

	/* One without a connection is lost still. */
	if (wh_session_dialect(x->host, s)[0] != '\0')
		session_bind(x, s);
	return true;
}

void
people_bind(struct matching *x)
{
	if (x->lost.next != &x->lost)
		wh_session_each(x->host, session_bind_each, x);
}

/* Whoever spoke through this session and is somebody else now. */
static void
session_renamed(struct matching *x, struct wh_session *s)
{
	const uint64_t *at = table_get(&x->keys, *(const uint64_t *)wh_slot_of(x->host, s, x->slot));
	struct person *p = at != NULL ? (struct person *)(uintptr_t)*at : NULL;

	if (p == NULL || p->session != wh_session_id(x->host, s) || wh_str_is(wh_session_identity(x->host, s)->id, p->id))
		return;
	p->session = 0;
	person_gone(x, p);
}

enum wh_verdict
person_presence(void *self, struct wh_presence *presence)
{
	struct matching *x = self;
	struct person *p = person_of(x, presence->session);
	bool ours = p != NULL && p->session == wh_session_id(x->host, presence->session);

	switch (presence->what) {
	case WH_IDENTIFIED:
		session_renamed(x, presence->session);
		session_bind(x, presence->session);
		break;
	case WH_OPENED:
	case WH_RESUMED:
		session_bind(x, presence->session);
		break;
	case WH_ENDED:
		if (ours)
			p->session = 0;
		/* fall through */
	case WH_ENDING:	/* before it leaves its rooms, which then is no leaving of the match */
	case WH_DETACHED:
		if (ours)
			person_lose(x, p);
		break;
	}
	return WH_PASS;
}
