/* The head of an HTTP/1.1 or 1.0 request, strictly. The edge's connections feed it their read buffer; what it yields are
 * slices of that buffer, so a request is valid until the buffer moves. The state that a connection keeps between reads is
 * struct wh_http_head (12 bytes); one struct wh_http_request serves a whole process.
 * Two readings of one byte string are how requests get smuggled: whatever RFC 9112 lets a server refuse is refused here. */
#ifndef WHIPLY_EDGE_HTTP_PARSE_H
#define WHIPLY_EDGE_HTTP_PARSE_H

#include <whiply/types.h>

enum { WH_HTTP_HEADERS = 128 };	/* the most header lines that a limit can allow */

/** What a connection allows. Zero takes the default in brackets. */
struct wh_http_limits {
	uint32_t line_max;	/**< bytes of the request line [8192]: 414 */
	uint32_t head_max;	/**< bytes of the whole head [32768]: 431 */
	uint32_t header_max;	/**< header lines, up to WH_HTTP_HEADERS [100]: 431 */
	uint64_t body_max;	/**< bytes of the body [1 MiB]: 413 */
};

/** What a step of a decoder came to. */
enum wh_http_step {
	WH_HTTP_MORE,		/**< everything given was looked at; call again when there is more */
	WH_HTTP_DONE,		/**< complete */
	WH_HTTP_DATA,		/**< a slice of the body; call again */
	WH_HTTP_REFUSED,	/**< see the struct wh_http_refusal; answer it and close */
};

/** Why a request is refused. The reason is static text that may be shown to the client. */
struct wh_http_refusal {
	unsigned status;
	const char *reason;
};

enum wh_http_method {
	WH_HTTP_OTHER_METHOD,	/**< a valid token that we do not know: 501 */
	WH_HTTP_GET, WH_HTTP_HEAD, WH_HTTP_POST, WH_HTTP_PUT, WH_HTTP_DELETE, WH_HTTP_OPTIONS, WH_HTTP_PATCH,
};

/** The headers that something in the core reads; a request finds them without comparing names again. */
enum wh_http_field {
	WH_H_OTHER,
	WH_H_ACCEPT, WH_H_ACCEPT_ENCODING, WH_H_ACCEPT_LANGUAGE, WH_H_AC_REQUEST_HEADERS, WH_H_AC_REQUEST_METHOD,
	WH_H_AUTHORIZATION, WH_H_CONNECTION, WH_H_CONTENT_ENCODING, WH_H_CONTENT_LENGTH, WH_H_CONTENT_TYPE, WH_H_COOKIE,
	WH_H_EXPECT, WH_H_FORWARDED, WH_H_HOST, WH_H_IF_MATCH, WH_H_IF_MODIFIED_SINCE, WH_H_IF_NONE_MATCH,
	WH_H_IF_RANGE, WH_H_IF_UNMODIFIED_SINCE, WH_H_ORIGIN, WH_H_RANGE, WH_H_REFERER,
	WH_H_SEC_FETCH_SITE, WH_H_SEC_WEBSOCKET_EXTENSIONS, WH_H_SEC_WEBSOCKET_KEY, WH_H_SEC_WEBSOCKET_PROTOCOL,
	WH_H_SEC_WEBSOCKET_VERSION, WH_H_TRACEPARENT, WH_H_TRACESTATE, WH_H_TRAILER, WH_H_TRANSFER_ENCODING,
	WH_H_UPGRADE, WH_H_USER_AGENT, WH_H_X_FORWARDED_FOR, WH_H_X_FORWARDED_PROTO, WH_H_X_REQUEST_ID,
	WH_H_COUNT
};

struct wh_http_header {
	struct wh_str name;	/* as sent */
	struct wh_str value;	/* without the white space around it */
	enum wh_http_field field;
};

/** What a connection keeps while a head arrives. {0} starts a request; a finished or refused head resets it. */
struct wh_http_head {
	uint32_t scanned;	/* bytes known to hold no further line end */
	uint32_t line_at;	/* where the line that is arriving begins */
	uint32_t lines;		/* lines complete, the request line among them */
};

struct wh_http_request {
	struct wh_str method_name;
	enum wh_http_method method;
	unsigned minor;		/* 1 or 0: HTTP/1.minor */
	struct wh_str target;	/* as sent */
	struct wh_str path;	/* raw, begins with '/', or is "*"; see wh_http_path_decode */
	struct wh_str query;	/* raw, without the '?' */
	struct wh_str authority; /* of the target if it has one, else the Host header; empty in HTTP/1.0 without a Host */
	struct wh_str host;	/* its name or address, without the port; IPv6 without brackets */
	uint16_t port;		/* 0: none given */
	bool has_length;	/* Content-Length was sent */
	uint64_t content_length;
	bool chunked;
	bool keep_alive;	/* the client's wish; a server may close all the same */
	bool upgrade_websocket;	/* Connection: upgrade and Upgrade: websocket, in HTTP/1.1 */
	bool expect_continue;
	size_t head_size;	/* bytes used, the empty line and a leading one included */
	unsigned headers_n;
	uint8_t first[WH_H_COUNT];	/* 1 + index of the first header of that field; 0: none */
	struct wh_http_header headers[WH_HTTP_HEADERS];
};

/** Reads what has arrived: `p` is the buffer from the first byte of the request, `n` all that is in it, more each time.
 * DONE fills the request (its head_size is what to consume); REFUSED fills `why_out`. Never DATA. */
enum wh_http_step wh_http_head_read(struct wh_http_head *head, const struct wh_http_limits *limits,
    const char *p, size_t n, struct wh_http_request *req_out, struct wh_http_refusal *why_out);

/** The value of the first header of that field; {NULL, 0} if it was not sent. Fields that may stand only once are
 * refused by wh_http_head_read when they are repeated; for lists use wh_http_header_next. */
static inline struct wh_str
wh_http_header(const struct wh_http_request *req, enum wh_http_field field)
{
	unsigned at = req->first[field];

	return at != 0 ? req->headers[at - 1].value : (struct wh_str){ NULL, 0 };
}

static inline bool
wh_http_has(const struct wh_http_request *req, enum wh_http_field field)
{
	return req->first[field] != 0;
}

/** Walks over all headers of one field, in order: start with *at = 0; false when there is no more. */
bool wh_http_header_next(const struct wh_http_request *req, enum wh_http_field field, unsigned *at,
    struct wh_str *value_out);

/** Any header, by name without regard to case; {NULL, 0} if it was not sent. */
struct wh_str wh_http_header_named(const struct wh_http_request *req, struct wh_str name);

/** Is the method one of those in the mask (1u << WH_HTTP_GET | ...)? If not, fills 501 for an unknown one, 405 for a known one. */
bool wh_http_method_check(const struct wh_http_request *req, unsigned allowed, struct wh_http_refusal *why_out);

/** The names of the methods in the mask, for an Allow header: "GET, HEAD". At most WH_HTTP_ALLOW_MAX bytes. */
enum { WH_HTTP_ALLOW_MAX = 64 };
struct wh_str wh_http_allow(unsigned allowed, char room[WH_HTTP_ALLOW_MAX]);

/** Splits and checks `name [ ":" port ]`, as in Host or an origin. */
bool wh_http_authority_split(struct wh_str authority, struct wh_str *host_out, uint16_t *port_out);

#endif
