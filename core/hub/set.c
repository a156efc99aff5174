/* The sets of set.h. Removing puts the last into the gap on both sides and mends what pointed at the last. */
#include "hub/set.h"

#include <stdlib.h>

#include "hub/session.h"

enum { SET_FIRST = 4 };

enum wh_err
set_add_new(struct set *set, struct wh_session *s)
{
	if (set->n == set->cap) {
		uint32_t cap = set->cap != 0 ? set->cap * 2 : SET_FIRST;
		struct set_member *m = realloc(set->members, cap * sizeof *m);

		if (m == NULL)
			return WH_ENOMEM;
		set->members = m;
		set->cap = cap;
	}
	if (s->n_links == s->cap_links) {
		uint32_t cap = s->cap_links != 0 ? s->cap_links * 2 : SET_FIRST;
		struct set_link *l = realloc(s->links, cap * sizeof *l);

		if (l == NULL)
			return WH_ENOMEM;
		s->links = l;
		s->cap_links = cap;
	}
	set->members[set->n] = (struct set_member){ s, s->n_links };
	s->links[s->n_links++] = (struct set_link){ set, set->n++ };
	return WH_OK;
}

/* Where the session's link to this set stands, or n_links. */
static uint32_t
set_link_of(const struct set *set, const struct wh_session *s)
{
	if (set->n < s->n_links) {
		for (uint32_t i = 0; i < set->n; i++) {
			if (set->members[i].session == s)
				return set->members[i].at;
		}
		return s->n_links;
	}
	for (uint32_t i = 0; i < s->n_links; i++) {
		if (s->links[i].set == set)
			return i;
	}
	return s->n_links;
}

enum wh_err
set_add(struct set *set, struct wh_session *s)
{
	if (set_has(set, s))
		return WH_EEXIST;
	return set_add_new(set, s);
}

bool
set_remove(struct set *set, struct wh_session *s)
{
	uint32_t link = set_link_of(set, s), at;

	if (link == s->n_links)
		return false;
	at = s->links[link].at;
	if (at != --set->n) {
		struct set_member *moved = &set->members[at];

		*moved = set->members[set->n];
		moved->session->links[moved->at].at = at;
	}
	if (link != --s->n_links) {
		struct set_link *moved = &s->links[link];

		*moved = s->links[s->n_links];
		moved->set->members[moved->at].at = link;
	}
	return true;
}

bool
set_has(const struct set *set, const struct wh_session *s)
{
	return set_link_of(set, s) != s->n_links;
}

void
set_free(struct set *set)
{
	free(set->members);
	set->members = NULL;
	set->n = set->cap = 0;
}
