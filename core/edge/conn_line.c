/* Line connections: each line becomes a MESSAGE record; one that is too long is told with its first bytes, as TRUNCATED. */
#include "edge/edge.h"

void
conn_line_begin(struct conn *c)
{
	struct wh_str facts[FACTS] = { { NULL, 0 } };
	char fingerprint[TLS_FINGERPRINT + 1];

	c->state = CONN_LINE;
	c->queue_max = c->edge->settings->limits.queue;
	c->line = (struct wh_line_in){ 0 };
	edge_count(c->edge, WH_EDGE_CONNECTIONS_LINE);
	/* A line client names no subprotocol: its listener says how it speaks. */
	facts[FACT_SUBPROTOCOL] = conn_listener(c)->settings->dialect;
	if (c->ssl != NULL)
		facts[FACT_FINGERPRINT] = tls_fingerprint(c->ssl, fingerprint);
	if (!conn_set_facts(c, facts)) {
		conn_end(c, WH_WS_INTERNAL, WH_STR("out of memory"));
		return;
	}
	heartbeat_set(c);
	(void)conn_announce(c);
}

/* What there is of a line that is no good, so that the hub can say which one it was. */
static struct wh_str
line_beginning(const char *p, size_t n)
{
	while (n != 0 && (*p == '\r' || *p == '\n'))
		p++, n--;
	return (struct wh_str){ p, n < 512 ? n : 512 };
}

size_t
conn_line_read(struct conn *c, char *bytes, size_t n)
{
	struct edge *e = c->edge;
	struct wh_line_limits limits = { e->settings->line.body_max, e->settings->line.tags_max };
	size_t used = 0, took;

	while (used < n && c->state == CONN_LINE && (c->pause & ~(unsigned)PAUSE_BUSY) == 0) {
		struct wh_rec_message r = { .conn = c->id };
		enum wh_line_kind kind;

		if (!link_ready(&e->link) || !(c->flags & CONN_KNOWN) ||
		    (wh_ring_claim(e->link.link->out, limits.body_max + limits.tags_max + 64) == NULL && !link_put(e, WH_EFULL))) {
			conn_pause(c, PAUSE_HUB);
			break;
		}
		kind = wh_line_next(&c->line, &limits, bytes + used, n - used, &took, &r.bytes);
		used += took;
		if (kind == WH_LINE_MORE)
			break;
		if (kind != WH_LINE_LINE) {
			r.bytes = line_beginning(bytes + used - took, took);
			r.flags = WH_F_TRUNCATED;
			edge_count(e, WH_EDGE_MESSAGES_TRUNCATED);
		}
		(void)link_put(e, wh_rec_message_put(e->link.link->out, &r));
		edge_count(e, WH_EDGE_MESSAGES_IN);
		conn_paced(c);
	}
	return used;
}
