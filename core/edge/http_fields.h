/* Reading the values of request headers: lists, preferences, entity tags, ranges, cookies, trace context, CORS. All of them
 * work on slices and forgive as RFC 9110 says a recipient should: what cannot be read counts as not sent. */
#ifndef WHIPLY_EDGE_HTTP_FIELDS_H
#define WHIPLY_EDGE_HTTP_FIELDS_H

#include "edge/http_parse.h"

/** Takes the next element of a comma-separated list from the front of *rest, without white space around it; commas in
 * quoted strings do not count. Empty elements are skipped. False: no more. */
bool wh_http_list_next(struct wh_str *rest, struct wh_str *item_out);

/** Takes the next `; name=value` of an element (the part before the first ';' comes first, with an empty value). */
bool wh_http_semi_next(struct wh_str *rest, struct wh_str *name_out, struct wh_str *value_out);

/** Does a list of tokens hold this one, without regard to case? */
bool wh_http_list_has(struct wh_str list, struct wh_str token);

/** Case-insensitive ASCII comparison. */
bool wh_http_same(struct wh_str a, struct wh_str b);

/** The best of the offered media types by Accept (all its lines together); -1: none is acceptable. Ties: the first offered. */
int wh_http_accept(const struct wh_http_request *req, const struct wh_str *offered, unsigned n);

/** Does Accept-Encoding allow this coding ("gzip")? Only if it says so. */
bool wh_http_encoding_ok(const struct wh_http_request *req, struct wh_str coding);

/** Does a list of entity tags (all lines of that field) hold `etag` (with its quotes)? "*" matches anything.
 * `strong`: weak tags never match, as If-Match and If-Range want it. */
bool wh_http_etag_in(const struct wh_http_request *req, enum wh_http_field field, struct wh_str etag, bool strong);

enum wh_http_range {
	WH_HTTP_RANGE_NONE,	/**< none sent, not bytes, broken, or several: answer 200 with the whole */
	WH_HTTP_RANGE_ONE,	/**< answer 206 */
	WH_HTTP_RANGE_BAD,	/**< outside: answer 416 */
};
/** Reads a Range value for something of `size` bytes. */
enum wh_http_range wh_http_range(struct wh_str value, uint64_t size, uint64_t *from_out, uint64_t *length_out);

/** The value of a cookie, raw, without quotes around it; false if it was not sent. The first of that name wins. */
bool wh_http_cookie(const struct wh_http_request *req, struct wh_str name, struct wh_str *value_out);

/** Is this a valid traceparent that may be carried on? (version 00 of 55 bytes, or a higher one; ids not all zero) */
bool wh_http_traceparent_ok(struct wh_str value);

/** What a listener allows to scripts of other origins. Origins are compared exactly, as browsers serialise them. */
struct wh_http_cors {
	const struct wh_str *origins;
	unsigned origins_n;
	bool credentials;
	struct wh_str methods;		/**< "GET, POST" */
	struct wh_str headers;		/**< "Authorization, Content-Type" */
	struct wh_str expose;		/**< headers that scripts may read; empty: none */
	uint32_t max_age;		/**< seconds that a preflight answer may be kept; 0: not said */
};
enum wh_http_cors_case {
	WH_HTTP_CORS_SAME,	/**< no Origin: nothing to do (but Vary: Origin) */
	WH_HTTP_CORS_ALLOWED,	/**< go on, and add the headers */
	WH_HTTP_CORS_PREFLIGHT,	/**< answer 204 with the headers; the request goes no further */
	WH_HTTP_CORS_REFUSED,	/**< a foreign origin: no headers; a preflight gets 403 */
};
struct wh_buf;
/** Decides, and appends the ready header lines of the answer to `lines`. Origin values come from the allow-list, never from
 * the request. */
enum wh_http_cors_case wh_http_cors(const struct wh_http_cors *cors, const struct wh_http_request *req, struct wh_buf *lines);

#endif
