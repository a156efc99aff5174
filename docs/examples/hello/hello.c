/* hello: what to read before writing a plugin. It greets people by a command, by HTTP and in a room, and shows one of each
 * thing a plugin can have: a setting, a command with fields, a route, a metric, a hook, and a group that fans out.
 *
 * The whole of it runs on one thread: no lock is needed, and nothing here may block. */
#include <whiply/whiply.h>

#include <stdio.h>

struct hello {
	const struct wh_host *host;	/* borrowed: outlives us */
	struct wh_str greeting;		/* borrowed from the settings: valid until the next reload */
	wh_id listeners;		/* the group that hears of every greeting */
};

/* The metrics come first because the code below names them. The host exports them; no more is needed. */
static const struct wh_metric hello_metrics[] = {
	{ "whiply_hello_greetings_total", WH_COUNTER, .help = "Greetings said.", .label = "via" },
	{ 0 }
};

/* Counts a greeting and tells everyone who listens. A group is a set of connections that get the same bytes: the server frames
 * them once and the edges send them, however many listen. */
static void
hello_tell(struct hello *hello, const char *via)
{
	char text[160];
	int n = snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"method\":\"hello.greeted\",\"params\":{\"via\":\"%s\"}}", via);

	wh_metric_add_for(hello->host, &hello_metrics[0], wh_str(via), 1);
	wh_group_publish(hello->host, hello->listeners, 0, (struct wh_str){ text, (size_t)n }, NULL, 0);
}

/* The command hello.greet. The host has checked the arguments against the table at the end of this file, and whether the
 * caller may, and not too often. */
static enum wh_err
hello_greet(void *self, struct wh_call *call)
{
	struct hello *hello = self;
	struct wh_str name = wh_arg_str(call, "name");
	struct wh_json *reply = wh_reply(call);

	if (wh_str_is(name, "nobody"))
		return wh_fail(call, WH_EINVAL, "nobody is not somebody to greet");
	wh_json_str(reply, "greeting", hello->greeting);
	wh_json_str(reply, "name", name);
	wh_json_int(reply, "times", wh_arg_int(call, "times"));
	hello_tell(hello, "command");
	return WH_OK;
}

/* The command hello.listen: from now on this client hears of every greeting. */
static enum wh_err
hello_listen(void *self, struct wh_call *call)
{
	struct hello *hello = self;
	enum wh_err err = wh_group_join(hello->host, hello->listeners, wh_call_session(call));

	if (err == WH_ESTATE)
		return wh_fail(call, err, "listening needs a connection that stays: use WebSocket");
	return err == WH_EEXIST ? WH_OK : err;
}

/* GET /hello?name=… for those who only have a browser. */
static enum wh_err
hello_page(void *self, struct wh_request *request)
{
	struct hello *hello = self;
	struct wh_str name = wh_request_param(request, "name");
	struct wh_out *body = wh_respond_body(request);

	if (name.n > 64)
		return wh_respond_problem(request, WH_EINVAL, "a name has at most 64 bytes");
	wh_out_put(body, hello->greeting);
	wh_out_text(body, ", ");
	wh_out_put(body, name.n != 0 ? name : WH_STR("stranger"));
	wh_out_text(body, "!\n");
	hello_tell(hello, "page");
	return wh_respond(request, 200, "text/plain; charset=utf-8");
}

/* A hook: sees every message in every room before it is said, and refuses shouting. */
static enum wh_verdict
hello_message(void *self, struct wh_message *m)
{
	bool lower = false, upper = false;

	(void)self;
	for (size_t i = 0; i < m->text.n; i++) {
		lower = lower || (m->text.p[i] >= 'a' && m->text.p[i] <= 'z');
		upper = upper || (m->text.p[i] >= 'A' && m->text.p[i] <= 'Z');
	}
	if (upper && !lower && m->text.n > 8)
		return wh_refuse(&m->at, WH_EINVAL, "please do not shout", 0);
	return WH_PASS;
}

static enum wh_err
hello_reload(void *self, const struct wh_conf *conf)
{
	struct hello *hello = self;

	hello->greeting = wh_conf_str(conf, "greeting");
	return WH_OK;
}

static enum wh_err
hello_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct hello *hello = wh_new(host, sizeof *hello);

	if (hello == NULL)
		return WH_ENOMEM;
	hello->host = host;
	hello->greeting = wh_conf_str(conf, "greeting");
	hello->listeners = wh_group_open(host, WH_STR("listeners"));
	if (hello->listeners == 0) {
		wh_delete(host, hello);
		return WH_ENOMEM;
	}
	*self_out = hello;
	return WH_OK;
}

static void
hello_close(void *self)
{
	struct hello *hello = self;

	wh_group_close(hello->host, hello->listeners);
	wh_delete(hello->host, hello);
}

/* From here on it is data. Each table ends in a zero row. */

static const struct wh_setting hello_settings[] = {
	{ "greeting", WH_STRING, .def = "Hello", .min = "1", .max = "100", .help = "what to say before the name" },
	{ 0 }
};

static const struct wh_field hello_greet_fields[] = {
	{ "name", WH_F_NAME, .required = true, .help = "whom to greet" },
	{ "times", WH_F_INT, .min = 1, .max = 10, .def = "1", .help = "how often" },
	{ 0 }
};

static const struct wh_command hello_commands[] = {
	{ "hello.greet", hello_greet_fields, WH_ALLOW_GUEST, .rate = "5/s burst 20", .run = hello_greet, .help = "greet somebody" },
	{ "hello.listen", NULL, WH_ALLOW_GUEST, .run = hello_listen, .help = "hear of every greeting" },
	{ 0 }
};

static const struct wh_route hello_routes[] = {
	{ "GET", "/hello", WH_ALLOW_GUEST, .serve = hello_page, .help = "greets the name in the query" },
	{ 0 }
};

static const struct wh_hook hello_hooks[] = {
	{ WH_ON_MESSAGE, .order = 40, .message = hello_message },
	{ 0 }
};

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("hello", "1.0", "greets people; the example of a plugin"),
	.settings = hello_settings,
	.commands = hello_commands,
	.hooks = hello_hooks,
	.routes = hello_routes,
	.metrics = hello_metrics,
	.open = hello_open,
	.close = hello_close,
	.reload = hello_reload,
};
