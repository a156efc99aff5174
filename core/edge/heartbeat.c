/* What time does to connections: pings and the clients that do not answer them, phases that take too long, rates that have
 * recovered. Pings are spread by slot, so that ten thousand connections that came in one second are not pinged in one. */
#include "edge/edge.h"

static void
heartbeat_later(struct conn *c, int64_t ms)
{
	wheel_set(&c->edge->wheel, &c->wheel, c->edge->tick + wheel_ticks(ms));
}

void
heartbeat_set(struct conn *c)
{
	const struct edge_settings *s = c->edge->settings;
	int64_t ping = s->websocket.ping_ms;

	if (c->state == CONN_WS)
		/* The first one comes after half to all of the time, by slot (a number that shares no factor with usual times). */
		heartbeat_later(c, ping / 2 + (ping / 2) * (int64_t)(wh_id_slot(c->id) * 619u % 1000u) / 1000);
	else if (c->state == CONN_LINE)
		conn_set_deadline(c, s->line.idle_ms);
}

static void
heartbeat_timeout(struct conn *c, unsigned code, const char *why)
{
	edge_count(c->edge, WH_EDGE_CLOSED_TIMEOUT);
	conn_end(c, code, wh_str(why));
}

/* Has the client taken nothing of what waits for too long? */
static bool
heartbeat_stuck(const struct conn *c)
{
	return c->queue.n != 0 && c->edge->tick - c->wrote > wheel_ticks(c->edge->settings->http.write_ms);
}

static void
heartbeat_ws(struct conn *c)
{
	const struct edge_settings *s = c->edge->settings;

	if (c->flags & CONN_PONG_DUE) {
		/* An unread pong may lie behind what we do not read: then silence is ours, not the client's. */
		if (c->pause == 0 || c->edge->tick - c->deadline > wheel_ticks(s->websocket.ping_ms * 4)) {
			edge_count(c->edge, WH_EDGE_CLOSED_DEAD);
			/* It may only be deaf on one ear: say why as far as the kernel takes it, but wait for nothing. */
			conn_close_hint(c, WH_WS_GOING_AWAY, WH_STR("no answer to a ping"), CONN_RESUME_MS);
			if (conn_alive(c))
				conn_flush(c);
			conn_end(c, 1006, WH_STR("no answer to a ping"));
			return;
		}
		heartbeat_later(c, s->websocket.dead_ms);
		return;
	}
	if (c->deadline != 0) {
		/* The pong came in time; the next ping is due a whole interval after the last. */
		int64_t left = s->websocket.ping_ms - s->websocket.dead_ms;

		c->deadline = 0;
		if (left > HEARTBEAT_TICK_MS) {
			heartbeat_later(c, left);
			return;
		}
	}
	conn_ping(c);
	c->deadline = c->edge->tick | 1;
	if (conn_alive(c) && c->state == CONN_WS)
		heartbeat_later(c, s->websocket.dead_ms);
}

static void
heartbeat_line(struct conn *c)
{
	const struct edge_settings *s = c->edge->settings;
	uint32_t idle = wheel_ticks(s->line.idle_ms);

	/* Each read moves the deadline, and not the wheel. */
	if ((int32_t)(c->deadline - c->edge->tick) > 0) {
		wheel_set(&c->edge->wheel, &c->wheel, c->deadline);
		return;
	}
	if (heartbeat_stuck(c) || c->pause == 0)
		heartbeat_timeout(c, WH_WS_POLICY, "idle for too long");
	else
		wheel_set(&c->edge->wheel, &c->wheel, c->edge->tick + idle);
}

static void
heartbeat_due(struct conn *c)
{
	switch ((enum conn_state)c->state) {
	case CONN_PROXY:
	case CONN_TLS:
		heartbeat_timeout(c, 1006, "handshake timeout");
		break;
	case CONN_HTTP:
		if ((int32_t)(c->deadline - c->edge->tick) > 0)
			wheel_set(&c->edge->wheel, &c->wheel, c->deadline);
		else
			conn_http_timeout(c);
		break;
	case CONN_WS:
		heartbeat_ws(c);
		break;
	case CONN_LINE:
		heartbeat_line(c);
		break;
	case CONN_CLOSING:
	case CONN_LINGER:
		conn_end(c, c->code != 0 ? c->code : 1006, WH_STR(""));
		break;
	case CONN_ENDED:
		break;
	}
}

/* Those over a rate may go on when it has recovered; those that are over it without end are closed. */
static void
heartbeat_paces(struct edge *e)
{
	int64_t flood = e->settings->limits.flood_ms;
	struct wh_list now;

	wh_list_init(&now);
	wh_list_join(&now, &e->paced);
	while (!wh_list_empty(&now)) {
		struct conn *c = WH_CONTAINER(wh_list_first(&now), struct conn, list);
		const struct wh_flow *messages = c->limits != NULL ? &c->limits->messages : &e->settings->limits.messages;
		const struct wh_flow *bytes = c->limits != NULL ? &c->limits->bytes : &e->settings->limits.bytes;
		uint32_t since = c->since;

		wh_list_remove(&c->list);
		wh_list_add_last(&e->paced, &c->list);
		if (c->state == CONN_HTTP)
			messages = bytes = &e->settings->limits.requests;
		/* A pause that comes within two seconds of the last one goes on with it. */
		if (since == 0 || e->tick - c->throttled_at > wheel_ticks(2000))
			c->since = since = e->tick | 1;
		c->throttled_at = e->tick;
		if (flood != 0 && c->state == CONN_WS && (int32_t)(e->tick - since) > (int32_t)wheel_ticks(flood)) {
			edge_count(e, WH_EDGE_CLOSED_FLOOD);
			conn_close_hint(c, WH_WS_POLICY, WH_STR("too many messages"), CONN_RESUME_LATER_MS);
			continue;
		}
		if (flood != 0 && c->state == CONN_LINE && (int32_t)(e->tick - since) > (int32_t)wheel_ticks(flood)) {
			edge_count(e, WH_EDGE_CLOSED_FLOOD);
			conn_end(c, WH_WS_POLICY, WH_STR("too many messages"));
			continue;
		}
		if (wh_bucket_wait(&c->messages, messages, e->now_ns, 1) == 0 && wh_bucket_wait(&c->bytes, bytes, e->now_ns, 1) == 0)
			conn_resume(c, PAUSE_PACE);
	}
}

void
heartbeat_run(struct edge *e)
{
	struct wheel_item *item;

	while ((item = wheel_due(&e->wheel, e->tick)) != NULL)
		heartbeat_due(WH_CONTAINER(item, struct conn, wheel));
	heartbeat_paces(e);
}
