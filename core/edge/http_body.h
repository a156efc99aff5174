/* The body of a request, by length or in chunks, taken from the read buffer piece by piece without copying. A connection
 * keeps one struct wh_http_body (32 bytes) while a body arrives. The bound counts data alone; framing has bounds of its own. */
#ifndef WHIPLY_EDGE_HTTP_BODY_H
#define WHIPLY_EDGE_HTTP_BODY_H

#include "edge/http_parse.h"

enum {
	WH_HTTP_CHUNK_LINE = 256,	/* bytes of one chunk-size line, extensions included */
	WH_HTTP_TRAILERS = 4096,	/* bytes of the trailer section */
};

struct wh_http_body {
	uint64_t left;		/* of this chunk, or of the body */
	uint64_t room;		/* what the bound still allows */
	uint16_t line;		/* bytes of the line, or of the trailer section, so far */
	uint16_t name;		/* state of the trailer name */
	uint8_t state;
	uint8_t digits;
};

/** Prepares for the body that the head announces. False, and a refusal (413), when it announces too much. */
bool wh_http_body_start(struct wh_http_body *body, const struct wh_http_request *req, const struct wh_http_limits *limits,
    struct wh_http_refusal *why_out);

/** Is the body complete? True at once for a request without one. */
bool wh_http_body_done(const struct wh_http_body *body);

/** Reads on from `p`. *used_out says how much to consume, always. DATA: data_out is a slice of p; call again with what
 * follows. MORE: all was used. DONE: the body ended after *used_out bytes; what follows is the next request. */
enum wh_http_step wh_http_body_read(struct wh_http_body *body, const char *p, size_t n, size_t *used_out,
    struct wh_str *data_out, struct wh_http_refusal *why_out);

#endif
