/* The body decoder of http_body.h. One byte of framing at a time, data in whole slices. */
#include "edge/http_body.h"
#include "edge/http_chars.h"
#include "edge/http_fields.h"

enum { BODY_MAX_DEFAULT = 1 << 20, EXTENSIONS_MAX = 8192, SIZE_DIGITS = 16 };

enum body_state {
	BODY_DONE,		/* also: there is no body */
	BODY_LENGTH,
	BODY_SIZE, BODY_EXTENSION, BODY_SIZE_LF,
	BODY_DATA, BODY_DATA_CR, BODY_DATA_LF,
	BODY_TRAILER, BODY_TRAILER_NAME, BODY_TRAILER_VALUE, BODY_TRAILER_LF, BODY_LAST_LF,
	BODY_REFUSED,
};

static bool
refuse(struct wh_http_refusal *why, unsigned status, const char *reason)
{
	*why = (struct wh_http_refusal){ status, reason };
	return false;
}

bool
wh_http_body_start(struct wh_http_body *body, const struct wh_http_request *req, const struct wh_http_limits *limits,
    struct wh_http_refusal *why_out)
{
	*body = (struct wh_http_body){ .room = limits->body_max != 0 ? limits->body_max : BODY_MAX_DEFAULT };
	if (req->chunked) {
		body->state = BODY_SIZE;
		return true;
	}
	if (req->content_length > body->room)
		return refuse(why_out, 413, "the body is too large");
	body->left = req->content_length;
	body->state = body->left > 0 ? BODY_LENGTH : BODY_DONE;
	return true;
}

bool
wh_http_body_done(const struct wh_http_body *body)
{
	return body->state == BODY_DONE;
}

/* Trailers are dropped, so those that would have changed the meaning of the message can't be let pass in silence. */
static bool
trailer_name_ok(const struct wh_http_body *b)
{
	static const char *const framing[] = { "content-length", "transfer-encoding", "host", "trailer", "connection",
		"expect", "upgrade", "content-encoding", "content-type", "authorization", "cookie" };
	struct wh_str name = { b->name, b->name_n };

	if (name.n > sizeof b->name)
		return true;
	for (size_t i = 0; i < sizeof framing / sizeof framing[0]; i++)
		if (wh_http_same(name, wh_str(framing[i])))
			return false;
	return name.n > 0;
}

static bool
body_size_byte(struct wh_http_body *b, char c, struct wh_http_refusal *why)
{
	int digit = wh_http_hex(c);

	if (digit >= 0) {
		if (++b->digits > SIZE_DIGITS)
			return refuse(why, 400, "malformed chunk size");
		b->left = b->left << 4 | (unsigned)digit;
		return true;
	}
	if (b->digits == 0 || (c != '\r' && c != ';'))
		return refuse(why, 400, "malformed chunk size");
	if (b->left > b->room)
		return refuse(why, 413, "the body is too large");
	b->state = c == '\r' ? BODY_SIZE_LF : BODY_EXTENSION;
	return true;
}

static bool
body_extension_byte(struct wh_http_body *b, char c, struct wh_http_refusal *why)
{
	if (c == '\r') {
		b->state = BODY_SIZE_LF;
		return true;
	}
	/* the sum is bounded as well: a body of one-byte chunks would otherwise be all extensions */
	if (++b->line > WH_HTTP_CHUNK_LINE || ++b->extensions > EXTENSIONS_MAX)
		return refuse(why, 400, "chunk extensions are too long");
	return wh_http_is(c, WH_C_VALUE) || refuse(why, 400, "malformed chunk extension");
}

static bool
body_trailer_byte(struct wh_http_body *b, char c, struct wh_http_refusal *why)
{
	if (++b->line > WH_HTTP_TRAILERS)
		return refuse(why, 431, "the trailer section is too large");
	if (b->state == BODY_TRAILER && c == '\r') {
		b->state = BODY_LAST_LF;
	} else if (b->state != BODY_TRAILER_VALUE && wh_http_is(c, WH_C_TOKEN)) {
		if (b->state == BODY_TRAILER)
			b->name_n = 0;
		if (b->name_n < sizeof b->name)
			b->name[b->name_n] = c;
		b->name_n++;
		b->state = BODY_TRAILER_NAME;
	} else if (b->state == BODY_TRAILER_NAME && c == ':') {
		if (!trailer_name_ok(b))
			return refuse(why, 400, "this header may not stand in the trailer section");
		b->state = BODY_TRAILER_VALUE;
	} else if (b->state == BODY_TRAILER_VALUE && c == '\r') {
		b->state = BODY_TRAILER_LF;
	} else if (b->state != BODY_TRAILER_VALUE || !wh_http_is(c, WH_C_VALUE)) {
		return refuse(why, 400, "malformed trailer section");
	}
	return true;
}

static bool
body_line_end(struct wh_http_body *b, char c, struct wh_http_refusal *why)
{
	if (c != (b->state == BODY_DATA_CR ? '\r' : '\n'))
		return refuse(why, 400, b->state == BODY_DATA_CR || b->state == BODY_DATA_LF ?
		    "a chunk is longer than it said" : "bare CR in the chunked framing");
	switch (b->state) {
	case BODY_DATA_CR:
		b->state = BODY_DATA_LF;
		break;
	case BODY_DATA_LF:
		b->state = BODY_SIZE;
		break;
	case BODY_SIZE_LF:
		b->state = b->left > 0 ? BODY_DATA : BODY_TRAILER;
		break;
	case BODY_TRAILER_LF:
		b->state = BODY_TRAILER;
		return true;
	default:
		b->state = BODY_DONE;
		break;
	}
	b->digits = 0;
	b->line = 0;
	return true;
}

static bool
body_framing_byte(struct wh_http_body *b, char c, struct wh_http_refusal *why)
{
	switch (b->state) {
	case BODY_SIZE:
		return body_size_byte(b, c, why);
	case BODY_EXTENSION:
		return body_extension_byte(b, c, why);
	case BODY_TRAILER:
	case BODY_TRAILER_NAME:
	case BODY_TRAILER_VALUE:
		return body_trailer_byte(b, c, why);
	default:
		return body_line_end(b, c, why);
	}
}

static enum wh_http_step
body_take(struct wh_http_body *b, const char *p, size_t n, size_t *used, struct wh_str *data_out)
{
	size_t take = n < b->left ? n : (size_t)b->left;

	*data_out = (struct wh_str){ p, take };
	*used += take;
	b->left -= take;
	b->room -= take;
	if (b->left == 0)
		b->state = b->state == BODY_LENGTH ? BODY_DONE : BODY_DATA_CR;
	return WH_HTTP_DATA;
}

enum wh_http_step
wh_http_body_read(struct wh_http_body *body, const char *p, size_t n, size_t *used_out, struct wh_str *data_out,
    struct wh_http_refusal *why_out)
{
	size_t i = 0;

	*used_out = 0;
	*data_out = (struct wh_str){ NULL, 0 };
	while (i < n && body->state != BODY_DONE && body->state != BODY_REFUSED) {
		if (body->state == BODY_LENGTH || body->state == BODY_DATA) {
			*used_out = i;
			return body_take(body, p + i, n - i, used_out, data_out);
		}
		if (!body_framing_byte(body, p[i], why_out)) {
			body->state = BODY_REFUSED;
			*used_out = i;
			return WH_HTTP_REFUSED;
		}
		i++;
	}
	*used_out = i;
	if (body->state == BODY_REFUSED) {
		refuse(why_out, 400, "the body was refused before");
		return WH_HTTP_REFUSED;
	}
	return body->state == BODY_DONE ? WH_HTTP_DONE : WH_HTTP_MORE;
}
