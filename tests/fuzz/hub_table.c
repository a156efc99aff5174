/* See hub_table.h. */
#include "hub_table.h"

static enum wh_err
table_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	(void)host, (void)conf;
	*self_out = NULL;
	return WH_OK;
}

/* Answers with all that it was given. */
static enum wh_err
table_all(void *self, struct wh_call *call)
{
	struct wh_json *w = wh_reply(call);
	const struct wh_value *list = wh_arg(call, "list"), *object = wh_arg(call, "object");
	struct wh_json_in in = { 0 };
	struct wh_value item;
	struct wh_str key;

	(void)self;
	wh_json_str(w, "text", wh_arg_str(call, "text"));
	wh_json_str(w, "name", wh_arg_str(call, "name"));
	wh_json_str(w, "choice", wh_arg_str(call, "choice"));
	wh_json_str(w, "id", wh_arg_str(call, "id"));
	wh_json_int(w, "int", wh_arg_int(call, "int"));
	wh_json_int(w, "time", wh_arg_int(call, "time"));
	wh_json_int(w, "duration", wh_arg_int(call, "duration"));
	wh_json_num(w, "num", wh_arg_num(call, "num"));
	wh_json_bool(w, "bool", wh_arg_bool(call, "bool"));
	wh_json_array(w, "list");
	if (list != NULL)
		in = wh_json_each(list);
	while (wh_json_next(&in, NULL, &item))
		wh_json_raw(w, NULL, item.raw);
	wh_json_end(w);
	wh_json_object(w, "object");
	in = object != NULL ? wh_json_each(object) : (struct wh_json_in){ 0 };
	while (wh_json_next(&in, &key, &item))
		wh_json_str(w, item.type == WH_V_STR ? "text" : "key", item.type == WH_V_STR ? item.s : key);
	wh_json_end(w);
	return WH_OK;
}

static enum wh_err
table_no(void *self, struct wh_call *call)
{
	(void)self;
	return wh_fail_str(call, WH_EFULL, wh_arg_str(call, "why"), 250);
}

static enum wh_err
table_hold(void *self, struct wh_call *call)
{
	(void)self;
	(void)wh_call_hold(call);
	return WH_WAIT;
}

static enum wh_err
table_done(void *self, struct wh_call *call)
{
	(void)self;
	(void)wh_call_hold(call);
	wh_json_bool(wh_reply(call), "done", true);
	wh_call_done(call, WH_OK);
	return WH_WAIT;
}

static const struct wh_field all_fields[] = {
	{ "text", WH_F_TEXT, .required = true, .max = 1000, .help = "text" },
	{ "name", WH_F_NAME, .help = "name" },
	{ "int", WH_F_INT, .min = -9, .max = 9, .def = "2", .help = "integer" },
	{ "num", WH_F_NUM, .help = "number" },
	{ "bool", WH_F_BOOL, .help = "yes or no" },
	{ "choice", WH_F_CHOICE, .choices = "on|off", .help = "one of two" },
	{ "id", WH_F_ID, .help = "id" },
	{ "time", WH_F_TIME, .help = "time" },
	{ "duration", WH_F_DURATION, .def = "30s", .help = "duration" },
	{ "list", WH_F_LIST, .help = "list" },
	{ "object", WH_F_OBJECT, .help = "object" },
	{ 0 }
};

static const struct wh_field why_fields[] = {
	{ "why", WH_F_TEXT, .max = 100, .help = "what is said" },
	{ 0 }
};

static const struct wh_command table_commands[] = {
	{ "t.all", all_fields, WH_ALLOW_GUEST, .flags = WH_READS, .run = table_all, .help = "says it all again" },
	{ "t.no", why_fields, WH_ALLOW_GUEST, .run = table_no, .help = "refuses" },
	{ "t.hold", NULL, WH_ALLOW_GUEST, .run = table_hold, .help = "waits" },
	{ "t.done", NULL, WH_ALLOW_GUEST, .run = table_done, .help = "waits, and is done before it returns" },
	{ "t.admin", NULL, WH_ALLOW_ADMIN, .flags = WH_AUDIT, .run = table_done, .help = "not for guests" },
	{ "t.local", NULL, WH_ALLOW_GUEST, .flags = WH_LOCAL, .run = table_done, .help = "only over the control socket" },
	{ "t.slow", NULL, WH_ALLOW_GUEST, .rate = "1/s burst 2", .run = table_done, .help = "not often" },
	{ 0 }
};

const struct wh_plugin fuzz_table = {
	WH_PLUGIN("t", "1.0", "for fuzzers"),
	.commands = table_commands,
	.open = table_open,
};
