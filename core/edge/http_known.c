/* Which headers the core knows by name. Read by the head parser for every line, so the look-up compares at most a few names
 * of the same length. The table is in order of length; fields_from says where each length begins. */
#include "edge/http_known.h"
#include "edge/http_chars.h"

struct known {
	const char *name;	/* lower case */
	uint8_t field;
	bool once;
};

static const struct known fields_known[] = {
	{ "host", WH_H_HOST, true },
	{ "range", WH_H_RANGE, true },
	{ "accept", WH_H_ACCEPT, false },
	{ "cookie", WH_H_COOKIE, false },
	{ "expect", WH_H_EXPECT, true },
	{ "origin", WH_H_ORIGIN, true },
	{ "referer", WH_H_REFERER, false },
	{ "trailer", WH_H_TRAILER, false },
	{ "upgrade", WH_H_UPGRADE, false },
	{ "if-match", WH_H_IF_MATCH, false },
	{ "if-range", WH_H_IF_RANGE, true },
	{ "forwarded", WH_H_FORWARDED, false },
	{ "connection", WH_H_CONNECTION, false },
	{ "tracestate", WH_H_TRACESTATE, false },
	{ "user-agent", WH_H_USER_AGENT, false },
	{ "traceparent", WH_H_TRACEPARENT, false },
	{ "content-type", WH_H_CONTENT_TYPE, true },
	{ "x-request-id", WH_H_X_REQUEST_ID, false },
	{ "authorization", WH_H_AUTHORIZATION, true },
	{ "if-none-match", WH_H_IF_NONE_MATCH, false },
	{ "content-length", WH_H_CONTENT_LENGTH, true },
	{ "sec-fetch-site", WH_H_SEC_FETCH_SITE, false },
	{ "accept-encoding", WH_H_ACCEPT_ENCODING, false },
	{ "accept-language", WH_H_ACCEPT_LANGUAGE, false },
	{ "x-forwarded-for", WH_H_X_FORWARDED_FOR, false },
	{ "content-encoding", WH_H_CONTENT_ENCODING, false },
	{ "if-modified-since", WH_H_IF_MODIFIED_SINCE, true },
	{ "sec-websocket-key", WH_H_SEC_WEBSOCKET_KEY, true },
	{ "transfer-encoding", WH_H_TRANSFER_ENCODING, false },
	{ "x-forwarded-proto", WH_H_X_FORWARDED_PROTO, false },
	{ "if-unmodified-since", WH_H_IF_UNMODIFIED_SINCE, true },
	{ "sec-websocket-version", WH_H_SEC_WEBSOCKET_VERSION, true },
	{ "sec-websocket-protocol", WH_H_SEC_WEBSOCKET_PROTOCOL, false },
	{ "sec-websocket-extensions", WH_H_SEC_WEBSOCKET_EXTENSIONS, false },
	{ "access-control-request-method", WH_H_AC_REQUEST_METHOD, true },
	{ "access-control-request-headers", WH_H_AC_REQUEST_HEADERS, false },
};

enum { FIELD_LONGEST = 30 };
static const uint8_t fields_from[FIELD_LONGEST + 2] = {
	0, 0, 0, 0, 0, 1, 2, 6, 9, 11, 12, 15, 16, 18, 20, 22, 25, 26, 30, 30, 31, 31, 32, 33, 33, 34, 34, 34, 34, 34, 35, 36
};

static bool
known_is(const char *lower, struct wh_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (wh_http_lower(name.p[i]) != lower[i])
			return false;
	return true;
}

enum wh_http_field
wh_http_known(struct wh_str name, bool *once_out)
{
	*once_out = false;
	if (name.n > FIELD_LONGEST)
		return WH_H_OTHER;
	for (unsigned i = fields_from[name.n]; i < fields_from[name.n + 1]; i++) {
		if (known_is(fields_known[i].name, name)) {
			*once_out = fields_known[i].once;
			return fields_known[i].field;
		}
	}
	return WH_H_OTHER;
}
