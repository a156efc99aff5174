/* The upgrade's rules, in the order in which a refusal tells the client most. */
#include "edge/ws_handshake.h"

#include <openssl/evp.h>
#include <strings.h>

#include "edge/ws_offer.h"

enum { KEY_N = 24, SHA1_N = 20 };

/* Values of every header line of one field, one after the other. */
static bool
line_next(const struct wh_http_request *request, enum wh_http_field field, unsigned *at, struct wh_str *value_out)
{
	while (*at < request->headers_n) {
		const struct wh_http_header *header = &request->headers[(*at)++];

		if (header->field == field) {
			*value_out = header->value;
			return true;
		}
	}
	return false;
}

static unsigned
line_count(const struct wh_http_request *request, enum wh_http_field field, struct wh_str *last_out)
{
	unsigned at = 0, n = 0;

	*last_out = (struct wh_str){ NULL, 0 };
	while (line_next(request, field, &at, last_out))
		n++;
	return n;
}

static bool
same(struct wh_str a, struct wh_str b)
{
	return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

/* Connection and Upgrade may hold other tokens, and things that are no token ("HTTP/2.0"): those are passed over. */
static bool
names_token(const struct wh_http_request *request, enum wh_http_field field, struct wh_str token)
{
	struct wh_str rest, found;
	unsigned at = 0;

	while (line_next(request, field, &at, &rest)) {
		enum wh_err err;

		while ((err = wh_ws_token_next(&rest, &found)) != WH_ENOENT) {
			const char *comma;

			if (err == WH_OK && same(found, token))
				return true;
			comma = rest.n > 0 ? memchr(rest.p, ',', rest.n) : NULL;
			rest = wh_str_from(rest, comma != NULL ? (size_t)(comma - rest.p) : rest.n);
		}
	}
	return false;
}

/* 16 bytes in base64: 22 characters, of which the last carries two bits, and "==". */
static bool
key_fine(struct wh_str key)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	if (key.n != KEY_N || key.p[22] != '=' || key.p[23] != '=')
		return false;
	for (size_t i = 0; i < 22; i++)
		if (key.p[i] == '\0' || strchr(alphabet, key.p[i]) == NULL)
			return false;
	return strchr("AQgw", key.p[21]) != NULL;
}

bool
wh_ws_accept(struct wh_str key, char accept_out[WH_WS_ACCEPT_N])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char text[KEY_N + sizeof guid - 1], digest[SHA1_N], base64[WH_WS_ACCEPT_N + 1];

	if (key.n != KEY_N)
		return false;
	memcpy(text, key.p, KEY_N);
	memcpy(text + KEY_N, guid, sizeof guid - 1);
	if (EVP_Digest(text, sizeof text, digest, NULL, EVP_sha1(), NULL) != 1)
		return false;
	if (EVP_EncodeBlock(base64, digest, sizeof digest) != WH_WS_ACCEPT_N)
		return false;
	memcpy(accept_out, base64, WH_WS_ACCEPT_N);
	return true;
}

/* Browsers leave the port out when it is the scheme's own; a Host may name it all the same. */
static bool
origin_of_host(struct wh_str origin, struct wh_str host)
{
	const struct wh_str schemes[] = { WH_STR("http://"), WH_STR("https://") };
	const struct wh_str ports[] = { WH_STR(":80"), WH_STR(":443") };

	for (size_t i = 0; i < 2; i++) {
		struct wh_str at, port = ports[i];

		if (!wh_str_starts(origin, schemes[i]))
			continue;
		at = wh_str_from(origin, schemes[i].n);
		if (same(at, host))
			return at.n > 0;
		return host.n > port.n && wh_str_eq(wh_str_from(host, host.n - port.n), port) &&
		    same(at, (struct wh_str){ host.p, host.n - port.n });
	}
	return false;
}

static bool
origin_fine(const struct wh_ws_rules *rules, const struct wh_http_request *request)
{
	struct wh_str origin;
	unsigned n = line_count(request, WH_H_ORIGIN, &origin);

	if (n == 0)
		return !rules->origin_required;
	if (n > 1)
		return false;
	if (rules->origin_any)
		return true;
	for (size_t i = 0; i < rules->origins_n; i++)
		if (wh_str_eq(rules->origins[i], origin))
			return true;
	return rules->origin_same_host && origin_of_host(origin, request->authority);
}

/* The first in the client's order that we speak. False when the list is malformed. */
static bool
subprotocol_pick(const struct wh_ws_rules *rules, const struct wh_http_request *request, struct wh_str *picked_out)
{
	struct wh_str rest, token;
	unsigned at = 0;
	enum wh_err err;

	while (line_next(request, WH_H_SEC_WEBSOCKET_PROTOCOL, &at, &rest)) {
		while ((err = wh_ws_token_next(&rest, &token)) == WH_OK)
			for (size_t i = 0; i < rules->subprotocols_n && picked_out->n == 0; i++)
				if (wh_str_eq(rules->subprotocols[i], token))
					*picked_out = rules->subprotocols[i];
		if (err == WH_ESYNTAX)
			return false;
	}
	return true;
}

/* The first offer that we can keep to. False when the list is malformed. zlib makes no raw deflate with a window of 8 bits,
 * and to answer 9 where 8 was asked is not allowed, so that such an offer is declined. */
static bool
deflate_pick(const struct wh_ws_rules *rules, const struct wh_http_request *request, struct wh_ws_agreed *agreed)
{
	struct wh_ws_offer offer;
	struct wh_str rest;
	unsigned at = 0;
	enum wh_err err;

	while (line_next(request, WH_H_SEC_WEBSOCKET_EXTENSIONS, &at, &rest)) {
		while ((err = wh_ws_offer_next(&rest, &offer)) == WH_OK) {
			if (agreed->deflate || !rules->deflate || !offer.deflate || offer.server_window_bits < 9)
				continue;
			agreed->deflate = true;
			agreed->server_window_bits = offer.server_window_bits;
		}
		if (err == WH_ESYNTAX)
			return false;
	}
	return true;
}

static unsigned
refuse(struct wh_ws_agreed *agreed, unsigned status, const char *reason)
{
	*agreed = (struct wh_ws_agreed){ .status = status, .reason = reason };
	return status;
}

static unsigned
judge(const struct wh_ws_rules *rules, const struct wh_http_request *request, struct wh_str *key_out,
    struct wh_ws_agreed *agreed)
{
	struct wh_str version;

	if (request->minor < 1)
		return refuse(agreed, 400, "WebSocket needs HTTP/1.1");
	if (request->method != WH_HTTP_GET)
		return refuse(agreed, 405, "WebSocket begins with GET");
	if (request->authority.n == 0)
		return refuse(agreed, 400, "Host is missing");
	if (!names_token(request, WH_H_UPGRADE, WH_STR("websocket")))
		return refuse(agreed, 426, "this path speaks WebSocket");
	if (!names_token(request, WH_H_CONNECTION, WH_STR("upgrade")))
		return refuse(agreed, 400, "Connection does not name Upgrade");
	if (request->chunked || request->content_length > 0)
		return refuse(agreed, 400, "an upgrade has no body");
	if (line_count(request, WH_H_SEC_WEBSOCKET_VERSION, &version) != 1 || !wh_str_is(version, "13"))
		return refuse(agreed, 426, "Sec-WebSocket-Version is not 13");
	if (line_count(request, WH_H_SEC_WEBSOCKET_KEY, key_out) != 1 || !key_fine(*key_out))
		return refuse(agreed, 400, "Sec-WebSocket-Key is not 16 bytes in base64");
	if (!origin_fine(rules, request))
		return refuse(agreed, 403, "this Origin is not allowed here");
	if (!subprotocol_pick(rules, request, &agreed->subprotocol))
		return refuse(agreed, 400, "Sec-WebSocket-Protocol is malformed");
	/* Who lists subprotocols speaks nothing else: better refused here than misunderstood later. */
	if (agreed->subprotocol.n == 0 && (rules->subprotocol_required || wh_http_has(request, WH_H_SEC_WEBSOCKET_PROTOCOL)))
		return refuse(agreed, 400, "no subprotocol in common");
	if (!deflate_pick(rules, request, agreed))
		return refuse(agreed, 400, "Sec-WebSocket-Extensions is malformed");
	agreed->status = 101;
	return agreed->status;
}

static void
answer_lines(const struct wh_ws_agreed *agreed, struct wh_str accept, struct wh_buf *lines)
{
	wh_buf_text(lines, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ");
	wh_buf_str(lines, accept);
	wh_buf_text(lines, "\r\n");
	if (agreed->subprotocol.n > 0) {
		wh_buf_text(lines, "Sec-WebSocket-Protocol: ");
		wh_buf_str(lines, agreed->subprotocol);
		wh_buf_text(lines, "\r\n");
	}
	if (!agreed->deflate)
		return;
	wh_buf_text(lines, "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
	    "client_no_context_takeover");
	if (agreed->server_window_bits < 15) {
		wh_buf_text(lines, "; server_max_window_bits=");
		wh_buf_u64(lines, agreed->server_window_bits);
	}
	wh_buf_text(lines, "\r\n");
}

unsigned
wh_ws_handshake(const struct wh_ws_rules *rules, const struct wh_http_request *request, struct wh_buf *lines,
    struct wh_ws_agreed *agreed_out)
{
	char accept[WH_WS_ACCEPT_N];
	struct wh_str key;

	*agreed_out = (struct wh_ws_agreed){ 0 };
	switch (judge(rules, request, &key, agreed_out)) {
	case 101:
		if (!wh_ws_accept(key, accept))
			return refuse(agreed_out, 500, "no SHA-1");
		answer_lines(agreed_out, (struct wh_str){ accept, sizeof accept }, lines);
		break;
	case 405:
		wh_buf_text(lines, "Allow: GET\r\n");
		break;
	case 426:
		wh_buf_text(lines, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
		break;
	default:
		break;
	}
	if (lines->failed)
		return refuse(agreed_out, 500, "out of memory");
	return agreed_out->status;
}
