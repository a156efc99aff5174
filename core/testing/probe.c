/* The plugin of probe.h. */
#include "testing/probe.h"

#include <stdio.h>
#include <string.h>

static const struct wh_metric probe_metrics[] = {
	{ "probe_calls_total", WH_COUNTER, .help = "Calls.", .label = "kind" },
	{ "probe_level", WH_GAUGE, .help = "Level." },
	{ "probe_took_seconds", WH_HISTOGRAM, .help = "Time." },
	{ 0 }
};

struct probe_work {
	int n;
	const struct wh_host *host;	/* not NULL: does what a job may not */
	wh_id call;
};

static void
probe_work(void *request)
{
	struct probe_work *work = request;

	if (work->host != NULL)
		wh_now_ms(work->host);
	work->n *= 2;
}

static void
probe_worked(void *self, void *request)
{
	struct probe *probe = self;
	const struct probe_work *work = request;
	struct wh_call *call = wh_call_find(probe->host, work->call);

	probe->jobs++;
	if (call == NULL)
		return;
	wh_json_int(wh_reply(call), "n", work->n);
	wh_call_done(call, WH_OK);
}

static const struct wh_job probe_job = { .name = "probe.double", .size = sizeof(struct probe_work), .max_waiting = 2,
	.work = probe_work, .done = probe_worked };

static enum wh_err
probe_double(void *self, struct wh_call *call)
{
	struct probe *probe = self;
	struct probe_work work = { .n = (int)wh_arg_int(call, "n"), .call = wh_call_hold(call) };

	if (wh_job_start(probe->host, &probe_job, &work) != WH_OK)
		wh_call_done(call, wh_fail(call, WH_EFULL, "too much to do"));
	return WH_WAIT;
}

static enum wh_err
probe_echo(void *self, struct wh_call *call)
{
	struct probe *probe = self;

	if (wh_arg_has(call, "list")) {
		struct wh_json_in in = wh_json_each(wh_arg(call, "list"));
		struct wh_value v;

		while (wh_json_next(&in, NULL, &v))
			probe->fired++;
	}
	wh_metric_add_for(probe->host, &probe_metrics[0], wh_arg_str(call, "kind"), 1);
	wh_json_str(wh_reply(call), "kind", wh_arg_str(call, "kind"));
	wh_json_int(wh_reply(call), "wait", wh_arg_int(call, "wait"));
	wh_json_str(wh_reply(call), "from", wh_session_identity(probe->host, wh_call_session(call))->name);
	return WH_OK;
}

static enum wh_err
probe_bad(void *self, struct wh_call *call)
{
	struct probe *probe = self;
	struct wh_str what = wh_arg_str(call, "what");
	struct probe_work work = { .host = probe->host };

	if (wh_str_is(what, "wait"))
		return WH_WAIT;
	if (wh_str_is(what, "argument"))
		wh_arg(call, "which");
	if (wh_str_is(what, "metric"))
		wh_metric_add(probe->host, &(struct wh_metric){ "probe_none_total", WH_COUNTER, .help = "" }, 1);
	if (wh_str_is(what, "job"))
		wh_job_start(probe->host, &probe_job, &work);
	if (wh_str_is(what, "session"))
		wh_session_id(probe->host, probe->remembered);
	if (wh_str_is(what, "setting"))
		wh_fail(call, WH_EINVAL, "nothing");
	if (wh_str_is(what, "hold"))
		wh_call_hold(call);
	if (wh_str_is(what, "service"))
		wh_service_find(probe->host, "stranger", 1, NULL);
	if (wh_str_is(what, "free")) {
		wh_delete(probe->host, probe->kept);
		wh_delete(probe->host, probe->kept);
	}
	if (wh_str_is(what, "open"))
		wh_json_object(wh_reply(call), "never ended");
	return WH_OK;
}

static enum wh_err
probe_secret(void *self, struct wh_call *call)
{
	struct probe *probe = self;

	wh_host_log(probe->host, WH_WARN, "secret_read", WH_S("by", wh_session_identity(probe->host, wh_call_session(call))->name),
	    WH_I("n", -3), WH_B("sure", true), WH_T("none", NULL));
	return WH_OK;
}

static enum wh_err
probe_serve(void *self, struct wh_request *r)
{
	struct probe *probe = self;
	struct wh_str wait = wh_request_param(r, "wait");

	if (wait.n != 0) {
		probe->held = wh_request_hold(r);
		return WH_WAIT;
	}
	wh_respond_header(r, "x-probe", wh_request_header(r, "accept"));
	wh_out_fmt(wh_respond_body(r), "%.*s|%.*s", WH_FMT(r->path), WH_FMT(wh_request_param(r, "q")));
	return wh_respond(r, 201, "text/plain");
}

static enum wh_verdict
probe_message(void *self, struct wh_message *m)
{
	struct probe *probe = self;

	probe->ticket = m->at.ticket;
	if (wh_str_is(m->text, "no"))
		return wh_refuse(&m->at, WH_EFAST, "not that", 250);
	if (wh_str_is(m->text, "change")) {
		m->text = WH_STR("changed");
		return WH_CHANGED;
	}
	return wh_str_is(m->text, "wait") ? WH_HOLD : WH_PASS;
}

static enum wh_verdict
probe_passage(void *self, struct wh_passage *p)
{
	struct probe *probe = self;

	return wh_str_is(wh_room_name(probe->host, p->room), "closed") ? wh_refuse(&p->at, WH_EPERM, "it is closed", 0) : WH_PASS;
}

static enum wh_verdict
probe_presence(void *self, struct wh_presence *p)
{
	struct probe *probe = self;
	size_t n = strlen(probe->seen);

	probe->seen[n % (sizeof probe->seen - 1)] = "?OIDRE"[p->what];
	return WH_PASS;
}

static enum wh_verdict
probe_save(void *self, struct wh_papers *p)
{
	struct probe *probe = self;
	int64_t *n = wh_slot_of(probe->host, p->session, probe->slot);

	if (*n != 0)
		wh_out_fmt(p->save, "%lld", (long long)*n);
	return WH_PASS;
}

static enum wh_verdict
probe_load(void *self, struct wh_papers *p)
{
	struct probe *probe = self;
	int64_t *n = wh_slot_of(probe->host, p->session, probe->slot);

	for (size_t i = 0; i < p->load.n; i++)
		*n = *n * 10 + (p->load.p[i] - '0');
	return WH_PASS;
}

static enum wh_verdict
probe_health(void *self, struct wh_health *h)
{
	(void)self;
	wh_json_int(h->details, "probe", 1);
	wh_unwell(h, "probe", "it is only a test");
	return WH_PASS;
}

static enum wh_verdict
probe_credential(void *self, struct wh_credential *c)
{
	struct probe *probe = self;

	if (c->bearer.n == 0 || wh_str_is(c->bearer, "strange"))
		return WH_PASS;
	probe->ticket = c->at.ticket;
	if (wh_str_is(c->bearer, "slow"))
		return WH_HOLD;
	if (!wh_str_is(c->bearer, "good"))
		return wh_refuse(&c->at, WH_EAUTH, "no such token", 0);
	wh_session_identify(probe->host, c->session, &(struct wh_identity){ WH_ACCOUNT, WH_STR("7"), WH_STR("seven"), WH_STR("member") });
	return WH_PASS;
}

static enum wh_verdict
probe_audit(void *self, struct wh_audit *a)
{
	struct probe *probe = self;

	wh_host_log(probe->host, WH_INFO, "audit", WH_S("action", a->action), WH_S("who", a->who->name), WH_I("outcome", a->outcome));
	return WH_PASS;
}

static void
probe_fired(void *self, uint64_t cookie)
{
	struct probe *probe = self;

	probe->fired += (unsigned)cookie;
}

static void
probe_hello(void *self, struct wh_session *s)
{
	struct probe *probe = self;

	wh_session_send(probe->host, s, WH_STR("hello"));
}

static void
probe_answered(void *self, wh_id session, uint64_t cookie, enum wh_err err, struct wh_str result)
{
	struct probe *probe = self;
	char line[200];

	(void)cookie;
	snprintf(line, sizeof line, "%d %.*s", (int)err, WH_FMT(result));
	wh_session_send(probe->host, wh_session_get(probe->host, session), wh_str(line));
}

static void
probe_receive(void *self, struct wh_session *s, struct wh_str bytes, unsigned flags)
{
	struct probe *probe = self;
	const struct wh_item items[] = { WH_ITEM_STR("kind", WH_STR("line")), WH_ITEM_STR("wait", bytes) };

	(void)flags;
	if (wh_str_is(bytes, "bye"))
		wh_session_close(probe->host, s, 4000, WH_STR("as you wish"));
	else
		wh_run(probe->host, s, "probe.echo", items, 2, probe_answered, 0);
}

static enum wh_err
probe_render(void *self, const struct wh_event *e, wh_accent accent, struct wh_out *out)
{
	(void)self;
	wh_out_fmt(out, "* %s", e->name);
	if (accent != 0)
		wh_out_fmt(out, "\n\naccent %u", (unsigned)accent);
	return WH_OK;
}

static enum wh_err
probe_farewell(void *self, unsigned code, struct wh_str reason, struct wh_out *out)
{
	(void)self;
	wh_out_fmt(out, "bye %u %.*s", code, WH_FMT(reason));
	return WH_OK;
}

static void
probe_back(void *self, struct wh_session *s)
{
	struct probe *probe = self;

	wh_session_send(probe->host, s, WH_STR("back again"));
}

/* Who speaks plainly does not hear itself. */
static bool
probe_echoes(void *self, struct wh_session *s)
{
	const struct probe *probe = self;

	return wh_session_accent(probe->host, s) != 0;
}

static enum wh_verdict
probe_recovered(void *self, struct wh_recovered *r)
{
	struct probe *probe = self;

	(void)r;
	wh_host_log(probe->host, WH_INFO, "probe_recovered", WH_B("lobby", wh_room_find(probe->host, WH_STR("lobby")) != NULL));
	return WH_PASS;
}

static void
probe_helper(void *self, const struct wh_helper *helper, wh_id id, struct wh_str bytes)
{
	struct probe *probe = self;

	(void)helper;
	(void)bytes;
	probe->fired += (unsigned)id;
}

static enum wh_err
probe_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct probe *probe = wh_new(host, sizeof *probe);

	if (probe == NULL)
		return WH_ENOMEM;
	*self_out = probe;
	probe->host = host;
	probe->kept = wh_new(host, 10);
	probe->slot = wh_session_slot(host, "probe.n", sizeof(int64_t));
	if (probe->kept == NULL || probe->slot == NULL) {
		wh_delete(host, probe->kept);
		wh_delete(host, probe);
		return WH_ENOMEM;
	}
	probe->group = wh_group_open(host, WH_STR("all"));
	probe->peer = wh_service_find(host, "peer", 1, &probe->peer_self);
	if (wh_str_is(wh_conf_str(conf, "mode"), "timer"))
		probe->timer = wh_timer_start(host, 100, 50, probe_fired, 1);
	if (wh_str_is(wh_conf_str(conf, "mode"), "undeclared"))
		wh_conf_int(conf, "nothing");
	return WH_OK;
}

static void
probe_close(void *self)
{
	struct probe *probe = self;

	wh_group_close(probe->host, probe->group);
	wh_timer_stop(probe->host, probe->timer);
	wh_delete(probe->host, probe->kept);
	wh_delete(probe->host, probe);
}

static const struct wh_field probe_echo_fields[] = {
	{ "kind", WH_F_CHOICE, .choices = "call|line", .required = true, .help = "what it is" },
	{ "wait", WH_F_DURATION, .def = "5s", .help = "how long" },
	{ "list", WH_F_LIST, .help = "things" },
	{ 0 }
};
static const struct wh_field probe_double_fields[] = { { "n", WH_F_INT, .min = 1, .max = 100, .required = true, .help = "a number" }, { 0 } };
static const struct wh_field probe_bad_fields[] = { { "what", WH_F_NAME, .required = true, .help = "what to do wrong" }, { 0 } };
static const struct wh_command probe_commands[] = {
	{ "probe.echo", probe_echo_fields, WH_ALLOW_GUEST, .run = probe_echo, .help = "says what it was told" },
	{ "probe.double", probe_double_fields, WH_ALLOW_MEMBER, .rate = "2/s burst 2", .run = probe_double, .help = "works" },
	{ "probe.bad", probe_bad_fields, WH_ALLOW_GUEST, .run = probe_bad, .help = "does wrong" },
	{ "probe.secret", NULL, WH_ALLOW_MODERATOR, .flags = WH_AUDIT, .run = probe_secret, .help = "is accountable" },
	{ 0 }
};
static const struct wh_hook probe_hooks[] = {
	{ WH_ON_MESSAGE, .order = 50, .message = probe_message },
	{ WH_ON_JOIN, .order = 50, .passage = probe_passage },
	{ WH_ON_PRESENCE, .presence = probe_presence },
	{ WH_ON_SAVE, .papers = probe_save },
	{ WH_ON_LOAD, .papers = probe_load },
	{ WH_ON_HEALTH, .health = probe_health },
	{ WH_ON_CREDENTIAL, .credential = probe_credential },
	{ WH_ON_AUDIT, .audit = probe_audit },
	{ WH_ON_RECOVERED, .recovered = probe_recovered },
	{ 0 }
};
static const struct wh_setting probe_settings[] = {
	{ "mode", WH_CHOICE, .def = "plain", .choices = "plain|timer|undeclared", .help = "what to do" },
	{ "size", WH_SIZE, .def = "1KiB", .max = "1MiB", .help = "how much" },
	{ 0 }
};
static const struct wh_route probe_routes[] = {
	{ "GET", "/probe", WH_ALLOW_GUEST, .serve = probe_serve, .help = "answers" },
	{ "GET", "/probe/below/", WH_ALLOW_MEMBER, .flags = WH_PREFIX, .serve = probe_serve, .help = "answers below" },
	{ 0 }
};
static const struct wh_dialect probe_dialects[] = {
	{ "words", .line = true, .lines = true, .open = probe_hello, .receive = probe_receive, .render = probe_render,
	    .farewell = probe_farewell, .recovered = probe_back, .echoes = probe_echoes },
	{ 0 }
};
static const struct wh_helper probe_helpers[] = { { "judge", "whiply-judge", .answer = probe_helper }, { 0 } };
static const char *const probe_needs[] = { "?peer", NULL };
static const struct wh_service probe_offers[] = { { "probe", 3, probe_dialects }, { 0 } };

const struct wh_plugin probe_plugin = {
	WH_PLUGIN("probe", "1.0", "one of everything"),
	.needs = probe_needs, .settings = probe_settings, .commands = probe_commands, .hooks = probe_hooks, .routes = probe_routes,
	.metrics = probe_metrics, .dialects = probe_dialects, .offers = probe_offers, .helpers = probe_helpers,
	.open = probe_open, .close = probe_close,
};
