/* Records to an edge: into its ring, or, while that is full, into the spill, so that their order is kept. */
#include <stdlib.h>

#include "hub/hub.h"
#include "hub/spill.h"

static struct wh_ring *
edge_ring(const struct edge *edge)
{
	return edge->spill != NULL ? spill_ring(edge->spill) : edge->link->out;
}

static void
edge_stuck(struct edge *edge)
{
	struct hub *hub = edge->hub;

	edge->state = EDGE_STUCK;
	hub->counts.edges_stuck++;
	wh_log(hub->log, WH_ERROR, "edge_stuck", WH_U("process", edge->process), WH_U("waiting_bytes", spill_used(edge->spill)));
	keeper_send(hub, &(struct wh_channel_msg){ .kind = WH_CH_STUCK, .process = edge->process });
	spill_free(&edge->spill);
}

/* The ring, or the last ring of the spill, is full. */
static enum wh_err
edge_spill(struct edge *edge)
{
	struct hub *hub = edge->hub;

	hub->counts.spilled++;
	wh_ring_kick(edge->link->out);
	if (edge->spill == NULL) {
		edge->spill = spill_new(edge->link->out);
		return edge->spill != NULL ? WH_OK : WH_ENOMEM;
	}
	if (spill_bytes(edge->spill) + edge->spill->ring_size > hub->settings.edge_queue) {
		edge_stuck(edge);
		return WH_EFULL;
	}
	return spill_more(edge->spill);
}

#define EDGE_PUT(name) \
	enum wh_err \
	edge_put_##name(struct edge *edge, const struct wh_rec_##name *r) \
	{ \
		enum wh_err err; \
		if (edge->state >= EDGE_STUCK) \
			return WH_EFULL; \
		err = wh_rec_##name##_put(edge_ring(edge), r); \
		if (err == WH_EFULL) { \
			err = edge_spill(edge); \
			if (err == WH_OK) \
				err = wh_rec_##name##_put(edge_ring(edge), r); \
		} \
		edge->dirty = true; \
		return err; \
	}

EDGE_PUT(hello)
EDGE_PUT(route)
EDGE_PUT(routes_end)
EDGE_PUT(go)
EDGE_PUT(send)
EDGE_PUT(respond)
EDGE_PUT(group_open)
EDGE_PUT(group_close)
EDGE_PUT(join)
EDGE_PUT(leave)
EDGE_PUT(publish)
EDGE_PUT(close)
EDGE_PUT(papers_set)
EDGE_PUT(limits)

static void
edge_flush(struct edge *edge)
{
	while (edge->spill != NULL) {
		edge->dirty = true;
		if (spill_move(edge->spill, edge->link->out))
			spill_free(&edge->spill);
		else if (wh_ring_want_room(edge->link->out))
			break;	/* its bell brings us back */
	}
	if (edge->dirty)
		wh_ring_kick(edge->link->out);
	edge->dirty = false;
}

void
edges_flush(struct hub *hub)
{
	for (unsigned i = 0; i < hub->edges.n; i++) {
		if (hub->edges.of[i]->state < EDGE_STUCK)
			edge_flush(hub->edges.of[i]);
	}
}

static void
edge_put_row(struct edge *edge, const struct wh_rec_route *row)
{
	enum wh_err err = edge_put_route(edge, row);

	if (err != WH_OK && err != WH_EFULL)
		wh_log(edge->hub->log, WH_ERROR, "route_refused", WH_S("path", row->path), WH_I("err", err));
}

void
edge_tell_routes(struct edge *edge)
{
	edge->hub->features->routes(edge->hub, edge_put_row, edge);
	edge_put_routes_end(edge, &(struct wh_rec_routes_end){ 0 });
}

static void
routes_tell_all(struct hub *hub, void *self, uint64_t cookie)
{
	(void)self, (void)cookie;
	hub->edges.routes_due = false;
	for (unsigned i = 0; i < hub->edges.n; i++)
		edge_tell_routes(hub->edges.of[i]);
}

void
edge_routes_changed(struct hub *hub)
{
	if (hub->edges.routes_due)
		return;
	hub->edges.routes_due = hub_at_turn_end(hub, routes_tell_all, NULL, 0) == WH_OK;
}

enum wh_err
edge_respond(struct hub *hub, wh_id conn, uint32_t stream, unsigned status, struct wh_str headers, struct wh_str body,
    unsigned flags)
{
	struct edge *edge = edge_find(hub, wh_id_process(conn));

	if (edge == NULL)
		return WH_EAWAY;
	return edge_put_respond(edge, &(struct wh_rec_respond){ .conn = conn, .stream = stream, .status = (uint16_t)status,
		.flags = (uint16_t)flags, .headers = headers, .body = body });
}

enum wh_err
edge_limits(struct hub *hub, const struct wh_rec_limits *limits)
{
	struct edge *edge = edge_find(hub, wh_id_process(limits->conn));

	return edge != NULL ? edge_put_limits(edge, limits) : WH_EAWAY;
}
