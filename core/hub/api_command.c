/* Commands over HTTP: POST with a JSON object, or GET with a query for those that change nothing. */
#include "hub/exchange.h"
#include "hub/fault.h"
#include "hub/hub.h"

static void
api_command_done(struct hub *hub, void *self, uint64_t cookie, const struct command_result *r)
{
	struct exchange *x = exchange_find(hub, cookie);

	(void)self;
	if (x == NULL)
		return;
	if (r->rate != NULL)
		x->rate = *r->rate;
	if (r->unknown) {
		exchange_problem_as(x, 404, "unknown_command", "No such command", r->why);
	} else if (r->err != WH_OK) {
		exchange_problem(x, r->err, r->why, r->field, r->retry_ms);
	} else {
		wh_buf_str(&x->body, r->json);
		exchange_respond(x, 200, "application/json");
	}
}

struct exchange *
api_exchange_of(const struct call *c)
{
	return c->done == api_command_done ? exchange_find(c->hub, c->cookie) : NULL;
}

static void
api_command_run(struct exchange *x, struct command_ask *ask)
{
	ask->session = x->public.session;
	ask->trace = &x->trace;
	ask->done = api_command_done;
	ask->cookie = x->public.id;
	/* Its time is the call's: the answer comes in any case. */
	x->held = true;
	command_run(x->hub, ask);
}

static void
api_command_get(struct exchange *x, struct wh_str name)
{
	struct wh_item items[WH_ARGS_MAX + 1];
	struct wh_str pairs, key, value;
	size_t n = 0;

	if (http_query_decode(x->public.query, &x->params) != WH_OK) {
		exchange_problem(x, WH_ESYNTAX, WH_STR("the query has an escape that is none"), (struct wh_str){ NULL, 0 }, 0);
		return;
	}
	x->params_read = true;
	pairs = wh_buf_slice(&x->params);
	while (n <= WH_ARGS_MAX && http_pair_next(&pairs, &key, &value)) {
		items[n].key = key.p;
		items[n++].value = (struct wh_value){ .type = WH_V_STR, .s = value };
	}
	api_command_run(x, &(struct command_ask){ .name = name, .items = items, .n_items = n });
}

static void
api_command_post(struct exchange *x, struct wh_str name)
{
	struct wh_str type = exchange_header(x, "content-type");

	if (!http_is_json(type) && (x->public.body.n != 0 || type.n != 0)) {
		exchange_problem_as(x, 415, "unsupported_media_type", "Not JSON", WH_STR("send the arguments as application/json"));
		return;
	}
	api_command_run(x, &(struct command_ask){ .name = name, .json = x->public.body });
}

void
api_command(struct exchange *x, struct wh_str name)
{
	const struct command *command = command_find(x->hub, name);
	bool reads = command != NULL && (command->row->flags & WH_READS) != 0;

	if (wh_str_is(x->public.method, "POST")) {
		api_command_post(x, name);
	} else if (reads && (wh_str_is(x->public.method, "GET") || x->head)) {
		api_command_get(x, name);
	} else if (command == NULL) {
		api_command_run(x, &(struct command_ask){ .name = name });
	} else {
		exchange_put_header(x, "allow", reads ? WH_STR("GET, HEAD, POST") : WH_STR("POST"));
		if (wh_str_is(x->public.method, "OPTIONS"))
			exchange_respond(x, 204, NULL);
		else
			exchange_problem_as(x, 405, "method_not_allowed", "Another method", reads ? WH_STR("use POST or GET") : WH_STR("use POST"));
	}
}
