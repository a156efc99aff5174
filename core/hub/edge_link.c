/* The life of a link to an edge: taken from the keeper, let go when the edge died; and which session stands at which of its
 * connections: an array by the slot of the connection's id. */
#include "hub/edge_link.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/permit.h"
#include "base/slots.h"
#include "hub/hub.h"
#include "hub/spill.h"

enum { SLOTS_FIRST = 64 };

static void
edge_rang(evutil_socket_t fd, short what, void *arg)
{
	struct edge *edge = arg;

	(void)fd, (void)what;
	hub_enter(edge->hub);
	wh_link_woken(edge->link);
	edge->rang = true;
}

static void
edge_free(struct edge *edge)
{
	if (edge->bell != NULL)
		event_free(edge->bell);
	spill_free(&edge->spill);
	wh_link_detach(&edge->link);
	wh_link_fds_close(&edge->fds);
	free(edge->by_slot);
	free(edge->listeners);
	free(edge);
}

static enum wh_err
edge_listen(struct hub *hub, struct edge *edge)
{
	enum wh_err err = wh_link_attach(&edge->fds, WH_HUB_END, &edge->link);

	/* What a turn says is seen together: a publish and the answer to who said it are both told, or, if we die between, both by the
	 * next hub, from the log. */
	if (err == WH_OK)
		wh_ring_hold(edge->link->out);
	if (err != WH_OK || hub->base == NULL)
		return err;
	edge->bell = event_new(hub->base, edge->link->bell, EV_READ | EV_PERSIST, edge_rang, edge);
	if (edge->bell == NULL || event_add(edge->bell, NULL) != 0)
		return WH_ENOMEM;
	return WH_OK;
}

enum wh_err
edge_add(struct hub *hub, uint32_t process, uint32_t index, struct wh_link_fds *take_fds, struct edge **edge_out)
{
	struct edge *edge;
	enum wh_err err;

	*edge_out = NULL;
	if (hub->edges.n == EDGES_MAX || process >= EDGE_PROCESSES || edge_find(hub, process) != NULL) {
		wh_link_fds_close(take_fds);
		return WH_EFULL;
	}
	edge = calloc(1, sizeof *edge);
	if (edge == NULL) {
		wh_link_fds_close(take_fds);
		return WH_ENOMEM;
	}
	edge->hub = hub;
	edge->process = process;
	edge->index = index;
	edge->state = EDGE_TELLING;
	edge->rang = true;
	edge->fds = *take_fds;
	*take_fds = WH_LINK_FDS_NONE;
	err = edge_listen(hub, edge);
	if (err == WH_OK)
		err = recovery_edge_added(hub, edge);
	if (err != WH_OK) {
		edge_free(edge);
		return err;
	}
	hub->edges.of[hub->edges.n++] = edge;
	hub->edges.by_process[process] = edge;
	wh_log(hub->log, WH_INFO, "edge_linked", WH_U("edge", index), WH_U("process", process));
	edge_put_hello(edge, &(struct wh_rec_hello){ .epoch = hub->epoch, .version = WH_RECORD_VERSION });
	edge_tell_routes(edge);
	*edge_out = edge;
	return WH_OK;
}

enum wh_err
edge_listeners_set(struct edge *edge, struct wh_str names)
{
	free(edge->listeners);
	edge->listeners = names.n != 0 ? strndup(names.p, names.n) : NULL;
	return names.n == 0 || edge->listeners != NULL ? WH_OK : WH_ENOMEM;
}

struct wh_str
edge_listener_name(const struct edge *edge, unsigned listener)
{
	struct wh_str names = wh_str(edge->listeners), name;

	while (wh_permit_word(&names, &name))
		if (listener-- == 0)
			return name;
	return (struct wh_str){ NULL, 0 };
}

void
edge_gone(struct hub *hub, struct edge *edge)
{
	wh_log(hub->log, WH_INFO, "edge_gone", WH_U("edge", edge->index), WH_U("process", edge->process), WH_U("sessions", edge->sessions));
	if (edge->state == EDGE_LIVE || edge->state == EDGE_STUCK)
		edge_drain(hub, edge);
	edge->state = EDGE_BROKEN;
	for (uint32_t i = 0; i < edge->n_slots; i++) {
		if (edge->by_slot[i] != NULL)
			session_lost(hub, edge->by_slot[i]);
	}
	hub->features->edge_gone(hub, edge->process);
	for (unsigned i = 0; i < hub->edges.n; i++) {
		if (hub->edges.of[i] == edge)
			hub->edges.of[i] = hub->edges.of[--hub->edges.n];
	}
	hub->edges.by_process[edge->process] = NULL;
	recovery_edge_gone(hub, edge);
	edge_free(edge);
}

struct edge *
edge_find(struct hub *hub, uint32_t process)
{
	return process < EDGE_PROCESSES ? hub->edges.by_process[process] : NULL;
}

void
edges_finish(struct hub *hub)
{
	while (hub->edges.n != 0)
		edge_free(hub->edges.of[--hub->edges.n]);
	memset(hub->edges.by_process, 0, sizeof hub->edges.by_process);
}

void
edge_bad(struct hub *hub, struct edge *edge, const char *saw)
{
	if (edge->state == EDGE_BROKEN)
		return;
	edge->state = EDGE_BROKEN;
	hub->counts.records_bad++;
	wh_log(hub->log, WH_ERROR, "bad_record", WH_U("edge", edge->index), WH_U("process", edge->process), WH_T("saw", saw));
	keeper_send(hub, &(struct wh_channel_msg){ .kind = WH_CH_BAD_RECORD, .process = edge->process, .text = wh_str(saw) });
}

struct wh_session *
edge_session(const struct edge *edge, wh_id conn)
{
	uint32_t slot = wh_id_slot(conn);
	struct wh_session *s;

	if (slot >= edge->n_slots || (s = edge->by_slot[slot]) == NULL || s->conn != conn)
		return NULL;
	return s;
}

enum wh_err
edge_session_set(struct edge *edge, wh_id conn, struct wh_session *s)
{
	uint32_t slot = wh_id_slot(conn), n = edge->n_slots != 0 ? edge->n_slots : SLOTS_FIRST;

	if (slot >= edge->n_slots) {
		struct wh_session **more;

		if (s == NULL)
			return WH_OK;
		while (n <= slot)
			n *= 2;
		more = realloc(edge->by_slot, n * sizeof *more);
		if (more == NULL)
			return WH_ENOMEM;
		memset(more + edge->n_slots, 0, (n - edge->n_slots) * sizeof *more);
		edge->by_slot = more;
		edge->n_slots = n;
	}
	if (s != NULL && edge->by_slot[slot] != NULL)
		return WH_EEXIST;
	if (s != NULL)
		edge->sessions++;
	else if (edge->by_slot[slot] != NULL)
		edge->sessions--;
	edge->by_slot[slot] = s;
	return WH_OK;
}
