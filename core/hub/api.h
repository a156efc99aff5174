/* HTTP: commands at /api/NAME, routes of plugins, and the table by which edges route. Each request is an exchange: it has a session of
 * its own for as long as it is open, and is answered exactly once, unless its client goes before. What a plugin holds is copied.
 * A cookie acts for its owner only when the request comes from our own pages. */
#ifndef WHIPLY_HUB_API_H
#define WHIPLY_HUB_API_H

#include <whiply/list.h>
#include <whiply/route.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/out.h"
#include "base/slots.h"
#include "hub/command.h"
#include "hub/features.h"
#include "hub/hook.h"
#include "hub/trace.h"

struct edge;
struct hub;
struct hub_config;
struct plugin;
struct wh_rec_request;
struct wh_rec_route;

enum {
	API_ROUTES = 1024,
	API_TREES = 128,
	API_EXCHANGES = 65536,
	API_TOKENS = 1024,
	API_ORIGINS = 256,
	API_HOLD_MS = 30000,
	API_BODY_MAX = 3 << 20,		/* of an answer: it has to fit into a ring */
	API_REQUEST_ID = 64,
};

struct api_route {
	const struct wh_route *row;
	struct plugin *plugin;
	struct wh_str path;
	struct wh_flow rate;
};

struct api_tree {
	const struct wh_tree *row;
	struct plugin *plugin;
	char root[512];
};

/** One of the config's `tokens`. */
struct api_token {
	char name[65];
	uint8_t sha256[32];
	char roles[256];
};

/** What the config says about HTTP and credentials. */
struct api_config {
	struct api_token *tokens;	/* owned */
	size_t n_tokens;
	char **origins;			/* owned: http.origins */
	size_t n_origins;
};

struct exchange {
	struct wh_request public;	/* first: this is what the plugin holds */
	struct hub *hub;
	wh_id conn;
	uint32_t stream;
	wh_id session_id;
	struct plugin *plugin;		/* of its route; NULL: ours */
	struct wh_buf text;		/* owned: what `public` points to */
	struct wh_str request_headers, host;
	struct wh_buf headers, body;	/* owned: the answer's */
	struct wh_buf params;		/* owned: decoded parameters; see exchange_param */
	struct wh_out_buf out;
	struct trace trace;
	struct rate_state rate;
	char request_id[API_REQUEST_ID + 1];
	int64_t began_us;
	wh_id timer;
	struct wh_list place;
	bool head, serving, held, answered, params_read;
	bool asking;			/* a hook holds its credential */
	bool open_cors;			/* any origin may read the answer */
};

struct api {
	struct api_route *routes;	/* owned; longest path first */
	size_t n_routes;
	struct api_tree trees[API_TREES];
	size_t n_trees;
	struct wh_slots exchanges;
	struct wh_list open;
	struct api_config *config;	/* owned */
	struct wh_buf openapi;		/* the document, as long as the tables are as they were */
	uint64_t openapi_of;
	uint64_t changes;		/* of routes */
};

enum wh_err api_init(struct hub *hub);
void api_finish(struct hub *hub);

/** The groups `tokens` (WH_FREE) of the config. */
extern const struct wh_setting api_token_settings[];

/** Reads tokens and origins; hub->roles are those of the same config already. WH_EINVAL: see `errors`. */
enum wh_err api_config_read(struct hub *hub, const struct hub_config *from, struct wh_conf_errors *errors,
    struct api_config **config_out);
void api_config_free(struct api_config **config);

/* The features of HTTP; see features.h. */
void api_serve(struct hub *hub, const struct wh_rec_request *r);
void api_routes(struct hub *hub, void (*each)(struct edge *edge, const struct wh_rec_route *row), struct edge *edge);
void api_gone(struct hub *hub, wh_id conn);
void api_edge_gone(struct hub *hub, uint32_t process);

/** Config tokens first, then the hooks. `then` is called at once or later; `why` NULL: go on as whoever the session is by now. */
void api_credential(struct hub *hub, struct wh_session *s, const struct hub_credential *c, hook_known *then, uint64_t cookie);

/** The TOKEN of "Bearer TOKEN"; empty for another scheme, which is a route's own affair. */
struct wh_str api_bearer(struct wh_str authorization);

/** A plugin's routes and trees, all or none. */
enum wh_err api_add(struct hub *hub, struct plugin *p, const struct wh_route *routes, const struct wh_tree *trees, struct wh_buf *why);

/** Removes them; what it holds is answered with 503. */
void api_remove(struct hub *hub, struct plugin *p);

/* What a serving plugin calls. */
static inline struct exchange *
exchange_of(struct wh_request *r)
{
	return (struct exchange *)(void *)r;
}

struct exchange *exchange_find(struct hub *hub, wh_id id);
wh_id exchange_hold(struct exchange *x);
struct wh_str exchange_header(const struct exchange *x, const char *name);
struct wh_str exchange_param(struct exchange *x, const char *name);
void exchange_put_header(struct exchange *x, const char *name, struct wh_str value);
struct wh_out *exchange_body(struct exchange *x);
enum wh_err exchange_respond(struct exchange *x, unsigned status, const char *content_type);
enum wh_err exchange_problem(struct exchange *x, enum wh_err err, struct wh_str why, struct wh_str field, int64_t retry_ms);

/** A problem whose status and word are not those of an error. */
enum wh_err exchange_problem_as(struct exchange *x, unsigned status, const char *code, const char *title, struct wh_str why);

/* api_command.c */

/** The exchange of a call that came over HTTP and has no answer yet, or NULL. */
struct exchange *api_exchange_of(const struct call *c);

/** POST or GET /api/NAME. */
void api_command(struct exchange *x, struct wh_str name);

/* api_http.c: the bytes of HTTP. */

/** Appends `name\0value\0`; false, and nothing, for what would break the head. */
bool http_header_put(struct wh_buf *block, const char *name, struct wh_str value);

/** The first header of that lower-case name; empty without. */
struct wh_str http_header_find(struct wh_str block, struct wh_str name);

/** Appends the query's names and values, decoded, each with a NUL behind it; read it with http_pair_next. WH_ESYNTAX: a bad
 * escape, or one that stands for a NUL. */
enum wh_err http_query_decode(struct wh_str query, struct wh_buf *to);

/** Takes the first name and value off; both have a NUL behind them. */
bool http_pair_next(struct wh_str *pairs, struct wh_str *name_out, struct wh_str *value_out);

/** Is this a request that our own pages, or those of an allowed origin, may have made? See api.h on cookies. */
bool http_from_us(const struct api_config *config, struct wh_str headers, struct wh_str host);

/** Is this application/json, with or without charset=utf-8? */
bool http_is_json(struct wh_str content_type);

#endif
