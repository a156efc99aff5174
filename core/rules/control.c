/* What the helper is asked besides events: a JSON object with "do".
 *	{"do":"load","files":{"pack.lua":"…"},"settings":{…},"mode":"shadow","test":true}	loads, tests, and puts in place of the old one
 *	{"do":"unload","pack":"id"}
 *	{"do":"mode","pack":"","rule":"","room":"","mode":"off|shadow|live"}			an empty or missing name stands for all
 *	{"do":"mode","pack":"","rule":"","most":"off|shadow"}				what a rule may be at most, as it was set lower before
 *	{"do":"modes","modes":[{"pack":"","rule":"","room":"","mode":""},…]}	in place of all that are set
 *	{"do":"limits","steps":200000,"memory":…,"overruns":3,"share":50}			for packs that are loaded from then on; share at once
 *	{"do":"status","pack":"id"}	of one pack, or all
 *	{"do":"check","files":{"pack.lua":"…"},"settings":{…},"test":true,"tap":true}	loads and tests, and keeps nothing
 *	{"do":"trial","files":{"pack.lua":"…"},"settings":{…},"test":true,"samples":3}	the same, for a backtest
 *	{"do":"trial_log","log":[…]}	entries as backtest.h says: those without "from" are deeds and appeals, and stand before all others
 *	{"do":"trial_end"}		what the rules would have done
 * What is longer than a record comes in parts: WH_JUDGE_PART and bytes, which stand before those of the next control.
 * The answer is {"ok":true,…} or {"ok":false,"error":"…"}; when a load fails, the old pack stays. */
#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"
#include "rules/backtest.h"
#include "rules/explain.h"
#include "rules/helper.h"
#include "rules/tester.h"

enum { ANSWER_MAX = 60000, CONTROL_ANSWER_MAX = 240000, PARTS_MAX = 8 << 20 };

static void
fail(struct wh_json *w, const char *why)
{
	wh_json_bool(w, "ok", false);
	wh_json_text(w, "error", why);
}

static void
write_rules(struct wh_json *w, const struct pack *p)
{
	wh_json_array(w, "rules");
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct pack_rule *r = &p->rules[i];

		wh_json_object(w, NULL);
		wh_json_text(w, "name", r->name);
		wh_json_text(w, "most", judge_mode_name(r->most));
		wh_json_uint(w, "on", r->on);
		wh_json_uint(w, "actions", r->act.actions);
		wh_json_text(w, "reason", r->act.reason);
		wh_json_bool(w, "closed", r->closed);
		wh_json_uint(w, "evaluated", r->evaluated);
		wh_json_uint(w, "hits", r->hits);
		wh_json_uint(w, "failed", r->failed);
		wh_json_uint(w, "overruns", r->overruns);
		wh_json_uint(w, "p50_ns", wh_hist_quantile(&r->cost, 500));
		wh_json_uint(w, "p99_ns", wh_hist_quantile(&r->cost, 990));
		wh_json_end(w);
	}
	wh_json_end(w);
}

static void
write_settings(struct wh_json *w, const struct pack *p)
{
	static const char *const types[] = { "int", "number", "bool", "string", "duration", "choice", "words", "domains", "patterns" };

	wh_json_array(w, "settings");
	for (size_t i = 0; i < p->n_settings; i++) {
		wh_json_object(w, NULL);
		wh_json_text(w, "name", p->settings[i].name);
		wh_json_text(w, "type", types[p->settings[i].type]);
		wh_json_text(w, "value", p->settings[i].shown);
		wh_json_end(w);
	}
	wh_json_end(w);
}

static void
write_pack(struct wh_json *w, const struct pack *p)
{
	wh_json_text(w, "id", p->id);
	wh_json_text(w, "version", p->version);
	wh_json_text(w, "license", p->license);
	wh_json_text(w, "summary", p->summary);
	wh_json_uint(w, "memory", p->script != NULL ? wh_script_stats(p->script).memory : 0);
	wh_json_uint(w, "revived", p->spent);
	wh_json_array(w, "scores");
	for (size_t i = 0; i < p->n_scores; i++)
		wh_json_text(w, NULL, p->scores[i]);
	wh_json_end(w);
	wh_json_uint(w, "tests", p->n_tests);
	write_settings(w, p);
	write_rules(w, p);
}

/* False, and said why: the pack's own tests do not pass. `tell`: what they said is told in any case. */
static bool
passes(struct judge *j, const struct pack *p, bool tell, struct wh_json *w)
{
	struct wh_buf tap = { .max = 16384 };
	size_t number = 1, failed = tester_tap(j->shared, p, &number, &tap);

	if (failed != 0) {
		wh_json_bool(w, "ok", false);
		wh_json_text(w, "error", "the pack's own tests fail");
	}
	if (failed != 0 || tell)
		wh_json_str(w, "tap", wh_buf_slice(&tap));
	wh_buf_free(&tap);
	return failed == 0;
}

/* The line that the error names, and a hint. Loading took the source, so it is made again. */
static void
explain_load(const struct wh_value *files, struct wh_buf *why)
{
	struct wh_buf more = { 0 }, other = { 0 };
	struct source *source = NULL;

	if (wh_buf_cstr(why) != NULL && why->n != 0 && source_of_json(files, &source, &other) == WH_OK)
		explain(source, why->p, &more);
	/* Without the end of the last line. */
	if (more.n != 0)
		wh_buf_fmt(why, "\n%.*s", (int)more.n - 1, more.p);
	source_free(&source);
	wh_buf_free(&more);
	wh_buf_free(&other);
}

static struct pack *
load_files(struct judge *j, const struct wh_value *files, struct wh_str settings, struct wh_json *w)
{
	struct wh_buf why = { 0 };
	struct source *source = NULL;
	struct pack *p = NULL;

	if (source_of_json(files, &source, &why) != WH_OK) {
		fail(w, wh_buf_cstr(&why) != NULL && why.n != 0 ? why.p : "out of memory");
	} else if (pack_load(j->shared, &j->limits, source, settings, &p, &why) != WH_OK) {
		explain_load(files, &why);
		fail(w, wh_buf_cstr(&why) != NULL && why.n != 0 ? why.p : "out of memory");
	}
	wh_buf_free(&why);
	return p;
}

static bool
is_true(const struct wh_value *o, const char *key)
{
	struct wh_value v;

	return wh_json_get(o, key, &v) && v.type == WH_V_BOOL && v.b;
}

/* The pack that the files are, loaded and, if that is asked for, tested as its author wrote it; or NULL, and said why. */
static struct pack *
pack_of_files(struct judge *j, const struct wh_value *o, struct wh_json *w)
{
	const struct wh_str none = { NULL, 0 };
	struct wh_value files, settings;
	struct pack *p;
	bool set = wh_json_get(o, "settings", &settings) && settings.type == WH_V_OBJECT;

	if (!wh_json_get(o, "files", &files) || files.type != WH_V_OBJECT) {
		fail(w, "files is missing");
		return NULL;
	}
	p = load_files(j, &files, set && !is_true(o, "test") ? settings.raw : none, w);
	if (p == NULL || !is_true(o, "test"))
		return p;
	if (!passes(j, p, is_true(o, "tap"), w)) {
		pack_free(&p);
	} else if (set) {
		pack_free(&p);
		p = load_files(j, &files, settings.raw, w);
	}
	return p;
}

static void
control_load(struct judge *j, const struct wh_value *o, struct wh_json *w)
{
	struct wh_value mode;
	struct pack *p;
	enum pack_mode wanted = PACK_LIVE;
	bool has_mode = wh_json_get(o, "mode", &mode);

	if (has_mode && (mode.type != WH_V_STR || !judge_mode_named(mode.s, &wanted))) {
		fail(w, "mode is to be off, shadow or live");
		return;
	}
	p = pack_of_files(j, o, w);
	if (p == NULL)
		return;
	if (judge_pack(j, wh_str(p->id)) == NULL && j->n_packs == JUDGE_PACKS) {
		fail(w, "too many packs");
		pack_free(&p);
		return;
	}
	wh_json_bool(w, "ok", true);
	write_pack(w, p);
	if (has_mode)
		(void)judge_set_mode(j, wh_str(p->id), (struct wh_str){ NULL, 0 }, (struct wh_str){ NULL, 0 }, wanted);
	(void)judge_add(j, p);
}

static void
control_trial(struct judge *j, const struct wh_value *o, struct wh_json *w)
{
	struct wh_value v;
	struct pack *p = pack_of_files(j, o, w);

	backtest_free(&j->trial);
	if (p == NULL)
		return;
	j->trial = backtest_new(j->shared, wh_json_get(o, "samples", &v) && v.type == WH_V_INT && v.i >= 0 ? (size_t)v.i : 3);
	if (j->trial == NULL) {
		fail(w, "out of memory");
		pack_free(&p);
		return;
	}
	(void)backtest_add(j->trial, p);
	if (backtest_ready(j->trial) != WH_OK) {
		fail(w, "out of memory");
		return;
	}
	wh_json_bool(w, "ok", true);
	write_pack(w, p);
}

static void
control_trial_log(struct judge *j, const struct wh_value *o, struct wh_json *w)
{
	struct wh_value log, entry, from;
	struct wh_json_in in;

	if (j->trial == NULL || !wh_json_get(o, "log", &log)) {
		fail(w, j->trial == NULL ? "no trial is under way" : "log is missing");
		return;
	}
	in = wh_json_each(&log);
	while (wh_json_next(&in, NULL, &entry)) {
		int64_t now = backtest_time(&entry, j->trial->last_ms);

		if (wh_json_get(&entry, "from", &from))
			backtest_event(j->trial, &entry, now);
		else
			backtest_deed(j->trial, &entry, now);
	}
	wh_json_bool(w, "ok", true);
}

static void
control_trial_end(struct judge *j, struct wh_json *w)
{
	if (j->trial == NULL) {
		fail(w, "no trial is under way");
		return;
	}
	wh_json_bool(w, "ok", true);
	backtest_json(j->trial, w);
	backtest_free(&j->trial);
}

static struct wh_str
text_of(const struct wh_value *o, const char *key)
{
	struct wh_value v;

	return wh_json_get(o, key, &v) && v.type == WH_V_STR ? v.s : (struct wh_str){ NULL, 0 };
}

static void
control_check(struct judge *j, const struct wh_value *o, struct wh_json *w)
{
	struct pack *p = pack_of_files(j, o, w);

	if (p == NULL)
		return;
	wh_json_bool(w, "ok", true);
	write_pack(w, p);
	pack_free(&p);
}

static void
control_modes(struct judge *j, const struct wh_value *o, struct wh_json *w)
{
	struct wh_value modes, m;
	struct wh_json_in in;
	enum pack_mode mode;

	if (!wh_json_get(o, "modes", &modes) || modes.type != WH_V_ARRAY) {
		fail(w, "modes is to be an array");
		return;
	}
	j->n_modes = 0;
	in = wh_json_each(&modes);
	while (wh_json_next(&in, NULL, &m)) {
		if (judge_mode_named(text_of(&m, "mode"), &mode)
		    && judge_set_mode(j, text_of(&m, "pack"), text_of(&m, "rule"), text_of(&m, "room"), mode) == WH_OK)
			continue;
		fail(w, "a mode is wrong, or there are too many");
		return;
	}
	wh_json_bool(w, "ok", true);
}

static void
control_most(struct pack *p, struct wh_str rule, enum pack_mode most, struct wh_json *w)
{
	for (size_t i = 0; p != NULL && i < p->n_rules; i++)
		if (wh_str_is(rule, p->rules[i].name)) {
			p->rules[i].most = most;
			wh_json_bool(w, "ok", true);
			return;
		}
	fail(w, "there is no such rule");
}

static void
control_mode(struct judge *j, const struct wh_value *o, struct wh_json *w)
{
	struct wh_str id = text_of(o, "pack"), rule = text_of(o, "rule");
	struct pack *p = judge_pack(j, id);
	enum pack_mode mode;

	if (judge_mode_named(text_of(o, "most"), &mode)) {
		control_most(p, rule, mode, w);
		return;
	}
	if (!judge_mode_named(text_of(o, "mode"), &mode)) {
		fail(w, "mode is to be off, shadow or live");
		return;
	}
	if (judge_set_mode(j, id, rule, text_of(o, "room"), mode) != WH_OK) {
		fail(w, "too many modes, or a name is too long");
		return;
	}
	/* Whoever sets a rule has seen what it did: it may be again what they say. */
	for (size_t i = 0; p != NULL && i < p->n_rules; i++)
		if (rule.n == 0 || wh_str_is(rule, p->rules[i].name)) {
			p->rules[i].most = PACK_LIVE;
			p->rules[i].overruns = 0;
		}
	wh_json_bool(w, "ok", true);
}

static bool
number_of(const struct wh_value *o, const char *key, int64_t least, int64_t most, int64_t *out)
{
	struct wh_value v;

	if (!wh_json_get(o, key, &v))
		return true;
	if (v.type != WH_V_INT || v.i < least || v.i > most)
		return false;
	*out = v.i;
	return true;
}

static void
control_limits(struct judge *j, const struct wh_value *o, struct wh_json *w)
{
	int64_t steps = (int64_t)j->limits.steps, memory = (int64_t)j->limits.memory, overruns = j->limits.overruns, share = j->share;

	if (!number_of(o, "steps", 1000, 5000000, &steps) || !number_of(o, "memory", 1 << 20, 64 << 20, &memory)
	    || !number_of(o, "overruns", 1, 1000, &overruns) || !number_of(o, "share", 0, 1000, &share)) {
		fail(w, "steps 1000 to 5000000, memory 1 to 64 MiB, overruns 1 to 1000, share 0 to 1000");
		return;
	}
	j->limits.steps = (uint64_t)steps;
	j->limits.memory = (size_t)memory;
	j->limits.overruns = (unsigned)overruns;
	j->share = (unsigned)share;
	wh_json_bool(w, "ok", true);
}

static void
control_status(const struct judge *j, struct wh_str only, struct wh_json *w)
{
	wh_json_bool(w, "ok", true);
	wh_json_uint(w, "events", j->events);
	wh_json_uint(w, "failed", j->failed);
	wh_json_uint(w, "p50_ns", wh_hist_quantile(&j->cost, 500));
	wh_json_uint(w, "p99_ns", wh_hist_quantile(&j->cost, 990));
	wh_json_array(w, "packs");
	for (size_t i = 0; i < j->n_packs; i++) {
		if (only.n != 0 && !wh_str_is(only, j->packs[i]->id))
			continue;
		wh_json_object(w, NULL);
		write_pack(w, j->packs[i]);
		wh_json_end(w);
	}
	wh_json_end(w);
}

static void
control_do(struct judge *j, const struct wh_value *o, struct wh_json *w)
{
	struct wh_str what = text_of(o, "do");

	if (wh_str_is(what, "load"))
		control_load(j, o, w);
	else if (wh_str_is(what, "mode"))
		control_mode(j, o, w);
	else if (wh_str_is(what, "limits"))
		control_limits(j, o, w);
	else if (wh_str_is(what, "status"))
		control_status(j, text_of(o, "pack"), w);
	else if (wh_str_is(what, "modes"))
		control_modes(j, o, w);
	else if (wh_str_is(what, "check"))
		control_check(j, o, w);
	else if (wh_str_is(what, "trial"))
		control_trial(j, o, w);
	else if (wh_str_is(what, "trial_log"))
		control_trial_log(j, o, w);
	else if (wh_str_is(what, "trial_end"))
		control_trial_end(j, w);
	else if (!wh_str_is(what, "unload"))
		fail(w, "do is to be load, unload, mode, modes, limits, status, check, trial, trial_log or trial_end");
	else if (judge_remove(j, text_of(o, "pack")) != WH_OK)
		fail(w, "there is no such pack");
	else
		wh_json_bool(w, "ok", true);
}

static void
answer_control(struct judge *j, struct wh_str json, struct wh_buf *out)
{
	struct wh_buf scratch = { 0 };
	struct wh_json_doc doc;
	struct wh_value root;
	struct wh_json w;

	wh_buf_reset(out);
	out->max = CONTROL_ANSWER_MAX;
	wh_buf_byte(out, WH_JUDGE_CONTROL);
	wh_json_begin(&w, out);
	wh_json_object(&w, NULL);
	if (j->parts.n != 0) {
		wh_buf_str(&j->parts, json);
		json = wh_buf_slice(&j->parts);
	}
	if (j->parts.failed)
		fail(&w, "the parts are too long together");
	else if (wh_json_read(&doc, json, NULL, &scratch, &root, NULL) != WH_OK || root.type != WH_V_OBJECT)
		fail(&w, "that is neither an event nor a JSON object");
	else
		control_do(j, &root, &w);
	wh_json_end(&w);
	if (!wh_json_finish(&w)) {
		wh_buf_reset(out);
		wh_buf_byte(out, WH_JUDGE_CONTROL);
		wh_buf_text(out, "{\"ok\":false,\"error\":\"the answer is too long\"}");
	}
	wh_buf_free(&scratch);
	wh_buf_free(&j->parts);
}

static void
take_part(struct judge *j, struct wh_str bytes, struct wh_buf *out)
{
	j->parts.max = PARTS_MAX;
	wh_buf_str(&j->parts, bytes);
	wh_buf_reset(out);
	wh_buf_byte(out, WH_JUDGE_CONTROL);
	wh_buf_text(out, "{\"ok\":true}");
}

struct answering {
	struct judge_sink sink;	/* first */
	struct wh_judge_bytes bytes;
	uint32_t dropped;
};

static void
answering_item(struct judge_sink *sink, const struct wh_judge_verdict *v)
{
	struct answering *a = (struct answering *)sink;

	a->dropped += !wh_judge_answer_add(&a->bytes, v);
}

void
helper_answer(struct judge *j, struct wh_str ask, struct wh_buf *out)
{
	struct answering a = { .sink = { .item = answering_item } };
	struct wh_judge_answer answer = { .n = 0 };
	struct wh_judge_event e;

	out->max = ANSWER_MAX;
	if (ask.n != 0 && ask.p[0] == WH_JUDGE_PART) {
		take_part(j, wh_str_from(ask, 1), out);
		return;
	}
	if (ask.n == 0 || ask.p[0] != WH_JUDGE_EVENT || !wh_judge_event_read(ask, &e)) {
		answer_control(j, ask.n != 0 && ask.p[0] == WH_JUDGE_CONTROL ? wh_str_from(ask, 1) : ask, out);
		return;
	}
	wh_buf_reset(out);
	a.bytes.p = wh_buf_reserve(out, ANSWER_MAX);
	if (a.bytes.p == NULL)
		return;
	a.bytes.max = ANSWER_MAX;
	/* Whoever asks has cut it; if not, it is cut here. */
	e.text = wh_utf8_cut(e.text, WH_JUDGE_TEXT);
	wh_judge_answer_begin(&a.bytes);
	judge_event(j, &e, &a.sink, &answer);
	answer.n -= a.dropped;
	wh_judge_answer_end(&a.bytes, &answer);
	wh_buf_grew(out, a.bytes.n);
}
