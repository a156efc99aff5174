/* The groups of group.h. Leaving moves the last member into the gap, and the member's last place into its gap; each of the two
 * moves mends the index that the other side keeps. */
#include "edge/group.h"

#include <assert.h>
#include <stdlib.h>

enum { GROUP_FIRST = 8, MEMBER_FIRST = 4 };

struct group *
groups_find(const struct groups *all, wh_id id)
{
	return wh_map64_get(&all->by_id, id);
}

enum wh_err
groups_open(struct groups *all, wh_id id, struct wh_str name, struct group **group_out)
{
	struct group *g = groups_find(all, id);
	enum wh_err err;

	*group_out = g;
	if (g != NULL)
		return WH_OK;
	if (id == 0)
		return WH_EINVAL;
	if (name.n > GROUP_NAME_MAX)
		return WH_ETOOBIG;
	if (all->by_id.n >= GROUPS_MAX)
		return WH_EFULL;
	g = calloc(1, sizeof *g + name.n);
	if (g == NULL)
		return WH_ENOMEM;
	g->id = id;
	g->name_n = (uint32_t)name.n;
	if (name.n != 0)
		memcpy(g->name, name.p, name.n);
	err = wh_map64_add(&all->by_id, id, g);
	if (err != WH_OK) {
		free(g);
		return err;
	}
	*group_out = g;
	return WH_OK;
}

/* Makes room for one more place. */
static bool
member_grow(struct member *m)
{
	uint16_t cap = m->cap == 0 ? MEMBER_FIRST : (uint16_t)(m->cap * 2);
	struct group_place *places;

	if (m->n < (m->cap == 0 ? 1 : m->cap))
		return true;
	places = malloc(cap * sizeof *places);
	if (places == NULL)
		return false;
	memcpy(places, member_places(m), m->n * sizeof *places);
	if (m->cap != 0)
		free(m->many);
	m->many = places;
	m->cap = cap;
	return true;
}

static struct group_place *
member_find(struct member *m, const struct group *g)
{
	struct group_place *places = member_places(m);

	for (unsigned i = 0; i < m->n; i++)
		if (places[i].group == g)
			return &places[i];
	return NULL;
}

enum wh_err
group_add_member(struct groups *all, struct group *g, struct member *m)
{
	struct group_member *members;
	uint32_t cap;

	if (member_find(m, g) != NULL)
		return WH_EEXIST;
	if (m->n >= MEMBER_GROUPS_MAX)
		return WH_EFULL;
	if (g->n == g->cap) {
		cap = g->cap == 0 ? GROUP_FIRST : g->cap * 2;
		members = realloc(g->members, cap * sizeof *members);
		if (members == NULL)
			return WH_ENOMEM;
		g->members = members;
		g->cap = cap;
	}
	if (!member_grow(m))
		return WH_ENOMEM;
	member_places(m)[m->n] = (struct group_place){ g, g->n };
	g->members[g->n++] = (struct group_member){ m, m->n++ };
	all->members++;
	return WH_OK;
}

/* Gives memory back when three quarters of it lie idle, so that a room that once was large costs nothing later. */
static void
group_shrink(struct group *g)
{
	struct group_member *members;

	if (g->cap <= GROUP_FIRST * 4 || g->n > g->cap / 4)
		return;
	members = realloc(g->members, g->cap / 2 * sizeof *members);
	if (members == NULL)
		return;
	g->members = members;
	g->cap /= 2;
}

/* Takes the group's entry `index` out; the last one moves there. */
static void
group_take(struct group *g, uint32_t index)
{
	struct group_member *last = &g->members[g->n - 1];

	assert(index < g->n);
	if (&g->members[index] != last) {
		g->members[index] = *last;
		member_places(last->member)[last->at].index = index;
	}
	g->n--;
	group_shrink(g);
}

/* Takes the member's place `at` out; the last one moves there. */
static void
member_take(struct member *m, uint32_t at)
{
	struct group_place *places = member_places(m), *last = &places[m->n - 1];

	assert(at < m->n);
	if (&places[at] != last) {
		places[at] = *last;
		last->group->members[last->index].at = at;
	}
	m->n--;
	if (m->n == 0 && m->cap != 0) {
		free(m->many);
		m->cap = 0;
	}
}

bool
group_remove_member(struct groups *all, struct group *g, struct member *m)
{
	struct group_place *place = member_find(m, g);

	if (place == NULL)
		return false;
	uint32_t at = g->members[place->index].at;

	group_take(g, place->index);
	member_take(m, at);
	all->members--;
	return true;
}

void
member_leave_all(struct groups *all, struct member *m)
{
	while (m->n != 0) {
		struct group_place *last = &member_places(m)[m->n - 1];

		group_take(last->group, last->index);
		member_take(m, m->n - 1u);
		all->members--;
	}
}

void
groups_close(struct groups *all, struct group *g)
{
	while (g->n != 0) {
		struct group_member last = g->members[g->n - 1];

		g->n--;
		member_take(last.member, last.at);
		all->members--;
	}
	wh_map64_remove(&all->by_id, g->id);
	free(g->members);
	free(g);
}

void
groups_free(struct groups *all)
{
	struct wh_map64_iter it = { 0 };

	while (wh_map64_next(&all->by_id, &it))
		groups_close(all, it.value);
	wh_map64_free(&all->by_id);
}
