/* A pack's life: loading, making anew, asking a rule. See pack.h. */
#include "rules/pack.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "rules/pack_lua.h"

static const char *const on_names[WH_JUDGE_ON_N] = { "message", "edit", "join", "nick", "invite", "report", "upload", "timer", "verdict" };

int
pack_on(struct wh_str name)
{
	for (int i = 0; i < WH_JUDGE_ON_N; i++)
		if (wh_str_is(name, on_names[i]))
			return i;
	return -1;
}

const char *
pack_on_name(unsigned on)
{
	return on < WH_JUDGE_ON_N ? on_names[on] : "";
}

static void
job_open(lua_State *L, void *self)
{
	(void)self;
	bind_open_event(L);
	bind_open_manifest(L);
	bind_open_rules(L);
	bind_open_text(L);
	bind_open_memory(L);
}

struct chunk {
	char name[SOURCE_NAME];
	struct wh_str text;
	struct wh_buf *out;	/* NULL: results are not wanted */
};

static void
job_chunk(lua_State *L, void *self)
{
	const struct chunk *c = self;

	wh_script_compile(L, c->name, c->text);
	lua_call(L, 0, 0);
}

static enum wh_err
pack_chunk(struct pack *p, const char *file)
{
	struct chunk c = { .text = source_text(p->source, file) };

	if (c.text.p == NULL)
		return WH_OK;
	if ((size_t)snprintf(c.name, sizeof c.name, "%s%s", p->source->label, file) >= 60)
		snprintf(c.name, sizeof c.name, "%s", file);
	return wh_script_run(p->script, 0, job_chunk, &c);
}

/* The state, with everything in it. Loading may cost more than judging: lists are built. Being made anew happens in the middle of an event, and
 * has to come to its end before the process does (helper.c). */
static enum wh_err
pack_state(struct pack *p)
{
	const struct wh_script_limits limits = { .memory = p->limits.memory, .steps = p->reviving ? 4000000 : 20000000, .bytes = 256 << 20,
		.time_ns = p->reviving ? 80 * WH_NS_PER_MS : 2 * WH_NS_PER_SEC, .seed = 1 };
	enum wh_err err;

	p->script = wh_script_new(&limits, p->source->modules);
	if (p->script == NULL) {
		wh_buf_reset(&p->error);
		wh_buf_text(&p->error, "not enough memory for an empty state");
		return WH_ENOMEM;
	}
	wh_script_set_owner(p->script, p);
	p->loading = true;
	p->declared = false;
	memset(p->cached, 0, sizeof p->cached);
	p->event_ref = LUA_NOREF;
	err = wh_script_run(p->script, 0, job_open, NULL);
	if (err == WH_OK)
		err = pack_chunk(p, "pack.lua");
	if (err == WH_OK && !p->reviving)
		err = pack_chunk(p, "tests.lua");
	p->loading = false;
	wh_buf_reset(&p->error);
	if (err != WH_OK)
		wh_buf_text(&p->error, wh_script_error(p->script));
	else if (!p->declared) {
		wh_buf_fmt(&p->error, "%spack.lua: there is no pack { … }", p->source->label);
		err = WH_EINVAL;
	}
	wh_script_budget(p->script, p->limits.steps, p->limits.bytes, p->limits.time_ns);
	return err;
}

static void
limits_fill(struct pack_limits *l)
{
	l->memory = l->memory != 0 ? l->memory : 8 << 20;
	l->steps = l->steps != 0 ? l->steps : 200000;
	l->bytes = l->bytes != 0 ? l->bytes : 16 << 20;
	l->time_ns = l->time_ns != 0 ? l->time_ns : 50 * WH_NS_PER_MS;
	l->overruns = l->overruns != 0 ? l->overruns : 3;
}

/* Settings that nobody declared: the operator's mistake. */
static enum wh_err
overrides_known(struct pack *p)
{
	struct wh_json_doc doc;
	struct wh_value root, value;
	struct wh_json_in in;
	struct wh_str key;
	enum wh_err err = WH_OK;

	if (p->overrides.n == 0)
		return WH_OK;
	if (wh_json_read(&doc, wh_buf_slice(&p->overrides), NULL, &p->scratch, &root, NULL) != WH_OK || root.type != WH_V_OBJECT) {
		wh_buf_text(&p->error, "the settings are no JSON object");
		err = WH_ESYNTAX;
	}
	in = err == WH_OK ? wh_json_each(&root) : (struct wh_json_in){ 0 };
	while (err == WH_OK && wh_json_next(&in, &key, &value)) {
		bool known = false;

		for (size_t i = 0; i < p->n_settings; i++)
			known |= wh_str_is(key, p->settings[i].name);
		if (!known) {
			wh_buf_fmt(&p->error, "%s has no setting '%.*s'", p->id, WH_FMT(key));
			err = WH_EINVAL;
		}
	}
	return err;
}

static enum wh_err
load(const struct shared *shared, const struct pack_limits *limits, const struct source *source, bool borrowed, struct wh_str settings,
	struct pack **pack_out, struct wh_buf *why)
{
	struct pack *p = calloc(1, sizeof *p);
	enum wh_err err = WH_ENOMEM;

	*pack_out = NULL;
	if (p == NULL) {
		if (!borrowed)
			source_free(&(struct source *){ (struct source *)(uintptr_t)source });
		return WH_ENOMEM;
	}
	p->shared = shared;
	p->source = source;
	p->source_borrowed = borrowed;
	p->limits = *limits;
	limits_fill(&p->limits);
	p->evidence.max = PACK_EVIDENCE;
	wh_buf_str(&p->overrides, settings);
	p->rules = calloc(PACK_RULES, sizeof *p->rules);
	p->kv = kv_new();
	if (p->rules != NULL && p->kv != NULL && !p->overrides.failed)
		err = pack_state(p);
	if (err == WH_OK)
		err = overrides_known(p);
	if (err == WH_OK) {
		*pack_out = p;
		return WH_OK;
	}
	wh_buf_str(why, p->error.n != 0 ? wh_buf_slice(&p->error) : WH_STR("not enough memory"));
	pack_free(&p);
	return err;
}

enum wh_err
pack_load(const struct shared *shared, const struct pack_limits *limits, struct source *take_source, struct wh_str settings,
	struct pack **pack_out, struct wh_buf *why_out)
{
	return load(shared, limits, take_source, false, settings, pack_out, why_out);
}

enum wh_err
pack_copy(const struct pack *from, struct wh_str settings, struct pack **pack_out, struct wh_buf *why_out)
{
	return load(from->shared, &from->limits, from->source, true, settings.n != 0 ? settings : wh_buf_slice(&from->overrides), pack_out, why_out);
}

void
pack_free(struct pack **pack)
{
	struct pack *p = *pack;
	struct source *source;

	*pack = NULL;
	if (p == NULL)
		return;
	wh_script_free(&p->script);
	for (size_t i = 0; i < p->n_settings; i++)
		list_free(&p->settings[i].list);
	for (size_t i = 0; i < PACK_TESTS; i++)
		wh_buf_free(&p->tests[i].steps);
	for (size_t i = 0; i < p->n_windows; i++)
		window_free(&p->windows[i].window);
	for (size_t i = 0; i < p->n_regexes; i++) {
		regex_free(&p->regexes[i].regex);
		wh_buf_free(&p->regexes[i].text);
	}
	for (size_t i = 0; i < sizeof p->asks / sizeof *p->asks; i++)
		wh_buf_free(&p->asks[i].text);
	kv_free(&p->kv);
	wh_buf_free(&p->overrides);
	wh_buf_free(&p->error);
	wh_buf_free(&p->scratch);
	wh_buf_free(&p->evidence);
	source = (struct source *)(uintptr_t)p->source;
	if (!p->source_borrowed)
		source_free(&source);
	free(p->rules);
	free(p);
}

void
pack_inherit(struct pack *to, struct pack *from)
{
	struct kv *kv = to->kv;

	to->kv = from->kv;
	from->kv = kv;
	for (size_t i = 0; i < to->n_windows; i++)
		for (size_t k = 0; k < from->n_windows; k++)
			if (strcmp(to->windows[i].name, from->windows[k].name) == 0)
				window_inherit(to->windows[i].window, from->windows[k].window);
	for (size_t i = 0; i < to->n_rules; i++)
		for (size_t k = 0; k < from->n_rules; k++)
			if (strcmp(to->rules[i].name, from->rules[k].name) == 0) {
				to->rules[i].day = from->rules[k].day;
				to->rules[i].day_evaluated = from->rules[k].day_evaluated;
				to->rules[i].day_hits = from->rules[k].day_hits;
			}
}

enum wh_err
pack_revive(struct pack *p)
{
	enum wh_err err;

	wh_script_free(&p->script);
	p->reviving = true;
	p->spent++;
	for (size_t i = 0; i < p->n_rules; i++)
		p->rules[i].when = LUA_NOREF;
	err = pack_state(p);
	p->reviving = false;
	return err;
}

static void
writes_mark(struct pack *p)
{
	kv_mark(p->kv);
	for (size_t i = 0; i < p->n_windows; i++)
		window_mark(p->windows[i].window);
	p->wrote = false;
}

static void
writes_undo(struct pack *p)
{
	kv_undo(p->kv);
	for (size_t i = 0; i < p->n_windows; i++)
		window_undo(p->windows[i].window);
	p->wrote = false;
	p->n_asks = 0;
}

struct asking {
	struct pack *pack;
	struct pack_rule *rule;
	bool hit;
};

static void
push_event(lua_State *L, struct pack *p)
{
	if (p->event_ref == LUA_NOREF) {
		bind_object(L, kind_event, p);
		p->event_ref = luaL_ref(L, LUA_REGISTRYINDEX);
	}
	lua_rawgeti(L, LUA_REGISTRYINDEX, p->event_ref);
}

static void
job_ask(lua_State *L, void *self)
{
	struct asking *a = self;
	struct pack *p = a->pack;

	lua_rawgeti(L, LUA_REGISTRYINDEX, a->rule->when);
	push_event(L, p);
	lua_call(L, 1, 2);
	a->hit = lua_toboolean(L, 1);
	if (!a->hit)
		return;
	if (lua_istable(L, 1)) {
		wh_buf_str(&p->evidence, wh_script_table_json(L, 1));
		if (p->evidence.failed || p->evidence.n < 2 || p->evidence.p[0] != '{')
			luaL_error(L, "rule '%s': the evidence is not a table of names and values of %d bytes at most", a->rule->name, PACK_EVIDENCE);
	}
	/* A table, and nothing else: `return m.text:find("x")` has a second result too. */
	if (lua_istable(L, 2)) {
		p->act = a->rule->act;
		bind_act(L, 2, &p->act);
		p->own_act = true;
	}
}

enum pack_got
pack_ask_rule(struct pack *p, struct pack_rule *rule, struct scene *scene, int64_t *now_ns, int64_t *cost_ns_out)
{
	struct asking a = { p, rule, false };
	struct wh_script_stats stats;
	enum wh_err err;

	*cost_ns_out = 0;
	/* It could not be started again the last time; perhaps there is memory now. */
	if (p->script == NULL || wh_script_spent(p->script)) {
		*now_ns = 0;
		if (pack_revive(p) != WH_OK)
			return PACK_FAILED;
	}
	p->scene = scene;
	p->own_act = false;
	p->n_asks = 0;
	wh_buf_reset(&p->evidence);
	err = wh_script_run(p->script, *now_ns, job_ask, &a);
	p->scene = NULL;
	stats = wh_script_stats(p->script);
	*cost_ns_out = stats.time_ns;
	*now_ns = stats.ended_ns;
	if (err == WH_OK) {
		if (p->wrote)
			writes_mark(p);
		return a.hit ? PACK_HIT : PACK_MISS;
	}
	if (p->wrote)
		writes_undo(p);
	p->n_asks = 0;
	wh_buf_reset(&p->error);
	wh_buf_text(&p->error, wh_script_error(p->script));
	if (err == WH_ETIME && stats.time_ns >= p->limits.time_ns && stats.steps < p->limits.steps)
		return PACK_LATE;
	return err == WH_ETIME || err == WH_ENOMEM ? PACK_OVER : PACK_FAILED;
}

static void
job_repl(lua_State *L, void *self)
{
	struct chunk *c = self;
	struct pack *p = pack_of(L);
	int n;

	if (p->scene != NULL) {
		push_event(L, p);
		lua_setglobal(L, "m");
	}
	wh_script_compile(L, "input", c->text);
	lua_call(L, 0, LUA_MULTRET);
	n = lua_gettop(L);
	for (int i = 1; i <= n; i++) {
		if (i > 1)
			wh_buf_byte(c->out, '\t');
		if (lua_istable(L, i)) {
			wh_buf_str(c->out, wh_script_table_json(L, i));
			continue;
		}
		lua_getglobal(L, "tostring");
		lua_pushvalue(L, i);
		lua_call(L, 1, 1);
		wh_buf_text(c->out, lua_tostring(L, -1));
		lua_pop(L, 1);
	}
}

enum wh_err
pack_run(struct pack *p, struct scene *scene, struct wh_str text, struct wh_buf *out)
{
	struct chunk c = { .text = text, .out = out };
	enum wh_err err;

	p->scene = scene;
	p->n_asks = 0;
	err = wh_script_run(p->script, 0, job_repl, &c);
	p->scene = NULL;
	if (err == WH_OK)
		writes_mark(p);
	else
		writes_undo(p);
	if (err != WH_OK) {
		wh_buf_reset(out);
		wh_buf_text(out, wh_script_error(p->script));
	}
	if (wh_script_spent(p->script))
		(void)pack_revive(p);
	return err;
}
