/* What the core of the hub asks of the units above it: plugins and their hooks, the HTTP API, the control socket. A table, so
 * that the core is built and tested without them; features.c holds the real one. Every member is set.
 * Everything is called on the hub's thread; what is handed over is borrowed until the call returns. */
#ifndef WHIPLY_HUB_FEATURES_H
#define WHIPLY_HUB_FEATURES_H

#include <whiply/event.h>

#include "base/buf.h"

struct edge;
struct hub;
struct hub_config;
struct papers_parts;
struct wh_rec_request;
struct wh_rec_route;
struct wh_room;
struct wh_session;

/** What a new connection shows of itself; each may be empty. */
struct hub_credential {
	struct wh_str authorization;	/* the whole header */
	struct wh_str cookie;
	struct wh_str certificate;	/* SHA-256 in hex */
};

struct hub_features {
	/** Opens plugins, API and control socket from hub->config. When it returned WH_OK all dialects and routes are there. */
	enum wh_err (*start)(struct hub *hub);
	/** Closes all of it, also after a failed start. */
	void (*stop)(struct hub *hub);
	/** Takes over new settings, or refuses the whole of them and writes the reason to `why`. hub->config is still the old. With WH_OK, too, there may be
	 * lines in `why`: of plugins that go on with their old settings. */
	enum wh_err (*reload)(struct hub *hub, const struct hub_config *next, struct wh_buf *why);
	/** Writes the hub's part of the status, a JSON object. */
	void (*status)(struct hub *hub, struct wh_buf *json);
	/** Calls `each` for every row of the table that edges serve by. */
	void (*routes)(struct hub *hub, void (*each)(struct edge *edge, const struct wh_rec_route *row), struct edge *edge);

	/** Sessions and rooms are as they were; what clients said since comes next. */
	void (*recovered)(struct hub *hub);
	/** A new connection shows a credential. The answer is a call of session_known, at once or later. */
	void (*credential)(struct hub *hub, struct wh_session *s, const struct hub_credential *c);
	/** WH_OPENED, WH_IDENTIFIED, WH_DETACHED, WH_RESUMED, WH_ENDED of struct wh_presence. */
	void (*presence)(struct hub *hub, struct wh_session *s, int what);
	/** The session is no member of the room any more. */
	void (*left)(struct hub *hub, struct wh_room *r, struct wh_session *s, struct wh_str reason);
	/** Writes the plugins' parts of the papers, each with papers_part. */
	void (*save)(struct hub *hub, struct wh_session *s, struct papers_parts *parts);
	/** One plugin's part, in recovery, when the session's identity and rooms are there again. */
	void (*load)(struct hub *hub, struct wh_session *s, struct wh_str plugin, struct wh_str part);

	/** Answers an HTTP request, now or later, with edge_respond. */
	void (*serve)(struct hub *hub, const struct wh_rec_request *r);
	/** The connection has room again after a RESPOND found its queue full. */
	void (*writable)(struct hub *hub, wh_id conn);
	/** A connection without a session is gone: what it asked needs no answer. */
	void (*gone)(struct hub *hub, wh_id conn);
	/** All connections of that edge are gone. */
	void (*edge_gone)(struct hub *hub, uint32_t process);
	/** A job came back. */
	void (*job_took)(struct hub *hub, const char *name, int64_t waited_us, int64_t ran_us);
};

/** What the hub runs with. */
extern const struct hub_features hub_features;

#endif
