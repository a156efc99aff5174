/* The fake host itself, with a plugin that has one of everything and does as the test tells it. Faults abort: they are looked at
 * in a child process. */
#include "base/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <whiply/testing.h>

struct probe {
	const struct wh_host *host;
	struct wh_slot *slot;	/* int64_t */
	wh_id group, held, ticket, timer;
	unsigned fired, jobs;
	char *kept;
	const struct wh_peer *peer;
	void *peer_self;
	struct wh_session *remembered;
	enum wh_verdict verdict;
	char seen[64];		/* presence, oldest first: a letter each */
};

struct wh_peer {
	int (*answer)(void *self);
};

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

	if (c->bearer.n == 0)
		return WH_PASS;
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
	(void)self, (void)accent;
	wh_out_fmt(out, "* %s", e->name);
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
	{ "words", .line = true, .open = probe_hello, .receive = probe_receive, .render = probe_render, .farewell = probe_farewell },
	{ 0 }
};
static const struct wh_helper probe_helpers[] = { { "judge", "whiply-judge", .answer = probe_helper }, { 0 } };
static const char *const probe_needs[] = { "?peer", NULL };
static const struct wh_service probe_offers[] = { { "probe", 3, probe_dialects }, { 0 } };

static const struct wh_plugin probe_plugin = {
	WH_PLUGIN("probe", "1.0", "one of everything"),
	.needs = probe_needs, .settings = probe_settings, .commands = probe_commands, .hooks = probe_hooks, .routes = probe_routes,
	.metrics = probe_metrics, .dialects = probe_dialects, .offers = probe_offers, .helpers = probe_helpers,
	.open = probe_open, .close = probe_close,
};

static struct wh_test *
begin(void)
{
	return wh_test_begin(&probe_plugin, NULL);
}

static struct probe *
probe_of(struct wh_test *t)
{
	return wh_test_self(t);
}

/* Runs `wrong` in a child: it must abort, and say `sentence`. */
static void
assert_faults(void (*wrong)(void), const char *sentence)
{
	char said[1000] = "";
	size_t n = 0;
	ssize_t got;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		dup2(fds[1], 2);
		close(fds[0]);
		close(fds[1]);
		wrong();
		_exit(0);
	}
	close(fds[1]);
	while (n < sizeof said - 1 && (got = read(fds[0], said + n, sizeof said - 1 - n)) > 0)
		n += (size_t)got;
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (strstr(said, sentence) == NULL)
		fail_msg("it said \"%s\"", said);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void
settings_are_checked_as_in_the_config_file(void **state)
{
	struct wh_test *t = wh_test_new(&probe_plugin);

	(void)state;
	assert_int_equal(wh_test_open(t, "size = \"2MiB\";\nmoed = \"timer\";"), WH_EINVAL);
	assert_non_null(strstr(wh_test_why(t), "settings:2: "));
	assert_non_null(strstr(wh_test_why(t), "mode"));
	assert_int_equal(wh_test_open(t, "mode = \"plain\";"), WH_OK);
	assert_int_equal(wh_test_reload(t, "mode = \"loud\";"), WH_EINVAL);
	assert_int_equal(wh_test_reload(t, "mode = \"timer\";"), WH_OK);
	assert_true(probe_of(t)->timer != 0);
	wh_test_end(&t);
	assert_null(t);
}

static void
a_reload_keeps_what_stands_in_slots(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");

	(void)state;
	*(int64_t *)wh_slot_of(wh_test_host(t), ann, probe_of(t)->slot) = 5;
	assert_int_equal(wh_test_reload(t, "mode = \"timer\";"), WH_OK);
	assert_int_equal(*(int64_t *)wh_slot_of(wh_test_host(t), ann, probe_of(t)->slot), 5);
	wh_test_end(&t);
}

static void
every_allocation_of_open_may_fail(void **state)
{
	(void)state;
	for (unsigned nth = 1; nth <= 3; nth++) {
		struct wh_test *t = wh_test_new(&probe_plugin);

		wh_test_no_memory(t, nth);
		assert_int_equal(wh_test_open(t, NULL), WH_ENOMEM);
		assert_int_equal(wh_test_open(t, NULL), WH_OK);
		wh_test_end(&t);
	}
}

static void
a_call_is_checked_as_the_server_does(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member"), *guest = wh_test_session(t, "g", "guest");
	const struct wh_test_answer *a;

	(void)state;
	a = wh_test_call(t, ann, "probe.echo", "{\"kind\":\"call\",\"wait\":\"2m\",\"list\":[1,2,3]}");
	assert_int_equal(a->err, WH_OK);
	assert_string_equal(a->json, "{\"kind\":\"call\",\"wait\":120000,\"from\":\"ann\"}");
	assert_int_equal(probe_of(t)->fired, 3);
	assert_int_equal(wh_test_call(t, ann, "probe.ech", NULL)->err, WH_ENOENT);
	assert_int_equal(wh_test_call(t, guest, "probe.double", "{\"n\":1}")->err, WH_EPERM);
	assert_int_equal(wh_test_call(t, ann, "probe.echo", "{\"kind\":")->err, WH_ESYNTAX);
	a = wh_test_call(t, ann, "probe.echo", "{\"kind\":\"loud\"}");
	assert_int_equal(a->err, WH_EINVAL);
	assert_string_equal(a->field, "kind");
	a = wh_test_call(t, ann, "probe.echo", "{\"kin\":\"call\"}");
	assert_non_null(strstr(a->why, "did you mean kind"));
	wh_test_end(&t);
}

static void
a_rate_lets_its_burst_through_and_says_when_to_come_back(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");
	const struct wh_test_answer *a;

	(void)state;
	wh_test_call(t, ann, "probe.double", "{\"n\":1}");
	wh_test_call(t, ann, "probe.double", "{\"n\":1}");
	a = wh_test_call(t, ann, "probe.double", "{\"n\":1}");
	assert_int_equal(a->err, WH_EFAST);
	assert_int_equal(a->retry_ms, 500);
	wh_test_run_jobs(t);
	wh_test_advance(t, 500);
	assert_int_equal(wh_test_call(t, ann, "probe.double", "{\"n\":1}")->err, WH_WAIT);
	wh_test_run_jobs(t);
	wh_test_end(&t);
}

static void
a_held_call_is_finished_by_its_job_or_times_out(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");
	const struct wh_test_answer *first = wh_test_call(t, ann, "probe.double", "{\"n\":21}"), *second;

	(void)state;
	assert_int_equal(first->err, WH_WAIT);
	assert_int_equal(wh_test_run_jobs(t), 1);
	assert_string_equal(first->json, "{\"n\":42}");
	second = wh_test_call(t, ann, "probe.double", "{\"n\":21}");
	wh_test_advance(t, WH_TEST_HOLD_MS - 1);
	assert_int_equal(second->err, WH_WAIT);
	wh_test_advance(t, 1);
	assert_int_equal(second->err, WH_ETIME);
	assert_int_equal(wh_test_run_jobs(t), 1);
	assert_int_equal(second->err, WH_ETIME);
	wh_test_end(&t);
}

static void
jobs_are_bounded(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member"), *bob = wh_test_session(t, "bob", "member");
	const struct wh_test_answer *a;

	(void)state;
	wh_test_call(t, ann, "probe.double", "{\"n\":1}");
	wh_test_call(t, ann, "probe.double", "{\"n\":1}");
	a = wh_test_call(t, bob, "probe.double", "{\"n\":1}");
	assert_int_equal(a->err, WH_EFULL);
	assert_string_equal(a->why, "too much to do");
	assert_int_equal(wh_test_run_jobs(t), 2);
	wh_test_end(&t);
}

static void
roles_of_the_operator_allow_and_deny(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *s = wh_test_session(t, "s", "helper"), *m = wh_test_session(t, "m", "moderator quiet");
	const struct wh_host *host = wh_test_host(t);

	(void)state;
	wh_test_role(t, "helper", "probe.* metrics.read", NULL);
	wh_test_role(t, "quiet", NULL, "probe.s*t");
	assert_true(wh_session_may(host, s, "probe.secret"));
	assert_true(wh_session_may(host, s, "metrics.read"));
	assert_false(wh_session_may(host, s, "metrics.write"));
	assert_false(wh_session_may(host, m, "probe.secret"));
	assert_true(wh_session_may(host, m, "probe.double"));
	wh_test_end(&t);
}

static void
an_audited_call_is_told_and_logged(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *m = wh_test_session(t, "mod", "moderator");

	(void)state;
	assert_null(wh_test_logged(t, "secret_read"));
	wh_test_call(t, m, "probe.secret", NULL);
	assert_string_equal(wh_test_logged(t, "secret_read"), "warn secret_read by=mod n=-3 sure=true");
	assert_string_equal(wh_test_logged(t, "audit"), "info audit action=probe.secret who=mod outcome=0");
	wh_test_end(&t);
}

static void
a_route_answers_and_is_found_by_the_longest_path(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");
	const struct wh_test_page *page;

	(void)state;
	page = wh_test_request(t, NULL, "GET", "/probe?q=a%20b+c", "accept: text/x\n", WH_STR(""));
	assert_int_equal(page->status, 201);
	assert_string_equal(page->type, "text/plain");
	assert_string_equal(page->body.p, "/probe|a b c");
	assert_string_equal(page->headers.p, "x-probe: text/x\n");
	assert_int_equal(wh_test_get(t, NULL, "/probe/below/x")->status, 403);
	assert_string_equal(wh_test_get(t, ann, "/probe/below/x?q=1")->body.p, "/probe/below/x|1");
	assert_int_equal(wh_test_get(t, NULL, "/prob")->status, 404);
	assert_int_equal(wh_test_request(t, NULL, "POST", "/probe", NULL, WH_STR("x"))->status, 405);
	wh_test_end(&t);
}

static void
a_held_request_is_answered_later(void **state)
{
	struct wh_test *t = begin();
	const struct wh_test_page *page = wh_test_get(t, NULL, "/probe?wait=1");
	struct wh_request *r = wh_request_find(wh_test_host(t), probe_of(t)->held);

	(void)state;
	assert_int_equal(page->status, 0);
	wh_respond_problem(r, WH_EAWAY, "later");
	assert_int_equal(page->status, 503);
	assert_string_equal(page->body.p, "{\"status\":503,\"detail\":\"later\"}");
	assert_null(wh_request_find(wh_test_host(t), probe_of(t)->held));
	page = wh_test_get(t, NULL, "/probe?wait=1");
	wh_test_advance(t, WH_TEST_HOLD_MS);
	assert_int_equal(page->status, 504);
	wh_test_end(&t);
}

static enum wh_verdict
other_message(void *self, struct wh_message *m)
{
	char *seen = self;

	snprintf(seen, 40, "%.*s", WH_FMT(m->text));
	return WH_PASS;
}

static const struct wh_hook before_hooks[] = { { WH_ON_MESSAGE, .order = 10, .message = other_message }, { 0 } };
static const struct wh_hook after_hooks[] = { { WH_ON_MESSAGE, .order = 90, .message = other_message }, { 0 } };

static void
hooks_are_asked_in_order_and_see_what_was_changed(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");
	char before[40] = "", after[40] = "";
	const struct wh_test_answer *a;

	(void)state;
	wh_test_other_hooks(t, after_hooks, after);
	wh_test_other_hooks(t, before_hooks, before);
	a = wh_test_say(t, ann, "lobby", "change");
	assert_string_equal(a->text, "changed");
	assert_string_equal(before, "change");
	assert_string_equal(after, "changed");
	after[0] = '\0';
	a = wh_test_say(t, ann, "lobby", "no");
	assert_int_equal(a->err, WH_EFAST);
	assert_string_equal(a->why, "not that");
	assert_int_equal(a->retry_ms, 250);
	assert_string_equal(after, "");
	wh_test_end(&t);
}

static void
a_held_message_goes_on_behind_the_hook_that_held(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");
	char after[40] = "";
	const struct wh_test_answer *a;

	(void)state;
	wh_test_join(t, ann, "lobby");
	wh_test_other_hooks(t, after_hooks, after);
	a = wh_test_say(t, ann, "lobby", "wait");
	assert_int_equal(a->err, WH_WAIT);
	wh_hook_go(wh_test_host(t), probe_of(t)->ticket, WH_PASS, WH_OK, NULL);
	assert_int_equal(a->err, WH_OK);
	assert_string_equal(after, "wait");
	a = wh_test_say(t, ann, "lobby", "wait");
	wh_hook_go(wh_test_host(t), probe_of(t)->ticket, WH_REFUSE, WH_EPERM, "on second thought");
	assert_string_equal(a->why, "on second thought");
	assert_int_equal(a->err, WH_EPERM);
	a = wh_test_say(t, ann, "lobby", "wait");
	wh_test_advance(t, WH_TEST_HOLD_MS);
	assert_int_equal(a->err, WH_ETIME);
	wh_test_end(&t);
}

static void
rooms_are_joined_left_and_end(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *ann = wh_test_session(t, "ann", "member");
	const struct wh_host *host = wh_test_host(t);

	(void)state;
	assert_string_equal(wh_test_join(t, ann, "closed")->why, "it is closed");
	assert_int_equal(wh_test_join(t, ann, "lobby")->err, WH_OK);
	assert_int_equal(wh_test_join(t, ann, "lobby")->err, WH_EEXIST);
	assert_int_equal(wh_room_members(host, wh_room_find(host, WH_STR("lobby"))), 1);
	assert_int_equal(wh_test_leave(t, ann, "lobby"), WH_OK);
	assert_null(wh_room_find(host, WH_STR("lobby")));
	assert_null(wh_room_find(host, WH_STR("closed")));
	wh_test_end(&t);
}

static void
a_publish_renders_once_for_each_dialect(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *s[4];
	const struct wh_host *host = wh_test_host(t);
	const struct wh_item items[] = { WH_ITEM_STR("text", WH_STR("a\"b")), WH_ITEM_INT("n", 1), WH_ITEM_JSON("tags", WH_STR("[1]")) };
	const struct wh_event e = { "probe.event", items, 3 };
	struct wh_room *room;

	(void)state;
	for (int i = 0; i < 4; i++) {
		s[i] = wh_test_session_in(t, i % 2 == 0 ? "json" : "words", "x", "guest");
		wh_test_join(t, s[i], "lobby");
	}
	room = wh_room_find(host, WH_STR("lobby"));
	assert_int_equal(wh_room_publish(host, room, 1, &e, s[0], 0), WH_OK);
	assert_int_equal(wh_test_renders(t), 2);
	assert_null(wh_test_next(s[0]));
	assert_string_equal(wh_test_next(s[2]),
	    "{\"jsonrpc\":\"2.0\",\"method\":\"probe.event\",\"params\":{\"text\":\"a\\\"b\",\"n\":1,\"tags\":[1]}}");
	assert_string_equal(wh_test_next(s[1]), "hello");
	assert_string_equal(wh_test_next(s[1]), "* probe.event");
	assert_null(wh_test_next(s[1]));
	wh_room_publish(host, room, 1, &e, NULL, 0);
	assert_null(wh_test_next(s[2]));
	assert_int_equal(wh_room_seq(host, room), 1);
	wh_test_end(&t);
}

static void
a_dialect_speaks_runs_commands_and_says_farewell(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *s = wh_test_session_in(t, "words", "ann", "guest");
	const char *reason;

	(void)state;
	assert_string_equal(wh_test_next(s), "hello");
	wh_test_line(t, s, "3s");
	assert_string_equal(wh_test_next(s), "0 {\"kind\":\"line\",\"wait\":3000,\"from\":\"ann\"}");
	wh_test_line(t, s, "soon");
	assert_non_null(strstr(wh_test_next(s), "-3 wait is a duration"));
	wh_test_line(t, s, "bye");
	assert_string_equal(wh_test_next(s), "bye 4000 as you wish");
	assert_int_equal(wh_test_closed(s, &reason), 4000);
	assert_string_equal(reason, "as you wish");
	assert_string_equal(probe_of(t)->seen, "OE");
	assert_string_equal(wh_test_sent(s, 0), "hello");
	wh_test_end(&t);
}

static void
a_session_that_is_lost_hears_nothing_until_it_is_resumed(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *s = wh_test_session(t, "ann", "guest");
	const struct wh_host *host = wh_test_host(t);

	(void)state;
	wh_test_join(t, s, "lobby");
	wh_test_lose(t, s);
	assert_int_equal(wh_session_send(host, s, WH_STR("x")), WH_EAWAY);
	wh_test_resume(t, s);
	assert_int_equal(wh_session_send(host, s, WH_STR("y")), WH_OK);
	assert_string_equal(wh_test_next(s), "y");
	assert_true(wh_room_has(host, wh_room_find(host, WH_STR("lobby")), s));
	wh_test_leave_server(t, s);
	assert_string_equal(probe_of(t)->seen, "ODRE");
	wh_test_end(&t);
}

static void
a_credential_identifies_or_is_refused(void **state)
{
	struct wh_test *t = begin();
	struct wh_session *s = wh_test_session(t, "g", "guest");

	(void)state;
	assert_int_equal(wh_test_credential(t, s, NULL, NULL, NULL)->err, WH_OK);
	assert_string_equal(wh_test_credential(t, s, "bad", NULL, NULL)->why, "no such token");
	assert_int_equal(wh_test_credential(t, s, "good", NULL, NULL)->err, WH_OK);
	assert_true(wh_str_is(wh_session_identity(wh_test_host(t), s)->name, "seven"));
	assert_string_equal(probe_of(t)->seen, "OI");
	wh_test_end(&t);
}

static void
health_names_what_is_unwell(void **state)
{
	struct wh_test *t = begin();
	const char *details;

	(void)state;
	assert_string_equal(wh_test_health(t, &details), "probe: it is only a test\n");
	assert_string_equal(details, "{\"probe\":1}");
	wh_test_end(&t);
}

static void
timers_fire_at_their_time_and_again(void **state)
{
	struct wh_test *t = wh_test_begin(&probe_plugin, "mode = \"timer\";");
	int64_t now = wh_now_ms(wh_test_host(t)), wall = wh_wall_ms(wh_test_host(t));

	(void)state;
	wh_test_advance(t, 99);
	assert_int_equal(probe_of(t)->fired, 0);
	wh_test_advance(t, 1);
	assert_int_equal(probe_of(t)->fired, 1);
	wh_test_advance(t, 100);
	assert_int_equal(probe_of(t)->fired, 3);
	assert_int_equal(wh_now_ms(wh_test_host(t)) - now, 200);
	assert_int_equal(wh_wall_ms(wh_test_host(t)) - wall, 200);
	wh_test_end(&t);
}

static void
metrics_are_read_by_name_and_label(void **state)
{
	struct wh_test *t = begin();
	const struct wh_host *host = wh_test_host(t);
	char label[16];

	(void)state;
	wh_metric_set(host, &probe_metrics[1], 7);
	wh_metric_took(host, &probe_metrics[2], 1500);
	for (int i = 0; i < 70; i++) {
		snprintf(label, sizeof label, "l%d", i);
		wh_metric_add_for(host, &probe_metrics[0], wh_str(label), 2);
	}
	assert_int_equal(wh_test_metric(t, "probe_level", NULL), 7);
	assert_int_equal(wh_test_metric(t, "probe_took_seconds", NULL), 1);
	assert_int_equal(wh_test_metric(t, "probe_calls_total", "l63"), 2);
	assert_int_equal(wh_test_metric(t, "probe_calls_total", "l64"), 0);
	assert_int_equal(wh_test_metric(t, "probe_calls_total", "other"), 12);
	wh_test_end(&t);
}

static int
peer_answer(void *self)
{
	return *(int *)self;
}

static void
services_are_found_both_ways(void **state)
{
	static const struct wh_peer peer = { peer_answer };
	static const struct wh_service row = { "peer", 1, &peer };
	struct wh_test *t = wh_test_new(&probe_plugin);
	int number = 5;
	void *self;

	(void)state;
	wh_test_offer(t, &row, &number);
	assert_int_equal(wh_test_open(t, NULL), WH_OK);
	assert_int_equal(probe_of(t)->peer->answer(probe_of(t)->peer_self), 5);
	assert_ptr_equal(wh_test_service(t, "probe", 3, &self), probe_dialects);
	assert_ptr_equal(self, probe_of(t));
	assert_null(wh_test_service(t, "probe", 2, &self));
	wh_test_end(&t);
}

static void
helpers_are_played_by_the_test(void **state)
{
	struct wh_test *t = begin();
	wh_id id;

	(void)state;
	assert_int_equal(wh_helper_send(wh_test_host(t), &probe_helpers[0], 1, WH_STR("x")), WH_EAWAY);
	wh_test_helper_up(t, "judge");
	assert_int_equal(wh_helper_send(wh_test_host(t), &probe_helpers[0], 9, WH_STR("judge me")), WH_OK);
	assert_true(wh_str_is(wh_test_helper_next(t, "judge", &id), "judge me"));
	assert_null(wh_test_helper_next(t, "judge", NULL).p);
	wh_test_helper_answer(t, "judge", id, WH_STR("guilty"));
	assert_int_equal(probe_of(t)->fired, 9);
	wh_test_helper_down(t, "judge");
	wh_test_end(&t);
}

static void
what_was_mirrored_survives_the_hub_and_nothing_else(void **state)
{
	struct wh_test *t = begin();
	const struct wh_host *host = wh_test_host(t);
	struct wh_session *ann = wh_test_session(t, "ann", "member"), *lost = wh_test_session(t, "lost", "member");
	const struct wh_test_answer *held;
	wh_id id = wh_session_id(host, ann);

	(void)state;
	wh_group_join(host, probe_of(t)->group, ann);
	wh_test_join(t, ann, "lobby");
	*(int64_t *)wh_slot_of(host, ann, probe_of(t)->slot) = 42;
	wh_session_changed(host, ann);
	held = wh_test_call(t, ann, "probe.double", "{\"n\":1}");
	assert_true(wh_str_is(wh_test_papers(t, ann), "42"));
	*(int64_t *)wh_slot_of(host, ann, probe_of(t)->slot) = 43;	/* and does not say so */
	wh_test_lose(t, lost);
	wh_test_recover(t);
	assert_int_equal(held->err, WH_EAWAY);
	assert_int_equal(*(int64_t *)wh_slot_of(host, ann, probe_of(t)->slot), 42);
	assert_ptr_equal(wh_session_get(host, id), ann);
	assert_true(wh_room_has(host, wh_room_find(host, WH_STR("lobby")), ann));
	wh_group_publish(host, probe_of(t)->group, 0, WH_STR("still here"), NULL, 0);
	assert_string_equal(wh_test_next(ann), "still here");
	assert_string_equal(probe_of(t)->seen, "");
	wh_test_end(&t);
}

static void
wrong(const char *what)
{
	struct wh_test *t = begin();
	char args[64];

	snprintf(args, sizeof args, "{\"what\":\"%s\"}", what);
	probe_of(t)->remembered = wh_test_session(t, "gone", "guest");
	wh_test_leave_server(t, probe_of(t)->remembered);
	wh_test_call(t, wh_test_session(t, "ann", "guest"), "probe.bad", args);
	wh_test_run_jobs(t);
	wh_test_end(&t);
}

static void wrong_wait(void) { wrong("wait"); }
static void wrong_argument(void) { wrong("argument"); }
static void wrong_metric(void) { wrong("metric"); }
static void wrong_job(void) { wrong("job"); }
static void wrong_session(void) { wrong("session"); }
static void wrong_hold(void) { wrong("hold"); }
static void wrong_service(void) { wrong("service"); }
static void wrong_free(void) { wrong("free"); }
static void wrong_open(void) { wrong("open"); }
static void wrong_setting(void) { wh_test_begin(&probe_plugin, "mode = \"undeclared\";"); }
static void wrong_settings(void) { wh_test_begin(&probe_plugin, "size = 1;"); }

static void
wrong_leak(void)
{
	struct wh_test *t = begin();

	if (wh_new(wh_test_host(t), 33) == NULL)
		_exit(1);
	wh_test_end(&t);
}

static void
wrong_timer(void)
{
	struct wh_test *t = begin();

	wh_timer_start(wh_test_host(t), 1, 0, probe_fired, 0);
	wh_test_end(&t);
}

static void
wrong_group(void)
{
	struct wh_test *t = begin();

	wh_group_open(wh_test_host(t), WH_STR("left"));
	wh_test_end(&t);
}

static void
wrong_held(void)
{
	struct wh_test *t = begin();

	wh_test_say(t, wh_test_session(t, "ann", "guest"), "lobby", "wait");
	wh_test_end(&t);
}

static void
wrong_request(void)
{
	struct wh_test *t = begin();

	wh_test_get(t, NULL, "/probe?wait=1");
	wh_test_end(&t);
}

static void
misuse_aborts_with_a_sentence(void **state)
{
	(void)state;
	assert_faults(wrong_wait, "plugin probe: probe.bad returned WH_WAIT, but never called wh_call_hold");
	assert_faults(wrong_argument, "probe.bad asks for its argument \"which\", which it does not declare");
	assert_faults(wrong_metric, "a metric that is not in the plugin's table");
	assert_faults(wrong_job, "a job's work called the host");
	assert_faults(wrong_session, "wh_session_id was given a session that is gone (gone)");
	assert_faults(wrong_hold, "held its call and did not return WH_WAIT");
	assert_faults(wrong_service, "wh_service_find(\"stranger\"): it does not stand in the plugin's needs");
	assert_faults(wrong_free, "is deleted already");
	assert_faults(wrong_open, "probe.bad left its result unfinished");
	assert_faults(wrong_setting, "\"nothing\" was never declared");
	assert_faults(wrong_settings, "it does not open (-3): settings:1: ");
}

static void
what_is_left_behind_aborts_with_a_sentence(void **state)
{
	(void)state;
	assert_faults(wrong_leak, "left 33 bytes in 1 pieces of wh_new");
	assert_faults(wrong_timer, "left a timer running");
	assert_faults(wrong_group, "left the group \"left\" open");
	assert_faults(wrong_held, "a hook still holds a message or a join");
	assert_faults(wrong_request, "still holds a request of /probe");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_are_checked_as_in_the_config_file),
		cmocka_unit_test(a_reload_keeps_what_stands_in_slots),
		cmocka_unit_test(every_allocation_of_open_may_fail),
		cmocka_unit_test(a_call_is_checked_as_the_server_does),
		cmocka_unit_test(a_rate_lets_its_burst_through_and_says_when_to_come_back),
		cmocka_unit_test(a_held_call_is_finished_by_its_job_or_times_out),
		cmocka_unit_test(jobs_are_bounded),
		cmocka_unit_test(roles_of_the_operator_allow_and_deny),
		cmocka_unit_test(an_audited_call_is_told_and_logged),
		cmocka_unit_test(a_route_answers_and_is_found_by_the_longest_path),
		cmocka_unit_test(a_held_request_is_answered_later),
		cmocka_unit_test(hooks_are_asked_in_order_and_see_what_was_changed),
		cmocka_unit_test(a_held_message_goes_on_behind_the_hook_that_held),
		cmocka_unit_test(rooms_are_joined_left_and_end),
		cmocka_unit_test(a_publish_renders_once_for_each_dialect),
		cmocka_unit_test(a_dialect_speaks_runs_commands_and_says_farewell),
		cmocka_unit_test(a_session_that_is_lost_hears_nothing_until_it_is_resumed),
		cmocka_unit_test(a_credential_identifies_or_is_refused),
		cmocka_unit_test(health_names_what_is_unwell),
		cmocka_unit_test(timers_fire_at_their_time_and_again),
		cmocka_unit_test(metrics_are_read_by_name_and_label),
		cmocka_unit_test(services_are_found_both_ways),
		cmocka_unit_test(helpers_are_played_by_the_test),
		cmocka_unit_test(what_was_mirrored_survives_the_hub_and_nothing_else),
		cmocka_unit_test(misuse_aborts_with_a_sentence),
		cmocka_unit_test(what_is_left_behind_aborts_with_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
