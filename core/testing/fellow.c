/* A second plugin, built as a module, for tests of wh_test_load: it offers what the probe needs, and has one of what two plugins could
 * get mixed up. */
#include "testing/probe.h"

#include <stdio.h>
#include <string.h>

struct fellow {
	const struct wh_host *host;
	struct wh_slot *slot;	/* int64_t */
	wh_id group, timer;
	int number;
};

struct fellow_work {
	int64_t n;
	wh_id call;
};

static const struct wh_metric fellow_metrics[] = {
	{ "fellow_fired_total", WH_COUNTER, .help = "Timers." },
	{ 0 }
};

static int
fellow_answer(void *self)
{
	const struct fellow *fellow = self;

	return fellow->number;
}

static void
fellow_work(void *request)
{
	struct fellow_work *work = request;

	work->n *= 3;
}

static void
fellow_worked(void *self, void *request)
{
	struct fellow *fellow = self;
	const struct fellow_work *work = request;
	struct wh_call *call = wh_call_find(fellow->host, work->call);

	if (call == NULL)
		return;
	wh_json_int(wh_reply(call), "n", work->n + fellow->number);
	wh_call_done(call, WH_OK);
}

static const struct wh_job fellow_job = { .name = "fellow.treble", .size = sizeof(struct fellow_work), .work = fellow_work,
	.done = fellow_worked };

static enum wh_err
fellow_treble(void *self, struct wh_call *call)
{
	struct fellow *fellow = self;
	struct fellow_work work = { .n = wh_arg_int(call, "n"), .call = wh_call_hold(call) };

	return wh_job_start(fellow->host, &fellow_job, &work) == WH_OK ? WH_WAIT : WH_EFULL;
}

/* Sets its slot, and says what it knows of the session and of the probe. */
static enum wh_err
fellow_mark(void *self, struct wh_call *call)
{
	struct fellow *fellow = self;
	int64_t *n = wh_slot_of(fellow->host, wh_call_session(call), fellow->slot);
	void *probe;

	if (wh_arg_int(call, "n") != 0)
		*n = wh_arg_int(call, "n");
	wh_session_changed(fellow->host, wh_call_session(call));
	wh_group_join(fellow->host, fellow->group, wh_call_session(call));
	wh_json_int(wh_reply(call), "n", *n);
	wh_json_bool(wh_reply(call), "probe", wh_service_find(fellow->host, "probe", 3, &probe) != NULL);
	wh_json_str(wh_reply(call), "folder", wh_state_dir(fellow->host));
	return WH_OK;
}

static enum wh_verdict
fellow_before(void *self, struct wh_message *m)
{
	(void)self;
	if (wh_str_is(m->text, "turn")) {
		m->text = WH_STR("change");
		return WH_CHANGED;
	}
	return WH_PASS;
}

static enum wh_verdict
fellow_after(void *self, struct wh_message *m)
{
	struct fellow *fellow = self;

	wh_host_log(fellow->host, WH_INFO, "fellow_heard", WH_S("text", m->text));
	return WH_PASS;
}

static enum wh_verdict
fellow_save(void *self, struct wh_papers *p)
{
	struct fellow *fellow = self;

	wh_out_fmt(p->save, "fellow %lld", (long long)*(int64_t *)wh_slot_of(fellow->host, p->session, fellow->slot));
	return WH_PASS;
}

static enum wh_verdict
fellow_load(void *self, struct wh_papers *p)
{
	struct fellow *fellow = self;
	char text[40];
	long long n = 0;

	snprintf(text, sizeof text, "%.*s", WH_FMT(p->load));
	if (sscanf(text, "fellow %lld", &n) == 1)
		*(int64_t *)wh_slot_of(fellow->host, p->session, fellow->slot) = n;
	return WH_PASS;
}

static enum wh_verdict
fellow_person(void *self, struct wh_person *p)
{
	(void)self;
	wh_json_str(p->out, "knows", p->name);
	return WH_PASS;
}

static void
fellow_fired(void *self, uint64_t cookie)
{
	struct fellow *fellow = self;

	(void)cookie;
	wh_metric_add(fellow->host, &fellow_metrics[0], fellow->number);
}

static void
fellow_answered(void *self, wh_id session, uint64_t cookie, enum wh_err err, struct wh_str result)
{
	struct fellow *fellow = self;
	char line[200];

	(void)cookie;
	snprintf(line, sizeof line, "fellow %d: %d %.*s", fellow->number, (int)err, WH_FMT(result));
	wh_session_send(fellow->host, wh_session_get(fellow->host, session), wh_str(line));
}

static void
fellow_receive(void *self, struct wh_session *s, struct wh_str bytes, unsigned flags)
{
	struct fellow *fellow = self;
	const struct wh_item items[] = { WH_ITEM_STR("kind", WH_STR("line")), WH_ITEM_STR("wait", bytes) };

	(void)flags;
	wh_run(fellow->host, s, "probe.echo", items, 2, fellow_answered, 0);
}

static enum wh_err
fellow_serve(void *self, struct wh_request *r)
{
	struct fellow *fellow = self;

	wh_out_fmt(wh_respond_body(r), "fellow %d", fellow->number);
	return wh_respond(r, 200, "text/plain");
}

static enum wh_err
fellow_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct fellow *fellow;

	if (wh_str_is(wh_conf_str(conf, "mode"), "fail"))
		return WH_EIO;
	fellow = wh_new(host, sizeof *fellow);
	if (fellow == NULL)
		return WH_ENOMEM;
	*self_out = fellow;
	fellow->host = host;
	fellow->number = (int)wh_conf_int(conf, "number");
	fellow->slot = wh_session_slot(host, "probe.n", sizeof(int64_t));
	fellow->group = wh_group_open(host, WH_STR("all"));
	fellow->timer = wh_timer_start(host, 100, 100, fellow_fired, 0);
	wh_host_log(host, WH_INFO, "fellow_opened", WH_I("number", fellow->number));
	if (wh_str_is(wh_conf_str(conf, "mode"), "leak") && wh_new(host, 44) == NULL)
		return WH_OK;
	return WH_OK;
}

static void
fellow_close(void *self)
{
	struct fellow *fellow = self;

	wh_group_close(fellow->host, fellow->group);
	wh_timer_stop(fellow->host, fellow->timer);
	wh_delete(fellow->host, fellow);
}

static const struct wh_field fellow_fields[] = { { "n", WH_F_INT, .min = 0, .max = 1000, .def = "0", .help = "a number" }, { 0 } };
static const struct wh_command fellow_commands[] = {
	{ "fellow.treble", fellow_fields, WH_ALLOW_GUEST, .run = fellow_treble, .help = "works" },
	{ "fellow.mark", fellow_fields, WH_ALLOW_GUEST, .run = fellow_mark, .help = "keeps a number" },
	{ 0 }
};
static const struct wh_hook fellow_hooks[] = {
	{ WH_ON_MESSAGE, .order = 40, .message = fellow_before },
	{ WH_ON_MESSAGE, .order = 60, .message = fellow_after },
	{ WH_ON_SAVE, .papers = fellow_save },
	{ WH_ON_LOAD, .papers = fellow_load },
	{ WH_ON_EXPORT, .person = fellow_person },
	{ 0 }
};
static const struct wh_setting fellow_settings[] = {
	{ "number", WH_INT, .def = "5", .min = "1", .max = "99", .help = "which it is" },
	{ "mode", WH_CHOICE, .def = "plain", .choices = "plain|leak|fail", .help = "what to do" },
	{ 0 }
};
static const struct wh_route fellow_routes[] = { { "GET", "/fellow", WH_ALLOW_GUEST, .serve = fellow_serve, .help = "answers" }, { 0 } };
static const struct wh_dialect fellow_dialects[] = { { "fellow", .line = true, .receive = fellow_receive }, { 0 } };
static const char *const fellow_needs[] = { "?probe", NULL };
static const struct wh_peer fellow_peer = { fellow_answer };
static const struct wh_service fellow_offers[] = { { "peer", 1, &fellow_peer }, { 0 } };

WH_EXPORT const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("fellow", "1.0", "the other one"),
	.needs = fellow_needs, .settings = fellow_settings, .commands = fellow_commands, .hooks = fellow_hooks, .routes = fellow_routes,
	.metrics = fellow_metrics, .dialects = fellow_dialects, .offers = fellow_offers, .open = fellow_open, .close = fellow_close,
};
