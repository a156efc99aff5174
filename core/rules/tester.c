/* See tester.h. */
#include "rules/tester.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/json.h"
#include "base/nearest.h"
#include "rules/crowd.h"

enum { TIMES_MAX = 10000 };

#define TESTER_BEGIN_MS INT64_C(1767225600000)

struct tester {
	struct judge_sink sink;		/* first: what the judge's sink points to */
	struct judge judge;
	struct crowd crowd;
	int64_t now_ms;
	uint64_t entry;
	uint32_t live;			/* actions of the last event */
	bool hit, failed;
	char rules[256];		/* that said something, with blanks around */
	struct wh_buf from, said, error;
	struct wh_buf *report;
	int step;
	const struct pack *pack;
	bool *acted;			/* borrowed: of each rule of the pack, whether it said something; NULL: nobody asks */
};

static void
tester_item(struct judge_sink *sink, const struct wh_judge_verdict *v)
{
	struct tester *t = (struct tester *)sink;
	size_t n = strlen(t->rules);

	if (v->item == WH_JUDGE_ITEM_ERROR || v->item == WH_JUDGE_ITEM_DEMOTED) {
		t->failed = true;
		wh_buf_fmt(&t->error, "rule '%.*s': %.*s\n", WH_FMT(v->rule), WH_FMT(v->evidence));
		return;
	}
	if (v->item != WH_JUDGE_ITEM_VERDICT)
		return;
	t->hit = true;
	t->live |= v->actions;
	for (size_t i = 0; i < t->pack->n_rules && t->acted != NULL; i++)
		t->acted[i] |= wh_str_is(v->rule, t->pack->rules[i].name);
	if (n + v->rule.n + 2 < sizeof t->rules) {
		memcpy(t->rules + n, v->rule.p, v->rule.n);
		memcpy(t->rules + n + v->rule.n, " ", 2);
	}
}

static bool __attribute__((format(printf, 2, 3)))
step_fails(struct tester *t, const char *fmt, ...)
{
	va_list ap;

	wh_buf_fmt(t->report, "  step %d: ", t->step);
	va_start(ap, fmt);
	wh_buf_vfmt(t->report, fmt, ap);
	va_end(ap);
	wh_buf_byte(t->report, '\n');
	return false;
}

static bool
duration_of(const struct wh_value *v, int64_t *ms_out)
{
	if (v->type == WH_V_INT && v->i >= 0) {
		*ms_out = v->i;
		return true;
	}
	return v->type == WH_V_STR && wh_conf_parse_duration(v->s, ms_out) == WH_OK;
}

/* "{n}" is the number of the time. */
static struct wh_str
counted(struct wh_str text, int64_t n, struct wh_buf *to)
{
	wh_buf_reset(to);
	for (size_t i = 0; i < text.n; i++) {
		if (text.n - i >= 3 && memcmp(text.p + i, "{n}", 3) == 0) {
			wh_buf_i64(to, n);
			i += 2;
		} else {
			wh_buf_byte(to, text.p[i]);
		}
	}
	return wh_buf_slice(to);
}

static struct wh_str
text_of(const struct wh_value *o, const char *key)
{
	struct wh_value v;

	return wh_json_get(o, key, &v) && v.type == WH_V_STR ? v.s : (struct wh_str){ NULL, 0 };
}

/* What happens: the first of the words that the step has. */
static bool
step_kind(struct tester *t, const struct wh_value *o, struct wh_judge_event *e)
{
	static const struct {
		const char *key;
		enum wh_judge_on on;
	} kinds[] = { { "say", WH_JUDGE_ON_SAID }, { "edit", WH_JUDGE_ON_EDIT }, { "join", WH_JUDGE_ON_JOINED }, { "nick", WH_JUDGE_ON_NICK }, { "invite", WH_JUDGE_ON_INVITE },
		{ "report", WH_JUDGE_ON_REPORT }, { "upload", WH_JUDGE_ON_UPLOAD }, { "timer", WH_JUDGE_ON_TIMER }, { "score", WH_JUDGE_ON_SCORED } };
	struct wh_value v;

	for (size_t i = sizeof kinds / sizeof *kinds; i-- > 0;) {
		if (!wh_json_get(o, kinds[i].key, &v))
			continue;
		/* A score comes with what was said. */
		if (kinds[i].on == WH_JUDGE_ON_SCORED) {
			e->detail = v.raw;
			e->on = WH_JUDGE_ON_SCORED;
			e->text = text_of(o, "say");
			return true;
		}
		e->on = kinds[i].on;
		if (kinds[i].on == WH_JUDGE_ON_UPLOAD)
			e->attachments = v.raw;
		else if (v.type == WH_V_STR && kinds[i].on != WH_JUDGE_ON_JOINED)
			e->text = v.s;
		else if (v.type == WH_V_STR)
			e->room = v.s;
		e->before = text_of(o, "before");
		return true;
	}
	return step_fails(t, "nothing happens: say, edit, join, nick, invite, report, upload, timer, score or wait is missing");
}

static uint32_t
action_bit(struct wh_str name)
{
	for (unsigned i = 0; i < WH_ACTIONS; i++)
		if (wh_str_is(name, wh_judge_action_name(i)))
			return UINT32_C(1) << i;
	return 0;
}

static void
write_actions(struct wh_buf *b, uint32_t actions)
{
	if (actions == 0)
		wh_buf_text(b, "allow");
	for (unsigned i = 0, n = 0; i < WH_ACTIONS; i++)
		if (actions >> i & 1)
			wh_buf_fmt(b, "%s%s", n++ > 0 ? ", " : "", wh_judge_action_name(i));
}

/* What the step expects; false: it is no action. `none_out`: nothing at all. */
static bool
expected(struct tester *t, const struct wh_value *o, uint32_t *want_out, bool *none_out, bool *any_out)
{
	struct wh_value v, one;
	struct wh_json_in in;

	*want_out = 0;
	*none_out = false;
	*any_out = wh_json_get(o, "expect", &v);
	if (!*any_out)
		return true;
	if (v.type == WH_V_STR && wh_str_is(v.s, "allow")) {
		*none_out = true;
		return true;
	}
	in = wh_json_each(&v);
	while (v.type == WH_V_ARRAY && wh_json_next(&in, NULL, &one))
		if (one.type == WH_V_STR)
			*want_out |= action_bit(one.s);
	if (v.type == WH_V_STR)
		*want_out = action_bit(v.s);
	if (*want_out == 0) {
		struct wh_nearest near = { .word = v.type == WH_V_STR ? v.s : (struct wh_str){ "", 0 } };

		for (unsigned i = 0; i < WH_ACTIONS; i++)
			wh_nearest_offer(&near, wh_str(wh_judge_action_name(i)));
		wh_nearest_offer(&near, WH_STR("allow"));
		return near.best.p != NULL ? step_fails(t, "expect is to be \"allow\" or an action; did you mean \"%.*s\"?", WH_FMT(near.best)) :
		    step_fails(t, "expect is to be \"allow\" or an action");
	}
	return true;
}

static bool
step_check(struct tester *t, const struct wh_value *o, const struct wh_judge_event *e, int64_t time, bool looked_at)
{
	struct wh_str rule = text_of(o, "rule");
	char name[PACK_NAME + 2];
	struct wh_buf line = { 0 };
	uint32_t want;
	bool none, any, good = true;

	if (!expected(t, o, &want, &none, &any))
		return false;
	if (looked_at && any && (none ? t->hit : (t->live & want) != want)) {
		wh_buf_fmt(&line, "'%.*s'%s '%.*s' (time %lld): wanted ", WH_FMT(e->name), e->on == WH_JUDGE_ON_SAID ? " says" : "", WH_FMT(e->text), (long long)time);
		write_actions(&line, want);
		wh_buf_text(&line, ", got ");
		write_actions(&line, t->live);
		if (t->rules[0] != '\0')
			wh_buf_fmt(&line, " of %s", t->rules);
		good = step_fails(t, "%.*s", WH_FMT(wh_buf_slice(&line)));
	}
	wh_buf_free(&line);
	if (good && looked_at && rule.n != 0) {
		size_t n = rule.n < PACK_NAME ? rule.n : PACK_NAME;

		memcpy(name, rule.p, n);
		memcpy(name + n, " ", 2);
		if (strstr(t->rules, name) == NULL)
			good = step_fails(t, "rule '%.*s' said nothing; those that did: %s", WH_FMT(rule), t->rules[0] != '\0' ? t->rules : "none");
	}
	if (t->failed)
		good = step_fails(t, "%.*s", WH_FMT(wh_buf_slice(&t->error)));
	return good;
}

static bool
step_once(struct tester *t, const struct wh_value *o, int64_t time, bool looked_at)
{
	struct wh_str from = text_of(o, "from"), room = text_of(o, "room");
	struct wh_judge_event e = { .time_ms = t->now_ms, .room = room.n != 0 ? room : WH_STR("lobby"), .entry = ++t->entry,
		.reply_to = text_of(o, "reply_to") };
	struct wh_judge_answer answer = { .n = 0 };
	struct person *p;

	if (!step_kind(t, o, &e))
		return false;
	p = crowd_person(&t->crowd, counted(from.n != 0 ? from : WH_STR("somebody"), time, &t->from), t->now_ms);
	if (p == NULL || !crowd_read(p, o, &t->error))
		return step_fails(t, "%.*s", WH_FMT(wh_buf_slice(&t->error)));
	crowd_fill(p, &e);
	e.text = counted(e.text, time, &t->said);
	crowd_mentions(&t->crowd, o, &e);
	t->live = 0;
	t->hit = t->failed = false;
	t->rules[0] = '\0';
	wh_buf_reset(&t->error);
	judge_event(&t->judge, &e, &t->sink, &answer);
	if (e.on == WH_JUDGE_ON_SAID && answer.fate == WH_FATE_PASS)
		p->messages++;
	return step_check(t, o, &e, time, looked_at);
}

static bool
step_known(struct tester *t, const struct wh_value *o)
{
	static const char *const known[] = { "from", "say", "times", "every", "room", "expect", "after", "rule", "edit", "before", "join", "nick",
		"invite", "report", "upload", "timer", "score", "trust", "roles", "age", "messages", "strikes", "network", "account", "bot", "mentions",
		"reply_to", "wait", "settings", NULL };
	struct wh_json_in in = wh_json_each(o);
	struct wh_value v;
	struct wh_str key;

	if (o->type != WH_V_OBJECT)
		return step_fails(t, "a step is a table of names and values");
	while (wh_json_next(&in, &key, &v)) {
		struct wh_nearest near = { .word = key };
		bool found = false;

		for (const char *const *k = known; *k != NULL; k++) {
			found |= wh_str_is(key, *k);
			wh_nearest_offer(&near, wh_str(*k));
		}
		if (!found && near.best.p != NULL)
			return step_fails(t, "there is no '%.*s'; did you mean '%.*s'?", WH_FMT(key), WH_FMT(near.best));
		if (!found)
			return step_fails(t, "there is no '%.*s'", WH_FMT(key));
	}
	return true;
}

static bool
step_run(struct tester *t, const struct wh_value *o)
{
	int64_t times = 1, every = 1000, after = 0, wait;
	struct wh_value v;

	if (!step_known(t, o))
		return false;
	if (wh_json_get(o, "settings", &v))
		return t->step == 1 || step_fails(t, "settings stand in the first step");
	if (wh_json_get(o, "wait", &v)) {
		if (!duration_of(&v, &wait))
			return step_fails(t, "wait is to be a time such as \"2h\"");
		t->now_ms += wait;
		return true;
	}
	if (wh_json_get(o, "times", &v))
		times = v.type == WH_V_INT ? v.i : 0;
	if (wh_json_get(o, "after", &v))
		after = v.type == WH_V_INT ? v.i : -1;
	if (times < 1 || times > TIMES_MAX || after < 0)
		return step_fails(t, "times is to be 1 to %d, after 0 or more", TIMES_MAX);
	if (wh_json_get(o, "every", &v) && !duration_of(&v, &every))
		return step_fails(t, "every is to be a time such as \"1s\"");
	for (int64_t i = 1; i <= times; i++) {
		if (!step_once(t, o, i, i > after))
			return false;
		t->now_ms += every;
	}
	return true;
}

static bool
run_steps(struct tester *t, const struct wh_value *steps)
{
	struct wh_json_in in = wh_json_each(steps);
	struct wh_value step;

	while (wh_json_next(&in, NULL, &step)) {
		t->step++;
		if (!step_run(t, &step))
			return false;
	}
	return true;
}

bool
tester_run(struct shared *shared, const struct pack *pack, const struct pack_test *test, bool *acted, struct wh_buf *report_out)
{
	struct tester *t = calloc(1, sizeof *t);
	struct wh_buf scratch = { 0 }, why = { 0 };
	struct wh_json_doc doc;
	struct wh_value steps, first, settings = { 0 };
	struct wh_json_in in;
	struct pack *copy = NULL;
	bool good = false;

	if (t == NULL)
		return false;
	t->sink.item = tester_item;
	t->now_ms = TESTER_BEGIN_MS;
	t->report = report_out;
	t->pack = pack;
	t->acted = acted;
	judge_init(&t->judge, shared);
	if (wh_json_read(&doc, wh_buf_slice(&test->steps), NULL, &scratch, &steps, NULL) == WH_OK) {
		in = wh_json_each(&steps);
		if (wh_json_next(&in, NULL, &first))
			(void)wh_json_get(&first, "settings", &settings);
		if (pack_copy(pack, settings.type == WH_V_OBJECT ? settings.raw : (struct wh_str){ NULL, 0 }, &copy, &why) != WH_OK)
			wh_buf_fmt(report_out, "  %.*s\n", WH_FMT(wh_buf_slice(&why)));
		else if (judge_add(&t->judge, copy) == WH_OK)
			good = run_steps(t, &steps);
	}
	judge_free(&t->judge);
	crowd_free(&t->crowd);
	wh_buf_free(&t->from);
	wh_buf_free(&t->said);
	wh_buf_free(&t->error);
	wh_buf_free(&scratch);
	wh_buf_free(&why);
	free(t);
	return good;
}

size_t
tester_tap(struct shared *shared, const struct pack *pack, size_t *number, struct wh_buf *out)
{
	struct wh_buf report = { 0 };
	bool acted[PACK_RULES] = { false };
	size_t failed = 0;

	for (size_t i = 0; i < pack->n_tests; i++) {
		bool good;

		wh_buf_reset(&report);
		good = tester_run(shared, pack, &pack->tests[i], acted, &report);
		failed += !good;
		wh_buf_fmt(out, "%s %zu - %s: %s\n", good ? "ok" : "not ok", (*number)++, pack->id, pack->tests[i].name);
		if (!good) {
			/* TAP's diagnostics are comments. */
			struct wh_str text = wh_buf_slice(&report);

			while (text.n > 0) {
				const char *end = memchr(text.p, '\n', text.n);
				size_t n = end != NULL ? (size_t)(end - text.p) : text.n;

				wh_buf_fmt(out, "#%.*s\n", (int)n, text.p);
				text = wh_str_from(text, n + 1);
			}
		}
	}
	if (pack->n_tests == 0)
		wh_buf_fmt(out, "# %s has no tests\n", pack->id);
	for (size_t i = 0; i < pack->n_rules && pack->n_tests != 0; i++)
		if (!acted[i])
			wh_buf_fmt(out, "# no test makes rule '%s' of %s act\n", pack->rules[i].name, pack->id);
	wh_buf_free(&report);
	return failed;
}
