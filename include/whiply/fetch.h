/* Outgoing HTTP, as a service: name "fetch" in the plugin's `needs`. Requests run on the job threads, bounded in number, size and time.
 * Redirects are not followed, and an address is connected to only when it is public, unless the operator allowed the origin: an
 * URL that a stranger gave cannot make the server talk to itself or to its neighbours. */
#ifndef WHIPLY_FETCH_H
#define WHIPLY_FETCH_H

#include <whiply/host.h>

enum { WH_FETCH_VERSION = 1 };

struct wh_fetch_request {
	struct wh_str url;		/**< https, or any origin that the operator allowed */
	const char *method;		/**< NULL: GET, or POST with a body */
	struct wh_str headers;		/**< "name: value\n" for each */
	struct wh_str body;
	int64_t timeout_ms;		/**< in all; 0: 10 s; at most 60 s */
	size_t max;			/**< bytes of the answer; 0: 256 KiB; at most 16 MiB */
};

/** What came of it. Borrowed: good until `done` returns. WH_EPERM: the guard refused the address; WH_ETIME; WH_ETOOBIG; WH_EAWAY: no
 * answer. WH_OK: an answer of whatever status. */
struct wh_fetch_answer {
	enum wh_err err;
	unsigned status;
	struct wh_str type;		/**< Content-Type */
	struct wh_str headers;		/**< "name: value\n" for each, names in lower case */
	struct wh_str body;
	struct wh_str why;		/**< for the log */
};

typedef void wh_fetch_done(void *self, uint64_t cookie, const struct wh_fetch_answer *answer);

struct wh_fetch;

struct wh_fetch_ops {
	/** Copies the request. WH_EFULL: too many wait. Any error: `done` is not called. */
	enum wh_err (*start)(struct wh_fetch *fetch, const struct wh_host *host, const struct wh_fetch_request *request, wh_fetch_done *done,
	    void *self, uint64_t cookie);
	/** In the plugin's close: nobody of it is told of anything any more. */
	void (*forget)(struct wh_fetch *fetch, const struct wh_host *host);
};

#endif
