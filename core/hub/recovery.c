/* Recovery, the barrier: which edges have told, when the wait is over, and what then happens in which order. What one edge
 * told is collected and put together in recovery_edge.c. */
#include "hub/recovery.h"

#include <stdlib.h>

#include "hub/hub.h"
#include "hub/recovery_edge.h"

enum wh_err
recovery_init(struct hub *hub)
{
	hub->recovery.began_ns = hub->now_ns;
	return WH_OK;
}

static void
leftover_free(struct leftover *l)
{
	wh_link_detach(&l->link);
	wh_link_fds_close(&l->fds);
	free(l);
}

void
recovery_finish(struct hub *hub)
{
	while (hub->recovery.leftovers != NULL) {
		struct leftover *l = hub->recovery.leftovers;

		hub->recovery.leftovers = l->next;
		leftover_free(l);
	}
	while (hub->recovery.edges != NULL)
		recovery_edge_free(hub, hub->recovery.edges);
}

enum wh_err
recovery_leftover(struct hub *hub, uint32_t process, struct wh_link_fds *take_fds)
{
	struct leftover *l = calloc(1, sizeof *l);
	enum wh_err err;

	if (l == NULL) {
		wh_link_fds_close(take_fds);
		return WH_ENOMEM;
	}
	l->process = process;
	l->fds = *take_fds;
	*take_fds = WH_LINK_FDS_NONE;
	err = wh_link_attach(&l->fds, WH_HUB_END, &l->link);
	if (err != WH_OK) {
		leftover_free(l);
		return err;
	}
	l->next = hub->recovery.leftovers;
	hub->recovery.leftovers = l;
	return WH_OK;
}

/* Handles what the hub before us had not, as if it came now. */
static void
leftover_drain(struct hub *hub, struct edge *edge, struct leftover *l)
{
	struct wh_rec rec;
	uint64_t n = 0;

	hub->recovery.in_leftover = true;
	while (edge->state != EDGE_BROKEN && wh_ring_next(l->link->in, &rec) == 1) {
		if (!edge_poison(hub, l->process, &rec) && edge_dispatch(hub, edge, &rec) != WH_OK)
			edge_bad(hub, edge, "a bad record in what was left over");
		wh_ring_done(l->link->in);
		n++;
	}
	hub->recovery.in_leftover = false;
	if (n != 0)
		wh_log(hub->log, WH_INFO, "leftover_handled", WH_U("process", l->process), WH_U("records", n));
}

static void
leftovers_of(struct hub *hub, struct edge *edge)
{
	struct leftover **at = &hub->recovery.leftovers;

	while (*at != NULL) {
		struct leftover *l = *at;

		if (l->process != edge->process) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		leftover_drain(hub, edge, l);
		leftover_free(l);
	}
}

/* Edges that died with the hub, or before their leftover was of use. */
static void
leftovers_without_edge(struct hub *hub)
{
	struct leftover **at = &hub->recovery.leftovers;

	while (*at != NULL) {
		struct leftover *l = *at;

		if (edge_find(hub, l->process) != NULL) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		leftover_free(l);
	}
}

/* All sessions and rooms are there before the first plugin hears of any, and all is loaded before the first record. */
static void
recovery_round(struct hub *hub, struct edge *const *edges, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		recovery_edge_groups(hub, edges[i]);
	for (unsigned i = 0; i < n; i++)
		recovery_edge_load(hub, edges[i]);
	for (unsigned i = 0; i < n; i++)
		edges[i]->state = EDGE_LIVE;
	hub->features->recovered(hub);
	for (unsigned i = 0; i < n; i++)
		leftovers_of(hub, edges[i]);
	for (unsigned i = 0; i < n; i++)
		recovery_edge_tell(hub, edges[i]);
	for (unsigned i = 0; i < n; i++)
		recovery_edge_pending(hub, edges[i]);
	for (unsigned i = 0; i < n; i++) {
		if (edges[i]->state != EDGE_LIVE)
			continue;
		edge_put_go(edges[i], &(struct wh_rec_go){ 0 });
		edges[i]->rang = true;
	}
}

/* Past the barrier with those that have told. */
static void
recovery_pass(struct hub *hub)
{
	struct edge *told[EDGES_MAX];
	unsigned n = 0;

	for (unsigned i = 0; i < hub->edges.n; i++) {
		if (hub->edges.of[i]->state == EDGE_TOLD)
			told[n++] = hub->edges.of[i];
	}
	timer_stop(hub, hub->recovery.timer);
	hub->recovery.timer = 0;
	hub->recovery.over = true;
	recovery_round(hub, told, n);
	leftovers_without_edge(hub);
	wh_log(hub->log, WH_INFO, "recovered", WH_U("edges", n), WH_U("sessions", hub->counts.sessions_recovered),
	    WH_I("us", (wh_clock_mono_ns(hub->clock) - hub->recovery.began_ns) / 1000));
	if (hub->recovery.ready != NULL)
		hub->recovery.ready(hub);
}

static void
recovery_look(struct hub *hub)
{
	if (hub->recovery.over || !hub->recovery.links_ended)
		return;
	for (unsigned i = 0; i < hub->edges.n; i++) {
		if (hub->edges.of[i]->state == EDGE_TELLING)
			return;
	}
	recovery_pass(hub);
}

static void
recovery_time_over(void *self, uint64_t cookie)
{
	struct hub *hub = self;

	(void)cookie;
	hub->recovery.timer = 0;
	if (hub->recovery.over)
		return;
	wh_log(hub->log, WH_WARN, "recovery_slow", WH_I("ms", RECOVERY_WAIT_MS));
	recovery_pass(hub);
}

void
recovery_links_end(struct hub *hub)
{
	hub->recovery.links_ended = true;
	hub->recovery.timer = timer_start(hub, NULL, "recovery", RECOVERY_WAIT_MS, 0, recovery_time_over, hub, 0);
	recovery_look(hub);
}

enum wh_err
recovery_edge_added(struct hub *hub, struct edge *edge)
{
	return recovery_edge_make(hub, edge);
}

void
recovery_edge_gone(struct hub *hub, struct edge *edge)
{
	struct recovery_edge *re = recovery_edge_of(hub, edge);

	if (re != NULL)
		recovery_edge_free(hub, re);
	recovery_look(hub);
}

enum wh_err
recovery_recovered(struct hub *hub, struct edge *edge)
{
	recovery_edge_told(hub, edge);
	edge->state = EDGE_TOLD;
	if (hub->recovery.over)
		recovery_round(hub, &edge, 1);
	else
		recovery_look(hub);
	return WH_OK;
}
