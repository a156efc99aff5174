/* From HTTP to WebSocket: checks the handshake against the route's rules, keeps the facts that OPENED will tell the hub, and
 * hands the connection over to conn_ws.c. Called by conn_http.c, with the hub there. */
#include "edge/conn_http.h"

#include "edge/http_fields.h"
#include "edge/http_forward.h"
#include "edge/ws_handshake.h"

static bool
http_secure(const struct conn *c, const struct wh_http_request *req)
{
	return (c->flags & CONN_SECURE) != 0 ||
	    ((c->flags & CONN_PROXIED) && wh_http_same(wh_http_header(req, WH_H_X_FORWARDED_PROTO), WH_STR("https")));
}

/* Gives what the rules refuse its own header lines beside the problem. */
static void
http_upgrade_refused(struct conn *c, const struct wh_ws_agreed *agreed, struct wh_str lines)
{
	wh_buf_str(&c->http->cors, lines);
	conn_http_problem(c, (struct http_error){ .status = agreed->status, .detail = agreed->reason, .close = true });
}

void
conn_http_upgrade(struct conn *c, const struct wh_http_request *req, const struct serve_route *route, struct wh_str path)
{
	struct edge *e = c->edge;
	const struct edge_settings *s = e->settings;
	struct wh_ws_rules rules = {
		.subprotocols = route->subprotocols, .subprotocols_n = route->subprotocols_n,
		.origins = s->websocket.origins, .origins_n = s->websocket.origins_n, .origin_any = s->websocket.origin_any,
		.origin_same_host = s->websocket.same_host, .origin_required = s->websocket.origin_required,
		.deflate = s->websocket.deflate,
	};
	struct wh_str facts[FACTS] = { { NULL, 0 } };
	struct wh_buf lines = { .max = 4096 };
	struct wh_addr client = conn_http_client(c, req);
	struct wh_ws_agreed agreed;
	char fingerprint[TLS_FINGERPRINT + 1];

	if (wh_ws_handshake(&rules, req, &lines, &agreed) != 101 || lines.failed) {
		if (agreed.status == 101)
			agreed = (struct wh_ws_agreed){ .status = 500 };
		http_upgrade_refused(c, &agreed, wh_buf_slice(&lines));
		wh_buf_free(&lines);
		return;
	}
	if ((c->flags & CONN_PROXIED) && !conn_rename(c, &client)) {
		wh_buf_free(&lines);
		conn_http_problem(c, (struct http_error){ .status = 429, .detail = "too many connections of this address",
		    .close = true, .retry_after = HTTP_RETRY_S });
		return;
	}
	if (http_secure(c, req))
		c->flags |= CONN_SECURE;
	facts[FACT_SUBPROTOCOL] = agreed.subprotocol;
	facts[FACT_PATH] = path;
	facts[FACT_QUERY] = req->query;
	facts[FACT_HOST] = req->host;
	facts[FACT_ORIGIN] = wh_http_header(req, WH_H_ORIGIN);
	facts[FACT_USER_AGENT] = wh_http_header(req, WH_H_USER_AGENT);
	facts[FACT_COOKIE] = wh_http_header(req, WH_H_COOKIE);
	facts[FACT_AUTHORIZATION] = wh_http_header(req, WH_H_AUTHORIZATION);
	if (wh_http_traceparent_ok(wh_http_header(req, WH_H_TRACEPARENT)))
		facts[FACT_TRACEPARENT] = wh_http_header(req, WH_H_TRACEPARENT);
	if (c->ssl != NULL)
		facts[FACT_FINGERPRINT] = tls_fingerprint(c->ssl, fingerprint);
	wh_buf_reset(&e->scratch);
	wh_buf_text(&e->scratch, "HTTP/1.1 101 Switching Protocols\r\n");
	wh_buf_str(&e->scratch, wh_buf_slice(&lines));
	wh_buf_text(&e->scratch, "\r\n");
	wh_buf_free(&lines);
	conn_http_count(e, 101);
	if (!conn_http_push(c))
		return;
	if (!conn_set_facts(c, facts)) {
		conn_end(c, 1006, WH_STR("out of memory"));
		return;
	}
	conn_http_free(c);
	conn_ws_begin(c, agreed.deflate, agreed.server_window_bits);
}
