/* The HTTP API: who asks, what path it is, who answers. The table of routes is the hub's and the plugins'; edges get it as a whole. */
#include "hub/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/conf.h"
#include "hub/exchange.h"
#include "hub/fault.h"
#include "hub/health.h"
#include "hub/hook.h"
#include "hub/openapi.h"
#include "hub/plugin.h"
#include "hub/reach.h"

enum wh_err
api_init(struct hub *hub)
{
	hub->api = calloc(1, sizeof *hub->api);
	if (hub->api == NULL)
		return WH_ENOMEM;
	wh_slots_init(&hub->api->exchanges, hub->process, sizeof(struct exchange), API_EXCHANGES, 0);
	wh_list_init(&hub->api->open);
	hub->api->openapi_of = UINT64_MAX;
	return WH_OK;
}

void
api_finish(struct hub *hub)
{
	struct api *api = hub->api;

	if (api == NULL)
		return;
	while (!wh_list_empty(&api->open)) {
		struct exchange *x = WH_CONTAINER(wh_list_first(&api->open), struct exchange, place);

		if (!x->answered)
			edge_respond(hub, x->conn, x->stream, 503, (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 }, 0);
		exchange_free(x);
	}
	free(api->routes);
	wh_slots_free(&api->exchanges);
	wh_buf_free(&api->openapi);
	api_config_free(&api->config);
	free(api);
	hub->api = NULL;
}

static bool
path_below(struct wh_str path, struct wh_str prefix)
{
	if (!wh_str_starts(path, prefix))
		return false;
	return path.n == prefix.n || prefix.p[prefix.n - 1] == '/' || path.p[prefix.n] == '/';
}

static bool
path_ours(struct wh_str path)
{
	return path_below(path, WH_STR("/api")) || path_below(path, WH_STR("/health")) || path_below(path, WH_STR("/problems")) ||
	    wh_str_is(path, "/ws");
}

static bool
route_method_ok(const char *method)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };

	for (size_t i = 0; method != NULL && i < sizeof methods / sizeof methods[0]; i++)
		if (strcmp(method, methods[i]) == 0)
			return true;
	return false;
}

static const char *
route_bad(struct hub *hub, const struct wh_route *row)
{
	struct wh_rate rate;

	if (row->path == NULL || row->path[0] != '/' || strlen(row->path) > 256)
		return "is no path";
	if (path_ours(wh_str(row->path)))
		return "is the server's own";
	if (!route_method_ok(row->method))
		return "has a method that is not served";
	if (row->serve == NULL || row->allow < WH_ALLOW_GUEST || row->allow > WH_ALLOW_ADMIN)
		return "has no function, or nobody may ask it";
	if (row->rate != NULL && wh_conf_parse_rate(wh_str(row->rate), &rate) != WH_OK)
		return "has a rate that is none";
	for (size_t i = 0; i < hub->api->n_routes; i++)
		if (strcmp(hub->api->routes[i].row->path, row->path) == 0 && strcmp(hub->api->routes[i].row->method, row->method) == 0)
			return "is there already";
	return hub->api->n_routes < API_ROUTES ? NULL : "is one too many";
}

/* The longest path first, so that the first that matches is the right one. */
static enum wh_err
route_add(struct hub *hub, struct plugin *p, const struct wh_route *row)
{
	struct api *api = hub->api;
	struct api_route *more = realloc(api->routes, (api->n_routes + 1) * sizeof *more);
	size_t at = api->n_routes, n = strlen(row->path);

	if (more == NULL)
		return WH_ENOMEM;
	api->routes = more;
	while (at > 0 && more[at - 1].path.n < n)
		at--;
	memmove(&more[at + 1], &more[at], (api->n_routes - at) * sizeof *more);
	more[at] = (struct api_route){ .row = row, .plugin = p, .path = wh_str(row->path), .rate = rate_of(row->rate) };
	api->n_routes++;
	return WH_OK;
}

/* Beside the library while it is built, else where a package puts it. */
static bool
tree_root(const struct plugin *p, const struct wh_tree *row, char root[static 512])
{
	const char *slash = strrchr(p->path, '/');
	int n = slash != NULL ? snprintf(root, 512, "%.*s/%s/%s", (int)(slash - p->path), p->path, p->name, row->folder) : 0;

	if (n > 0 && n < 512 && access(root, R_OK | X_OK) == 0)
		return true;
	n = snprintf(root, 512, DATA_PATH "/%s/%s", p->name, row->folder);
	return n > 0 && n < 512;
}

static enum wh_err
tree_add(struct hub *hub, struct plugin *p, const struct wh_tree *row, struct wh_buf *why)
{
	struct api *api = hub->api;
	struct api_tree *t = &api->trees[api->n_trees];

	if (api->n_trees == API_TREES || row->path[0] != '/' || path_ours(wh_str(row->path)) || row->folder == NULL ||
	    strstr(row->folder, "..") != NULL || !tree_root(p, row, t->root)) {
		wh_buf_fmt(why, "the tree %s can't be served", row->path);
		return WH_EINVAL;
	}
	t->row = row;
	t->plugin = p;
	api->n_trees++;
	return WH_OK;
}

enum wh_err
api_add(struct hub *hub, struct plugin *p, const struct wh_route *routes, const struct wh_tree *trees, struct wh_buf *why)
{
	enum wh_err err = WH_OK;

	for (const struct wh_route *row = routes; row != NULL && (row->method != NULL || row->path != NULL) && err == WH_OK; row++) {
		const char *bad = route_bad(hub, row);

		err = bad == NULL ? route_add(hub, p, row) : WH_EINVAL;
		if (err != WH_OK)
			wh_buf_fmt(why, "the route %s %s %s", row->method != NULL ? row->method : "?", row->path != NULL ? row->path : "?",
			    bad != NULL ? bad : "finds no memory");
	}
	for (const struct wh_tree *row = trees; row != NULL && row->path != NULL && err == WH_OK; row++)
		err = tree_add(hub, p, row, why);
	if (err != WH_OK)
		api_remove(hub, p);
	hub->api->changes++;
	return err;
}

void
api_remove(struct hub *hub, struct plugin *p)
{
	struct api *api = hub->api;
	size_t kept = 0;

	WH_LIST_EACH(link, &api->open) {
		struct exchange *x = WH_CONTAINER(link, struct exchange, place);

		if (x->plugin == p && !x->serving && !x->answered)
			exchange_problem(x, WH_EAWAY, WH_STR("what answers this was unloaded; try again"), (struct wh_str){ NULL, 0 }, 0);
	}
	for (size_t i = 0; i < api->n_routes; i++)
		if (api->routes[i].plugin != p)
			api->routes[kept++] = api->routes[i];
	api->n_routes = kept;
	kept = 0;
	for (size_t i = 0; i < api->n_trees; i++)
		if (api->trees[i].plugin != p)
			api->trees[kept++] = api->trees[i];
	api->n_trees = kept;
	api->changes++;
}

static bool
route_matches(const struct api_route *route, const struct exchange *x)
{
	if ((route->row->flags & WH_PREFIX) != 0)
		return path_below(x->public.path, route->path);
	return wh_str_eq(x->public.path, route->path);
}

static bool
route_serves(const struct api_route *route, const struct exchange *x)
{
	return wh_str_is(x->public.method, route->row->method) || (x->head && strcmp(route->row->method, "GET") == 0);
}

static void
api_run_route(struct exchange *x, const struct api_route *route)
{
	struct hub *hub = x->hub;
	struct plugin *p = route->plugin;
	struct hub_running before;
	const struct wh_flow *flow = route->row->rate != NULL ? &route->rate : &hub->rates->command;
	enum wh_err err;

	x->open_cors = (route->row->flags & WH_OPEN_CORS) != 0;
	if (!reach_may(hub, x->public.session, route->path, route->row->allow)) {
		exchange_problem(x, WH_EPERM, reach_elsewhere(hub, x->public.session, route->path, route->row->allow) ?
		    WH_STR("this is not served over this listener; those that hub.admin_listeners and hub.moderator_listeners name serve it") :
		    WH_STR("you may not see this"), (struct wh_str){ NULL, 0 }, 0);
		return;
	}
	if (!rate_take(hub, x->public.session, route->path, flow, &x->rate)) {
		exchange_problem(x, WH_EFAST, WH_STR("too many requests"), (struct wh_str){ NULL, 0 }, x->rate.retry_ms);
		return;
	}
	x->plugin = p;
	x->public.host = &p->host;
	before = plugin_enter(p, "route");
	err = route->row->serve(p->self, &x->public);
	plugin_leave(p, before);
	if (x->answered || (err == WH_WAIT && x->held))
		return;
	x->held = false;
	if (err == WH_OK || err == WH_WAIT)
		wh_log(hub->log, WH_ERROR, "route_without_answer", WH_T("plugin", p->name), WH_S("path", route->path));
	exchange_problem(x, err == WH_OK || err == WH_WAIT ? WH_EIO : err, (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 }, 0);
}

/* A plugin's route; false when no path matches. */
static bool
api_plugin_route(struct exchange *x)
{
	const struct api *api = x->hub->api;
	char allow[64] = "";
	size_t n = 0;

	for (size_t i = 0; i < api->n_routes; i++) {
		const struct api_route route = api->routes[i];

		if (!route_matches(&route, x))
			continue;
		if (route_serves(&route, x)) {
			api_run_route(x, &route);
			return true;
		}
		if (n < sizeof allow)
			n += (size_t)snprintf(allow + n, sizeof allow - n, "%s%s%s", n != 0 ? ", " : "", route.row->method,
			    strcmp(route.row->method, "GET") == 0 ? ", HEAD" : "");
	}
	if (n == 0)
		return false;
	exchange_put_header(x, "allow", wh_str(allow));
	if (wh_str_is(x->public.method, "OPTIONS"))
		exchange_respond(x, 204, NULL);
	else
		exchange_problem_as(x, 405, "method_not_allowed", "Another method", wh_str(allow));
	return true;
}

static void
api_openapi(struct exchange *x)
{
	struct hub *hub = x->hub;
	struct api *api = hub->api;
	uint64_t now = hub->commands->changes + hub->plugins->changes + api->changes;

	if (api->openapi_of != now) {
		wh_buf_reset(&api->openapi);
		api->openapi_of = openapi_write(hub, &api->openapi) == WH_OK ? now : UINT64_MAX;
	}
	if (api->openapi_of == UINT64_MAX) {
		exchange_problem(x, WH_ENOMEM, (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 }, 0);
		return;
	}
	wh_buf_str(&x->body, wh_buf_slice(&api->openapi));
	x->open_cors = true;
	exchange_put_header(x, "cache-control", WH_STR("no-cache"));
	exchange_respond(x, 200, "application/json");
}

static void
api_ready(struct exchange *x)
{
	bool well = health_read(x->hub, &x->body);

	if (!well)
		exchange_put_header(x, "retry-after", WH_STR("1"));
	exchange_respond(x, well ? 200 : 503, well ? "application/json" : "application/problem+json");
}

/* Ours, which are only read. */
static bool
api_document(struct exchange *x)
{
	void (*serve)(struct exchange *x) = wh_str_is(x->public.path, "/api/openapi.json") ? api_openapi :
	    wh_str_is(x->public.path, "/health/ready") ? api_ready : NULL;

	if (serve == NULL)
		return false;
	if (wh_str_is(x->public.method, "GET") || x->head) {
		serve(x);
		return true;
	}
	exchange_put_header(x, "allow", WH_STR("GET, HEAD"));
	exchange_problem_as(x, 405, "method_not_allowed", "Another method", WH_STR("use GET"));
	return true;
}

/* A turn of an exchange is over: it ends, or waits for its answer. */
static void
api_served(struct exchange *x)
{
	x->serving = false;
	if (x->answered || (!x->held && !x->asking))
		exchange_free(x);
	else
		x->public.session = session_get(x->hub, x->session_id);
}

/* Who asks is known: what it asks. */
static void
api_dispatch(struct exchange *x)
{
	struct wh_str prefix = WH_STR("/api/"), path = x->public.path;

	if (api_document(x) || api_plugin_route(x))
		return;
	if (!wh_str_starts(path, prefix) || path.n == prefix.n)
		exchange_problem(x, WH_ENOENT, WH_STR("there is nothing at this path"), (struct wh_str){ NULL, 0 }, 0);
	else if (exchange_header(x, "authorization").n != 0 && api_bearer(exchange_header(x, "authorization")).n == 0)
		exchange_problem(x, WH_EAUTH, WH_STR("the Authorization header has to be: Bearer TOKEN"), (struct wh_str){ NULL, 0 }, 0);
	else
		api_command(x, wh_str_from(path, prefix.n));
}

static void
api_known(struct hub *hub, uint64_t cookie, const struct hook_refusal *why)
{
	struct exchange *x = exchange_find(hub, cookie);
	bool later;

	if (x == NULL)
		return;
	x->asking = false;
	later = !x->serving;
	x->serving = true;
	x->public.session = session_get(hub, x->session_id);
	if (why != NULL)
		exchange_problem(x, why->err, hook_why(why), (struct wh_str){ NULL, 0 }, why->retry_ms);
	else
		api_dispatch(x);
	if (later)
		api_served(x);
}

/* Says who asks, then goes on with api_known. A browser shows a certificate, as a cookie, whosever page made it ask; but
 * who shows one need not be a browser, and then has no page to come from. */
static void
api_identify(struct exchange *x, struct wh_str certificate)
{
	const struct hub_credential shown = { .authorization = exchange_header(x, "authorization"), .cookie = exchange_header(x, "cookie"),
		.certificate = certificate };
	bool browser = exchange_header(x, "origin").n + exchange_header(x, "sec-fetch-site").n != 0;
	struct wh_str method = x->public.method;

	if ((shown.cookie.n != 0 || (browser && certificate.n != 0)) && !wh_str_is(method, "GET") && !x->head && !wh_str_is(method, "OPTIONS") &&
	    !http_from_us(x->hub->api->config, x->request_headers, x->host)) {
		exchange_problem(x, WH_EPERM, WH_STR("a request with a cookie or a certificate has to come from this site's own pages"), (struct wh_str){ NULL, 0 }, 0);
		return;
	}
	x->asking = true;
	if (shown.cookie.n + shown.authorization.n + certificate.n == 0)
		api_known(x->hub, x->public.id, NULL);
	else
		api_credential(x->hub, x->public.session, &shown, api_known, x->public.id);
}

void
api_serve(struct hub *hub, const struct wh_rec_request *r)
{
	struct exchange *x = exchange_new(hub, r);

	if (x == NULL) {
		edge_respond(hub, r->conn, r->stream, 503, WH_STR("retry-after\0001\0"), (struct wh_str){ NULL, 0 }, 0);
		return;
	}
	x->serving = true;
	if (wh_str_is(x->public.path, "/health/ready"))
		api_document(x);
	else
		api_identify(x, r->tls_fingerprint);
	api_served(x);
}

void
api_gone(struct hub *hub, wh_id conn)
{
	bool again = !wh_list_empty(&hub->api->open);

	while (again) {
		again = false;
		WH_LIST_EACH(link, &hub->api->open) {
			struct exchange *x = WH_CONTAINER(link, struct exchange, place);

			if (x->conn != conn || x->serving)
				continue;
			exchange_free(x);
			again = true;
			break;
		}
	}
}

void
api_edge_gone(struct hub *hub, uint32_t process)
{
	bool again = true;

	while (again) {
		again = false;
		WH_LIST_EACH(link, &hub->api->open) {
			struct exchange *x = WH_CONTAINER(link, struct exchange, place);

			if (wh_id_process(x->conn) != process || x->serving)
				continue;
			exchange_free(x);
			again = true;
			break;
		}
	}
}

static void
routes_problems(void (*each)(struct edge *edge, const struct wh_rec_route *row), struct edge *edge)
{
	const struct fault *fault;
	char path[64], body[512];

	for (unsigned i = 0; (fault = fault_at(i)) != NULL; i++) {
		snprintf(path, sizeof path, "/problems/%s", fault->code);
		snprintf(body, sizeof body, "%s (%s, HTTP %u, JSON-RPC %d)\n\n%s\n", fault->title, fault->code, fault->status, fault->rpc, fault->meaning);
		each(edge, &(struct wh_rec_route){ .kind = WH_ROUTE_ANSWER, .status = 200, .path = wh_str(path),
			.headers = WH_STR("content-type\0text/plain; charset=utf-8\0"), .body = wh_str(body) });
	}
}

static bool
route_first_of_path(const struct api *api, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (wh_str_eq(api->routes[j].path, api->routes[i].path))
			return false;
	return true;
}

void
api_routes(struct hub *hub, void (*each)(struct edge *edge, const struct wh_rec_route *row), struct edge *edge)
{
	const struct api *api = hub->api;
	struct wh_buf protocols = hub_scratch_take(hub);

	dialect_subprotocols(hub, &protocols);
	each(edge, &(struct wh_rec_route){ .kind = WH_ROUTE_WS, .path = WH_STR("/ws"), .subprotocols = wh_buf_slice(&protocols) });
	hub_scratch_give(hub, &protocols);
	for (int i = 0; i < DIALECTS_MAX; i++)
		if (hub->dialects.of[i].row != NULL && hub->dialects.of[i].row->path != NULL)
			each(edge, &(struct wh_rec_route){ .kind = WH_ROUTE_WS, .path = wh_str(hub->dialects.of[i].row->path) });
	each(edge, &(struct wh_rec_route){ .kind = WH_ROUTE_HUB, .flags = WH_F_PREFIX | WH_F_CORS | WH_F_WAIT_FOR_HUB, .path = WH_STR("/api") });
	each(edge, &(struct wh_rec_route){ .kind = WH_ROUTE_HUB, .path = WH_STR("/health/ready") });
	each(edge, &(struct wh_rec_route){ .kind = WH_ROUTE_ANSWER, .status = 200, .path = WH_STR("/health/live"),
		.headers = WH_STR("content-type\0application/json\0cache-control\0no-store\0"), .body = WH_STR("{\"status\":\"alive\"}\n") });
	routes_problems(each, edge);
	for (size_t i = 0; i < api->n_routes; i++) {
		const struct api_route *route = &api->routes[i];
		unsigned flags = WH_F_WAIT_FOR_HUB;

		/* Methods of one path are one row for the edge: the first says it. */
		if (!route_first_of_path(api, i))
			continue;
		flags |= (route->row->flags & WH_PREFIX) != 0 ? WH_F_PREFIX : 0;
		each(edge, &(struct wh_rec_route){ .kind = WH_ROUTE_HUB, .flags = (uint16_t)flags, .path = route->path });
	}
	for (size_t i = 0; i < api->n_trees; i++)
		each(edge, &(struct wh_rec_route){ .kind = WH_ROUTE_TREE, .flags = WH_F_PREFIX, .path = wh_str(api->trees[i].row->path),
			.root = wh_str(api->trees[i].root), .cache = wh_str(api->trees[i].row->cache) });
}
