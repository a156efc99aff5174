/* The head parser of http_parse.h. Two steps: the scan looks for line ends as bytes arrive and never looks at a byte twice;
 * when the empty line is there, the head is read once, from the front. The request line is judged as soon as it ends, so
 * that nobody can make us wait for the rest of something hopeless. Whatever the pieces in which a head arrives, the
 * answer is the same: the fuzzer holds us to it. */
#include "edge/http_parse.h"
#include "edge/http_chars.h"
#include "edge/http_fields.h"
#include "edge/http_known.h"

#include <arpa/inet.h>

enum { LINE_MAX_DEFAULT = 8192, HEAD_MAX_DEFAULT = 32768, HEADER_MAX_DEFAULT = 100, HEAD_LEAST = 64 };

enum { METHODS = WH_HTTP_PATCH + 1 };
static const char method_names[METHODS][8] = { "", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH" };

static bool
refuse(struct wh_http_refusal *why, unsigned status, const char *reason)
{
	*why = (struct wh_http_refusal){ status, reason };
	return false;
}

static bool
head_method(struct wh_str name, enum wh_http_method *method_out)
{
	*method_out = WH_HTTP_OTHER_METHOD;
	for (unsigned i = 1; i < METHODS; i++)
		if (wh_str_is(name, method_names[i]))
			*method_out = (enum wh_http_method)i;
	return name.n > 0 && wh_http_all(name, WH_C_TOKEN);
}

static bool
head_version(struct wh_str version, unsigned *minor_out, struct wh_http_refusal *why)
{
	const char *v = version.p;

	if (version.n != 8 || memcmp(v, "HTTP/", 5) != 0 || !wh_http_is(v[5], WH_C_DIGIT) || v[6] != '.' ||
	    !wh_http_is(v[7], WH_C_DIGIT))
		return refuse(why, 400, "malformed request line");
	if (v[5] != '1' || v[7] > '1')
		return refuse(why, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
	*minor_out = (unsigned)(v[7] - '0');
	return true;
}

static bool
name_ok(struct wh_str name)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr ip;

	if (name.n == 0)
		return false;
	if (name.p[0] != '[')
		return name.n <= 255 && wh_http_all(name, WH_C_NAME);
	if (name.n < 4 || name.n - 2 >= sizeof text || name.p[name.n - 1] != ']' ||
	    memchr(name.p, '\0', name.n) != NULL)
		return false;
	memcpy(text, name.p + 1, name.n - 2);
	text[name.n - 2] = '\0';
	return inet_pton(AF_INET6, text, &ip) == 1;
}

bool
wh_http_authority_split(struct wh_str authority, struct wh_str *host_out, uint16_t *port_out)
{
	const char *from = authority.p, *colon;
	struct wh_str host = authority;
	uint64_t port = 0;

	if (host.n > 0 && *from == '[')
		from = memchr(from, ']', authority.n);
	if (host.n == 0 || from == NULL)
		return false;
	colon = memchr(from, ':', (size_t)(authority.p + authority.n - from));
	if (colon != NULL) {
		struct wh_str digits = wh_str_from(authority, (size_t)(colon - authority.p) + 1);

		host.n = (size_t)(colon - authority.p);
		/* RFC 3986 lets the digits be missing */
		if (digits.n > 0 && (digits.n > 5 || !wh_http_decimal(digits, &port) || port == 0 || port > UINT16_MAX))
			return false;
	}
	if (!name_ok(host))
		return false;
	if (host.p[0] == '[')
		host = (struct wh_str){ host.p + 1, host.n - 2 };
	*host_out = host;
	*port_out = (uint16_t)port;
	return true;
}

/* absolute-form: "http://name/path?query". Leaves the part from the path on in *rest. */
static bool
target_absolute(struct wh_http_request *req, struct wh_str *rest, struct wh_http_refusal *why)
{
	size_t at = 0, end;

	if (rest->n > 7 && wh_http_same((struct wh_str){ rest->p, 7 }, WH_STR("http://")))
		at = 7;
	else if (rest->n > 8 && wh_http_same((struct wh_str){ rest->p, 8 }, WH_STR("https://")))
		at = 8;
	else
		return refuse(why, 400, "malformed request target");
	for (end = at; end < rest->n && rest->p[end] != '/' && rest->p[end] != '?';)
		end++;
	req->authority = (struct wh_str){ rest->p + at, end - at };
	if (!wh_http_authority_split(req->authority, &req->host, &req->port))
		return refuse(why, 400, "malformed authority in the request target");
	*rest = wh_str_from(*rest, end);
	return true;
}

static bool
head_target(struct wh_http_request *req, struct wh_http_refusal *why)
{
	struct wh_str rest = req->target;
	const char *mark;

	if (wh_str_is(req->method_name, "CONNECT"))
		return refuse(why, 501, "CONNECT is not offered");
	if (rest.n == 0 || !wh_http_all(rest, WH_C_TARGET))
		return refuse(why, 400, "malformed request target");
	if (wh_str_is(rest, "*")) {
		req->path = rest;
		return req->method == WH_HTTP_OPTIONS || refuse(why, 400, "only OPTIONS may ask for *");
	}
	if (rest.p[0] != '/' && !target_absolute(req, &rest, why))
		return false;
	mark = rest.n > 0 ? memchr(rest.p, '?', rest.n) : NULL;
	if (mark != NULL) {
		req->query = wh_str_from(rest, (size_t)(mark - rest.p) + 1);
		rest.n = (size_t)(mark - rest.p);
	}
	req->path = rest;
	if (rest.n == 0)
		req->path = req->method == WH_HTTP_OPTIONS && mark == NULL ? WH_STR("*") : WH_STR("/");
	return true;
}

static bool
head_line(struct wh_str line, struct wh_http_request *req, struct wh_http_refusal *why)
{
	const char *first = memchr(line.p, ' ', line.n);
	const char *second = first != NULL ? memchr(first + 1, ' ', (size_t)(line.p + line.n - first - 1)) : NULL;

	req->authority = req->host = req->query = req->path = (struct wh_str){ NULL, 0 };
	req->port = 0;
	if (second == NULL)
		return refuse(why, 400, "malformed request line");
	req->method_name = (struct wh_str){ line.p, (size_t)(first - line.p) };
	req->target = (struct wh_str){ first + 1, (size_t)(second - first - 1) };
	if (!head_method(req->method_name, &req->method))
		return refuse(why, 400, "malformed method");
	return head_version(wh_str_from(line, (size_t)(second + 1 - line.p)), &req->minor, why) && head_target(req, why);
}

/* How many bytes from p on may stand in a value. Eight at a time: most of a head is values. */
static size_t
value_run(const char *p, size_t n)
{
	const uint64_t ones = 0x0101010101010101u, tops = ones << 7;
	size_t i = 0;

	for (; n - i >= 8; i += 8) {
		uint64_t x, del;

		memcpy(&x, p + i, 8);
		del = x ^ (ones * 0x7f);
		if ((((x - ones * 0x20) & ~x) | ((del - ones) & ~del)) & tops)
			break;
	}
	while (i < n && wh_http_is(p[i], WH_C_VALUE))
		i++;
	return i;
}

/* Reads the header at *at; the empty line behind it is known to be there, so a line end is always found. */
static bool
head_header(const char *p, size_t end, size_t *at, struct wh_http_request *req, struct wh_http_refusal *why)
{
	struct wh_http_header *h = &req->headers[req->headers_n];
	size_t i = *at, from = i;
	bool once;

	while (wh_http_is(p[i], WH_C_TOKEN))
		i++;
	if (wh_http_space(p[i]))
		return refuse(why, 400, i == from ? "folded header line" : "white space before the colon of a header");
	if (p[i] != ':' || i == from)
		return refuse(why, 400, "malformed header name");
	h->name = (struct wh_str){ p + from, i - from };
	from = ++i;
	i += value_run(p + i, end - i);
	if (p[i] != '\r' || p[i + 1] != '\n')
		return refuse(why, 400, p[i] == '\r' ? "bare CR in a header" : "control byte in a header");
	h->value = wh_http_trim((struct wh_str){ p + from, i - from });
	h->field = wh_http_known(h->name, &once);
	*at = i + 2;
	req->headers_n++;
	if (req->first[h->field] == 0)
		req->first[h->field] = (uint8_t)req->headers_n;
	else if (once)
		return refuse(why, 400, "a header that may stand only once is repeated");
	return true;
}

static bool
digest_framing(struct wh_http_request *req, struct wh_http_refusal *why)
{
	struct wh_str value, item, last = { NULL, 0 };
	unsigned at = 0, codings = 0;

	if (wh_http_has(req, WH_H_CONTENT_LENGTH)) {
		if (wh_http_has(req, WH_H_TRANSFER_ENCODING))
			return refuse(why, 400, "both Content-Length and Transfer-Encoding");
		if (!wh_http_decimal(wh_http_header(req, WH_H_CONTENT_LENGTH), &req->content_length))
			return refuse(why, 400, "malformed Content-Length");
		req->has_length = true;
		return true;
	}
	if (!wh_http_has(req, WH_H_TRANSFER_ENCODING))
		return true;
	if (req->minor == 0)
		return refuse(why, 400, "Transfer-Encoding in HTTP/1.0");
	while (wh_http_header_next(req, WH_H_TRANSFER_ENCODING, &at, &value)) {
		while (wh_http_list_next(&value, &item)) {
			if (wh_http_same(last, WH_STR("chunked")))
				return refuse(why, 400, "chunked is not the last transfer coding");
			last = item;
			codings++;
		}
	}
	if (!wh_http_same(last, WH_STR("chunked")))
		return refuse(why, 400, "the last transfer coding is not chunked");
	if (codings != 1)
		return refuse(why, 501, "no transfer coding but chunked is offered");
	return req->chunked = true;
}

static bool
digest_connection(struct wh_http_request *req, struct wh_http_refusal *why)
{
	bool close = false, keep = false, upgrade = false, websocket = false;
	struct wh_str value, item;
	unsigned at = 0;

	while (wh_http_header_next(req, WH_H_CONNECTION, &at, &value)) {
		while (wh_http_list_next(&value, &item)) {
			if (!wh_http_all(item, WH_C_TOKEN))
				return refuse(why, 400, "malformed Connection header");
			close |= wh_http_same(item, WH_STR("close"));
			keep |= wh_http_same(item, WH_STR("keep-alive"));
			upgrade |= wh_http_same(item, WH_STR("upgrade"));
		}
	}
	for (at = 0; wh_http_header_next(req, WH_H_UPGRADE, &at, &value);)
		websocket |= wh_http_list_has(value, WH_STR("websocket"));
	req->keep_alive = !close && (req->minor == 1 || keep);
	req->upgrade_websocket = upgrade && websocket && req->minor == 1;
	return true;
}

static bool
digest_host(struct wh_http_request *req, struct wh_http_refusal *why)
{
	struct wh_str value = wh_http_header(req, WH_H_HOST), host;
	uint16_t port;

	if (!wh_http_has(req, WH_H_HOST))
		return req->minor == 0 || refuse(why, 400, "no Host header");
	if (!wh_http_authority_split(value, &host, &port))
		return refuse(why, 400, "malformed Host header");
	if (req->authority.p == NULL) {
		req->authority = value;
		req->host = host;
		req->port = port;
	}
	return true;
}

static bool
digest_expect(struct wh_http_request *req, struct wh_http_refusal *why)
{
	if (!wh_http_has(req, WH_H_EXPECT) || req->minor == 0)
		return true;
	if (!wh_http_same(wh_http_header(req, WH_H_EXPECT), WH_STR("100-continue")))
		return refuse(why, 417, "nothing but 100-continue can be expected");
	return req->expect_continue = true;
}

/* The whole head is there: p[end] is the CR of its empty line. */
static bool
head_digest(const char *p, size_t at, size_t end, struct wh_http_request *req, struct wh_http_refusal *why)
{
	req->has_length = req->chunked = req->expect_continue = false;
	req->content_length = 0;
	req->headers_n = 0;
	memset(req->first, 0, sizeof req->first);
	while (at < end)
		if (!head_header(p, end, &at, req, why))
			return false;
	req->head_size = end + 2;
	return digest_host(req, why) && digest_framing(req, why) && digest_connection(req, why) &&
	    digest_expect(req, why);
}

static struct wh_http_limits
limits_filled(const struct wh_http_limits *given)
{
	struct wh_http_limits l = *given;

	if (l.head_max == 0)
		l.head_max = HEAD_MAX_DEFAULT;
	if (l.head_max < HEAD_LEAST)
		l.head_max = HEAD_LEAST;
	if (l.line_max == 0)
		l.line_max = LINE_MAX_DEFAULT;
	if (l.line_max > l.head_max - 4)	/* so that a long line is a 414 before it is a 431 */
		l.line_max = l.head_max - 4;
	if (l.header_max == 0)
		l.header_max = HEADER_MAX_DEFAULT;
	if (l.header_max > WH_HTTP_HEADERS)
		l.header_max = WH_HTTP_HEADERS;
	return l;
}

/* What stands before the first line: one empty line is forgiven (RFC 9112 2.2). False: refused. */
static bool
head_opens(struct wh_http_head *head, const char *p, size_t n, struct wh_http_refusal *why)
{
	if (head->line_at == 0 && n > 0 && p[0] == '\r') {
		if (n == 1)
			return true;
		if (p[1] != '\n')
			return refuse(why, 400, "bare CR");
		head->line_at = head->scanned = 2;
	}
	if (n > head->line_at && !wh_http_is(p[head->line_at], WH_C_TOKEN))
		return refuse(why, 400, "this is not HTTP");
	return true;
}

/* One more line is complete: its '\n' is at p[nl]. */
static bool
head_line_ends(struct wh_http_head *head, const struct wh_http_limits *l, const char *p, size_t nl,
    struct wh_http_request *req, struct wh_http_refusal *why)
{
	struct wh_str line = { p + head->line_at, nl - head->line_at };

	if (line.n == 0 || line.p[line.n - 1] != '\r')
		return refuse(why, 400, "bare LF");
	line.n--;
	if (head->lines == 0 && !head_line(line, req, why))
		return false;
	if (line.n > 0 && head->lines > l->header_max)
		return refuse(why, 431, "too many header lines");
	head->lines++;
	head->line_at = head->scanned = (uint32_t)nl + 1;
	return true;
}

/* 1: the head is complete, and ends with the '\n' before line_at; 0: more is needed; -1: refused. */
static int
head_scan(struct wh_http_head *head, const struct wh_http_limits *l, const char *p, size_t n,
    struct wh_http_request *req, struct wh_http_refusal *why)
{
	for (;;) {
		const char *found = n > head->scanned ? memchr(p + head->scanned, '\n', n - head->scanned) : NULL;
		size_t end = found != NULL ? (size_t)(found - p) : n, from = head->line_at;

		if (head->lines == 0 && end - from > (size_t)l->line_max + 1) {
			refuse(why, 414, "the request line is too long");
			return -1;
		}
		if (end + (found != NULL) > l->head_max) {
			refuse(why, 431, "the request head is too large");
			return -1;
		}
		if (found == NULL) {
			head->scanned = (uint32_t)n;
			return 0;
		}
		if (!head_line_ends(head, l, p, end, req, why))
			return -1;
		if (head->line_at - from == 2)
			return 1;
	}
}

enum wh_http_step
wh_http_head_read(struct wh_http_head *head, const struct wh_http_limits *limits, const char *p, size_t n,
    struct wh_http_request *req_out, struct wh_http_refusal *why_out)
{
	struct wh_http_limits l = limits_filled(limits);
	bool resumed = head->lines > 0;
	size_t start, end;
	int got;

	got = head->lines > 0 || head_opens(head, p, n, why_out) ? head_scan(head, &l, p, n, req_out, why_out) : -1;
	if (got == 0)
		return WH_HTTP_MORE;
	end = head->line_at;
	*head = (struct wh_http_head){ 0 };
	if (got < 0)
		return WH_HTTP_REFUSED;

	start = p[0] == '\r' ? 2 : 0;
	end -= 2;
	if (resumed) {
		/* the buffer may have moved since the line was judged */
		const char *nl = memchr(p + start, '\n', end - start);

		(void)head_line((struct wh_str){ p + start, (size_t)(nl - p) - 1 - start }, req_out, why_out);
	}
	start = (size_t)((req_out->target.p - p)) + req_out->target.n + sizeof " HTTP/1.1\r\n" - 1;
	return head_digest(p, start, end, req_out, why_out) ? WH_HTTP_DONE : WH_HTTP_REFUSED;
}

bool
wh_http_header_next(const struct wh_http_request *req, enum wh_http_field field, unsigned *at, struct wh_str *value_out)
{
	unsigned i = *at != 0 ? *at : req->first[field];

	/* *at is 1 + the index to look at next, so that 0 can mean the beginning */
	for (; i != 0 && i <= req->headers_n; i++) {
		if (req->headers[i - 1].field == field) {
			*value_out = req->headers[i - 1].value;
			*at = i + 1;
			return true;
		}
	}
	return false;
}

struct wh_str
wh_http_header_named(const struct wh_http_request *req, struct wh_str name)
{
	for (unsigned i = 0; i < req->headers_n; i++)
		if (wh_http_same(req->headers[i].name, name))
			return req->headers[i].value;
	return (struct wh_str){ NULL, 0 };
}

bool
wh_http_method_check(const struct wh_http_request *req, unsigned allowed, struct wh_http_refusal *why_out)
{
	if (req->method == WH_HTTP_OTHER_METHOD)
		return refuse(why_out, 501, "this method is not known here");
	if ((allowed & 1u << req->method) == 0)
		return refuse(why_out, 405, "this method is not allowed here");
	return true;
}

struct wh_str
wh_http_allow(unsigned allowed, char room[WH_HTTP_ALLOW_MAX])
{
	size_t n = 0;

	for (unsigned i = 1; i < METHODS; i++) {
		if ((allowed & 1u << i) == 0)
			continue;
		if (n > 0) {
			room[n++] = ',';
			room[n++] = ' ';
		}
		memcpy(room + n, method_names[i], strlen(method_names[i]));
		n += strlen(method_names[i]);
	}
	return (struct wh_str){ room, n };
}
