/* The numbers that an edge keeps on its board, by slot: the edge counts by these names, the hub's metrics registry reads them.
 * One row a slot, in the order of the enum (WH_EDGE_METRICS, checked at compile time). Counters only grow while the edge
 * lives; a new link begins with the edge's totals. Rows that share a name differ by their label and stand together. */
#ifndef WHIPLY_RING_EDGE_METRICS_H
#define WHIPLY_RING_EDGE_METRICS_H

#include <stdint.h>

enum wh_edge_metric_kind { WH_EDGE_COUNTER, WH_EDGE_GAUGE, WH_EDGE_BUCKET };

enum {
	WH_EDGE_LISTENERS_MAX = 32,	/* as the keeper's sockets bound it, with room for three numbers each */
	WH_EDGE_TURN_BUCKETS = 12,	/* upper bounds 64 us × 2^i, the last +Inf */
};

/* X(NAME, metric name, help, kind, label name, label value). A name in _US or _MS counts that; its metric is told in seconds. */
#define WH_EDGE_METRIC_TABLE(X) \
	X(CONNECTIONS_HTTP, "whiply_edge_connections", "Open connections by transport.", GAUGE, "transport", "http") \
	X(CONNECTIONS_WS, "whiply_edge_connections", "Open connections by transport.", GAUGE, "transport", "websocket") \
	X(CONNECTIONS_LINE, "whiply_edge_connections", "Open connections by transport.", GAUGE, "transport", "line") \
	X(GROUPS, "whiply_edge_groups", "Groups that this edge fans out to.", GAUGE, 0, 0) \
	X(MEMBERS, "whiply_edge_group_members", "Memberships of all groups.", GAUGE, 0, 0) \
	X(QUEUED_BYTES, "whiply_edge_queued_bytes", "Bytes that wait in write queues, shared frames counted for each member.", GAUGE, 0, 0) \
	X(CLOSED_WAITING, "whiply_edge_closed_waiting", "Closed connections whose sessions the hub has not let go.", GAUGE, 0, 0) \
	X(ACCEPTED, "whiply_edge_accepted_total", "Accepted connections.", COUNTER, 0, 0) \
	X(REFUSED_DENIED, "whiply_edge_refused_total", "Connections refused, by reason.", COUNTER, "reason", "denied") \
	X(REFUSED_FULL, "whiply_edge_refused_total", "Connections refused, by reason.", COUNTER, "reason", "full") \
	X(REFUSED_ADDRESS, "whiply_edge_refused_total", "Connections refused, by reason.", COUNTER, "reason", "address") \
	X(REFUSED_RATE, "whiply_edge_refused_total", "Connections refused, by reason.", COUNTER, "reason", "rate") \
	X(REFUSED_PROXY, "whiply_edge_refused_total", "Connections refused, by reason.", COUNTER, "reason", "proxy") \
	X(REFUSED_HANDSHAKES, "whiply_edge_refused_total", "Connections refused, by reason.", COUNTER, "reason", "handshakes") \
	X(REFUSED_MEMORY, "whiply_edge_refused_total", "Connections refused, by reason.", COUNTER, "reason", "memory") \
	X(ACCEPT_PAUSES, "whiply_edge_accept_pauses_total", "Times that accepting stopped for the accept rate.", COUNTER, 0, 0) \
	X(MESSAGES_IN, "whiply_edge_messages_received_total", "Messages and lines from clients.", COUNTER, 0, 0) \
	X(MESSAGES_TRUNCATED, "whiply_edge_messages_truncated_total", "Lines that were longer than allowed.", COUNTER, 0, 0) \
	X(SENDS, "whiply_edge_sends_total", "Messages to single connections.", COUNTER, 0, 0) \
	X(PUBLISHES, "whiply_edge_publishes_total", "Messages to groups.", COUNTER, 0, 0) \
	X(DELIVERIES, "whiply_edge_deliveries_total", "Messages queued for members of groups.", COUNTER, 0, 0) \
	X(DROPPED_PRESENCE, "whiply_edge_dropped_total", "Messages not queued, by reason.", COUNTER, "reason", "presence") \
	X(DROPPED_UNKNOWN, "whiply_edge_dropped_total", "Messages not queued, by reason.", COUNTER, "reason", "unknown") \
	X(WRITES, "whiply_edge_writes_total", "System calls that wrote to clients.", COUNTER, 0, 0) \
	X(BYTES_IN, "whiply_edge_bytes_total", "Bytes of clients' connections, by direction.", COUNTER, "direction", "in") \
	X(BYTES_OUT, "whiply_edge_bytes_total", "Bytes of clients' connections, by direction.", COUNTER, "direction", "out") \
	X(SLOW_RATE, "whiply_edge_throttled_total", "Times that reading stopped for a message or byte rate.", COUNTER, 0, 0) \
	X(CLOSED_SLOW, "whiply_edge_closed_total", "Connections closed by the edge, by reason.", COUNTER, "reason", "slow") \
	X(CLOSED_FLOOD, "whiply_edge_closed_total", "Connections closed by the edge, by reason.", COUNTER, "reason", "flood") \
	X(CLOSED_DEAD, "whiply_edge_closed_total", "Connections closed by the edge, by reason.", COUNTER, "reason", "dead") \
	X(CLOSED_TIMEOUT, "whiply_edge_closed_total", "Connections closed by the edge, by reason.", COUNTER, "reason", "timeout") \
	X(CLOSED_PROTOCOL, "whiply_edge_closed_total", "Connections closed by the edge, by reason.", COUNTER, "reason", "protocol") \
	X(CLOSED_DRAIN, "whiply_edge_closed_total", "Connections closed by the edge, by reason.", COUNTER, "reason", "drain") \
	X(HANDSHAKES, "whiply_edge_tls_handshakes_total", "TLS handshakes, by result.", COUNTER, "result", "full") \
	X(HANDSHAKES_RESUMED, "whiply_edge_tls_handshakes_total", "TLS handshakes, by result.", COUNTER, "result", "resumed") \
	X(HANDSHAKES_FAILED, "whiply_edge_tls_handshakes_total", "TLS handshakes, by result.", COUNTER, "result", "failed") \
	X(REQUESTS, "whiply_edge_http_requests_total", "HTTP requests.", COUNTER, 0, 0) \
	X(RESPONSES_1XX, "whiply_edge_http_responses_total", "HTTP answers by class.", COUNTER, "class", "1xx") \
	X(RESPONSES_2XX, "whiply_edge_http_responses_total", "HTTP answers by class.", COUNTER, "class", "2xx") \
	X(RESPONSES_3XX, "whiply_edge_http_responses_total", "HTTP answers by class.", COUNTER, "class", "3xx") \
	X(RESPONSES_4XX, "whiply_edge_http_responses_total", "HTTP answers by class.", COUNTER, "class", "4xx") \
	X(RESPONSES_5XX, "whiply_edge_http_responses_total", "HTTP answers by class.", COUNTER, "class", "5xx") \
	X(RING_FULL, "whiply_edge_ring_full_total", "Times that the ring to the hub was full.", COUNTER, 0, 0) \
	X(RING_FULL_US, "whiply_edge_ring_full_seconds_total", "Time that the ring to the hub was full.", COUNTER, 0, 0) \
	X(HUB_GONE, "whiply_edge_hub_losses_total", "Hubs that died under this edge.", COUNTER, 0, 0) \
	X(HUB_AWAY_MS, "whiply_edge_hub_away_seconds_total", "Time without a hub.", COUNTER, 0, 0) \
	X(TURNS, "whiply_edge_turns_total", "Turns of the loop.", COUNTER, 0, 0) \
	X(TURN_US, "whiply_edge_busy_seconds_total", "Time in turns of the loop, waiting not counted.", COUNTER, 0, 0) \
	X(KEPT_DROPPED, "whiply_edge_closed_forgotten_total", "Closed connections that were forgotten before the hub let them go.", COUNTER, 0, 0)

enum wh_edge_metric {
#define WH_EDGE_METRIC_NAME(name, ...) WH_EDGE_##name,
	WH_EDGE_METRIC_TABLE(WH_EDGE_METRIC_NAME)
#undef WH_EDGE_METRIC_NAME
	WH_EDGE_METRICS,
	/* Behind the table: turns by duration (not cumulative), and three numbers for each listener. */
	WH_EDGE_TURN_BUCKET = WH_EDGE_METRICS,
	WH_EDGE_LISTENER = WH_EDGE_TURN_BUCKET + WH_EDGE_TURN_BUCKETS,
	WH_EDGE_BOARD_END = WH_EDGE_LISTENER + 3 * WH_EDGE_LISTENERS_MAX,
};
_Static_assert(WH_EDGE_BOARD_END <= 512, "the board of a link has 512 slots");

/* What the three numbers of listener i, at WH_EDGE_LISTENER + 3 × i, are. i is its place in the config's list. */
enum { WH_EDGE_LISTENER_CONNECTIONS, WH_EDGE_LISTENER_ACCEPTED, WH_EDGE_LISTENER_REFUSED };

struct wh_edge_metric_row {
	const char *name, *help;
	enum wh_edge_metric_kind kind;
	const char *label, *value;	/* NULL: none */
};

/** The table's row of a slot below WH_EDGE_METRICS. */
static inline const struct wh_edge_metric_row *
wh_edge_metric_row(unsigned slot)
{
	static const struct wh_edge_metric_row rows[] = {
#define WH_EDGE_METRIC_ROW(name, metric, help, kind, label, value) { metric, help, WH_EDGE_##kind, label, value },
		WH_EDGE_METRIC_TABLE(WH_EDGE_METRIC_ROW)
#undef WH_EDGE_METRIC_ROW
	};

	return slot < WH_EDGE_METRICS ? &rows[slot] : (const struct wh_edge_metric_row *)0;
}

/** Upper bound of turn bucket i in microseconds; the last has none: 0. */
static inline uint64_t
wh_edge_turn_bound_us(unsigned i)
{
	return i + 1 < WH_EDGE_TURN_BUCKETS ? UINT64_C(64) << i : 0;
}

#endif
