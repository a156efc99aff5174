/* Writing responses: head, framing, security headers, and the RFC 9457 problem documents that every error is answered with.
 * Used by the edge for its own answers and for those that the hub sends. No header can be injected: a name or value with
 * a byte that does not belong makes the whole head fail, and nothing of it stays in the buffer. */
#ifndef WHIPLY_EDGE_HTTP_WRITE_H
#define WHIPLY_EDGE_HTTP_WRITE_H

#include "base/buf.h"
#include "edge/http_parse.h"

/** Header lines that are added by default, ready as they go out (each ends in CRLF), made once when settings are read. */
struct wh_http_policy {
	struct wh_str html;	/* for text/html and text/javascript */
	struct wh_str other;	/* for everything else but 1xx and 304 */
};
extern const struct wh_http_policy wh_http_policy_default;

/** For an answer with a Content-Security-Policy of its own: browsers would obey both, and what a page allows itself would be forbidden. */
extern const struct wh_http_policy wh_http_policy_own;

enum wh_http_framing {
	WH_HTTP_BY_LENGTH,	/**< Content-Length: length */
	WH_HTTP_CHUNKED,	/**< HTTP/1.1 only: to a 1.0 client it becomes a body that ends with the connection */
};

/** What a response is. Fill what is the same for all answers of a request once, copy, and fill the rest. */
struct wh_http_reply {
	unsigned status;
	unsigned minor;		/**< of the request: 0 or 1. The answer says HTTP/1.1 all the same, as it must */
	bool head;		/**< the request was HEAD: headers as for GET, no body */
	bool keep_alive;	/**< false writes Connection: close; see wh_http_reply_closes */
	enum wh_http_framing framing;
	uint64_t length;
	struct wh_str type;	/**< Content-Type; empty: none */
	struct wh_str date;	/**< IMF-fixdate, cached by the caller; empty: no Date */
	struct wh_str lines;	/**< further header lines, ready, each ending in CRLF; trusted; checked only for their end */
	struct wh_str request_id;	/**< X-Request-Id; empty: none */
	const struct wh_http_policy *policy;	/**< NULL: the default */
};

struct wh_http_writer {
	struct wh_buf *out;
	size_t start;		/* where the head began */
	bool refused;
};

/** The phrase of a status, "Unknown" for one that has none. */
const char *wh_http_phrase(unsigned status);

/** Must the connection close after this answer? (wanted, or a 1.0 client that gets a body of unknown length) */
bool wh_http_reply_closes(const struct wh_http_reply *reply);

/** Can this answer carry a body at all? (not HEAD, 1xx, 204, 304) */
bool wh_http_reply_has_body(const struct wh_http_reply *reply);

/** Begins a head. Status, framing, type, date and security headers are written; add others, then end it. */
struct wh_http_writer wh_http_reply_begin(struct wh_buf *out, const struct wh_http_reply *reply);
void wh_http_reply_header(struct wh_http_writer *w, struct wh_str name, struct wh_str value);
void wh_http_reply_number(struct wh_http_writer *w, struct wh_str name, uint64_t value);
/** Ends the head. False: a header was refused (WH_ESYNTAX in spirit) or memory ran out, and nothing was written. */
bool wh_http_reply_end(struct wh_http_writer *w);

/** Head and body at once. The length is the body's; a HEAD request gets the head alone. */
bool wh_http_reply_whole(struct wh_buf *out, const struct wh_http_reply *reply, struct wh_str body);

/** An interim answer: 100 or 103 without headers. */
void wh_http_reply_interim(struct wh_buf *out, unsigned status);

/** One chunk of a chunked body; an empty one writes nothing. wh_http_chunk_last ends the body. */
void wh_http_chunk(struct wh_buf *out, struct wh_str data);
void wh_http_chunk_last(struct wh_buf *out);

/** A problem document; empty members are left out, except type ("about:blank") and title (the status' phrase). */
struct wh_http_problem {
	unsigned status;
	struct wh_str type, title, detail, instance;
	struct wh_str request_id;	/**< member "request_id" and header X-Request-Id */
	unsigned allow;			/**< methods, as in wh_http_allow: header Allow; for 405 */
	struct wh_str lines;		/**< further header lines, as in wh_http_reply: WWW-Authenticate, Content-Range */
	uint64_t retry_after;		/**< seconds: header Retry-After, member "retry_after"; 0: none */
};

/** The document alone. */
void wh_http_problem_json(struct wh_buf *out, const struct wh_http_problem *problem);
/** The whole answer. Status, length and type of `reply` are replaced by the problem's. */
bool wh_http_problem_reply(struct wh_buf *out, const struct wh_http_reply *reply, const struct wh_http_problem *problem);

/** May these bytes stand in a header? A name is a token; a value has no control byte but tab. */
bool wh_http_name_ok(struct wh_str name);
bool wh_http_value_ok(struct wh_str value);

#endif
