/* The control socket: one JSON-RPC 2.0 message a line, one call at a time. Blocking, but every wait has an end.
 * What the server sends without being asked, such as its greeting, is skipped. */
#ifndef WHIPLY_CTL_WIRE_H
#define WHIPLY_CTL_WIRE_H

#include "base/json.h"

enum { WIRE_LINE = 64 << 20 };	/* bytes of one answer */

struct wire {
	int fd;			/* owned; -1 when closed */
	uint64_t calls;
	struct wh_buf in;	/* received, and not yet a whole line */
};

/** What a call came to: `result` or `error` is set, and good until answer_free or the next call with it. {0} is empty. */
struct answer {
	struct wh_value result;
	struct wh_value error;		/* WH_V_NONE: it went well */
	struct wh_json_doc doc;
	struct wh_buf line;
	struct wh_buf scratch;
};

/** Connects. After an error, `why` has a sentence that says what to do about it. */
enum wh_err wire_open(struct wire *w, const char *path, struct wh_buf *why);

/** Calls with a JSON object of arguments. WH_OK when it was answered, be it with an error; WH_EAWAY when the server closed,
 * WH_ETIME, WH_ETOOBIG, WH_ESYNTAX when what it says is no JSON-RPC, WH_ENOMEM, WH_EIO. */
enum wh_err wire_call(struct wire *w, const char *method, struct wh_str params, int64_t within_ms, struct answer *answer);

/** Waits until the server closes the connection; WH_ETIME when it does not. */
enum wh_err wire_wait_closed(struct wire *w, int64_t within_ms);

void wire_close(struct wire *w);
void answer_free(struct answer *a);

#endif
