/* Recovery: a new hub is told of every connection that its predecessor knew, with papers and groups, and of every group with
 * its last seq; of those that ended last, since one of them may have been resumed over another. Told piece by piece as the ring has room, from a cursor; meanwhile no connection becomes known, as
 * link_ready is false until GO. */
#include <stdlib.h>

#include "edge/edge.h"

void
recover_begin(struct edge *e)
{
	struct hub_link *l = &e->link;
	struct wh_map64_iter it = { 0 };

	l->phase = LINK_TELLING;
	l->cursor = 0;
	l->telling = NULL;
	l->telling_past = false;
	l->opened_told = false;
	conns_past(e);
	free(l->groups);
	l->groups_n = l->groups_at = 0;
	/* By id: the hub may close a group while we tell. */
	l->groups = calloc(e->groups.by_id.n + 1, sizeof *l->groups);
	while (l->groups != NULL && wh_map64_next(&e->groups.by_id, &it))
		l->groups[l->groups_n++] = it.key;
}

static bool
recover_papers(struct edge *e, struct conn *c)
{
	struct wh_rec_papers r = { .conn = c->id };
	wh_id ids[MEMBER_GROUPS_MAX];

	for (unsigned i = 0; i < c->member.n; i++)
		ids[i] = member_places(&c->member)[i].group->id;
	r.groups = conn_alive(c) ? wh_ids(ids, c->member.n) : wh_ids(c->past.groups, c->past.n);
	if (c->papers != NULL)
		r.papers = (struct wh_str){ c->papers->bytes, c->papers->n };
	return link_put(e, wh_rec_papers_put(e->link.link->out, &r));
}

/* All that is told of one connection. False: no room now; `opened_told` says how far it came. */
static bool
recover_conn(struct edge *e, struct conn *c)
{
	struct hub_link *l = &e->link;

	if (!l->opened_told && !link_put(e, conn_put_opened(c, WH_F_RECOVERED)))
		return false;
	l->opened_told = true;
	if (!recover_papers(e, c))
		return false;
	l->opened_told = false;
	return true;
}

static bool
recover_group(struct edge *e, wh_id id)
{
	struct group *g = groups_find(&e->groups, id);
	struct wh_rec_group r;

	if (g == NULL)
		return true;
	r = (struct wh_rec_group){ .group = id, .seq = g->seq, .members = g->n, .name = { g->name, g->name_n } };
	return link_put(e, wh_rec_group_put(e->link.link->out, &r));
}

bool
recover_tell(struct edge *e)
{
	struct hub_link *l = &e->link;
	struct wh_rec_recovered done = { 0 };
	bool past;
	wh_id id;

	for (;;) {
		if (l->telling == NULL) {
			l->telling = wh_slots_next(&e->conns, &l->cursor, &id);
			if (l->telling == NULL && l->telling_past)
				break;
		}
		if (l->telling == NULL) {
			l->telling_past = true;
			l->cursor = 0;
			continue;
		}
		past = (l->telling->flags & CONN_PAST) != 0;
		/* It stays known when it ends meanwhile: CLOSED follows after GO. */
		if ((l->telling->flags & CONN_KNOWN) && past == l->telling_past && !recover_conn(e, l->telling))
			return false;
		l->telling = NULL;
	}
	for (; l->groups_at < l->groups_n; l->groups_at++)
		if (!recover_group(e, l->groups[l->groups_at]))
			return false;
	if (!link_put(e, wh_rec_recovered_put(l->link->out, &done)))
		return false;
	free(l->groups);
	l->groups = NULL;
	return true;
}
