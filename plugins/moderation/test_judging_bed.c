/* See test_judging_bed.h. The plugin here is what moderation.c does with judging, and nothing else. */
#include "test_judging_bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"

struct plugin {
	const struct wh_host *host;
	struct judging *judging;
	struct told told;
};

struct judging *
moderation_judging(void *self)
{
	return ((struct plugin *)self)->judging;
}

struct told *
told_of(struct wh_test *t)
{
	return &((struct plugin *)wh_test_self(t))->told;
}

static void
note_verdict(struct told *told, const struct wh_judge_verdict *v)
{
	told->verdict = *v;
	snprintf(told->rule, sizeof told->rule, "%.*s", WH_FMT(v->rule));
	snprintf(told->pack, sizeof told->pack, "%.*s", WH_FMT(v->pack));
	snprintf(told->version, sizeof told->version, "%.*s", WH_FMT(v->version));
}

static void
plugin_judged(void *self, uint64_t cookie, const struct wh_judge_answer *answer, const struct wh_judge_verdict *verdicts, size_t n)
{
	struct plugin *p = self;

	(void)cookie;
	if (answer == NULL) {
		p->told.unanswered++;
		return;
	}
	p->told.answered++;
	p->told.answer = *answer;
	for (size_t i = 0; i < n; i++)
		note_verdict(&p->told, &verdicts[i]);
}

static void
plugin_late(void *self, const struct wh_judge_event *event, const struct wh_judge_answer *answer, const struct wh_judge_verdict *verdicts, size_t n)
{
	struct plugin *p = self;

	p->told.late++;
	p->told.on = event->on;
	p->told.answer = *answer;
	for (size_t i = 0; i < n; i++)
		note_verdict(&p->told, &verdicts[i]);
}

static void
plugin_tell(void *self, const struct wh_event *event)
{
	struct plugin *p = self;

	p->told.moderators++;
	snprintf(p->told.what, sizeof p->told.what, "%.*s %.*s: %.*s", WH_FMT(event->items[0].value.s), WH_FMT(event->items[1].value.s),
		WH_FMT(event->items[4].value.s));
}

static enum wh_err
plugin_undo(void *self, const struct judging_undo *what, uint64_t cookie)
{
	struct plugin *p = self;

	snprintf(p->told.undo, sizeof p->told.undo, "%.*s@%.*s/%.*s by %.*s", WH_FMT(what->pack), WH_FMT(what->version), WH_FMT(what->rule), WH_FMT(what->by));
	judging_undone(p->judging, cookie, WH_OK, 7);
	return WH_OK;
}

static enum wh_judge_trust
plugin_trust(void *self, const struct wh_trust *trust)
{
	(void)self;
	return trust->said >= 3 ? WH_TRUST_TRUSTED : WH_TRUST_NEW;
}

static enum wh_err
plugin_deeds(void *self, struct wh_str room, int64_t from_ms, int64_t to_ms, uint64_t cookie)
{
	struct plugin *p = self;

	(void)room, (void)from_ms;
	judging_deed(p->judging, cookie, &(struct judging_deed){ .name = WH_STR("eve"), .time_ms = to_ms });
	judging_deeds_end(p->judging, cookie, WH_OK);
	return WH_OK;
}

static const struct wh_metric metrics[] = { JUDGING_METRICS, { 0 } };

static void
plugin_close(void *self)
{
	struct plugin *p = self;

	judging_close(&p->judging);
	wh_delete(p->host, p);
}

static enum wh_err
plugin_open(const struct wh_host *host, const struct wh_conf *conf, void **self_out)
{
	struct plugin *p = wh_new(host, sizeof *p);

	if (p == NULL)
		return WH_ENOMEM;
	p->host = host;
	p->judging = judging_open(host, conf, &(struct judging_parts){ .self = p, .late = plugin_late, .tell = plugin_tell, .undo = plugin_undo,
		.trust = plugin_trust, .deeds = plugin_deeds, .metrics = metrics });
	if (p->judging == NULL) {
		plugin_close(p);
		return WH_EIO;
	}
	*self_out = p;
	return WH_OK;
}

static enum wh_err
plugin_reload(void *self, const struct wh_conf *conf)
{
	judging_reload(((struct plugin *)self)->judging, conf);
	return WH_OK;
}

static const char *const needs[] = { "store", "chat", "?accounts", "?fetch", NULL };
static const struct wh_setting settings[] = { JUDGING_SETTINGS, { 0 } };
static const struct wh_command commands[] = { JUDGING_COMMANDS, { 0 } };
static const struct wh_helper helpers[] = { JUDGING_HELPERS, { 0 } };

const struct wh_plugin whiply_plugin = {
	WH_PLUGIN("moderation", "1.0", "judging alone"),
	.needs = needs, .settings = settings, .commands = commands, .metrics = metrics, .helpers = helpers, .open = plugin_open, .close = plugin_close,
	.reload = plugin_reload,
};

static const char *const helper_names[2] = { "rules", "trials" };

static bool
helpers_answer(struct fixture *f)
{
	struct wh_buf out = { 0 };
	struct wh_str asked;
	bool any = false;
	wh_id id;

	for (unsigned i = 0; i < 2 && !f->muted; i++)
		while ((asked = wh_test_helper_next(f->t, helper_names[i], &id)).p != NULL) {
			helper_answer(&f->judges[i], asked, &out);
			wh_test_helper_answer(f->t, helper_names[i], id, wh_buf_slice(&out));
			any = true;
		}
	wh_buf_free(&out);
	return any;
}

void
settle(struct fixture *f)
{
	bool any;

	do {
		any = helpers_answer(f);
		any |= wh_test_run_jobs(f->t) != 0;
		if (!any) {
			/* The store collects for some milliseconds. */
			wh_test_advance(f->t, 10);
			any = wh_test_run_jobs(f->t) != 0;
		}
	} while (any);
	f->told = told_of(f->t);
}

void
helper_dies(struct fixture *f, const char *name)
{
	unsigned i = strcmp(name, "rules") != 0;

	while (wh_test_helper_next(f->t, name, NULL).p != NULL)
		;
	wh_test_helper_down(f->t, name);
	judge_free(&f->judges[i]);
	judge_init(&f->judges[i], &f->shared);
	wh_test_helper_up(f->t, name);
}

static enum wh_err
fetch_start(struct wh_fetch *fetch, const struct wh_host *host, const struct wh_fetch_request *r, wh_fetch_done *done, void *self, uint64_t cookie)
{
	struct fetched *f = (struct fetched *)(void *)fetch;

	(void)host;
	snprintf(f->url, sizeof f->url, "%.*s", WH_FMT(r->url));
	snprintf(f->headers, sizeof f->headers, "%.*s", WH_FMT(r->headers));
	snprintf(f->body, sizeof f->body, "%.*s", WH_FMT(r->body));
	f->n++;
	f->done = done;
	f->self = self;
	f->cookie = cookie;
	return WH_OK;
}

static void
fetch_forget(struct wh_fetch *fetch, const struct wh_host *host)
{
	(void)host;
	((struct fetched *)(void *)fetch)->done = NULL;
}

static const struct wh_fetch_ops fetch_ops = { fetch_start, fetch_forget };
static const struct wh_service fetch_service = { "fetch", WH_FETCH_VERSION, &fetch_ops };

struct fixture *
fixture_open(const char *more)
{
	struct fixture *f = calloc(1, sizeof *f);
	char text[2000];

	assert_non_null(f);
	snprintf(f->folder, sizeof f->folder, "/tmp/whiply-judging-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	assert_int_equal(shared_open(&f->shared), WH_OK);
	judge_init(&f->judges[0], &f->shared);
	judge_init(&f->judges[1], &f->shared);
	f->t = wh_test_new(&whiply_plugin);
	wh_test_load(f->t, "sqlite", NULL);
	wh_test_load(f->t, "chat", NULL);
	wh_test_offer(f->t, &fetch_service, &f->fetched);
	if (more != NULL && strncmp(more, "PACK ", 5) == 0) {
		folder_pack(f, "words", more + 5);
		more = "packs = { words = { mode = \"live\"; }; }; scores = { spite = { url = \"https://c.example/x\"; headers = [\"Authorization: Bearer t\"]; "
			"field = \"comment\"; value = \"results.0.score\"; }; };";
	}
	snprintf(text, sizeof text, "pack_folders = [\"%s\"]; %s", f->folder, more != NULL ? more : "");
	if (wh_test_open(f->t, text) != WH_OK)
		fail_msg("%s", wh_test_why(f->t));
	f->admin = wh_test_session(f->t, "adm", "admin");
	f->eve = wh_test_session(f->t, "eve", "member");
	return f;
}

void
fixture_helpers(struct fixture *f)
{
	wh_test_helper_up(f->t, "rules");
	wh_test_helper_up(f->t, "trials");
	settle(f);
}

struct fixture *
fixture_begin(const char *more)
{
	struct fixture *f = fixture_open(more);

	fixture_helpers(f);
	return f;
}

void
fixture_end(struct fixture **fixture)
{
	struct fixture *f = *fixture;
	char command[100];

	f->muted = false;
	settle(f);
	wh_test_end(&f->t);
	judge_free(&f->judges[0]);
	judge_free(&f->judges[1]);
	shared_close(&f->shared);
	snprintf(command, sizeof command, "rm -r %s", f->folder);
	assert_int_equal(system(command), 0);
	free(f);
	*fixture = NULL;
}

const struct wh_test_answer *
call(struct fixture *f, const char *command, const char *args)
{
	const struct wh_test_answer *answer;
	char *json = strdup(args != NULL ? args : "{}");

	for (char *c = json; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	answer = wh_test_call(f->t, f->admin, command, json);
	free(json);
	settle(f);
	return answer;
}

enum wh_err
ask(struct fixture *f, const char *text)
{
	const struct wh_judge_event e = { .time_ms = wh_wall_ms(wh_test_host(f->t)), .room = WH_STR("lobby"), .text = wh_str(text), .user = WH_STR("id-eve"),
		.name = WH_STR("eve"), .entry = 5 };
	struct plugin *p = wh_test_self(f->t);

	return judging_ask(p->judging, &e, plugin_judged, p, 1);
}

const char *
judge_said(struct fixture *f, const char *text)
{
	static const char *const fates[] = { "pass", "hold", "hide", "refuse" };
	unsigned answered = told_of(f->t)->answered;

	if (ask(f, text) != WH_OK)
		return "nobody";
	settle(f);
	return f->told->answered == answered ? "none" : fates[f->told->answer.fate];
}

void
folder_pack(struct fixture *f, const char *id, const char *text)
{
	char path[200];
	FILE *to;

	snprintf(path, sizeof path, "%s/%s", f->folder, id);
	(void)mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/%s/pack.lua", f->folder, id);
	to = fopen(path, "w");
	assert_non_null(to);
	fputs(text, to);
	fclose(to);
}

const char *
put_args(const char *text, const char *more)
{
	static char args[200000];
	struct wh_buf out = { 0 };
	struct wh_json w;

	wh_json_begin(&w, &out);
	wh_json_object(&w, NULL);
	wh_json_text(&w, "pack.lua", text);
	wh_json_end(&w);
	assert_true(wh_json_finish(&w));
	snprintf(args, sizeof args, "{'files':%.*s%s}", WH_FMT(wh_buf_slice(&out)), more);
	wh_buf_free(&out);
	return args;
}
