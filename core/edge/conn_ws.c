/* WebSocket connections: what the codec finds becomes MESSAGE records, and control frames are answered here. */
#include "edge/edge.h"

#include <stdlib.h>

#include "base/random.h"

void
conn_ws_begin(struct conn *c, bool deflate, uint8_t window_bits)
{
	c->state = CONN_WS;
	c->window_bits = window_bits;
	if (deflate)
		c->flags |= CONN_DEFLATE;
	c->queue_max = c->edge->settings->limits.queue;
	wh_ws_in_begin(&c->ws, deflate);
	c->since = c->deadline = 0;
	c->edge->metrics[WH_EDGE_CONNECTIONS_HTTP]--;
	edge_count(c->edge, WH_EDGE_CONNECTIONS_WS);
	heartbeat_set(c);
	(void)conn_announce(c);
}

static void
ws_pong(struct conn *c, struct wh_str payload)
{
	unsigned char frame[WH_WS_CONTROL_FRAME_MAX];
	size_t n = wh_ws_control(frame, WH_WS_OP_PONG, payload);

	(void)conn_push_bytes(c, (struct wh_str){ (const char *)frame, n });
}

void
conn_ping(struct conn *c)
{
	c->flags |= CONN_PONG_DUE;
	(void)conn_push(c, c->edge->ping);
}

/* The other side's close: ours answers it, or it answered ours. Either way the connection is over once all is written. */
static void
ws_closed(struct conn *c, unsigned code, struct wh_str reason)
{
	unsigned char frame[WH_WS_CONTROL_FRAME_MAX];

	if (c->state == CONN_CLOSING) {
		conn_end(c, c->code, WH_STR(""));
		return;
	}
	(void)conn_push_bytes(c, (struct wh_str){ (const char *)frame, wh_ws_close(frame, code, WH_STR("")) });
	if (!conn_alive(c))
		return;
	c->code = (uint16_t)code;
	free(c->reason);
	c->reason = reason.n != 0 ? strndup(reason.p, reason.n) : NULL;
	c->state = CONN_CLOSING;
	c->flags |= CONN_CLOSE_AFTER | CONN_FAREWELL;
	conn_set_deadline(c, c->edge->settings->websocket.close_ms);
}

/* `shown` is what a WebSocket client reads; `reason` what the hub is told. */
static void
ws_close(struct conn *c, unsigned code, struct wh_str reason, struct wh_str shown)
{
	unsigned char frame[WH_WS_CONTROL_FRAME_MAX];
	struct frame *f;

	if (c->state >= CONN_CLOSING)
		return;
	c->code = (uint16_t)code;
	free(c->reason);
	c->reason = reason.n != 0 ? strndup(reason.p, reason.n < CONN_REASON_MAX ? reason.n : CONN_REASON_MAX) : NULL;
	if (c->state != CONN_WS) {
		c->flags |= CONN_CLOSE_AFTER;
		conn_dirty(c);
		return;
	}
	/* Beyond the queue's limit, as it is the last one. */
	f = frame_of((struct wh_str){ (const char *)frame, wh_ws_close(frame, code, shown) });
	if (f == NULL || !queue_push(&c->queue, f)) {
		if (f != NULL)
			frame_drop(f);
		conn_end(c, code, reason);
		return;
	}
	frame_drop(f);
	conn_dirty(c);
	c->state = CONN_CLOSING;
	conn_set_deadline(c, c->edge->settings->websocket.close_ms);
	/* Whatever it was paused for, its close frame has to be read. */
	conn_resume(c, PAUSE_HUB | PAUSE_PACE);
}

void
conn_close(struct conn *c, unsigned code, struct wh_str reason)
{
	ws_close(c, code, reason, reason);
}

void
conn_close_hint(struct conn *c, unsigned code, struct wh_str reason, unsigned resume_ms)
{
	char text[CONN_REASON_MAX + 1];
	/* Not all at one time. */
	unsigned ms = resume_ms + (unsigned)wh_random_below(resume_ms);
	int n = snprintf(text, sizeof text, "%.*s; resume in %u ms", reason.n < CONN_HINTED_MAX ? (int)reason.n : CONN_HINTED_MAX, reason.p, ms);

	ws_close(c, code, reason, (struct wh_str){ text, (size_t)n });
}

/* A whole message for the hub. */
static void
ws_message(struct conn *c, const struct wh_ws_event *ev)
{
	struct wh_rec_message r = { .conn = c->id, .flags = ev->kind == WH_WS_BINARY ? WH_F_BINARY : 0, .bytes = ev->payload };
	enum wh_err err = wh_rec_message_put(c->edge->link.link->out, &r);

	if (err == WH_ETOOBIG) {
		conn_close_hint(c, WH_WS_TOO_BIG, WH_STR("too long for this server"), CONN_RESUME_MS);
		return;
	}
	/* conn_ws_read made sure of room. */
	(void)link_put(c->edge, err);
	edge_count(c->edge, WH_EDGE_MESSAGES_IN);
	conn_paced(c);
}

/* May a frame be looked at that could turn out to be a message? There has to be room for the longest, since what the codec
 * yields cannot be given back. */
static bool
ws_may_read(struct conn *c)
{
	struct edge *e = c->edge;
	size_t need = e->settings->websocket.message_max + 64;

	if (c->state == CONN_CLOSING)
		return true;
	if (!link_ready(&e->link) || !(c->flags & CONN_KNOWN))
		return false;
	if (need > wh_ring_max(e->link.link->out))
		need = wh_ring_max(e->link.link->out);
	if (wh_ring_claim(e->link.link->out, need) != NULL)
		return true;
	return link_put(e, WH_EFULL);
}

size_t
conn_ws_read(struct conn *c, char *bytes, size_t n)
{
	struct edge *e = c->edge;
	struct wh_ws_limits limits = { e->settings->websocket.message_max, e->settings->websocket.frames_max };
	struct wh_ws_event ev;
	size_t used = 0, took;

	while (used < n && (c->state == CONN_WS || c->state == CONN_CLOSING) && (c->pause & ~(unsigned)PAUSE_BUSY) == 0) {
		/* While the hub is away, control frames are still answered: a data frame's first byte says what it is. */
		if (!ws_may_read(c) && (((unsigned char)bytes[used] & 8) == 0 || c->ws.gather != NULL)) {
			conn_pause(c, PAUSE_HUB);
			break;
		}
		enum wh_ws_kind kind = wh_ws_next(&c->ws, &limits, e->inflater, bytes + used, n - used, &took, &ev);

		used += took;
		switch (kind) {
		case WH_WS_MORE:
			return used;
		case WH_WS_TEXT:
		case WH_WS_BINARY:
			if (c->state == CONN_WS)
				ws_message(c, &ev);
			break;
		case WH_WS_PING:
			if (c->state == CONN_WS) {
				ws_pong(c, ev.payload);
				conn_paced(c);
			}
			break;
		case WH_WS_PONG:
			c->flags &= (uint16_t)~CONN_PONG_DUE;
			break;
		case WH_WS_CLOSE:
			ws_closed(c, ev.code, ev.payload);
			break;
		case WH_WS_FAIL:
			edge_count(e, WH_EDGE_CLOSED_PROTOCOL);
			conn_close_hint(c, ev.code, ev.payload, CONN_RESUME_MS);
			c->flags |= CONN_CLOSE_AFTER;
			break;
		}
	}
	return c->ws.over ? n : used;
}
