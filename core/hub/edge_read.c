/* Records from an edge: what each of them means. A record that names a connection which is gone is dropped; one that an edge
 * has no business to write ends the edge. */
#include <stdio.h>

#include "base/slots.h"
#include "hub/hub.h"

static enum wh_err
read_opened(struct hub *hub, struct edge *edge, const struct wh_rec *rec)
{
	struct wh_rec_opened r;
	struct wh_session *s;

	if (wh_rec_opened_get(rec, &r) != WH_OK || wh_id_process(r.conn) != edge->process)
		return WH_ESYNTAX;
	if (edge->state == EDGE_TELLING)
		return recovery_opened(hub, edge, rec, &r);
	/* What a leftover says of a connection that closed since, or was recovered, is of no use any more. */
	if (hub->recovery.in_leftover && ((r.flags & WH_F_RECOVERED) != 0 || !recovery_take_pending(hub, edge, r.conn)))
		return WH_OK;
	if ((r.flags & WH_F_RECOVERED) != 0)
		return WH_ESYNTAX;
	s = wh_id_slot(r.conn) < edge->n_slots ? edge->by_slot[wh_id_slot(r.conn)] : NULL;
	if (s != NULL)
		return WH_ESYNTAX;	/* one slot never has two connections */
	session_opened(hub, edge, &r);
	return WH_OK;
}

static enum wh_err
read_message(struct hub *hub, struct edge *edge, const struct wh_rec *rec)
{
	struct wh_rec_message r;
	struct wh_session *s;

	if (wh_rec_message_get(rec, &r) != WH_OK)
		return WH_ESYNTAX;
	s = edge_session(edge, r.conn);
	if (s == NULL) {
		hub->counts.records_stale++;
		return WH_OK;
	}
	hub->counts.messages++;
	session_receive(hub, s, r.bytes, ((r.flags & WH_F_BINARY) != 0 ? WH_BINARY : 0) | ((r.flags & WH_F_TRUNCATED) != 0 ? WH_CUT : 0));
	return WH_OK;
}

static enum wh_err
read_request(struct hub *hub, struct edge *edge, const struct wh_rec *rec)
{
	struct wh_rec_request r;

	if (wh_rec_request_get(rec, &r) != WH_OK || wh_id_process(r.conn) != edge->process)
		return WH_ESYNTAX;
	hub->counts.requests++;
	hub->features->serve(hub, &r);
	return WH_OK;
}

static enum wh_err
read_writable(struct hub *hub, struct edge *edge, const struct wh_rec *rec)
{
	struct wh_rec_writable r;

	if (wh_rec_writable_get(rec, &r) != WH_OK || wh_id_process(r.conn) != edge->process)
		return WH_ESYNTAX;
	hub->features->writable(hub, r.conn);
	return WH_OK;
}

static enum wh_err
read_closed(struct hub *hub, struct edge *edge, const struct wh_rec *rec)
{
	struct wh_rec_closed r;
	struct wh_session *s;

	if (wh_rec_closed_get(rec, &r) != WH_OK || wh_id_process(r.conn) != edge->process)
		return WH_ESYNTAX;
	s = edge_session(edge, r.conn);
	if (s == NULL && (edge->state == EDGE_TELLING || hub->recovery.in_leftover)) {
		recovery_closed(hub, edge, r.conn);
	} else if (s == NULL) {
		hub->features->gone(hub, r.conn);
		edge_put_close(edge, &(struct wh_rec_close){ .conn = r.conn, .code = SESSION_CLOSE_GONE });
	} else if (!hub->recovery.in_leftover) {
		session_closed(hub, s, &r);	/* what the hub before us had not read, the edge says again */
	}
	return WH_OK;
}

static enum wh_err
read_told(struct hub *hub, struct edge *edge, const struct wh_rec *rec)
{
	union {
		struct wh_rec_papers papers;
		struct wh_rec_group group;
		struct wh_rec_recovered recovered;
	} r;

	if (edge->state != EDGE_TELLING)
		return hub->recovery.in_leftover ? WH_OK : WH_ESYNTAX;
	switch (rec->kind) {
	case WH_REC_PAPERS:
		if (wh_rec_papers_get(rec, &r.papers) != WH_OK)
			return WH_ESYNTAX;
		return recovery_papers(hub, edge, &r.papers);
	case WH_REC_GROUP:
		if (wh_rec_group_get(rec, &r.group) != WH_OK)
			return WH_ESYNTAX;
		return recovery_group(hub, edge, &r.group);
	default:
		if (wh_rec_recovered_get(rec, &r.recovered) != WH_OK)
			return WH_ESYNTAX;
		return recovery_recovered(hub, edge);
	}
}

enum wh_err
edge_dispatch(struct hub *hub, struct edge *edge, const struct wh_rec *rec)
{
	struct hub_running before = hub_running(hub, "record", wh_rec_kind_name(rec->kind));
	enum wh_err err;

	hub->counts.records++;
	switch (rec->kind) {
	case WH_REC_OPENED:
		err = read_opened(hub, edge, rec);
		break;
	case WH_REC_MESSAGE:
		err = read_message(hub, edge, rec);
		break;
	case WH_REC_REQUEST:
		err = read_request(hub, edge, rec);
		break;
	case WH_REC_WRITABLE:
		err = read_writable(hub, edge, rec);
		break;
	case WH_REC_CLOSED:
		err = read_closed(hub, edge, rec);
		break;
	case WH_REC_PAPERS:
	case WH_REC_GROUP:
	case WH_REC_RECOVERED:
		err = read_told(hub, edge, rec);
		break;
	default:
		err = WH_ESYNTAX;
		break;
	}
	hub_ran(hub, before);
	return err;
}

/* Reads up to `most` records. True: there may be more. */
static bool
edge_read(struct hub *hub, struct edge *edge, size_t most)
{
	struct wh_rec rec;

	for (size_t i = 0; i < most; i++) {
		int got;

		if (edge->state == EDGE_BROKEN)
			return false;
		/* What it says after RECOVERED waits until all have told. */
		if (edge->state == EDGE_TOLD)
			break;
		got = wh_ring_next(edge->link->in, &rec);
		if (got == 0)
			break;
		if (got < 0) {
			edge_bad(hub, edge, "the ring's bytes are no records");
			return false;
		}
		if (!edge_poison(hub, edge->process, &rec) && edge_dispatch(hub, edge, &rec) != WH_OK) {
			char saw[96];

			snprintf(saw, sizeof saw, "%s of %zu bytes", wh_rec_kind_name(rec.kind), rec.bytes.n);
			edge_bad(hub, edge, saw);
			return false;
		}
		/* All that a record brought about is seen, and then the record is done. */
		for (unsigned k = 0; k < hub->edges.n; k++)
			if (hub->edges.of[k]->link != NULL)
				wh_ring_show(hub->edges.of[k]->link->out);
		wh_ring_done(edge->link->in);
		if (i + 1 == most)
			return true;
	}
	return !wh_ring_sleep(edge->link->in) && edge->state != EDGE_TOLD;
}

void
edge_drain(struct hub *hub, struct edge *edge)
{
	while (edge_read(hub, edge, SIZE_MAX))
		continue;
}

bool
edges_read(struct hub *hub)
{
	bool more = false;

	for (unsigned i = 0; i < hub->edges.n; i++) {
		struct edge *edge = hub->edges.of[i];

		if (!edge->rang)
			continue;
		edge->rang = false;
		if (edge_read(hub, edge, hub->settings.turn_records))
			edge->rang = true;
	}
	/* Asked at the end: the last to tell in recovery sets the others going. */
	for (unsigned i = 0; i < hub->edges.n; i++)
		more |= hub->edges.of[i]->rang && hub->edges.of[i]->state != EDGE_BROKEN;
	return more;
}
