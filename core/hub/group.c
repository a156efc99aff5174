/* Groups: names, numbers of members at each edge, and the records that edges are sent for them. The edges of a group are a
 * short array that is searched: there are never more than EDGES_MAX. */
#include "hub/group.h"

#include <assert.h>
#include <stdlib.h>

#include "base/random.h"
#include "hub/hub.h"

enum { ID_COUNTER_BITS = 52 };

enum wh_err
groups_init(struct hub *hub)
{
	hub->groups.by_id.max = GROUPS_MAX;
	hub->groups.next = wh_random_u64() >> 14;
	return WH_OK;
}

static void
group_free(struct hub_group *g)
{
	set_free(&g->set);
	free(g->edges);
	free(g);
}

void
groups_finish(struct hub *hub)
{
	struct wh_map_iter it = { .value = NULL };

	while (wh_map_next(&hub->groups.by_name, &it))
		group_free(it.value);
	wh_map_free(&hub->groups.by_name);
	wh_map64_free(&hub->groups.by_id);
}

struct hub_group *
group_get(struct hub *hub, wh_id handle)
{
	return wh_map64_get(&hub->groups.by_id, handle);
}

struct hub_group *
group_make(struct hub *hub, struct wh_str full_name)
{
	struct hub_group *g = wh_map_get(&hub->groups.by_name, full_name);
	char *name;

	if (g != NULL)
		return g;
	if (full_name.n == 0 || full_name.n > GROUP_NAME_MAX)
		return NULL;
	g = calloc(1, sizeof *g + full_name.n);
	if (g == NULL)
		return NULL;
	name = (char *)(g + 1);
	memcpy(name, full_name.p, full_name.n);
	g->name = (struct wh_str){ name, full_name.n };
	g->set.kind = SET_GROUP;
	do
		g->id = (wh_id)hub->process << ID_COUNTER_BITS | (hub->groups.next++ & ((UINT64_C(1) << ID_COUNTER_BITS) - 1));
	while (g->id == 0 || group_get(hub, g->id) != NULL);
	g->handle = g->id;
	if (wh_map64_add(&hub->groups.by_id, g->id, g) != WH_OK) {
		group_free(g);
		return NULL;
	}
	if (wh_map_add(&hub->groups.by_name, g->name, g) != WH_OK) {
		wh_map64_remove(&hub->groups.by_id, g->id);
		group_free(g);
		return NULL;
	}
	return g;
}

void
group_drop(struct hub *hub, struct hub_group *g)
{
	for (uint32_t i = 0; i < g->n_edges; i++)
		edge_put_group_close(g->edges[i].edge, &(struct wh_rec_group_close){ g->id });
	while (g->set.n != 0)
		set_remove(&g->set, g->set.members[g->set.n - 1].session);
	wh_map_remove(&hub->groups.by_name, g->name);
	wh_map64_remove(&hub->groups.by_id, g->id);
	wh_map64_remove(&hub->groups.by_id, g->handle);
	group_free(g);
}

static struct group_edge *
group_edge(struct hub_group *g, const struct edge *edge)
{
	for (uint32_t i = 0; i < g->n_edges; i++) {
		if (g->edges[i].edge == edge)
			return &g->edges[i];
	}
	return NULL;
}

static struct group_edge *
group_edge_add(struct hub_group *g, struct edge *edge, uint64_t seq)
{
	if (g->n_edges == g->cap_edges) {
		uint32_t cap = g->cap_edges != 0 ? g->cap_edges * 2 : 2;
		struct group_edge *e = realloc(g->edges, cap * sizeof *e);

		if (e == NULL)
			return NULL;
		g->edges = e;
		g->cap_edges = cap;
	}
	g->edges[g->n_edges] = (struct group_edge){ .edge = edge, .seq = seq };
	return &g->edges[g->n_edges++];
}

enum wh_err
group_attach(struct hub *hub, struct hub_group *g, struct edge *edge, wh_id conn, uint64_t seq)
{
	struct group_edge *ge = group_edge(g, edge);
	enum wh_err err;

	if (ge == NULL) {
		if (seq < g->seq)
			seq = g->seq;
		ge = group_edge_add(g, edge, seq);
		if (ge == NULL)
			return WH_ENOMEM;
		edge_put_group_open(edge, &(struct wh_rec_group_open){ .group = g->id, .seq = seq, .name = g->name });
	}
	/* The count follows what we meant, also when the edge is stuck: then it is about to go, members and all. */
	err = edge_put_join(edge, &(struct wh_rec_join){ .group = g->id, .conn = conn });
	ge->members++;
	g->members++;
	hub->counts.joins++;
	return err == WH_EFULL ? WH_OK : err;
}

void
group_detach(struct hub *hub, struct hub_group *g, struct edge *edge, wh_id conn, bool gone)
{
	struct group_edge *ge = group_edge(g, edge);

	if (ge == NULL)
		return;
	assert(ge->members > 0 && g->members > 0);
	if (!gone)
		edge_put_leave(edge, &(struct wh_rec_leave){ .group = g->id, .conn = conn });
	hub->counts.leaves++;
	g->members--;
	if (--ge->members != 0)
		return;
	edge_put_group_close(edge, &(struct wh_rec_group_close){ g->id });
	*ge = g->edges[--g->n_edges];
}

bool
group_adopt(struct hub *hub, struct hub_group *g, wh_id id, struct edge *edge, uint64_t seq)
{
	struct group_edge *ge = group_edge(g, edge);

	if (ge != NULL)
		return g->id == id;
	if (g->id != id) {
		/* The first edge that has it decides the id; one with another id has to begin anew. No two groups may have one id,
		 * so that an edge's lie about its own stays without effect on others. */
		if (g->n_edges != 0 || wh_map64_add(&hub->groups.by_id, id, g) != WH_OK)
			return false;
		if (g->id != g->handle)
			wh_map64_remove(&hub->groups.by_id, g->id);
		g->id = id;
	}
	return group_edge_add(g, edge, seq) != NULL;
}

void
group_restore_member(struct hub_group *g, struct edge *edge)
{
	struct group_edge *ge = group_edge(g, edge);

	assert(ge != NULL);
	ge->members++;
	g->members++;
}

void
group_disown(struct hub_group *g, struct edge *edge)
{
	struct group_edge *ge = group_edge(g, edge);

	if (ge == NULL || ge->members != 0)
		return;
	edge_put_group_close(edge, &(struct wh_rec_group_close){ g->id });
	*ge = g->edges[--g->n_edges];
}

enum wh_err
group_send(struct hub *hub, struct hub_group *g, uint64_t seq, struct wh_str bytes, wh_id except_conn, unsigned rec_flags)
{
	struct wh_rec_publish r = { .group = g->id, .seq = seq, .flags = (uint16_t)rec_flags, .bytes = bytes };
	enum wh_err first = WH_OK;

	for (uint32_t i = 0; i < g->n_edges; i++) {
		struct group_edge *ge = &g->edges[i];
		enum wh_err err;

		if (seq != 0 && seq <= ge->seq)
			continue;
		r.except = wh_id_process(except_conn) == ge->edge->process ? except_conn : 0;
		err = edge_put_publish(ge->edge, &r);
		if (err == WH_OK && seq != 0)
			ge->seq = seq;
		if (err == WH_OK)
			hub->counts.publish_records++;
		else if (err != WH_EFULL && first == WH_OK)
			first = err;	/* a stuck edge is no error of who speaks: it is being replaced */
	}
	if (seq > g->seq)
		g->seq = seq;
	return first;
}

uint64_t
group_seq(const struct hub_group *g, uint64_t otherwise)
{
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; i < g->n_edges; i++) {
		if (g->edges[i].seq < least)
			least = g->edges[i].seq;
	}
	return least != UINT64_MAX ? least : otherwise;
}

uint64_t
group_seq_at(const struct hub_group *g, const struct edge *edge, uint64_t otherwise)
{
	for (uint32_t i = 0; i < g->n_edges; i++)
		if (g->edges[i].edge == edge)
			return g->edges[i].seq;
	return otherwise;
}

void
group_seq_set(struct hub_group *g, uint64_t seq)
{
	g->seq = seq;
	for (uint32_t i = 0; i < g->n_edges; i++)
		g->edges[i].seq = seq;
}
