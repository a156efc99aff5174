/* Routes and trees: HTTP paths that a plugin answers, and folders that the edges serve by themselves.
 * A command needs no route: it has POST /api/NAME already. */
#ifndef WHIPLY_ROUTE_H
#define WHIPLY_ROUTE_H

#include <whiply/command.h>
#include <whiply/dialect.h>

enum wh_route_flags {
	WH_PREFIX = 1u << 0,	/**< the path and everything below it */
	WH_OPEN_CORS = 1u << 1,	/**< any origin may read it: for documents that are public anyway */
};

/** An HTTP request under way. Borrowed like a wh_call: hold it to answer later. */
struct wh_request {
	const struct wh_host *host;
	wh_id id;
	struct wh_str method;
	struct wh_str path;	/**< decoded */
	struct wh_str query;	/**< raw */
	struct wh_str body;
	struct wh_session *session;	/**< who asks; never NULL */
};

struct wh_route {
	const char *method;	/**< "GET" serves HEAD as well */
	const char *path;
	enum wh_allow allow;
	const char *rate;
	unsigned flags;
	enum wh_err (*serve)(void *self, struct wh_request *r);
	const char *help;
};

/** Files that the edges serve below a path. */
struct wh_tree {
	const char *path;	/**< "/assets/" */
	const char *folder;	/**< below the plugin's data folder */
	const char *cache;	/**< Cache-Control, or NULL: "no-cache" */
};

/** A header of the request by its lower-case name; empty when there is none. */
static inline struct wh_str
wh_request_header(struct wh_request *r, const char *name)
{
	return r->host->ops->request_header(r, name);
}

/** A decoded parameter of the query; `found` may be NULL. */
static inline struct wh_str
wh_request_param(struct wh_request *r, const char *name)
{
	return r->host->ops->request_param(r, name);
}

/** Adds a header to the answer. */
static inline void
wh_respond_header(struct wh_request *r, const char *name, struct wh_str value)
{
	r->host->ops->respond_header(r, name, value);
}

/** Where the answer's body is written. */
static inline struct wh_out *
wh_respond_body(struct wh_request *r)
{
	return r->host->ops->respond_body(r);
}

/** Answers with what wh_respond_body was given. The request is gone once `serve` returns, or at once if it was held. */
static inline enum wh_err
wh_respond(struct wh_request *r, unsigned status, const char *content_type)
{
	return r->host->ops->respond(r, status, content_type);
}

/** Answers with an RFC 9457 problem. Returns `err`. */
static inline enum wh_err
wh_respond_problem(struct wh_request *r, enum wh_err err, const char *why)
{
	return r->host->ops->respond_problem(r, err, why);
}

/** Keeps the request open after `serve` returned WH_WAIT. */
static inline wh_id
wh_request_hold(struct wh_request *r)
{
	return r->host->ops->request_hold(r);
}

/** A held request, or NULL when its client went away or it timed out. */
static inline struct wh_request *
wh_request_find(const struct wh_host *h, wh_id id)
{
	return h->ops->request_find(h, id);
}

#endif
