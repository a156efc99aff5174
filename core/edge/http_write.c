/* The response writer of http_write.h. */
#include "edge/http_write.h"
#include "edge/http_chars.h"

#define HEADERS_ALWAYS \
	"X-Content-Type-Options: nosniff\r\n" \
	"Referrer-Policy: strict-origin-when-cross-origin\r\n"
#define HEADERS_HTML HEADERS_ALWAYS \
	"Content-Security-Policy: default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; " \
	"frame-ancestors 'none'\r\n" \
	"Cross-Origin-Opener-Policy: same-origin\r\n" \
	"X-Frame-Options: DENY\r\n"
#define HEADERS_OTHER HEADERS_ALWAYS \
	"Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'\r\n"

#define HEADERS_HTML_OWN HEADERS_ALWAYS \
	"Cross-Origin-Opener-Policy: same-origin\r\n" \
	"X-Frame-Options: DENY\r\n"

const struct wh_http_policy wh_http_policy_own = {
	.html = { HEADERS_HTML_OWN, sizeof HEADERS_HTML_OWN - 1 },
	.other = { HEADERS_ALWAYS, sizeof HEADERS_ALWAYS - 1 },
};

const struct wh_http_policy wh_http_policy_default = {
	.html = { HEADERS_HTML, sizeof HEADERS_HTML - 1 },
	.other = { HEADERS_OTHER, sizeof HEADERS_OTHER - 1 },
};

const char *
wh_http_phrase(unsigned status)
{
	static const struct {
		unsigned status;
		const char *phrase;
	} phrases[] = {
		{ 200, "OK" }, { 404, "Not Found" }, { 304, "Not Modified" }, { 400, "Bad Request" },
		{ 100, "Continue" }, { 101, "Switching Protocols" }, { 103, "Early Hints" },
		{ 201, "Created" }, { 202, "Accepted" }, { 204, "No Content" }, { 206, "Partial Content" },
		{ 301, "Moved Permanently" }, { 302, "Found" }, { 303, "See Other" }, { 307, "Temporary Redirect" },
		{ 308, "Permanent Redirect" },
		{ 401, "Unauthorized" }, { 403, "Forbidden" }, { 405, "Method Not Allowed" }, { 406, "Not Acceptable" },
		{ 408, "Request Timeout" }, { 409, "Conflict" }, { 410, "Gone" }, { 411, "Length Required" },
		{ 412, "Precondition Failed" }, { 413, "Content Too Large" }, { 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" }, { 416, "Range Not Satisfiable" }, { 417, "Expectation Failed" },
		{ 421, "Misdirected Request" }, { 422, "Unprocessable Content" }, { 426, "Upgrade Required" },
		{ 428, "Precondition Required" }, { 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" }, { 501, "Not Implemented" }, { 502, "Bad Gateway" },
		{ 503, "Service Unavailable" }, { 504, "Gateway Timeout" }, { 505, "HTTP Version Not Supported" },
	};

	for (unsigned i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "Unknown";
}

bool
wh_http_reply_has_body(const struct wh_http_reply *reply)
{
	return !reply->head && reply->status >= 200 && reply->status != 204 && reply->status != 304;
}

bool
wh_http_reply_closes(const struct wh_http_reply *reply)
{
	return !reply->keep_alive ||
	    (reply->framing == WH_HTTP_CHUNKED && reply->minor == 0 && wh_http_reply_has_body(reply));
}

bool
wh_http_name_ok(struct wh_str name)
{
	return name.n > 0 && wh_http_all(name, WH_C_TOKEN);
}

bool
wh_http_value_ok(struct wh_str value)
{
	return wh_http_all(value, WH_C_VALUE);
}

void
wh_http_reply_header(struct wh_http_writer *w, struct wh_str name, struct wh_str value)
{
	char *to;

	if (!wh_http_name_ok(name) || !wh_http_value_ok(value))
		w->refused = true;
	if (w->refused || (to = wh_buf_reserve(w->out, name.n + value.n + 4)) == NULL)
		return;
	memcpy(to, name.p, name.n);
	memcpy(to + name.n, ": ", 2);
	if (value.n > 0)
		memcpy(to + name.n + 2, value.p, value.n);
	memcpy(to + name.n + 2 + value.n, "\r\n", 2);
	wh_buf_grew(w->out, name.n + value.n + 4);
}

void
wh_http_reply_number(struct wh_http_writer *w, struct wh_str name, uint64_t value)
{
	char digits[20], *d = digits + sizeof digits;

	do {
		*--d = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	wh_http_reply_header(w, name, (struct wh_str){ d, (size_t)(digits + sizeof digits - d) });
}

static void
reply_framing(struct wh_http_writer *w, const struct wh_http_reply *r)
{
	/* RFC 9110 8.6 and 9112 6.1: neither header in 1xx and 204. In 304 a length would be that of the 200: not known here */
	if (r->status < 200 || r->status == 204 || r->status == 304)
		return;
	if (r->framing == WH_HTTP_BY_LENGTH)
		wh_http_reply_number(w, WH_STR("Content-Length"), r->length);
	else if (r->minor == 1)
		wh_buf_str(w->out, WH_STR("Transfer-Encoding: chunked\r\n"));
}

static void
reply_policy(struct wh_http_writer *w, const struct wh_http_reply *r)
{
	const struct wh_http_policy *policy = r->policy != NULL ? r->policy : &wh_http_policy_default;

	/* a 304 would change the headers of what the client has stored, whose type we don't say here */
	if (r->status < 200 || r->status == 304)
		return;
	/* a worker takes its policy from its script */
	if (wh_str_starts(r->type, WH_STR("text/html")) || wh_str_starts(r->type, WH_STR("text/javascript")))
		wh_buf_str(w->out, policy->html);
	else
		wh_buf_str(w->out, policy->other);
}

struct wh_http_writer
wh_http_reply_begin(struct wh_buf *out, const struct wh_http_reply *reply)
{
	struct wh_http_writer w = { .out = out, .start = out->n };
	const char *phrase = wh_http_phrase(reply->status);

	if (reply->status < 100 || reply->status > 999)
		w.refused = true;
	wh_buf_str(out, WH_STR("HTTP/1.1 "));
	wh_buf_u64(out, reply->status);
	wh_buf_byte(out, ' ');
	wh_buf_text(out, phrase);
	wh_buf_str(out, WH_STR("\r\n"));
	if (reply->date.n > 0)
		wh_http_reply_header(&w, WH_STR("Date"), reply->date);
	reply_framing(&w, reply);
	if (reply->status != 101 && wh_http_reply_closes(reply))
		wh_buf_str(out, WH_STR("Connection: close\r\n"));
	else if (reply->status != 101 && reply->minor == 0)
		wh_buf_str(out, WH_STR("Connection: keep-alive\r\n"));
	if (reply->type.n > 0)
		wh_http_reply_header(&w, WH_STR("Content-Type"), reply->type);
	if (reply->request_id.n > 0)
		wh_http_reply_header(&w, WH_STR("X-Request-Id"), reply->request_id);
	reply_policy(&w, reply);
	if (reply->lines.n > 0 && (reply->lines.n < 2 || memcmp(reply->lines.p + reply->lines.n - 2, "\r\n", 2) != 0))
		w.refused = true;
	wh_buf_str(out, reply->lines);
	return w;
}

bool
wh_http_reply_end(struct wh_http_writer *w)
{
	wh_buf_str(w->out, WH_STR("\r\n"));
	if (!w->refused && !w->out->failed)
		return true;
	if (w->out->n > w->start)
		w->out->n = w->start;
	return false;
}

bool
wh_http_reply_whole(struct wh_buf *out, const struct wh_http_reply *reply, struct wh_str body)
{
	struct wh_http_reply whole = *reply;
	struct wh_http_writer w;

	whole.framing = WH_HTTP_BY_LENGTH;
	whole.length = body.n;
	w = wh_http_reply_begin(out, &whole);
	if (!wh_http_reply_end(&w))
		return false;
	if (wh_http_reply_has_body(&whole))
		wh_buf_str(out, body);
	if (out->failed)
		out->n = w.start;
	return !out->failed;
}

void
wh_http_reply_interim(struct wh_buf *out, unsigned status)
{
	wh_buf_str(out, WH_STR("HTTP/1.1 "));
	wh_buf_u64(out, status);
	wh_buf_byte(out, ' ');
	wh_buf_text(out, wh_http_phrase(status));
	wh_buf_str(out, WH_STR("\r\n\r\n"));
}

void
wh_http_chunk(struct wh_buf *out, struct wh_str data)
{
	static const char hex[] = "0123456789abcdef";
	char digits[16], *d = digits + sizeof digits;

	if (data.n == 0)	/* it would end the body */
		return;
	for (size_t n = data.n; n != 0; n >>= 4)
		*--d = hex[n & 15];
	wh_buf_put(out, d, (size_t)(digits + sizeof digits - d));
	wh_buf_str(out, WH_STR("\r\n"));
	wh_buf_str(out, data);
	wh_buf_str(out, WH_STR("\r\n"));
}

void
wh_http_chunk_last(struct wh_buf *out)
{
	wh_buf_str(out, WH_STR("0\r\n\r\n"));
}
