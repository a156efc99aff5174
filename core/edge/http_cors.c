/* CORS by an exact list of origins, as http_fields.h has it. Nothing that the request says is echoed: what is written comes from
 * the list. */
#include "base/buf.h"
#include "edge/http_fields.h"

static const struct wh_str *
cors_origin(const struct wh_http_cors *cors, struct wh_str origin)
{
	for (unsigned i = 0; i < cors->origins_n; i++)
		if (wh_str_eq(cors->origins[i], origin))
			return &cors->origins[i];
	return NULL;
}

static void
cors_line(struct wh_buf *lines, const char *name, struct wh_str value)
{
	if (value.n > 0)
		wh_buf_fmt(lines, "%s: %.*s\r\n", name, WH_FMT(value));
}

static bool
cors_headers_ok(const struct wh_http_cors *cors, struct wh_str asked)
{
	struct wh_str name;

	while (wh_http_list_next(&asked, &name))
		if (!wh_http_list_has(cors->headers, name))
			return false;
	return true;
}

enum wh_http_cors_case
wh_http_cors(const struct wh_http_cors *cors, const struct wh_http_request *req, struct wh_buf *lines)
{
	struct wh_str origin = wh_http_header(req, WH_H_ORIGIN), method = wh_http_header(req, WH_H_AC_REQUEST_METHOD), item;
	bool preflight = req->method == WH_HTTP_OPTIONS && method.n > 0, method_ok = false;
	const struct wh_str *allowed;

	/* answers differ by origin even where none was sent: a cache must know */
	if (cors->origins_n > 0)
		cors_line(lines, "Vary", WH_STR("Origin"));
	if (origin.n == 0)
		return WH_HTTP_CORS_SAME;
	allowed = cors_origin(cors, origin);
	if (allowed == NULL)
		return WH_HTTP_CORS_REFUSED;
	if (preflight) {
		for (struct wh_str rest = cors->methods; wh_http_list_next(&rest, &item);)
			method_ok |= wh_str_eq(item, method);
		if (!method_ok || !cors_headers_ok(cors, wh_http_header(req, WH_H_AC_REQUEST_HEADERS)))
			return WH_HTTP_CORS_REFUSED;
	}
	cors_line(lines, "Access-Control-Allow-Origin", *allowed);
	if (cors->credentials)
		cors_line(lines, "Access-Control-Allow-Credentials", WH_STR("true"));
	if (!preflight) {
		cors_line(lines, "Access-Control-Expose-Headers", cors->expose);
		return WH_HTTP_CORS_ALLOWED;
	}
	cors_line(lines, "Access-Control-Allow-Methods", cors->methods);
	cors_line(lines, "Access-Control-Allow-Headers", cors->headers);
	if (cors->max_age > 0)
		wh_buf_fmt(lines, "Access-Control-Max-Age: %u\r\n", cors->max_age);
	return WH_HTTP_CORS_PREFLIGHT;
}
